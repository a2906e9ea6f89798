"""Issuing: the number, the frozen figures and the snapshot, in one transaction with its audit entry and its alarms."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from django.db import transaction

from sportello.billing.assess import Assessment, assess
from sportello.billing.checks import findings_of, latest_date, series_for, stamp_mode
from sportello.billing.compose import invoice_content
from sportello.billing.frozen import inputs_of
from sportello.billing.models import Invoice, InvoiceGroup, InvoiceLine, PaperState, StampRecord
from sportello.billing.operations.drafts import FIGURES, StaleDraft, put_figures
from sportello.billing.operations.numbering import as_printed, count_up, counter_year, locked_counter
from sportello.billing.operations.payments import add_payment
from sportello.billing.paper.content import Content
from sportello.billing.permissions import check_may_issue
from sportello.billing.resolve import values_from
from sportello.billing.rules.dates import check_issue_date
from sportello.billing.rules.issue_checks import IssueRefused
from sportello.billing.rules.payments import Method
from sportello.billing.rules.totals import GroupTotals
from sportello.billing.states import DOCUMENT_AUDIT, DocumentAction, DocumentState, document_after
from sportello.billing.values import DraftValues
from sportello.core import audit, outbox
from sportello.core.actors import Actor, System, Who, acting
from sportello.core.ready import Ready
from sportello.core.ready_writes import ReadyInsert, ReadyUpdate
from sportello.core.turns import turn_in_process, write_turn
from sportello.core.violations import RuleViolation
from sportello.parties.models import Counter, Series

RENDER = "billing.render_paper"
ISSUED = (
    *("series", "series_code", "year", "counter_year", "number", "printed_number", "issued_on", "planned_on"),
    *("channel", "inputs", *FIGURES, "stamp_nature", "stamp_policy", "open"),
    *("snapshot", "snapshot_sha256", "state", "paper_state", "issued_by", "issued_at", "version", "updated_at"),
)
"""The columns of a draft that issuing writes."""
FROZEN_LINE = ("treatment", "nature", "bears_fund", "unit_price", "discount", "vat_label", "net")

_LINES = Ready(
    InvoiceLine,
    lambda invoice: InvoiceLine.objects.filter(invoice_id=invoice).select_related("service").order_by("position"),
)
_DRAFT = Ready(Invoice, lambda invoice: Invoice.objects.filter(pk=invoice))
_STAND = Ready(
    Invoice,
    lambda invoice: Invoice.objects.select_for_update(of=("self",)).only("state", "version").filter(pk=invoice),
)
_ISSUE = ReadyUpdate(Invoice, ISSUED)
_FREEZE_LINE = ReadyUpdate(InvoiceLine, FROZEN_LINE)
_GROUPS = ReadyInsert(InvoiceGroup)
_STAMPS = ReadyInsert(StampRecord)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft assessed and composed before anything is locked: all that issuing needs but the number."""

    invoice: Invoice
    rows: tuple[InvoiceLine, ...]
    values: DraftValues
    assessment: Assessment
    series: Series
    content: Content
    notices: tuple[str, ...]


def issue_invoice(
    *, actor: Actor, invoice_id: int, today: date, on: date | None = None, version: int | None = None
) -> Invoice:
    """
    Number a draft, freeze its amounts and texts, record its payment if it names one, and queue its PDF.

    `on` is the day that the paper bears (the draft's own, else `today`); `version` the one that the summary showed.
    Reading and computing come first, so that the locks are held for the writing alone; a draft that changed in between
    is prepared again under its lock.

    :raises Invoice.DoesNotExist: no such draft for this actor
    :raises MayNot: the switch `invoices` or `issue` is off
    :raises ForbiddenMove: it is no longer a draft
    :raises StaleDraft: it was changed after the summary was shown
    :raises IssueRefused: with every reason at once; no number was taken
    """
    with acting(actor):
        check_may_issue(actor)
        with turn_in_process():
            early = _prepare_seen(_draft(invoice_id), on=on, today=today)
            with write_turn(), transaction.atomic(durable=True):
                now = _lock(invoice_id)
                if version is not None and now != version:
                    raise StaleDraft(f"draft {invoice_id} is at version {now}, not {version}")
                ready = early if now == early.invoice.version else _prepare_seen(_draft(invoice_id), on=on, today=today)
                with _for_draft(ready.invoice):
                    _issue_locked(actor, ready, today)
    return ready.invoice


def _for_draft(invoice: Invoice) -> AbstractContextManager[Who]:
    """Act as the software on what belongs to a draft that the actor may issue: the actor was asked at the draft."""
    return acting(System("issue", invoice.practice_id))


def _prepare_seen(invoice: Invoice, *, on: date | None, today: date) -> Prepared:
    with _for_draft(invoice):
        return prepare(invoice, on=on, today=today)


def prepare(invoice: Invoice, *, on: date | None, today: date) -> Prepared:
    """
    Assess and compose a draft; reads only.

    :raises IssueRefused: with every reason at once
    """
    rows = tuple(_LINES.rows(invoice.pk))
    values = values_from(invoice, rows)
    day = on or invoice.planned_on or today
    try:
        assessment = assess(values, day, {row.service.pk: row.service for row in rows if row.service})
        series = series_for(values, assessment)
        findings = findings_of(values, assessment, today=today, latest_in_series=None)
        if findings.refusals:  # all there is to repair, the order of days included, which is checked again under lock
            latest = latest_date(series, day)
            raise IssueRefused.because(findings_of(values, assessment, today=today, latest_in_series=latest).refusals)
        content = invoice_content(invoice, values, assessment)
    except IssueRefused:
        raise
    except RuleViolation as refusal:
        raise IssueRefused.because((refusal,)) from None
    notices = tuple(notice.code for notice in findings.notices)
    return Prepared(invoice, rows, values, assessment, series, content, notices)


