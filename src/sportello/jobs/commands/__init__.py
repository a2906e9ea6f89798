"""One module a command of `sportello`: `add` describes it, a function does it."""
