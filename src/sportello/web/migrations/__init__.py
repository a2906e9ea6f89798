"""Tables of the web itself."""