def _draft(invoice_id: int) -> Invoice:
    """Return a draft that the actor sees: as the actor its version is read, with a kept statement the row."""
    seen = Invoice.objects.values_list("version", flat=True).get(pk=invoice_id)
    with acting(System("issue")):
        invoice = _DRAFT.one(invoice_id)
    if invoice.version != seen:  # changed since: perhaps it is no longer the actor's to see
        invoice = Invoice.objects.get(pk=invoice_id)
    document_after(DocumentState(invoice.state), DocumentAction.ISSUE)
    return invoice


def _lock(invoice_id: int) -> int:
    """Lock a draft and return its version; the rest of it was read before."""
    with acting(System("issue")):
        draft = _STAND.one(invoice_id)
    document_after(DocumentState(draft.state), DocumentAction.ISSUE)
    return draft.version


def _issue_locked(actor: Actor, ready: Prepared, today: date) -> None:
    """Write a prepared draft as an issued paper, under its lock and its counter's."""
    invoice, on = ready.invoice, ready.assessment.context.on
    counter = locked_counter(ready.series, counter_year(ready.series, on))
    try:
        check_issue_date(on, today=today, latest_in_series=counter.last_date)
    except RuleViolation as refusal:
        raise IssueRefused.because((refusal,)) from None
    number_paper(invoice, ready.series, counter, on)
    _freeze_lines(ready)
    freeze_groups(invoice, ready.assessment.totals.groups)
    _freeze_figures(invoice, ready.assessment)
    close_paper(actor, invoice, replace(ready.content, number=invoice.printed_number), columns=_ISSUE)
    if ready.assessment.totals.stamp_due:
        _register_stamp(invoice, ready.values, ready.assessment)
    audit.record(
        actor,
        DOCUMENT_AUDIT[DocumentAction.ISSUE],
        invoice,
        number=invoice.printed_number,
        on=on,
        total=invoice.total,
        notices=ready.notices,
    )
    _record_payments(actor, invoice, ready.values, today)


def number_paper(invoice: Invoice, series: Series, counter: Counter, on: date) -> None:
    """Give a paper the next number of a locked counter."""
    number = count_up(counter, on)
    invoice.series, invoice.series_code = series, series.code
    invoice.year, invoice.counter_year = on.year, counter.year
    invoice.number, invoice.issued_on, invoice.planned_on = number, on, on
    invoice.printed_number = as_printed(series, number, on)


def freeze_groups(invoice: Invoice, groups: Sequence[GroupTotals]) -> None:
    """Write what stands under each VAT treatment."""
    for place, group in enumerate(groups, start=1):
        row = InvoiceGroup(
            invoice=invoice,
            position=place,
            treatment=group.vat.treatment.value,
            vat_label=group.vat.label,
            services=group.services,
            fund=group.fund,
            taxable=group.taxable,
            vat=group.vat_amount,
        )
        _GROUPS.insert(row)


def close_paper(actor: Actor, invoice: Invoice, content: Content, columns: ReadyUpdate[Invoice] | None = None) -> None:
    """
    Keep what the paper prints, make it issued and queue its PDF. After this the database refuses changes.

    `columns` are those to save, where not all may have changed.
    """
    text = content.to_json()
    invoice.snapshot = text
    invoice.snapshot_sha256 = hashlib.sha256(text.encode()).hexdigest()
    invoice.state = DocumentState.ISSUED.value
    invoice.paper_state = PaperState.WAITING
    invoice.issued_by_id, invoice.issued_at = actor.person_id, datetime.now(UTC)
    invoice.version += 1
    if columns is None:
        invoice.save()
    else:
        columns.update(invoice)
    outbox.enqueue(RENDER, invoice.pk, party_id=invoice.practice_id)


def _freeze_lines(ready: Prepared) -> None:
    totals = ready.assessment.totals
    for row, line, given, net in zip(
        ready.rows, ready.assessment.context.lines, totals.document.lines, totals.lines_net, strict=True
    ):
        row.treatment, row.nature, row.bears_fund = line.treatment.value, line.nature.value, line.bears_fund
        row.unit_price, row.discount = given.unit_price, given.discount
        row.vat_label, row.net = given.vat.label, net
        _FREEZE_LINE.update(row)


def _freeze_figures(invoice: Invoice, assessment: Assessment) -> None:
    totals = assessment.totals
    invoice.channel = assessment.channel.value
    invoice.inputs = inputs_of(totals.document)
    put_figures(invoice, assessment)
    invoice.stamp_nature = totals.stamp_nature.value if totals.stamp_nature else ""
    invoice.stamp_policy = totals.document.stamp_policy.value
    invoice.open = totals.payable


def _register_stamp(invoice: Invoice, values: DraftValues, assessment: Assessment) -> None:
    found = assessment.context.terms
    mode = stamp_mode(assessment)
    row = StampRecord(
        entity=assessment.context.entity,
        invoice=invoice,
        mode=mode.value,
        identifier=values.stamp_identifier.strip(),
        stamped_on=values.stamp_bought_on,
        authorisation=found.stamp_authorisation,
        amount=found.stamp.amount,
        charged=bool(invoice.stamp),
    )
    _STAMPS.insert(row)


def _record_payments(actor: Actor, invoice: Invoice, values: DraftValues, today: date) -> None:
    """Record what the draft says was paid: the whole, less the share that INPS pays later where a bonus is used."""
    if values.paid_on is None or not invoice.payable:
        return
    amount = invoice.payable - (values.bonus_share if values.bonus_code else 0)
    add_payment(actor, invoice, on=values.paid_on, amount=amount, method=Method(values.payment_method), today=today)


__all__ = ["IssueRefused", "StaleDraft", "issue_invoice"]
