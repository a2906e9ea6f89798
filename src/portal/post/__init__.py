"""The outgoing mail of the portal: closed rows, handed over by a process of its own."""
