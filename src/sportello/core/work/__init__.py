"""The page of later work: what waits, what runs, what failed, and running it again."""
