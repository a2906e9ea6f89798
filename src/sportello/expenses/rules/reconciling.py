"""How the State's report of a month and our books disagree, document by document.

Source: protocol 9 (monthly report by day of payment; refunds are not rows of their own but the refunded totals of their
original; cancelled documents are not in it). Units: EUR.

>>> one = Line(Reference("65498732105", date(2026, 3, 2), "1/2026"), date(2026, 3, 2), Decimal("71.40"))
>>> differences([one], [])
[Found(kind='missing_there', theirs=None, ours=Line(...1/2026...))]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sportello.expenses.rules.content import ZERO, Reference


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One document: its reference, day of payment, amount and what refunds take back (EUR); whether it is due here."""

    reference: Reference
    paid_on: date | None
    amount: Decimal
    refunded: Decimal = ZERO
    protocol: str = ""
    expense_id: int = 0
    due: bool = True
    held: bool = True

    def __repr__(self) -> str:
        """Return the reference alone."""
        return f"Line(...{self.reference.number}...)"


@dataclass(frozen=True, slots=True)
class Found:
    """One disagreement: its kind, and both lines where they are."""

    kind: str
    theirs: Line | None
    ours: Line | None


NOT_THERE, UNKNOWN_HERE, NOT_SENT_BY_US = "missing_there", "unknown_here", "not_sent_by_us"
SHOULD_NOT, AMOUNT, REFUNDED, PAID_ON = "should_not_be_there", "amount", "refunded", "paid_on"


def differences(ours: Iterable[Line], theirs: Iterable[Line]) -> list[Found]:
    """
    Return where both disagree, each document once and by its gravest difference, in the order of the references.

    `ours` are documents that we know to be held, are due, or that the report names.
    """
    mine = {line.reference: line for line in ours}
    there = {line.reference: line for line in theirs}
    found = [_between(mine.get(reference), there.get(reference)) for reference in sorted(mine.keys() | there.keys())]
    return [one for one in found if one is not None]


def _between(mine: Line | None, there: Line | None) -> Found | None:
    if there is None:
        return Found(NOT_THERE, None, mine) if mine is not None and mine.held else None
    if mine is None:
        return Found(UNKNOWN_HERE, there, None)
    kind = _kind(mine, there)
    return None if kind is None else Found(kind, there, mine)


def _kind(mine: Line, there: Line) -> str | None:
    if not mine.due:
        return SHOULD_NOT
    if not mine.held:
        return NOT_SENT_BY_US
    if mine.amount != there.amount:
        return AMOUNT
    if mine.refunded != there.refunded:
        return REFUNDED
    return PAID_ON if mine.paid_on != there.paid_on else None
