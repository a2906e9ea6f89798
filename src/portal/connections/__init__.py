"""Which practices an account may look into, and the practice servers this portal is paired with."""
