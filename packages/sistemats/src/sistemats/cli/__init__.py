"""The command line `sistemats`."""

from sistemats.cli.program import main

__all__ = ["main"]
