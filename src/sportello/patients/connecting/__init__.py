"""What the operations of connections share: who is invited, whether they may be, links and letters."""
