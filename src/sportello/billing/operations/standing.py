"""The money of an invoice, derived again after every payment, refund and credit note (SPEC practice 2.11).

The columns on the invoice are a copy for lists and sums; the rows of payments and notes are what counts, and
`sportello invoices verify` compares the two.
"""

from __future__ import annotations

from decimal import Decimal

from sportello.billing import changes
from sportello.billing.models import Invoice, Payment, PaymentDirection
from sportello.billing.rules.payments import Balance, Method, PaymentEntry, RefundEntry, derive
from sportello.billing.states import PaymentEvent, PaymentMove, PaymentStatus, payment_move

COLUMNS = ("payment_state", "paid", "refunded", "credited", "open", "refund_due", "paid_on", "traceable")


def entries(invoice_id: int) -> tuple[list[PaymentEntry], list[RefundEntry]]:
    """Return payments and refunds of an invoice that were not voided, by day and then as recorded."""
    rows = Payment.objects.filter(invoice_id=invoice_id, voided_at=None).order_by("paid_on", "pk")
    payments: list[PaymentEntry] = []
    refunds: list[RefundEntry] = []
    for row in rows:
        if row.direction == PaymentDirection.IN:
            payments.append(PaymentEntry(row.paid_on, row.amount, Method(row.method), row.payer))
        else:
            refunds.append(RefundEntry(row.paid_on, row.amount, Method(row.method)))
    return payments, refunds


def balance_of(invoice: Invoice) -> Balance:
    """Return where an issued invoice stands (EUR), from its payments, refunds and credit notes."""
    payments, refunds = entries(invoice.pk)
    notes = Invoice.objects.filter(corrects_id=invoice.pk).exclude(state="DRAFT")
    reversed_payables: list[Decimal] = list(notes.values_list("payable", flat=True))
    return derive(invoice.payable, payments, reversed_payables, refunds)


def apply(invoice: Invoice, balance: Balance) -> list[str]:
    """Put a balance into the invoice's columns and return their names, for `save`."""
    invoice.payment_state = balance.status.value
    invoice.paid, invoice.refunded = balance.paid, balance.refunded
    invoice.credited = balance.reversed_payable
    invoice.open, invoice.refund_due = balance.open, balance.refund_due
    invoice.paid_on = balance.paid_on
    invoice.traceable = balance.traceable
    return list(COLUMNS)


def settle(invoice: Invoice, event: PaymentEvent) -> PaymentMove:
    """
    Derive an invoice's money after an event, save it and return the name of the move; mark what is or was paid.

    :raises ForbiddenMove: the table of states does not know this change
    """
    before, was_paid = PaymentStatus(invoice.payment_state), invoice.paid_on is not None
    columns = apply(invoice, balance_of(invoice))
    move = payment_move(event, before, PaymentStatus(invoice.payment_state))
    invoice.version += 1
    invoice.save(update_fields=[*columns, "version", "updated_at"])
    if was_paid or invoice.paid_on is not None:
        changes.touched(invoice)
    return move
