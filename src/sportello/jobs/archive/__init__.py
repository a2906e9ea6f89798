"""Backups: one encrypted file with all rows and all files, the same for both databases."""
