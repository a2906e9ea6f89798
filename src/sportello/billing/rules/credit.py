"""The figures of a credit note: what is credited so far, this note included, less the notes before it.

Source: practice specification 2.10. Because the fund and the VAT of a group are rounded once, three notes of a third
each are not three equal notes; taken from the running sum they end on the invoice's own figures to the cent.
Units: EUR as Decimal with two places, always positive; a register shows them as negative.

>>> exempt = VatTerms(Treatment.EXEMPT_HEALTH, Decimal(0), Natura.EXEMPT)
>>> lines = (LineInput(Decimal(1), Decimal("33.33"), exempt),) * 3
>>> terms = StampTerms(Decimal("77.47"), Decimal("2.00"))
>>> invoice = compute(DocumentInput(Regime.ORDINARY, lines, terms, FundTerms("ENPAP", Decimal(2))))
>>> notes = [NoteInput((CreditedPart(index, Decimal(1)),)) for index in range(3)]
>>> [str(credit(invoice, notes[:done], notes[done], own_stamp=terms).fund_total) for done in range(3)]
['0.67', '0.66', '0.67']
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sportello.billing.rules.gross_split import unit_price_for
from sportello.billing.rules.totals import (
    DocumentInput,
    FundTerms,
    GroupTotals,
    LineInput,
    StampTerms,
    Totals,
    WithholdingOutcome,
    compute,
    group_totals,
    withholding_base,
)
from sportello.billing.rules.treatments import Natura, Regime, Treatment, VatTerms
from sportello.core.money import EXACT, ZERO, percent_of, round_cents, total_of
from sportello.core.violations import RuleViolation

__all__ = [
    "CreditTotals",
    "CreditedPart",
    "DocumentInput",
    "FundTerms",
    "LineInput",
    "NoteInput",
    "Regime",
    "Remaining",
    "Treatment",
    "VatTerms",
    "check_credit_date",
    "compute",
    "credit",
    "credit_everything",
    "is_fully_credited",
    "remaining",
]


@dataclass(frozen=True, slots=True)
class CreditedPart:
    """What a note takes back of one line of the invoice.

    :ivar line: index of the invoice's line
    :ivar quantity: how much of it, above zero
    :ivar price_part: None takes the quantity back at the invoice's price and discount; an amount (EUR a unit) gives
        back that part of the price and leaves the quantity where it is
    """

    line: int
    quantity: Decimal
    price_part: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NoteInput:
    """One credit note of an invoice.

    :ivar give_back_stamp: the stamp charged on the invoice is given back with this note
    """

    parts: tuple[CreditedPart, ...]
    give_back_stamp: bool = False


@dataclass(frozen=True, slots=True)
class Remaining:
    """What can still be credited of one line: quantity, and EUR net."""

    quantity: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class CreditTotals:
    """The figures of one note, EUR, positive.

    :ivar lines_net: in the order of the parts
    :ivar groups: those the note touches, in the order of their first part
    :ivar own_stamp_due: the note itself owes a stamp; the issuer bears it and it is no part of the total
    :ivar stamp_given_back: of the invoice, part of the total
    :ivar payable: reversed by this note; what is given back if the invoice was paid
    :ivar completes: after this note nothing of the invoice's lines is left
    """

    lines_net: tuple[Decimal, ...]
    groups: tuple[GroupTotals, ...]
    fund_total: Decimal
    vat_total: Decimal
    stamp_base: Decimal
    own_stamp_due: bool
    stamp_given_back: Decimal
    stamp_nature: Natura | None
    total: Decimal
    withholding_base: Decimal
    withheld: Decimal
    payable: Decimal
    completes: bool


def credit(invoice: Totals, earlier: Sequence[NoteInput], note: NoteInput, *, own_stamp: StampTerms) -> CreditTotals:
    """Return the figures of a note.

    :param invoice: the figures of the invoice as issued
    :param earlier: its notes before this one, in the order of their issue
    :param own_stamp: threshold and amount on the note's day, for the stamp the note itself owes
    :raises RuleViolation: ``nothing_left_to_credit``, ``credited_line_unknown``, ``quantity_must_be_positive``,
        ``amount_must_be_positive``, ``credit_above_quantity``, ``credit_above_amount``, ``stamp_not_charged``,
        ``stamp_already_given_back``, ``total_must_be_positive``
    """
    before = _Running(invoice)
    for past in earlier:
        before.take(past)
    if before.complete:
        raise RuleViolation("nothing_left_to_credit", field="lines")
    after = before.copy()
    lines_net = after.take(note)
    touched = dict.fromkeys(invoice.document.lines[part.line].vat for part in note.parts)
    groups = tuple(_difference(after.group(vat), before.group(vat)) for vat in touched)
    base = total_of(group.taxable for group in groups if group.vat.natura is not None)
    given_back = invoice.stamp if note.give_back_stamp else ZERO
    total = total_of(group.taxable + group.vat_amount for group in groups) + given_back
    if total <= 0:
        raise RuleViolation("total_must_be_positive", field="lines", total=total)
    withheld = after.withheld - before.withheld
    return CreditTotals(
        lines_net=lines_net,
        groups=groups,
        fund_total=total_of(group.fund for group in groups),
        vat_total=total_of(group.vat_amount for group in groups),
        stamp_base=base,
        own_stamp_due=base > own_stamp.threshold,
        stamp_given_back=given_back,
        stamp_nature=invoice.stamp_nature if given_back else None,
        total=total,
        withholding_base=after.withholding_base - before.withholding_base,
        withheld=withheld,
        payable=total - withheld,
        completes=after.complete,
    )


def remaining(invoice: Totals, earlier: Sequence[NoteInput]) -> tuple[Remaining, ...]:
    """Return what can still be credited of each line of the invoice."""
    running = _Running(invoice)
    for past in earlier:
        running.take(past)
    return tuple(
        Remaining(line.quantity - taken, net - round_cents(amount))
        for line, net, taken, amount in zip(
            invoice.document.lines, invoice.lines_net, running.quantities, running.amounts, strict=True
        )
    )


def is_fully_credited(invoice: Totals, notes: Sequence[NoteInput]) -> bool:
    """Tell whether the notes take back every line of the invoice; the stamp may stay."""
    return all(rest.net == 0 for rest in remaining(invoice, notes)) and bool(notes)


def credit_everything(invoice: Totals, earlier: Sequence[NoteInput], *, give_back_stamp: bool) -> NoteInput:
    """Return the note that takes back whatever is left of every line."""
    left = remaining(invoice, earlier)
    reduced = {part.line for note in earlier for part in note.parts if part.price_part is not None}
    parts: list[CreditedPart] = []
    for index, rest in enumerate(left):
        if rest.net <= 0:
            continue
        if index in reduced:
            quantity = min(Decimal(1), invoice.document.lines[index].quantity)
            parts.append(CreditedPart(index, quantity, unit_price_for(rest.net, quantity)))
        else:
            parts.append(CreditedPart(index, rest.quantity))
    return NoteInput(tuple(parts), give_back_stamp)


def check_credit_date(*, on: date, invoice_on: date) -> None:
    """Refuse a note dated before its invoice.

    :raises RuleViolation: ``credit_note_before_invoice``
    """
    if on < invoice_on:
        raise RuleViolation("credit_note_before_invoice", field="on", on=on, invoice_on=invoice_on)


class _Running:
    """All that is credited of an invoice up to some note."""

    def __init__(self, invoice: Totals) -> None:
        self._invoice = invoice
        self._lines = invoice.document.lines
        self.quantities = [Decimal(0) for _ in self._lines]
        self.amounts = [ZERO for _ in self._lines]
        self._stamp_given_back = False

    def copy(self) -> "_Running":
        twin = _Running(self._invoice)
        twin.quantities, twin.amounts = list(self.quantities), list(self.amounts)
        twin._stamp_given_back = self._stamp_given_back
        return twin

    def take(self, note: NoteInput) -> tuple[Decimal, ...]:
        """Add a note and return the net of each of its parts (EUR)."""
        if note.give_back_stamp:
            self._take_stamp()
        nets: list[Decimal] = []
        for place, part in enumerate(note.parts):
            try:
                nets.append(self._take_part(part))
            except RuleViolation as refusal:
                raise refusal.at(f"lines.{place}") from None
        return tuple(nets)

    def _take_stamp(self) -> None:
        if not self._invoice.stamp:
            raise RuleViolation("stamp_not_charged", field="give_back_stamp")
        if self._stamp_given_back:
            raise RuleViolation("stamp_already_given_back", field="give_back_stamp")
        self._stamp_given_back = True

    def _take_part(self, part: CreditedPart) -> Decimal:
        if not 0 <= part.line < len(self._lines):
            raise RuleViolation("credited_line_unknown", field="line", line=part.line)
        line, net = self._lines[part.line], self._invoice.lines_net[part.line]
        if not part.quantity > 0:
            raise RuleViolation("quantity_must_be_positive", field="quantity", quantity=part.quantity)
        self._count(part, line)
        before = round_cents(self.amounts[part.line])
        self.amounts[part.line] = EXACT.add(self.amounts[part.line], _exact(part, line))
        after = round_cents(self.amounts[part.line])
        if after > net:
            raise RuleViolation("credit_above_amount", field="unit_price", remaining=net - before, asked=after - before)
        return after - before

    def _count(self, part: CreditedPart, line: LineInput) -> None:
        """Use the quantity up; part of a price leaves it, but may not be given for more than was sold."""
        left = line.quantity
        if part.price_part is None:
            left -= self.quantities[part.line]
        elif not part.price_part > 0:
            raise RuleViolation("amount_must_be_positive", field="unit_price", amount=part.price_part)
        if part.quantity > left:
            raise RuleViolation("credit_above_quantity", field="quantity", remaining=left, asked=part.quantity)
        if part.price_part is None:
            self.quantities[part.line] += part.quantity

    def group(self, vat: VatTerms) -> GroupTotals:
        """Return the running figures of one VAT group."""
        services = bearing = ZERO
        for line, amount in zip(self._lines, self.amounts, strict=True):
            if line.vat == vat:
                net = round_cents(amount)
                services += net
                if line.bears_fund and vat.natura is not Natura.EXCLUDED:
                    bearing += net
        return group_totals(vat, services, bearing, self._invoice.document.fund)

    @property
    def complete(self) -> bool:
        """Whether every line is credited to its last cent."""
        return all(
            round_cents(amount) == net for amount, net in zip(self.amounts, self._invoice.lines_net, strict=True)
        )

    @property
    def withholding_base(self) -> Decimal:
        """What tax was withheld on, of all that is credited (EUR)."""
        if self._invoice.withholding_outcome is not WithholdingOutcome.APPLIED:
            return ZERO
        fund_total = total_of(self.group(group.vat).fund for group in self._invoice.groups)
        stamp = self._invoice.stamp if self._stamp_given_back else ZERO
        nets = [round_cents(amount) for amount in self.amounts]
        return withholding_base(self._invoice.document, nets, fund_total, stamp)

    @property
    def withheld(self) -> Decimal:
        """The tax withheld on all that is credited (EUR)."""
        return percent_of(self._invoice.document.withholding_rate, self.withholding_base)


def _exact(part: CreditedPart, line: LineInput) -> Decimal:
    if part.price_part is not None:
        return EXACT.multiply(part.quantity, part.price_part)
    return LineInput(part.quantity, line.unit_price, line.vat, line.discount).exact


def _difference(after: GroupTotals, before: GroupTotals) -> GroupTotals:
    return GroupTotals(
        after.vat,
        after.services - before.services,
        after.fund - before.fund,
        after.taxable - before.taxable,
        after.vat_amount - before.vat_amount,
    )
