"""Between our contents and the protocol library's documents."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from sistemats import BatchEntry, DocumentId, ExpenseDocument, ExpenseType, Item, Operation
from sistemats.replies import QueriedDocument
from sportello.expenses.models import Expense
from sportello.expenses.rules.content import ZERO, Content, Piece, Reference

_TYPES = {kind.value: kind for kind in ExpenseType}
_OPERATIONS = {kind.value: kind for kind in Operation}
"""By code: to look one up costs a tenth of asking the enum, and a file asks for thousands."""


def id_of(reference: Reference) -> DocumentId:
    """Return a reference as the library has it."""
    return DocumentId(reference.vat_number, reference.issued_on, reference.number, reference.device)


def reference_of(row: Expense) -> Reference:
    """Return a document's reference at the State."""
    return Reference(row.vat_number, row.issued_on, row.number, row.device)


def document_of(content: Content) -> ExpenseDocument:
    """Return a content as a document to send; the patient's code is in clear and never shows in a repr."""
    return ExpenseDocument(
        id_of(content.reference),
        content.paid_on,
        tuple([_item(piece) for piece in content.pieces]),
        content.code or None,
        content.prepaid,
        content.traceable,
        opposed=content.opposed,
    )


def entry_of(content: Content, operation: str) -> BatchEntry:
    """Return a content as an entry of a file."""
    kind = _OPERATIONS[operation]
    original = content.original if kind is Operation.REFUND else None
    return BatchEntry(document_of(content), kind, None if original is None else id_of(original))


def totals_of(held: QueriedDocument) -> dict[str, Decimal]:
    """Return what the State says it holds by expense type (EUR), zeros and what cannot be read left out."""
    found: dict[str, Decimal] = {}
    for total in held.totals:
        try:
            amount = Decimal(total.amount).quantize(Decimal("0.01"))
        except InvalidOperation:
            continue
        if amount:
            found[total.expense_type] = found.get(total.expense_type, ZERO) + amount
    return found


def _item(piece: Piece) -> Item:
    return Item(_TYPES[piece.expense_type], piece.amount, piece.flag or None, piece.rate, piece.nature or None)
