"""Speaking with the State: claim, send, settle, each a step of its own, so that a crash loses and doubles nothing."""
