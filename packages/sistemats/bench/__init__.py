"""Measurements of sistemats."""
