"""The pages of people who work at a practice."""
