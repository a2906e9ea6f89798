"""What the State should hold of a paper: derived from the paper alone, never from what was sent before.

Source: practice specification 2.11, 2.12, 2.14; protocol 6.4, 10.1-10.3. Paid documents of natural persons with a
health line; opposed ones without the code and with the flag; a payment before the issue with its flag; credit notes as
refunds with positive amounts and a reference of their own; the share of the bonus psicologo as AA beside the patient's.
What notes give back is the patient's share first, then what INPS paid: the State never hears of more than it holds of
either type, and notes that give back everything give back each share to the cent (decision 0116).
Units: EUR with two places. The only rounding shares fund, VAT and what else a VAT group adds among its lines, so that
the parts sum to the group to the cent.

>>> lines = (PaperLine(ServiceNature.HEALTH, "SP", "", Decimal("90.00"), "N4"),)
>>> groups = (PaperGroup("N4", Decimal("91.80")),)
>>> [str(piece.amount) for piece in pieces(lines, groups, Stamp(Decimal("2.00"), "N1", "included"))]
['93.80']
>>> [(str(piece.amount), piece.nature) for piece in pieces(lines, groups, Stamp(Decimal("2.00"), "N1", "separate"))]
[('91.80', 'N4'), ('2.00', 'N1')]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sportello.billing.rules.treatments import ServiceNature
from sportello.core.money import round_cents
from sportello.expenses.rules.content import ZERO, Content, Piece, Reference

FIRST_PAYMENT = date(2015, 1, 1)
"""Payments before are none of the State's (protocol 10.3)."""
LARGEST = Decimal("99999.99")
BONUS_TYPE = "AA"
NUMBER = re.compile(r"[A-Za-z0-9_./\\-]{1,20}")
CODE = re.compile(r"[A-Z0-9]{16}|[0-9]{11}")


class WhyNot(StrEnum):
    """Why the State need not hold a document."""

    NOT_A_PERSON = "not_a_person"
    NOT_HEALTH = "not_health"
    NO_AMOUNT = "no_amount"
    NOT_PAID = "not_paid"
    NO_CODE = "no_code"
    EXCLUDED = "excluded"
    BEFORE_ACTIVATION = "before_activation"
    ORIGINAL_NOT_DUE = "original_not_due"


_OF_NOBODY = (WhyNot.NOT_A_PERSON.value, WhyNot.NOT_HEALTH.value, WhyNot.NO_AMOUNT.value)


class Problem(StrEnum):
    """Why a document that the State should hold cannot be sent as it is."""

    NONE = ""
    UNMAPPED = "unmapped"
    NUMBER = "number_not_allowed"
    AMOUNT = "amount_too_large"
    DATE = "date_not_allowed"
    CODE = "code_malformed"


class PaperLine(NamedTuple):
    """A line: what it is, its expense type (None: nobody said yet, empty: no expense), its net (EUR) and VAT label."""

    nature: ServiceNature
    expense_type: str | None
    flag: str
    net: Decimal
    vat_label: str

    @property
    def counts(self) -> bool:
        """Whether the line is a health expense, mapped or not yet."""
        return self.nature is not ServiceNature.OTHER and self.expense_type != ""


class PaperGroup(NamedTuple):
    """What stands under one VAT label: services, fund and VAT together (EUR)."""

    vat_label: str
    amount: Decimal


class Stamp(NamedTuple):
    """The stamp that was charged (EUR), its natura, and how it reaches the State: included, separate or omitted."""

    amount: Decimal = ZERO
    nature: str = ""
    handling: str = "included"


class Paper(NamedTuple):
    """
    What an issued paper says, as far as the State is concerned.

    :ivar bonus_share: what INPS pays of it, of a note what it gives back of that (EUR)
    """

    reference: Reference
    is_person: bool
    lines: tuple[PaperLine, ...]
    groups: tuple[PaperGroup, ...]
    stamp: Stamp
    paid_on: date | None
    code: str
    opposed: bool
    traceable: bool | None
    bonus_share: Decimal = ZERO
    excluded: bool = False
    active_since: date = FIRST_PAYMENT
    original: Reference | None = None
    original_due: bool = True

    def __repr__(self) -> str:
        """Return no more than the reference: the code is the patient's."""
        return f"Paper({self.reference})"


class Should(NamedTuple):
    """What the State should hold: `content` where `due`; else why not. A `problem` keeps it from being sent."""

    due: bool
    why_not: str = ""
    problem: str = ""
    content: Content | None = None

    @property
    def concerns_nobody(self) -> bool:
        """Whether the paper is of a kind that the State never has to know, whatever else is missing."""
        return self.why_not in _OF_NOBODY


def derive(paper: Paper) -> Should:
    """Return what the State should hold of a paper."""
    kinds = [line.expense_type for line in paper.lines if line.counts]
    why_not = _why_not(paper, kinds)
    if why_not is not None:
        return Should(due=False, why_not=why_not.value)
    if None in kinds:
        return Should(due=True, problem=Problem.UNMAPPED.value)
    content = _content(paper)
    if not content.pieces:
        return Should(due=False, why_not=WhyNot.NO_AMOUNT.value)
    return Should(due=True, problem=_problem(content).value, content=content)


