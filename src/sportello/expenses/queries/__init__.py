"""What the pages of Sistema TS show."""
