"""What was credited of an invoice so far, as the rules take it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sportello.billing.frozen import document_of
from sportello.billing.models import Invoice, InvoiceLine
from sportello.billing.rules.credit import CreditedPart, NoteInput, Remaining, remaining
from sportello.billing.rules.totals import Totals, compute


@dataclass(frozen=True, slots=True)
class Credited:
    """An issued invoice with its lines, its figures, and its notes in the order of their issue."""

    invoice: Invoice
    lines: tuple[InvoiceLine, ...]
    totals: Totals
    notes: tuple[NoteInput, ...]

    @property
    def left(self) -> tuple[Remaining, ...]:
        """What can still be credited of each line."""
        return remaining(self.totals, self.notes)

    @property
    def stamp_left(self) -> Decimal:
        """The charged stamp that was not given back yet (EUR)."""
        given = any(note.give_back_stamp for note in self.notes)
        return Decimal("0.00") if given else self.totals.stamp

    def place(self, line_id: int) -> int:
        """
        Return the index of a line of the invoice.

        :raises InvoiceLine.DoesNotExist: it is not one of them
        """
        for index, line in enumerate(self.lines):
            if line.pk == line_id:
                return index
        raise InvoiceLine.DoesNotExist


def credited(invoice: Invoice) -> Credited:
    """Return an issued invoice with what was credited of it."""
    lines = tuple(InvoiceLine.objects.filter(invoice=invoice).order_by("position"))
    places = {line.pk: index for index, line in enumerate(lines)}
    notes = Invoice.objects.filter(corrects=invoice).exclude(state="DRAFT").order_by("issued_at", "pk")
    rows = InvoiceLine.objects.filter(invoice__in=notes).order_by("position")
    parts: dict[int, list[CreditedPart]] = {}
    for row in rows:
        if row.credits_id is not None:
            part = CreditedPart(places[row.credits_id], row.quantity, row.unit_price if row.is_price_part else None)
            parts.setdefault(row.invoice_id, []).append(part)
    given = tuple(NoteInput(tuple(parts.get(note.pk, ())), note.gives_back_stamp) for note in notes)
    return Credited(invoice, lines, compute(document_of(invoice, lines)), given)
