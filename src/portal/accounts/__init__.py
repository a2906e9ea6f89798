"""Accounts: signing in, second factors, sessions, limits, security events."""
