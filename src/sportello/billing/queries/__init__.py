"""What pages and exports read of billing: frozen values, a fixed number of queries each."""
