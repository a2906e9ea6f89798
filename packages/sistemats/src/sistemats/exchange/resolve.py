"""Settling what is uncertain by asking, never by sending again.

Source: what implementers saw of each operation's repetition. An insert or refund is found by its identifier, a
cancellation by the warning W010, a change by its totals and a new protocol, an upload by the file name in the point
query or by the list of sendings.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from sistemats.codes import SendingState
from sistemats.codes.messages import ACCEPTANCE_CODES
from sistemats.documents import ExpenseDocument
from sistemats.exchange.outcomes import (
    PASSING_CODES,
    Accepted,
    AcceptedWithWarnings,
    AuthenticationFailed,
    Conflict,
    NotDone,
    Refused,
    Unavailable,
    Uncertain,
)
from sistemats.replies import ItemTotal, Message, OutcomeReply, PointQueryReply, QueriedDocument, Sending

Resolution = (
    Accepted | AcceptedWithWarnings | NotDone | Conflict | Uncertain | Unavailable | AuthenticationFailed | Refused
)

NOT_FOUND = "WS96"
CANCELLED = "W010"
ITALY = ZoneInfo("Europe/Rome")
_NO_LIST = PASSING_CODES | frozenset(ACCEPTANCE_CODES)
_CLOCK_SLACK = timedelta(minutes=5)


def _sum(totals: Iterable[ItemTotal]) -> dict[str, Decimal] | None:
    """Add up by type, zeros left out; None when an amount cannot be read."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for total in totals:
        try:
            amount = Decimal(total.amount)
        except InvalidOperation:
            return None
        if not amount.is_finite():
            return None
        sums[total.expense_type] += amount
    return {name: value for name, value in sums.items() if value}


def totals_of(document: ExpenseDocument) -> dict[str, Decimal]:
    """Add up a document's items by type, euro."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item in document.items:
        sums[str(item.expense_type)] += item.amount
    return dict(sums)


def same_content(document: ExpenseDocument, held: QueriedDocument) -> bool:
    """Tell whether what the State holds agrees with a document, as far as the query shows: payment day and totals."""
    return (held.paid_on or "").strip() == document.paid_on.isoformat() and _sum(held.totals) == totals_of(document)


def not_found(reply: PointQueryReply) -> bool:
    """Tell whether the State says that it holds no such document."""
    return reply.document is None and any(message.code == NOT_FOUND for message in reply.messages)


def cancelled(reply: PointQueryReply) -> bool:
    """Tell whether the document was cancelled."""
    return any(message.code == CANCELLED for message in reply.messages)


def settle_insert(uncertain: Uncertain, reply: PointQueryReply) -> Resolution:
    """Settle an insert by the query of its identifier."""
    held = reply.document
    if held is None:
        return _absent(uncertain, reply)
    if cancelled(reply):
        return Conflict("The State holds this document as cancelled.", held)
    if uncertain.document is not None and same_content(uncertain.document, held):
        return Accepted(held.protocol, reply.messages, by_query=True)
    return Conflict("The State holds another document under this identifier.", held)


def _absent(uncertain: Uncertain, reply: PointQueryReply) -> Resolution:
    if not_found(reply):
        return NotDone("The State holds no such document.")
    return still(uncertain, "The query did not say whether the State holds the document.", reply.messages)


def still(uncertain: Uncertain, reason: str, messages: tuple[Message, ...] = ()) -> Uncertain:
    """Leave a call in doubt; `messages` is what the State said instead of an answer."""
    return replace(uncertain, reason=reason, messages=messages)


def settle_change(uncertain: Uncertain, reply: PointQueryReply) -> Resolution:
    """Settle a change: done when day, totals, kind and a new protocol all say so; else repeating is harmless."""
    held = reply.document
    if held is None:
        if not_found(reply):
            return Conflict("The State holds no document to change under this identifier.")
        return still(uncertain, "The query did not say whether the State holds the document.", reply.messages)
    if cancelled(reply):
        return Conflict("The State holds this document as cancelled.", held)
    document = uncertain.document
    newer = uncertain.known_protocol is not None and held.protocol not in {None, uncertain.known_protocol}
    if document is not None and newer and held.sent_as == "V" and same_content(document, held):
        return Accepted(held.protocol, reply.messages, by_query=True)
    return NotDone("The change is not visible at the State; sending it again does no harm.")


def settle_cancel(uncertain: Uncertain, reply: PointQueryReply) -> Resolution:
    """Settle a cancellation by the warning W010."""
    if cancelled(reply):
        return Accepted(reply.document.protocol if reply.document else None, reply.messages, by_query=True)
    if reply.document is not None:
        return NotDone("The State still holds the document.")
    if not_found(reply):
        return Conflict("The State holds no document to cancel under this identifier.")
    return still(uncertain, "The query did not say whether the State holds the document.", reply.messages)


def settle_refund(uncertain: Uncertain, own: PointQueryReply, original: PointQueryReply | None) -> Resolution:
    """Settle a refund by its own identifier, else by the refunded totals of the original.

    Repeating is harmless in doubt: the refund's identifier is unique, the State refuses the second.
    """
    if own.document is not None:
        return settle_insert(uncertain, own)
    if not not_found(own):
        return still(uncertain, "The query did not say whether the State holds the refund.", own.messages)
    if original is None or original.document is None:
        return NotDone("The State holds no such refund.")
    return NotDone("The refund is not visible at the State; its identifier keeps it from counting twice.")


def refund_visible(uncertain: Uncertain, original: PointQueryReply) -> bool:
    """Tell whether the original's refunded totals cover this refund; confirms an "already present" after a doubt."""
    if original.document is None or uncertain.document is None:
        return False
    held = _sum(original.document.refunded) or {}
    return all(held.get(name, Decimal(0)) >= amount for name, amount in totals_of(uncertain.document).items())


