"""What a patient paid in a year, from the payments themselves: the figures of the statement for the tax return.

Only papers made out to the person, to who represents them or to another private person count; what was invoiced to a
company is its expense. Amounts are EUR. Three queries.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from sportello.billing.models import Invoice, Payment, PaymentDirection
from sportello.billing.models.invoices import AddresseeKind
from sportello.billing.models.payments import Payer
from sportello.billing.queries.portal import visible
from sportello.billing.rules.statement import Movement, Sums, summed
from sportello.parties.models import BillingEntity
from sportello.patients.models import CustomerKind

_PRIVATE = ~Q(addressee_kind=AddresseeKind.CUSTOMER) | Q(customer__kind=CustomerKind.PERSON)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """
    Money that moved on one document.

    :ivar method: FatturaPA code of how it moved
    :ivar mixed: this payment left a trace, but another of the same document did not
    """

    number: str
    issued_on: date
    method: str
    mixed: bool
    movement: Movement

    @property
    def signed(self) -> Decimal:
        """The amount (EUR) as it counts: what came back is below zero."""
        return -self.movement.amount if self.movement.refund else self.movement.amount


@dataclass(frozen=True, slots=True)
class StatementSection:
    """What was paid to one billing entity: who it is, and its lines by day."""

    issuer: str = field(repr=False)
    partita_iva: str = field(repr=False)
    lines: tuple[StatementLine, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A year: sections by billing entity, the sums of all, papers charged to others; `invoice_ids` it read."""

    year: int
    sections: tuple[StatementSection, ...]
    sums: Sums
    charged_to_others: int
    invoice_ids: tuple[int, ...]


def statement(practice_id: int, patient_id: int, year: int) -> Statement:
    """Return what a patient paid in a year, refunds and INPS's share apart. Empty when nothing moved."""
    papers = visible(practice_id, patient_id)
    rows = list(_moved(papers.filter(_PRIVATE), year).select_related("invoice", "invoice__entity"))
    by_entity: dict[BillingEntity, list[StatementLine]] = defaultdict(list)
    for row in rows:
        by_entity[row.invoice.entity].append(_line(row))
    others = _moved(papers.exclude(_PRIVATE), year).values("invoice_id").distinct().count()
    return Statement(
        year=year,
        sections=tuple(_section(entity, lines) for entity, lines in sorted(by_entity.items(), key=lambda e: e[0].pk)),
        sums=summed(line.movement for lines in by_entity.values() for line in lines),
        charged_to_others=others,
        invoice_ids=tuple(sorted({row.invoice_id for row in rows})),
    )


def _moved(papers: QuerySet[Invoice, Invoice], year: int) -> QuerySet[Payment, Payment]:
    rows = Payment.objects.filter(invoice__in=papers, voided_at=None, paid_on__year=year)
    return rows.order_by("paid_on", "pk")


def _section(entity: BillingEntity, lines: list[StatementLine]) -> StatementSection:
    name = " ".join(filter(None, (entity.title, entity.name)))
    return StatementSection(name, entity.partita_iva, tuple(lines))


def _line(row: Payment) -> StatementLine:
    paper = row.invoice
    assert paper.issued_on is not None  # no payment stands on a draft
    traceable = row.traceable if paper.traceable is None else paper.traceable
    return StatementLine(
        number=paper.printed_number,
        issued_on=paper.issued_on,
        method=row.method,
        mixed=row.traceable and not traceable,
        movement=Movement(
            on=row.paid_on,
            amount=row.amount,
            traceable=traceable,
            refund=row.direction == PaymentDirection.REFUND,
            own=row.payer != Payer.INPS,
        ),
    )
