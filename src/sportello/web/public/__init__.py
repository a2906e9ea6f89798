"""The pages that need no seat at a party: signing in, the account, language and theme."""