def pieces(
    lines: Sequence[PaperLine], groups: Sequence[PaperGroup], stamp: Stamp, *, is_note: bool = False
) -> tuple[Piece, ...]:
    """
    Return the items of a paper, in the order of its lines: lines of one type, flag and VAT label are one item.

    None where nothing is charged for health: a stamp beside other things is no expense. A note may give back one alone.
    """
    sums: dict[tuple[str, str, str], Decimal] = {}
    for line, amount in _shares(lines, groups):
        if line.counts and line.expense_type:
            key = (line.expense_type, line.flag, line.vat_label)
            sums[key] = sums.get(key, ZERO) + amount
    found = [_piece(*key, amount) for key, amount in sums.items() if amount]
    if not found:
        kinds = [line.expense_type for line in lines if line.counts and line.expense_type] if is_note else []
        return tuple(_alone(stamp, kinds))
    return tuple(_with_stamp(found, stamp))


def care(lines: Sequence[PaperLine], groups: Sequence[PaperGroup]) -> Decimal:
    """Return what a paper charges or gives back for health (EUR), with fund and VAT, without a stamp."""
    return sum([amount for line, amount in _shares(lines, groups) if line.counts and line.expense_type], ZERO)


def bonus_given_back(whole: Decimal, share: Decimal, before: Decimal, now: Decimal) -> Decimal:
    """
    Return how much of the share that INPS pays a note gives back (EUR): what the patient's share cannot bear.

    :param whole: what the invoice charges for health
    :param share: what INPS pays of it
    :param before: what earlier notes gave back for health
    :param now: what this one gives back

    >>> half = Decimal("40.80")
    >>> [str(bonus_given_back(Decimal("81.60"), Decimal("50.00"), before, half)) for before in (ZERO, half)]
    ['9.20', '40.80']
    """
    own = whole - share
    return min(max(before + now - own, ZERO), share) - min(max(before - own, ZERO), share)


def _why_not(paper: Paper, kinds: Sequence[str | None]) -> WhyNot | None:
    if not paper.is_person:
        return WhyNot.NOT_A_PERSON
    if not kinds:
        return WhyNot.NOT_HEALTH
    if paper.excluded:
        return WhyNot.EXCLUDED
    if not paper.original_due:
        return WhyNot.ORIGINAL_NOT_DUE
    if paper.paid_on is None:
        return WhyNot.NOT_PAID
    if paper.paid_on < paper.active_since and paper.original is None:
        return WhyNot.BEFORE_ACTIVATION
    return None if paper.code or paper.opposed else WhyNot.NO_CODE


def _content(paper: Paper) -> Content:
    refund = paper.original is not None
    items = pieces(paper.lines, paper.groups, paper.stamp, is_note=refund)
    paid_on = paper.reference.issued_on if refund else paper.paid_on or paper.reference.issued_on
    return Content(
        reference=paper.reference,
        paid_on=paid_on,
        pieces=_with_bonus(items, paper.bonus_share),
        code="" if paper.opposed else paper.code,
        opposed=paper.opposed,
        prepaid=paid_on < paper.reference.issued_on,
        traceable=paper.traceable,
        original=paper.original,
    )


def _problem(content: Content) -> Problem:
    if not NUMBER.fullmatch(content.reference.number):
        return Problem.NUMBER
    if any(not ZERO < piece.amount <= LARGEST for piece in content.pieces):
        return Problem.AMOUNT
    if content.paid_on < FIRST_PAYMENT:
        return Problem.DATE
    if content.code and not CODE.fullmatch(content.code):
        return Problem.CODE
    return Problem.NONE


def _shares(lines: Sequence[PaperLine], groups: Sequence[PaperGroup]) -> Iterator[tuple[PaperLine, Decimal]]:
    """Yield each line with its part of its group, by net; running sums are rounded, so no cent is lost."""
    for group in groups:
        mine = [line for line in lines if line.vat_label == group.vat_label]
        if len(mine) == 1:
            yield mine[0], group.amount
            continue
        whole = sum((line.net for line in mine), ZERO)
        given = running = ZERO
        for place, line in enumerate(mine, start=1):
            running += line.net
            last = place == len(mine)
            upto = group.amount if last or not whole else round_cents(group.amount * running / whole)
            yield line, upto - given
            given = upto


def _piece(expense_type: str, flag: str, vat_label: str, amount: Decimal) -> Piece:
    if vat_label.startswith("N"):
        return Piece(expense_type, amount, flag, nature=vat_label)
    return Piece(expense_type, amount, flag, rate=Decimal(vat_label))


def _with_stamp(found: list[Piece], stamp: Stamp) -> list[Piece]:
    if not stamp.amount or stamp.handling == "omitted":
        return found
    if stamp.handling == "separate":
        return [*found, Piece(found[0].expense_type, stamp.amount, found[0].flag, nature=stamp.nature)]
    place = next((place for place, piece in enumerate(found) if piece.rate is None), 0)
    found[place] = found[place].of(found[place].amount + stamp.amount)
    return found


def _alone(stamp: Stamp, kinds: Sequence[str]) -> Iterator[Piece]:
    if stamp.amount and kinds and stamp.handling != "omitted":
        yield Piece(kinds[0], stamp.amount, nature=stamp.nature)


def _with_bonus(found: tuple[Piece, ...], share: Decimal) -> tuple[Piece, ...]:
    """Move the share that INPS pays to its own type, out of the items in their order; VAT stays what it was."""
    if not share:
        return found
    left, own, bonus = share, [], []
    for piece in found:
        taken = min(left, piece.amount)
        left -= taken
        if piece.amount > taken:
            own.append(piece.of(piece.amount - taken))
        if taken:
            bonus.append(Piece(BONUS_TYPE, taken, rate=piece.rate, nature=piece.nature))
    return (*own, *bonus)
