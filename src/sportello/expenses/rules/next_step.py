"""The one function that says what to do: what the State should hold, what it is known to hold, and nothing else.

Source: protocol 6.4 and 12. Every button of a person, every payment, credit note and answer changes one of the two
sides; the next operation follows. Nothing is repeated that was refused for the same content, nothing is sent while a
call is under way, and what is in doubt is asked.

>>> fresh = Sides(due=True, should_hash="a")
>>> next_step(fresh), visible(fresh)
(<Step.INSERT: 'insert'>, <Visible.READY: 'READY'>)
>>> next_step(fresh._replace(held="held", known_hash="a")), next_step(fresh._replace(held="held", known_hash="b"))
(<Step.NOTHING: 'nothing'>, <Step.CHANGE: 'change'>)
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from sportello.expenses.states import CallState, Visible

CANCELLING = "cancel"
"""Stands for the content of a cancellation, which has none, where refusals are remembered."""


class Step(StrEnum):
    """What is to be done next for a document."""

    INSERT = "insert"
    CHANGE = "change"
    CANCEL = "cancel"
    REFUND = "refund"
    ASK = "ask"
    NOTHING = "nothing"


FLAGS = {Step.INSERT: "I", Step.CHANGE: "V", Step.REFUND: "R", Step.CANCEL: "C"}


class Sides(NamedTuple):
    """
    Both sides of a document and what stands between them.

    :ivar held: what the State is known to hold: none, held, cancelled, other
    :ivar call: where the call under way stands, None when there is none
    :ivar ask: the State is to be asked what it holds
    :ivar original_held: of a refund: the State holds what it takes back from
    :ivar refunds_held: of a document: how many refunds the State holds, which must be cancelled before it
    :ivar refunded: the refunds that the State holds take back all of it
    :ivar tied: what it hangs together with is under way or in doubt: of a refund its original, of a document a refund
    :ivar may_reinsert: a cancelled reference may be inserted again (open question, a setting)
    """

    due: bool
    should_hash: str = ""
    problem: str = ""
    held: str = "none"
    known_hash: str = ""
    is_refund: bool = False
    has_warnings: bool = False
    refused_hash: str = ""
    refused_operation: str = ""
    call: CallState | None = None
    ask: bool = False
    original_held: bool = True
    refunds_held: int = 0
    refunded: bool = False
    tied: bool = False
    may_reinsert: bool = True


def wanted(sides: Sides) -> Step:
    """Return what would bring the State to what it should hold, whatever is under way or was refused."""
    if sides.held == "other":
        return Step.NOTHING
    if not sides.due:
        return Step.CANCEL if sides.held == "held" and not sides.refunds_held else Step.NOTHING
    if sides.problem:
        return Step.NOTHING
    if sides.held == "held":
        return Step.NOTHING if sides.known_hash == sides.should_hash else Step.CHANGE
    if sides.held == "cancelled" and not sides.may_reinsert:
        return Step.NOTHING
    if sides.is_refund:
        return Step.REFUND if sides.original_held else Step.NOTHING
    return Step.INSERT


def next_step(sides: Sides) -> Step:
    """Return the next operation."""
    if sides.call is not None:
        return Step.NOTHING
    if sides.ask:
        return Step.ASK
    step = wanted(sides)
    return Step.NOTHING if was_refused(sides, step) or _must_wait(sides, step) else step


def _must_wait(sides: Sides, step: Step) -> bool:
    """Tell whether a step would cross another: no refund of what may be cancelled, no cancellation beside a refund."""
    return sides.tied and (step is Step.REFUND or (step is Step.CANCEL and not sides.is_refund))


def was_refused(sides: Sides, step: Step) -> bool:
    """Tell whether the State refused this very step with this very content before."""
    content = CANCELLING if step is Step.CANCEL else sides.should_hash
    return step in FLAGS and sides.refused_operation == FLAGS[step] and sides.refused_hash == content


_UNDER_WAY = {
    CallState.WRITTEN: Visible.QUEUED,
    CallState.UNCERTAIN: Visible.UNCERTAIN,
    CallState.TAKEN: Visible.TAKEN_IN_CHARGE,
}


def visible(sides: Sides) -> Visible:
    """Return where a person sees the document."""
    if sides.call is not None:
        return _UNDER_WAY[sides.call]
    if sides.ask:
        return Visible.UNCERTAIN
    if sides.held == "other":
        return Visible.REJECTED if sides.due else Visible.NOT_APPLICABLE  # what is not ours to send is not ours to mend
    if was_refused(sides, wanted(sides)) or _is_spent(sides):
        return Visible.REJECTED
    if sides.held == "held":
        return _held(sides)
    if sides.due:
        return Visible.READY
    return Visible.DELETED if sides.held == "cancelled" else Visible.NOT_APPLICABLE


def _is_spent(sides: Sides) -> bool:
    """Tell whether a document should go again whose reference was cancelled and is not inserted a second time."""
    return sides.due and sides.held == "cancelled" and not sides.may_reinsert


def _held(sides: Sides) -> Visible:
    if not sides.due:
        return Visible.TO_DELETE
    if sides.problem or sides.known_hash != sides.should_hash:
        return Visible.TO_UPDATE
    if sides.refunded:
        return Visible.REFUNDED
    return Visible.ACCEPTED_WITH_WARNINGS if sides.has_warnings else Visible.ACCEPTED
