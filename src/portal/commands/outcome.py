"""How a command ends: its exit codes, and saying so in plain words."""

from __future__ import annotations

import sys
from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code says; `docs/operations.md` lists them for who writes scripts around it."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    REFUSED = 3
    INTERRUPTED = 130


class Refused(Exception):
    """The command cannot do that as things are. The text says what is the matter and what to do."""


class Misused(Exception):
    """The command was called, or the portal set up, in a way that cannot be meant."""


def say(text: str = "") -> None:
    """Write a line for the person at the terminal."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Write a line about trouble."""
    print(text, file=sys.stderr, flush=True)
