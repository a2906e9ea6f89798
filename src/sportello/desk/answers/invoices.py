"""The patient's papers: lists, sums, and one paper as it was issued. What was read is written down with its ids."""

from __future__ import annotations

from deskwire.messages import (
    InvoicePaper,
    InvoiceRow,
    InvoiceRows,
    InvoiceTotals,
    ListInvoices,
    PaperKind,
    PaperState,
    RefusalCode,
    SumInvoices,
)
from sportello.billing.models import InvoiceKind
from sportello.billing.queries import portal
from sportello.billing.rules.portal import By, Standing
from sportello.core.actors import Power
from sportello.core.files import keeping
from sportello.desk.answering import Asked, Paper, Refuse, answers, sends

SOON = 60
"""Seconds after which a PDF that is still being made is worth asking for again."""

_STATES = {
    Standing.UNPAID: PaperState.NOT_PAID,
    Standing.PARTIALLY_PAID: PaperState.PART_PAID,
    Standing.PAID: PaperState.PAID,
    Standing.REFUND_DUE: PaperState.REFUND_DUE,
    Standing.REFUNDED: PaperState.REFUNDED,
    Standing.CREDITED: PaperState.REVERSED,
    Standing.CREDIT_NOTE: PaperState.REVERSED,
}


@answers(ListInvoices, power=Power.INVOICES)
def list_invoices(asked: Asked, request: ListInvoices) -> InvoiceRows:
    """Return one page of a period, newest first."""
    period = portal.Period(By(request.by), request.since, request.until)
    found = portal.page(*whose(asked), period, after=request.after, size=request.size)
    asked.record("portal.list", by=request.by, ids=[row.id for row in found.rows])
    return InvoiceRows(
        rows=tuple(_row(row) for row in found.rows),
        total=found.total,
        count=found.count,
        next=found.following,
        years=found.years,
    )


@answers(SumInvoices, power=Power.INVOICES)
def sum_invoices(asked: Asked, request: SumInvoices) -> InvoiceTotals:
    """
    Return number and sum of some papers.

    :raises DoesNotExist: one of them is none of this patient's
    """
    if len(request.ids) > portal.MOST_CHOSEN:
        raise Refuse(RefusalCode.TOO_MANY, limit=portal.MOST_CHOSEN)
    count, total = portal.totals(*whose(asked), request.ids)
    asked.record("portal.list", ids=list(request.ids))
    return InvoiceTotals(count, total)


@sends(InvoicePaper, power=Power.INVOICES)
def paper(asked: Asked, request: InvoicePaper) -> Paper:
    """
    Send the PDF of one paper.

    :raises DoesNotExist: no such paper for this patient
    :raises Refuse: ``not_ready`` while it is being made
    """
    (chosen,) = portal.chosen_by_id(*whose(asked), [request.id])
    if chosen.file is None:
        raise Refuse(RefusalCode.NOT_READY, retry_after=SOON)
    asked.record("portal.paper", ids=[chosen.paper.id])
    return Paper(chosen.file_name, keeping.stream(chosen.file), chosen.file.size)


def whose(asked: Asked) -> tuple[int, int]:
    """Return practice and patient of a question, as the queries take them."""
    return asked.access.practice_id, asked.access.patient_id


def _row(row: portal.PortalPaper) -> InvoiceRow:
    return InvoiceRow(
        id=row.id,
        number=row.number,
        issued_on=row.issued_on,
        paid_on=row.paid_on,
        state=_STATES[row.standing],
        kind=PaperKind.CREDIT_NOTE if row.kind == InvoiceKind.CREDIT_NOTE else PaperKind.INVOICE,
        amount=row.amount,
        currency="EUR",
        ready=row.ready,
    )
