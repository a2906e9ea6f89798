"""One paper as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sportello.billing.models import Invoice, InvoiceKind, Payment, StampRecord
from sportello.billing.paper.content import Content
from sportello.core.actors import Actor
from sportello.parties.timeline import Deed, deeds_about, names_of

MOST_DEEDS = 200
"""Entries read for the timeline of one paper."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment or refund of a paper (EUR)."""

    id: int
    is_refund: bool
    on: date
    amount: Decimal
    method: str
    traceable: bool
    payer: str
    reference: str
    recorded_by: str
    voided_at: datetime | None
    void_reason: str


@dataclass(frozen=True, slots=True)
class LinkedPaper:
    """Another paper tied to this one: a credit note, the invoice it corrects, a new draft."""

    id: int
    number: str
    state: str
    issued_on: date | None
    total: Decimal


@dataclass(frozen=True, slots=True)
class PaperFile:
    """The PDF as issued: bytes, hash, and since when it is the same."""

    id: int
    size: int
    sha256: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Stamp:
    """The stamp that a paper owes (EUR)."""

    mode: str
    identifier: str
    stamped_on: date | None
    amount: Decimal
    charged: bool


@dataclass(frozen=True, slots=True)
class PaperView:
    """An issued paper: what it prints (`content`), where its money stands, and what belongs to it."""

    id: int
    kind: str
    state: str
    payment_state: str
    number: str
    series: str
    year: int
    issued_on: date
    patient_id: int | None
    customer_id: int | None
    name: str
    channel: str
    content: Content
    stamp_base: Decimal
    stamp_threshold: Decimal
    total: Decimal
    payable: Decimal
    paid: Decimal
    open: Decimal
    refund_due: Decimal
    paid_on: date | None
    traceable: bool | None
    paper_state: str
    file: PaperFile | None
    stamp: Stamp | None
    payments: tuple[PaymentLine, ...]
    notes: tuple[LinkedPaper, ...]
    corrects: LinkedPaper | None
    reissued_as: tuple[LinkedPaper, ...]
    portal_visible: bool
    deeds: tuple[Deed, ...]

    @property
    def is_note(self) -> bool:
        """Whether it is a credit note."""
        return self.kind == InvoiceKind.CREDIT_NOTE


def paper_view(actor: Actor, invoice_id: int) -> PaperView:
    """
    Return an issued paper.

    :raises Invoice.DoesNotExist: no such paper for this actor, or still a draft
    """
    rows = Invoice.objects.exclude(state="DRAFT").select_related("paper", "corrects", "patient", "customer")
    invoice = rows.get(pk=invoice_id)
    linked = Invoice.objects.filter(corrects_id=invoice.pk) | Invoice.objects.filter(reissues_id=invoice.pk)
    others = list(linked.order_by("pk"))
    content = Content.from_json(invoice.snapshot)
    assert invoice.issued_on is not None
    assert invoice.year is not None
    payments = _payments(invoice)
    names = names_of({row.recorded_by_id for row in payments if row.recorded_by_id is not None})
    return PaperView(
        id=invoice.pk,
        kind=invoice.kind,
        state=invoice.state,
        payment_state=invoice.payment_state,
        number=invoice.printed_number,
        series=invoice.series_code,
        year=invoice.year,
        issued_on=invoice.issued_on,
        patient_id=invoice.patient_id,
        customer_id=invoice.customer_id,
        name=content.addressee.name if actor.sees_names else "",
        channel=invoice.channel,
        content=content,
        stamp_base=invoice.stamp_base,
        stamp_threshold=Decimal(invoice.inputs["stamp_threshold"]),
        total=invoice.total,
        payable=invoice.payable,
        paid=invoice.paid,
        open=invoice.open,
        refund_due=invoice.refund_due,
        paid_on=invoice.paid_on,
        traceable=invoice.traceable,
        paper_state=invoice.paper_state,
        file=_file(invoice),
        stamp=_stamp(invoice),
        payments=tuple(_payment(row, names) for row in payments),
        notes=tuple(_linked(row) for row in others if row.corrects_id == invoice.pk),
        corrects=_linked(invoice.corrects) if invoice.corrects else None,
        reissued_as=tuple(_linked(row) for row in others if row.reissues_id == invoice.pk),
        portal_visible=invoice.portal_visible,
        deeds=tuple(deeds_about("invoice", invoice.pk, limit=MOST_DEEDS)),
    )


def _payments(invoice: Invoice) -> list[Payment]:
    return list(Payment.objects.filter(invoice_id=invoice.pk).order_by("-paid_on", "-pk"))


def _payment(row: Payment, names: Mapping[int, str]) -> PaymentLine:
    return PaymentLine(
        id=row.pk,
        is_refund=row.direction == "refund",
        on=row.paid_on,
        amount=row.amount,
        method=row.method,
        traceable=row.traceable,
        payer=row.payer,
        reference=row.reference,
        recorded_by=names.get(row.recorded_by_id or 0, ""),
        voided_at=row.voided_at,
        void_reason=row.void_reason,
    )


def _linked(row: Invoice) -> LinkedPaper:
    return LinkedPaper(row.pk, row.printed_number, row.state, row.issued_on, row.total)


def _file(invoice: Invoice) -> PaperFile | None:
    stored = invoice.paper
    return PaperFile(stored.pk, stored.size, stored.sha256, stored.created_at) if stored else None


def _stamp(invoice: Invoice) -> Stamp | None:
    row = StampRecord.objects.filter(invoice_id=invoice.pk).first()
    return Stamp(row.mode, row.identifier, row.stamped_on, row.amount, row.charged) if row else None
