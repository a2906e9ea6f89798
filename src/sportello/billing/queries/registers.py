"""The registers of an entity and a year, as the accountant takes them (SPEC practice 2.18).

Each register is a stream of rows and a count with a sum of the same rows, so that the total on the page is the total of
the file. Amounts in EUR; credit notes and refunds count negative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, When

from sportello.billing.models import Invoice, InvoiceKind, Payment, PaymentDirection, StampRecord
from sportello.core.actors import Actor
from sportello.core.cents import EuroField, euro_sum


class Register(StrEnum):
    """The registers, by the name in their address."""

    ISSUED = "issued"
    RECEIPTS = "receipts"
    NOTES = "credit-notes"
    STAMPS = "stamps"
    WITHHELD = "withholdings"
    FUND = "fund"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class RegisterSum:
    """How many rows a register has and what they come to (EUR)."""

    register: Register
    number: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class StampRow:
    """One line of the register of stamps."""

    invoice_id: int
    number: str
    issued_on: Any
    mode: str
    identifier: str
    stamped_on: Any
    amount: Decimal
    charged: bool


_Rows = QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a register is made: its rows, its amount, its columns."""

    rows: Callable[[int, int], _Rows]
    columns: Mapping[str, str]
    order: tuple[str, ...]


def _papers(entity_id: int, year: int) -> _Rows:
    rows = Invoice.objects.filter(entity_id=entity_id, year=year).exclude(state="DRAFT")
    note = Q(kind=InvoiceKind.CREDIT_NOTE)
    return rows.annotate(
        amount=Case(When(note, then=-F("total")), default=F("total"), output_field=EuroField()),
        withheld_signed=Case(When(note, then=-F("withheld")), default=F("withheld"), output_field=EuroField()),
        fund_signed=Case(When(note, then=-F("fund")), default=F("fund"), output_field=EuroField()),
    )


def _receipts(entity_id: int, year: int) -> _Rows:
    rows = Payment.objects.filter(invoice__entity_id=entity_id, voided_at=None, paid_on__year=year)
    back = Q(direction=PaymentDirection.REFUND)
    return rows.annotate(signed=Case(When(back, then=-F("amount")), default=F("amount"), output_field=EuroField()))


_PAPER = {
    "number": "printed_number",
    "day": "issued_on",
    "family": "patient__family_name",
    "given": "patient__given_name",
}
_HEAD = {**_PAPER, "customer": "customer__name"}
_SHAPES: Mapping[Register, _Shape] = {
    Register.ISSUED: _Shape(
        _papers,
        {**_HEAD, "services": "services", "fund": "fund", "vat": "vat", "stamp": "stamp", "amount": "amount"},
        ("issued_on", "pk"),
    ),
    Register.RECEIPTS: _Shape(
        _receipts,
        {
            "day": "paid_on",
            "number": "invoice__printed_number",
            "family": "invoice__patient__family_name",
            "given": "invoice__patient__given_name",
            "customer": "invoice__customer__name",
            "method": "method",
            "traceable": "traceable",
            "amount": "signed",
        },
        ("paid_on", "pk"),
    ),
    Register.NOTES: _Shape(
        lambda entity_id, year: _papers(entity_id, year).filter(kind=InvoiceKind.CREDIT_NOTE),
        {**_HEAD, "corrects": "corrects__printed_number", "amount": "amount"},
        ("issued_on", "pk"),
    ),
    Register.STAMPS: _Shape(
        lambda entity_id, year: StampRecord.objects.filter(entity_id=entity_id, invoice__year=year),
        {
            "day": "invoice__issued_on",
            "number": "invoice__printed_number",
            "mode": "mode",
            "identifier": "identifier",
            "stamped_on": "stamped_on",
            "charged": "charged",
            "amount": "amount",
        },
        ("invoice__issued_on", "pk"),
    ),
    Register.WITHHELD: _Shape(
        lambda entity_id, year: _papers(entity_id, year).filter(withheld__gt=0),
        {**_HEAD, "base": "withholding_base", "amount": "withheld_signed"},
        ("customer__folded_name", "issued_on", "pk"),
    ),
    Register.FUND: _Shape(
        lambda entity_id, year: _papers(entity_id, year).filter(fund__gt=0),
        {**_HEAD, "services": "services", "amount": "fund_signed"},
        ("issued_on", "pk"),
    ),
    Register.OPEN: _Shape(
        lambda entity_id, year: _papers(entity_id, year).filter(kind=InvoiceKind.INVOICE, open__gt=0),
        {**_HEAD, "total": "total", "amount": "open"},
        ("issued_on", "pk"),
    ),
}


def columns(register: Register) -> tuple[str, ...]:
    """Return the columns of a register, by name; family, given and customer are one: whom it was made out to."""
    names = [name for name in _SHAPES[register].columns if name not in {"given", "customer"}]
    return tuple("name" if name == "family" else name for name in names)


def register_sum(register: Register, entity_id: int, year: int) -> RegisterSum:
    """Return what a register comes to, as the current actor sees it. One query."""
    shape = _SHAPES[register]
    found = shape.rows(entity_id, year).aggregate(number=Count("pk"), amount_sum=euro_sum(shape.columns["amount"]))
    return RegisterSum(register, found["number"], found["amount_sum"])


def register_rows(actor: Actor, register: Register, entity_id: int, year: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a register in its order, one value a column; names are empty for who may not see them."""
    shape = _SHAPES[register]
    wanted = list(shape.columns)
    rows = shape.rows(entity_id, year).order_by(*shape.order).values_list(*shape.columns.values())
    for values in rows.iterator(1000):
        row = dict(zip(wanted, values, strict=True))
        if "family" in row:
            row["family"] = _name(row) if actor.sees_names else ""
        yield tuple(value for name, value in row.items() if name not in {"given", "customer"})


def stamps_missing(entity_id: int | None = None, limit: int = 100) -> tuple[StampRow, ...]:
    """Return the paper stamps whose number was not noted, oldest first."""
    rows = StampRecord.objects.filter(mode="paper", identifier="").select_related("invoice")
    if entity_id is not None:
        rows = rows.filter(entity_id=entity_id)
    return tuple(
        StampRow(
            row.invoice_id,
            row.invoice.printed_number,
            row.invoice.issued_on,
            row.mode,
            row.identifier,
            row.stamped_on,
            row.amount,
            row.charged,
        )
        for row in rows.order_by("invoice__issued_on", "pk")[:limit]
    )


def years_of(entity_id: int) -> list[int]:
    """Return the years in which an entity issued something, newest first."""
    rows = Invoice.objects.filter(entity_id=entity_id, year__isnull=False)
    return [year for year in rows.order_by("-year").values_list("year", flat=True).distinct() if year is not None]


def _name(row: Mapping[str, Any]) -> str:
    return str(row["customer"] or f"{row['family'] or ''} {row['given'] or ''}".strip())
