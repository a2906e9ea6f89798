"""Rules about identifier, payment, citizen and flags of a document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sistemats.codes import ExpenseType, SenderCategory
from sistemats.crypto import looks_sealed
from sistemats.dated import Calendar
from sistemats.documents import DocumentId, ExpenseDocument, Sender
from sistemats.rules.findings import Finding, make
from sistemats.rules.identifiers import (
    has_fiscal_code_form,
    has_valid_vat,
    has_vat_form,
    is_document_number,
    is_fiscal_code,
)

FIRST_ISSUE = date(2014, 1, 1)
FIRST_PAYMENT = date(2015, 1, 1)
FIRST_TRACEABLE = date(2020, 1, 1)
FIRST_OPPOSITION = date(2021, 1, 1)
_JANUARY = 1
UNTRACED_TYPES = frozenset({ExpenseType.TK, ExpenseType.FC, ExpenseType.AD, ExpenseType.FV})


def check_id(document_id: DocumentId, today: date, test_mode: bool) -> Iterator[Finding]:
    """Check VAT number, issue date, device and number."""
    if not has_vat_form(document_id.vat_number):
        yield make("id.vat_number", "vat-format")
    elif not has_valid_vat(document_id.vat_number):
        yield make("id.vat_number", "vat-check-digit", relaxed=test_mode)
    if document_id.issued_on < FIRST_ISSUE:
        yield make("id.issued_on", "issued-too-early")
    elif document_id.issued_on > today:
        yield make("id.issued_on", "issued-future")
    if not 1 <= document_id.device <= 999:
        yield make("id.device", "device-range")
    if not is_document_number(document_id.number):
        yield make("id.number", "number-format")


def check_payment(document: ExpenseDocument, sender: Sender, today: date, calendar: Calendar) -> Iterator[Finding]:
    """Check payment date, prepaid flag and deadline."""
    paid, issued = document.paid_on, document.id.issued_on
    if paid < FIRST_PAYMENT:
        yield make("paid_on", "paid-too-early")
    if paid > today:
        yield make("paid_on", "paid-future")
    if paid < issued and not document.prepaid:
        yield make("prepaid", "prepaid-missing")
    if paid > issued and document.prepaid:
        yield make("prepaid", "prepaid-useless")
    yield from _deadline(document, sender, today, calendar)


def _deadline(document: ExpenseDocument, sender: Sender, today: date, calendar: Calendar) -> Iterator[Finding]:
    row = calendar.deadline(document.paid_on, sender.category)
    year = document.paid_on.year
    if row is not None:
        last = row.change_by or row.send_by
        if today > last:
            yield make("paid_on", "year-closed", year=str(year))
        elif today > row.send_by:
            yield make("paid_on", "late", deadline=row.send_by.isoformat())
    elif year < today.year and not (year == today.year - 1 and today.month == _JANUARY):
        yield make("paid_on", "year-closed", year=str(year))


def check_citizen(document: ExpenseDocument, test_mode: bool) -> Iterator[Finding]:
    """Check the citizen's code against the opposition."""
    code = document.citizen_code
    if document.opposed:
        if code:
            yield make("citizen_code", "citizen-despite-opposition")
        if document.paid_on < FIRST_OPPOSITION:
            yield make("opposed", "opposition-too-early")
        return
    if document.opposed is None:
        yield make("opposed", "opposition-unsaid")
    if not code:
        yield make("citizen_code", "citizen-missing")
    elif not is_fiscal_code(code) and not looks_sealed(code):
        yield make("citizen_code", "citizen-format", relaxed=test_mode and has_fiscal_code_form(code))


def check_flags(document: ExpenseDocument, sender: Sender) -> Iterator[Finding]:
    """Check that traceability and document type are given where they must be."""
    exempt = sender.category is SenderCategory.ACCREDITED_STRUCTURE or document.paid_on < FIRST_TRACEABLE
    traced_types = {item.expense_type for item in document.items} - UNTRACED_TYPES
    if document.traceable is None and traced_types and not exempt:
        yield make("traceable", "traceable-missing")
    if document.document_type is None:
        yield make("document_type", "document-type-missing")