def sent_at(sending: Sending) -> datetime | None:
    """Read when a sending was made: an aware instant at its minute, or the end of its day when only a day is given."""
    match = re.fullmatch(r"\s*(\d{2})-(\d{2})-(\d{4})(?:[ T](\d{2}):(\d{2}):(\d{2}).*)?\s*", sending.sent_on)
    if not match:
        return None
    day, month, year = (int(match[n]) for n in (1, 2, 3))
    hour, minute, second = (int(match[n]) for n in (4, 5, 6)) if match[4] else (23, 59, 59)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=ITALY)
    except ValueError:
        return None


def unanswered(listing: OutcomeReply) -> tuple[Message, ...]:
    """Return what the State said instead of listing sendings: of the sender, or of trouble of its own; else nothing."""
    told = tuple(Message(one.code, one.text, "E") for one in listing.refusals)
    return told if not listing.sendings and any(one.code in _NO_LIST for one in told) else ()


def candidates(uncertain: Uncertain, sendings: Iterable[Sending], known: frozenset[str]) -> list[Sending]:
    """Return the sendings that may be the uncertain upload: unknown, not earlier, as many documents if counted."""
    return [sending for sending in sendings if sending.protocol not in known and _may_be(uncertain, sending)]


def _may_be(uncertain: Uncertain, sending: Sending) -> bool:
    at = sent_at(sending)
    if at is not None and at < uncertain.attempted_at - _CLOCK_SLACK:
        return False
    counted = sending.state in {SendingState.DONE, SendingState.DONE_WITH_ERRORS}
    return not counted or uncertain.count is None or sending.sent in {None, uncertain.count}


def may_be_synchronous(sending: Sending) -> bool:
    """Tell whether a sending may be a synchronous call instead of a file: done at once, with one document.

    Whether the State lists such calls is unknown, and the shape of a protocol is no promise, so neither is relied on.
    """
    done = sending.state in {SendingState.DONE, SendingState.DONE_WITH_ERRORS}
    return done and sending.sent in {None, 1}


def settle_upload(uncertain: Uncertain, sendings: list[Sending]) -> Resolution:
    """Settle an upload by the sendings that may be it; a lone one counts unless it may be a synchronous call."""
    if not sendings:
        return NotDone("The State lists no sending that could be this file.")
    if len(sendings) > 1:
        return still(uncertain, f"{len(sendings)} sendings could be this file; look at their receipts.")
    if may_be_synchronous(sendings[0]):
        return still(uncertain, "One sending could be this file, or a document sent alone; look at its receipt.")
    return Accepted(sendings[0].protocol, by_query=True)
