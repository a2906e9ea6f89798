"""Pages of the sessions that took place and wait for an invoice."""
