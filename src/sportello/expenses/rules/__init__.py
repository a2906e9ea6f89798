"""Rules of Sistema TS as pure functions."""
