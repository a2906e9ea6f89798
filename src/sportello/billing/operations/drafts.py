"""Writing drafts: saving, splitting, discarding. Nothing here takes a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from sportello.billing.assess import Assessment, assess
from sportello.billing.models import Invoice, InvoiceKind, InvoiceLine, PerformedService, Service
from sportello.billing.permissions import check_may_draft
from sportello.billing.resolve import regime_on, resolve_lines, values_of
from sportello.billing.rules.totals import check_line
from sportello.billing.states import DocumentAction, DocumentState, document_after
from sportello.billing.values import DraftValues, LineValues
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.money import ZERO
from sportello.core.violations import RuleViolation
from sportello.parties.models import BankAccount, BillingEntity, Series
from sportello.patients.models import Customer, Patient, Representative

FIGURES = (
    "services",
    "fund",
    "vat",
    "stamp_base",
    "stamp_due",
    "stamp",
    "total",
    "withholding_base",
    "withheld",
    "payable",
)
"""The columns that say what a paper comes to."""


class StaleDraft(RuntimeError):
    """Somebody saved the draft after this page was opened: show both and let the person choose."""


def save_draft(
    *, actor: Actor, values: DraftValues, invoice_id: int | None = None, version: int | None = None
) -> Invoice:
    """
    Create a draft, or replace one by what was typed. Unfinished drafts are fine: issuing is what checks.

    `version` is the one that the page showed; None overwrites whatever is there.

    :raises DoesNotExist: draft, entity, patient, customer, service, session... do not exist for this actor
    :raises MayNot: the switch `invoices` is off
    :raises ForbiddenMove: it is no longer a draft
    :raises StaleDraft: it was saved by somebody else meanwhile
    :raises RuleViolation: a figure that no line can have
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_draft(actor)
        invoice = _opened(actor, invoice_id, version)
        write_draft(invoice, values)
        action = "invoice.draft_change" if invoice_id else "invoice.draft"
        audit.record(actor, action, invoice, lines=len(values.lines))
    return invoice


def discard_draft(*, actor: Actor, invoice_id: int) -> None:
    """
    Delete a draft; its sessions wait for an invoice again.

    :raises Invoice.DoesNotExist: no such draft for this actor
    :raises MayNot: the switch `invoices` is off
    :raises ForbiddenMove: it was issued
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_draft(actor)
        invoice = locked_draft(invoice_id, DocumentAction.DISCARD)
        about = audit.subject(invoice)
        invoice.delete()
        audit.record(actor, "invoice.discard", about)


def split_draft(*, actor: Actor, invoice_id: int) -> list[Invoice]:
    """
    Make one draft for each line of a draft, since papers below the threshold owe no stamp, and return them in order.

    :raises Invoice.DoesNotExist: no such draft for this actor
    :raises MayNot: the switch `invoices` is off
    :raises ForbiddenMove: it was issued
    :raises RuleViolation: ``nothing_to_split``, it has a single line
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_draft(actor)
        first = locked_draft(invoice_id, DocumentAction.ISSUE)
        values = values_of(first)
        if len(values.lines) < 2:
            raise RuleViolation("nothing_to_split", field="lines")
        write_draft(first, replace(values, lines=values.lines[:1]))
        drafts = [first]
        for line in values.lines[1:]:
            draft = Invoice(practice_id=actor.party_id, created_by_id=actor.person_id)
            write_draft(draft, replace(values, lines=(line,)))
            drafts.append(draft)
        audit.record(actor, "invoice.draft_split", first, drafts=[draft.pk for draft in drafts])
    return drafts


def locked_draft(invoice_id: int, action: DocumentAction) -> Invoice:
    """
    Return a draft, locked, on which this may be done.

    :raises Invoice.DoesNotExist: no such paper for this actor
    :raises ForbiddenMove: its state does not allow it
    """
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice_id)
    document_after(DocumentState(invoice.state), action)
    return invoice


