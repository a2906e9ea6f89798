"""The pages of Sistema TS: what goes to the State, what it answered, and the account behind it."""
