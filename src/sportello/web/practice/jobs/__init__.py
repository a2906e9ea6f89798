"""The room of later work: queue, failures, running again."""