def write_draft(invoice: Invoice, values: DraftValues) -> None:
    """
    Put values into a draft inside the caller's transaction: every id is looked up as the actor sees it.

    The draft shows what it would come to on its day, or on the day it is written; issuing counts anew.

    :raises RuleViolation: a figure that no line can have
    """
    _check_lines(values.lines)
    entity = BillingEntity.objects.get(pk=values.entity_id)
    invoice.practice_id, invoice.entity = entity.practice_id, entity
    invoice.kind = InvoiceKind.INVOICE
    invoice.planned_on = values.on
    invoice.series = Series.objects.get(pk=values.series_id, entity=entity) if values.series_id else None
    invoice.patient = Patient.objects.get(pk=values.patient_id) if values.patient_id else None
    invoice.addressee_kind = values.addressee_kind
    invoice.representative = (
        Representative.objects.get(pk=values.representative_id, patient=invoice.patient)
        if values.representative_id
        else None
    )
    invoice.customer = Customer.objects.get(pk=values.customer_id) if values.customer_id else None
    invoice.account = BankAccount.objects.get(pk=values.account_id, entity=entity) if values.account_id else None
    invoice.payer_name, invoice.remarks = values.payer_name.strip(), values.remarks.strip()
    invoice.second_language, invoice.stamp_policy = values.second_language, values.stamp_policy
    invoice.stamp_identifier, invoice.stamp_bought_on = values.stamp_identifier.strip(), values.stamp_bought_on
    invoice.monthly_summary = values.monthly_summary
    invoice.opposed, invoice.portal_visible = values.opposed, values.portal_visible
    invoice.payment_method, invoice.paid_at_issue_on = values.payment_method, values.paid_on
    invoice.bonus_code, invoice.bonus_share = values.bonus_code.strip(), values.bonus_share
    if invoice.pk:
        invoice.version += 1
    invoice.save()
    _write_lines(invoice, values)
    _write_figures(invoice, values)


def _opened(actor: Actor, invoice_id: int | None, version: int | None) -> Invoice:
    if invoice_id is None:
        return Invoice(practice_id=actor.party_id, created_by_id=actor.person_id)
    invoice = locked_draft(invoice_id, DocumentAction.ISSUE)
    if version is not None and invoice.version != version:
        raise StaleDraft(f"draft {invoice_id} is at version {invoice.version}, not {version}")
    return invoice


def _check_lines(lines: Sequence[LineValues]) -> None:
    for place, line in enumerate(lines):
        try:
            price = line.unit_price if line.gross_price is None else line.gross_price
            check_line(line.quantity, price, line.discount)
        except RuleViolation as refusal:
            raise refusal.at(f"lines.{place}") from None


def _write_figures(invoice: Invoice, values: DraftValues) -> None:
    try:
        put_figures(invoice, assess(values, values.on or invoice.updated_at.date()))
    except RuleViolation:  # no terms on that day, or a line without figures: the editor says so, the draft is kept
        invoice.services = invoice.fund = invoice.vat = invoice.stamp_base = invoice.stamp = ZERO
        invoice.total = invoice.withholding_base = invoice.withheld = invoice.payable = ZERO
        invoice.stamp_due = False
    invoice.save(update_fields=FIGURES)


def put_figures(invoice: Invoice, assessment: Assessment) -> None:
    """Put what a paper comes to into its columns, without saving."""
    totals = assessment.totals
    invoice.services, invoice.fund, invoice.vat = totals.services_total, totals.fund_total, totals.vat_total
    invoice.stamp_base, invoice.stamp_due, invoice.stamp = totals.stamp_base, totals.stamp_due, totals.stamp
    invoice.total, invoice.withheld, invoice.payable = totals.total, totals.withheld, totals.payable
    invoice.withholding_base = totals.withholding_base


def _write_lines(invoice: Invoice, values: DraftValues) -> None:
    InvoiceLine.objects.filter(invoice=invoice).delete()
    services = Service.objects.in_bulk({line.service_id for line in values.lines if line.service_id})
    regime = regime_on(invoice.entity_id, values.on)
    rows = [
        InvoiceLine(
            invoice=invoice,
            position=place,
            service_id=line.values.service_id,
            description=line.values.description.strip(),
            second_description=line.values.second_description.strip(),
            performed_on=line.values.performed_on,
            quantity=line.values.quantity,
            unit_price=line.values.unit_price,
            gross_price=line.values.gross_price,
            discount=line.values.discount,
            treatment=line.treatment,
            overrides_treatment=line.values.treatment is not None,
            treatment_reason=line.values.treatment_reason.strip(),
            nature=line.nature,
            bears_fund=line.bears_fund,
        )
        for place, line in enumerate(resolve_lines(values.lines, services, regime), start=1)
    ]
    made = InvoiceLine.objects.bulk_create(rows)
    for row, line in zip(made, values.lines, strict=True):
        if line.performed_id is not None:
            sessions = PerformedService.objects.select_for_update(of=("self",))
            session = sessions.get(pk=line.performed_id, patient=invoice.patient)
            if session.line_id is not None:
                raise RuleViolation("session_already_invoiced", field="lines")
            session.line = row
            session.save(update_fields=["line"])
