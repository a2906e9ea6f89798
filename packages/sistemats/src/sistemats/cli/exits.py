"""Exit codes, the same for every subcommand; the worst of several documents counts."""

from __future__ import annotations

from enum import IntEnum

from sistemats.errors import InputError
from sistemats.exchange import (
    Accepted,
    AcceptedWithWarnings,
    AuthenticationFailed,
    Conflict,
    NotDone,
    Refused,
    Unavailable,
    Uncertain,
)


class WrongArguments(InputError):
    """Arguments that do not go together; the message says which do."""


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    INPUT = 3
    AUTHENTICATION = 4
    UNAVAILABLE = 5
    UNCERTAIN = 6


MEANING = {
    Exit.DONE: "done, perhaps with warnings",
    Exit.REFUSED: "the State refused something, or the check found errors",
    Exit.USAGE: "wrong arguments",
    Exit.INPUT: "a file, setting or secret is missing or cannot be read",
    Exit.AUTHENTICATION: "user or password wrong, expired or disabled; do not repeat",
    Exit.UNAVAILABLE: "the service could not be reached or is busy; nothing was carried out, repeat later",
    Exit.UNCERTAIN: "nobody knows whether something was carried out; run the same command again to settle it",
}
_SEVERITY = (Exit.DONE, Exit.REFUSED, Exit.UNAVAILABLE, Exit.INPUT, Exit.UNCERTAIN, Exit.AUTHENTICATION)


def exit_for(outcome: object) -> Exit:
    """Return the exit code of one outcome; a reply that was read counts as done."""
    match outcome:
        case Accepted() | AcceptedWithWarnings():
            return Exit.DONE
        case Refused() | Conflict():
            return Exit.REFUSED
        case AuthenticationFailed():
            return Exit.AUTHENTICATION
        case Unavailable() | NotDone():
            return Exit.UNAVAILABLE
        case Uncertain():
            return Exit.UNCERTAIN
        case _:
            return Exit.DONE


def worst(one: Exit, other: Exit) -> Exit:
    """Return the graver of two exit codes."""
    return max(one, other, key=_SEVERITY.index)
