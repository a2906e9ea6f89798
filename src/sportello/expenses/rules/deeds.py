"""What a person may do with a document now: each deed only when it makes sense.

Source: the actions of the manuals, as changes to one of the two sides. Units: none.

>>> Deed.SEND in possible(Sides(due=True, should_hash="a"))
True
"""

from __future__ import annotations

from enum import StrEnum

from sportello.expenses.rules.next_step import Sides, Step, next_step, wanted, was_refused


class Deed(StrEnum):
    """What a person can ask for."""

    SEND = "send"
    SEND_AGAIN = "send_again"
    UPDATE = "update"
    CANCEL = "cancel"
    REFUND = "refund"
    RESYNC = "resync"
    RENEW = "renew"
    """Send a cancelled document that the State does not take again under the next device number."""
    EXCLUDE = "exclude"
    INCLUDE = "include"
    OPPOSE = "oppose"
    UNOPPOSE = "unoppose"


ASKING_THE_STATE = frozenset(
    {Deed.SEND, Deed.SEND_AGAIN, Deed.UPDATE, Deed.CANCEL, Deed.REFUND, Deed.RESYNC, Deed.RENEW}
)
"""What calls the State at once, and is refused while nothing may leave."""


def possible(
    sides: Sides,
    *,
    excluded: bool = False,
    opposed: bool = False,
    has_code: bool = True,
    refunds_to_send: int = 0,
    may_leave: bool = True,
) -> frozenset[Deed]:
    """
    Return what a person may ask for. Nothing while a call is under way: its answer comes first.

    A refund that is due is not cancelled alone: it follows its credit note. A document takes its refunds along.

    :param refunds_to_send: how many of its refunds wait and miss nothing
    :param may_leave: whether the account is active and nothing has stopped it
    """
    if sides.call is not None:
        return frozenset()
    found = _sending(sides) | {Deed.RESYNC}
    if refunds_to_send and sides.held == "held" and not sides.ask:
        found.add(Deed.REFUND)
    if sides.held in {"held", "other"} and not (sides.is_refund and sides.due):
        found.add(Deed.CANCEL)
    if not sides.is_refund:
        found.add(Deed.INCLUDE if excluded else Deed.EXCLUDE)
        if sides.due or not has_code:
            found.add(Deed.UNOPPOSE if opposed else Deed.OPPOSE)
    if excluded or sides.held in {"held", "other"}:
        found.discard(Deed.EXCLUDE)
    return frozenset(found if may_leave else found - ASKING_THE_STATE)


def _sending(sides: Sides) -> set[Deed]:
    step = next_step(sides)
    if step in {Step.INSERT, Step.REFUND}:
        return {Deed.SEND}
    if step is Step.CHANGE or (sides.held == "other" and sides.due and not sides.problem):
        return {Deed.UPDATE}
    if step is Step.CANCEL:
        return {Deed.CANCEL}
    found: set[Deed] = set()
    if was_refused(sides, wanted(sides)):
        found.add(Deed.SEND_AGAIN)
    cancelled_before = sides.held == "cancelled" and sides.due and not sides.problem
    if cancelled_before and (not sides.may_reinsert or was_refused(sides, wanted(sides))):
        found.add(Deed.RENEW)
    return found
