"""What others must know of papers: a mark for each that is paid, was paid, or whose payment is taken back.

Issuing an unpaid invoice leaves no mark and costs nothing. The mark names the invoice, never its credit note.
"""

from __future__ import annotations

from sportello.billing.models import Invoice
from sportello.core import marks

DOCUMENT = "billing.document"
"""The topic: an invoice that is or was paid changed in money, or was credited."""


def touched(invoice: Invoice) -> None:
    """Mark an invoice as changed, inside the caller's transaction."""
    marks.note(DOCUMENT, invoice.practice_id, invoice.pk)
