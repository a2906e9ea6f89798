"""What the database refuses to change on an issued paper (threat T12), whoever asks."""

from __future__ import annotations

from django.db.models import Model

from sportello.core.guards import Guard

FOLLOWING = frozenset(
    {
        "state",
        "portal_visible",
        "paper_id",
        "paper_state",
        "payment_state",
        "paid",
        "refunded",
        "credited",
        "open",
        "refund_due",
        "paid_on",
        "traceable",
        "version",
        "updated_at",
    }
)
"""Columns of an invoice that follow what happens after issue; every other one is frozen."""

_WORDS = "an issued paper is frozen: correct it with a credit note"
_PARENT_ISSUED = (
    'EXISTS (SELECT 1 FROM "billing_invoice" i WHERE i."id" = {side}."invoice_id" AND i."state" <> \'DRAFT\')'
)


def _columns(model: type[Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


def guards() -> list[Guard]:
    """Return the guards of invoices, lines, groups and payments."""
    from sportello.billing.models import Invoice, Payment

    frozen = tuple(column for column in _columns(Invoice) if column not in FOLLOWING)
    settled = tuple(column for column in _columns(Payment) if not column.startswith("void"))
    issued = "OLD.\"state\" <> 'DRAFT'"
    found = [
        Guard("billing_invoice_frozen", "billing_invoice", "UPDATE", _WORDS, when=issued, columns=frozen),
        Guard(
            "billing_invoice_no_return",
            "billing_invoice",
            "UPDATE",
            _WORDS,
            when=f"{issued} AND NEW.\"state\" = 'DRAFT'",
        ),
        Guard("billing_invoice_kept", "billing_invoice", "DELETE", _WORDS, when=issued),
        Guard(
            "billing_payment_frozen", "billing_payment", "UPDATE", "a payment is voided, never changed", columns=settled
        ),
        Guard("billing_payment_kept", "billing_payment", "DELETE", "a payment is voided, never deleted"),
    ]
    for table in ("billing_invoiceline", "billing_invoicegroup"):
        for event, side in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
            name = f"{table}_no_{event.lower()}"
            found.append(Guard(name, table, event, _WORDS, when=_PARENT_ISSUED.format(side=side)))
    return found
