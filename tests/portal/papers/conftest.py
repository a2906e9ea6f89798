"""Papers that the desk of the tests has to show."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from deskwire.messages import InvoiceRow, InvoiceRows, PaperKind, PaperState


def row(number: int, **more: Any) -> InvoiceRow:
    """Return a paid invoice of 71.40, as a desk lists it."""
    values: dict[str, Any] = {
        "id": str(uuid.UUID(int=number)),
        "number": f"{number}/2026",
        "issued_on": date(2026, 3, number),
        "paid_on": date(2026, 3, number),
        "state": PaperState.PAID,
        "kind": PaperKind.INVOICE,
        "amount": Decimal("71.40"),
        "currency": "EUR",
        "ready": True,
    }
    return InvoiceRow(**(values | more))


ROWS = (
    row(5, state=PaperState.NOT_PAID, paid_on=None, amount=Decimal("1234.50")),
    row(4, kind=PaperKind.CREDIT_NOTE, state=PaperState.REVERSED, paid_on=None, amount=Decimal("-71.40")),
    row(3, ready=False),
    row(2),
)


def rows(*found: InvoiceRow, **more: Any) -> InvoiceRows:
    """Return a page of papers."""
    values: dict[str, Any] = {
        "rows": found,
        "total": sum((each.amount for each in found), Decimal("0.00")),
        "count": len(found),
        "next": "",
        "years": (2026, 2025),
    }
    return InvoiceRows(**(values | more))


@pytest.fixture
def papers(desk):
    """Let the desk list four papers."""
    desk.answers["invoices.list"] = lambda asked: rows(*ROWS)
    return ROWS
