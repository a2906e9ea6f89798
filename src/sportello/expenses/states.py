"""The life of a document towards Sistema TS, as a person sees it, and the life of one call or file.

Source: practice specification 5 (`sts`: the names of the states) and 2.14; protocol 7, 8 and 12. The state of a
document is never typed by hand: it follows from what the State should hold, what it is known to hold and whether a
call is under way (`rules.next_step`); this table says which steps can then be seen, and refuses the others.

>>> Visible.QUEUED in MOVES[Visible.READY], Visible.ACCEPTED in MOVES[Visible.READY]
(True, False)
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from sportello.core.violations import RuleViolation


class Visible(StrEnum):
    """Where a document stands with the State."""

    NOT_APPLICABLE = "NOT_APPLICABLE"
    """The State need not know it, or somebody excluded it: the row says why."""
    READY = "READY"
    QUEUED = "QUEUED"
    """A call or a file that holds it was written down and is on its way."""
    TAKEN_IN_CHARGE = "TAKEN_IN_CHARGE"
    ACCEPTED = "ACCEPTED"
    ACCEPTED_WITH_WARNINGS = "ACCEPTED_WITH_WARNINGS"
    REJECTED = "REJECTED"
    TO_UPDATE = "TO_UPDATE"
    TO_DELETE = "TO_DELETE"
    DELETED = "DELETED"
    REFUNDED = "REFUNDED"
    """Held, and taken back in full by refunds that are held too."""
    UNCERTAIN = "UNCERTAIN"
    """A call may or may not have been carried out; it is asked about, never sent again."""


class Side(StrEnum):
    """Who is to act next."""

    PRACTICE = "practice"
    MACHINE = "machine"
    STATE = "state"
    NOBODY = "nobody"


class CallState(StrEnum):
    """Where one call or one uploaded file stands."""

    WRITTEN = "written"
    """Written down; the bytes are leaving, have left, or never will."""
    UNCERTAIN = "uncertain"
    TAKEN = "taken"
    """A file that the State took in charge; its outcome is asked for now and then."""
    DONE = "done"
    """The State carried it out or refused it, document by document."""
    NOT_SENT = "not_sent"
    """Certainly not carried out."""


class ForbiddenSight(RuleViolation):
    """A document cannot be seen to go from the state it is in to the one that was derived."""


_V, _C = Visible, CallState

_AT_REST = frozenset({_V.ACCEPTED, _V.ACCEPTED_WITH_WARNINGS, _V.REFUNDED})
_WANTING = frozenset({_V.READY, _V.TO_UPDATE, _V.TO_DELETE})
_LEAVING = frozenset({_V.TO_UPDATE, _V.TO_DELETE, _V.REJECTED, _V.UNCERTAIN, _V.READY, _V.NOT_APPLICABLE})
"""Where what is held goes when its paper changes, or another host is spoken to."""
_ENDS = _AT_REST | _WANTING | {_V.REJECTED, _V.DELETED, _V.NOT_APPLICABLE}

MOVES: Mapping[Visible, frozenset[Visible]] = MappingProxyType(
    {
        _V.NOT_APPLICABLE: frozenset({_V.READY, _V.REJECTED, _V.TO_DELETE, _V.UNCERTAIN}),
        _V.READY: frozenset({_V.QUEUED, _V.NOT_APPLICABLE, _V.DELETED, _V.REJECTED, _V.UNCERTAIN}),
        _V.QUEUED: _ENDS | {_V.TAKEN_IN_CHARGE, _V.UNCERTAIN},
        _V.TAKEN_IN_CHARGE: _ENDS | {_V.UNCERTAIN},
        _V.ACCEPTED: _LEAVING | {_V.REFUNDED},
        _V.ACCEPTED_WITH_WARNINGS: _LEAVING | {_V.REFUNDED},
        _V.REJECTED: _ENDS - {_V.REJECTED} | {_V.QUEUED, _V.UNCERTAIN},
        _V.TO_UPDATE: _LEAVING - {_V.TO_UPDATE} | _AT_REST | {_V.QUEUED},
        _V.TO_DELETE: _LEAVING - {_V.TO_DELETE} | _AT_REST | {_V.QUEUED},
        _V.DELETED: frozenset({_V.READY, _V.REJECTED, _V.UNCERTAIN}),
        _V.REFUNDED: _LEAVING | {_V.ACCEPTED, _V.ACCEPTED_WITH_WARNINGS},
        _V.UNCERTAIN: _ENDS | {_V.TAKEN_IN_CHARGE},
    }
)

TURN: Mapping[Visible, Side] = MappingProxyType(
    {
        _V.NOT_APPLICABLE: Side.NOBODY,
        _V.READY: Side.PRACTICE,
        _V.QUEUED: Side.MACHINE,
        _V.TAKEN_IN_CHARGE: Side.STATE,
        _V.ACCEPTED: Side.NOBODY,
        _V.ACCEPTED_WITH_WARNINGS: Side.PRACTICE,
        _V.REJECTED: Side.PRACTICE,
        _V.TO_UPDATE: Side.MACHINE,
        _V.TO_DELETE: Side.MACHINE,
        _V.DELETED: Side.NOBODY,
        _V.REFUNDED: Side.NOBODY,
        _V.UNCERTAIN: Side.MACHINE,
    }
)

AUDIT: Mapping[Visible, str] = MappingProxyType(
    {
        _V.NOT_APPLICABLE: "sts.left_out",
        _V.READY: "sts.ready",
        _V.QUEUED: "sts.send",
        _V.TAKEN_IN_CHARGE: "sts.taken",
        _V.ACCEPTED: "sts.accepted",
        _V.ACCEPTED_WITH_WARNINGS: "sts.accepted",
        _V.REJECTED: "sts.rejected",
        _V.TO_UPDATE: "sts.to_update",
        _V.TO_DELETE: "sts.to_delete",
        _V.DELETED: "sts.deleted",
        _V.REFUNDED: "sts.refunded",
        _V.UNCERTAIN: "sts.uncertain",
    }
)
"""The audit action that entering a state writes. What a call or a file brings about is one entry with its counts; what
merely follows from a paper (`sts.ready`, `sts.left_out`, `sts.to_update`, `sts.to_delete`) is told by the paper's own
entries and written only where a person asked for it."""

CALL_MOVES: Mapping[CallState, frozenset[CallState]] = MappingProxyType(
    {
        _C.WRITTEN: frozenset({_C.DONE, _C.TAKEN, _C.UNCERTAIN, _C.NOT_SENT}),
        _C.UNCERTAIN: frozenset({_C.DONE, _C.TAKEN, _C.NOT_SENT}),
        _C.TAKEN: frozenset({_C.DONE}),
        _C.DONE: frozenset(),
        _C.NOT_SENT: frozenset(),
    }
)

CALL_TURN: Mapping[CallState, Side] = MappingProxyType(
    {
        _C.WRITTEN: Side.MACHINE,
        _C.UNCERTAIN: Side.MACHINE,
        _C.TAKEN: Side.STATE,
        _C.DONE: Side.NOBODY,
        _C.NOT_SENT: Side.NOBODY,
    }
)

OPEN_CALLS = frozenset({_C.WRITTEN, _C.UNCERTAIN, _C.TAKEN})


def check_move(now: Visible, to: Visible) -> None:
    """
    Let a document be seen in another state only where the table says so.

    :raises ForbiddenSight: ``move_not_allowed``, with both states
    """
    if to is not now and to not in MOVES[now]:
        raise ForbiddenSight("move_not_allowed", field="state", state=now.value, to=to.value)


def check_call_move(now: CallState, to: CallState) -> None:
    """
    Let a call go on only where its table says so.

    :raises ForbiddenSight: ``move_not_allowed``, with both states
    """
    if to not in CALL_MOVES[now]:
        raise ForbiddenSight("move_not_allowed", field="call", state=now.value, to=to.value)
