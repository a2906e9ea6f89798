"""What waits today and how the year goes: the home page of whoever works with invoices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Min, Q
from django.db.models.functions import ExtractMonth, ExtractYear

from sportello.billing.models import Invoice, InvoiceKind, Payment, PaymentDirection, PerformedService, StampRecord
from sportello.core.cents import euro_sum

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pile of papers: how many, for how much (EUR), and the day of the oldest."""

    number: int
    amount: Decimal
    oldest: date | None


@dataclass(frozen=True, slots=True)
class HomeFigures:
    """
    The figures of the home page.

    `to_issue` are paid sessions without an invoice; `income` is what came in by (year, month), refunds subtracted;
    `issued` what was issued by (year, month), credit notes subtracted. EUR.
    """

    unpaid: Waiting
    to_refund: Waiting
    drafts: Waiting
    to_issue: Waiting
    papers_failed: int
    stamps_without_id: int
    income: dict[tuple[int, int], Decimal]
    issued: dict[tuple[int, int], Decimal]


def home_figures(today: date) -> HomeFigures:
    """Return the figures for this year and the last, as the current actor sees them. Eight queries."""
    since = date(today.year - 1, 1, 1)
    invoices = Invoice.objects.filter(kind=InvoiceKind.INVOICE)
    issued = invoices.exclude(state="DRAFT")
    return HomeFigures(
        unpaid=_waiting(issued.filter(open__gt=0), "open", "issued_on"),
        to_refund=_waiting(issued.filter(refund_due__gt=0), "refund_due", "issued_on"),
        drafts=_drafts(),
        to_issue=_to_issue(),
        papers_failed=Invoice.objects.filter(paper_state="failed").count(),
        stamps_without_id=StampRecord.objects.filter(mode="paper", identifier="").count(),
        income=_income(since),
        issued=_issued(since),
    )


def _waiting(rows: object, column: str, day: str) -> Waiting:
    found = rows.aggregate(number=Count("pk"), amount=euro_sum(column), oldest=Min(day))  # type: ignore[attr-defined]
    return Waiting(found["number"], found["amount"], found["oldest"])


def _drafts() -> Waiting:
    found = Invoice.objects.filter(state="DRAFT").aggregate(number=Count("pk"), oldest=Min("updated_at__date"))
    return Waiting(found["number"], ZERO, found["oldest"])


def _to_issue() -> Waiting:
    """Return the paid sessions without an invoice."""
    rows = PerformedService.objects.filter(line=None, paid_on__isnull=False)
    found = rows.aggregate(number=Count("pk"), amount=euro_sum("amount"), oldest=Min("paid_on"))
    return Waiting(found["number"], found["amount"], found["oldest"])


def _income(since: date) -> dict[tuple[int, int], Decimal]:
    rows = Payment.objects.filter(voided_at=None, paid_on__gte=since)
    grouped = rows.values(y=ExtractYear("paid_on"), m=ExtractMonth("paid_on")).annotate(
        received=euro_sum("amount", filter=Q(direction=PaymentDirection.IN)),
        returned=euro_sum("amount", filter=Q(direction=PaymentDirection.REFUND)),
    )
    return {(row["y"], row["m"]): row["received"] - row["returned"] for row in grouped.order_by()}


def _issued(since: date) -> dict[tuple[int, int], Decimal]:
    rows = Invoice.objects.exclude(state="DRAFT").filter(issued_on__gte=since)
    grouped = rows.values(y=ExtractYear("issued_on"), m=ExtractMonth("issued_on")).annotate(
        given=euro_sum("total", filter=Q(kind=InvoiceKind.INVOICE)),
        taken=euro_sum("total", filter=Q(kind=InvoiceKind.CREDIT_NOTE)),
    )
    return {(row["y"], row["m"]): row["given"] - row["taken"] for row in grouped.order_by()}


def standing_counts(year: int) -> dict[str, int]:
    """Return how many invoices of a year stand in each payment state. One query."""
    rows = Invoice.objects.filter(kind=InvoiceKind.INVOICE, year=year).values("payment_state")
    return {row["payment_state"]: row["number"] for row in rows.annotate(number=Count("pk")).order_by()}
