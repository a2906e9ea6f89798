"""The room of mail: what went out, what waits and why, and the server it goes through."""
