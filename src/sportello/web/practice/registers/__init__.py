"""Pages of the registers: what the accountant takes, the stamps, and whether the numbers are whole."""
