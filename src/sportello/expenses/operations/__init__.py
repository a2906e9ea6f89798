"""What changes the settings, the mappings and the books of Sistema TS."""
