"""Credit notes: the only way to correct or cancel an issued invoice (SPEC practice 2.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.db import transaction

from sportello.billing import changes
from sportello.billing.checks import credit_series
from sportello.billing.credited import Credited, credited
from sportello.billing.models import Invoice, InvoiceKind, InvoiceLine, StampRecord
from sportello.billing.note_content import note_content
from sportello.billing.operations import standing
from sportello.billing.operations.drafts import write_draft
from sportello.billing.operations.issue import close_paper, freeze_groups, number_paper
from sportello.billing.operations.numbering import counter_year, locked_counter
from sportello.billing.operations.payments import locked_invoice
from sportello.billing.permissions import check_may_draft, check_may_issue
from sportello.billing.resolve import values_of
from sportello.billing.rules.channel import Channel
from sportello.billing.rules.credit import (
    CreditedPart,
    CreditTotals,
    NoteInput,
    check_credit_date,
    credit,
    credit_everything,
)
from sportello.billing.rules.dates import check_issue_date
from sportello.billing.rules.stamp import StampMode, mode_for
from sportello.billing.states import DOCUMENT_AUDIT, DocumentAction, DocumentState, PaymentEvent, document_after
from sportello.billing.terms import Law, entity_terms, law_on
from sportello.billing.values import DraftValues
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.money import total_of


@dataclass(frozen=True, slots=True)
class NoteValues:
    """
    What a person asks of a credit note.

    `parts` are quantities by id of the invoice's line; None takes back whatever is left of every line. `price_parts`
    are amounts (EUR a unit) by line where only part of a price is given back.
    """

    parts: Mapping[int, Decimal] | None = None
    price_parts: Mapping[int, Decimal] = field(default_factory=dict)
    give_back_stamp: bool = True
    reason: str = field(default="", repr=False)


def issue_credit_note(*, actor: Actor, invoice_id: int, values: NoteValues, on: date, today: date) -> Invoice:
    """
    Issue a credit note of an invoice: all that is left of it, or parts of its lines.

    :raises Invoice.DoesNotExist: no such invoice for this actor
    :raises MayNot: the switch `invoices` or `issue` is off
    :raises ForbiddenMove: a draft, a credit note, or an invoice credited already
    :raises RuleViolation: what `rules.credit.credit` refuses; ``credit_note_before_invoice``,
        ``issue_date_in_the_future``, ``issue_date_backwards``, ``series_missing``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_issue(actor)
        invoice = locked_invoice(invoice_id)
        return _issue(actor, invoice, values, on, today)


def correct_and_reissue(
    *, actor: Actor, invoice_id: int, values: NoteValues, on: date, today: date
) -> tuple[Invoice, Invoice]:
    """
    Credit all that is left of an invoice and make a draft with the same content, both linked to it.

    :raises Invoice.DoesNotExist: no such invoice for this actor
    :raises MayNot: the switch `invoices` or `issue` is off
    :raises ForbiddenMove: it cannot be credited any more
    :raises RuleViolation: as `issue_credit_note`
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_issue(actor)
        invoice = locked_invoice(invoice_id)
        copied = values_of(invoice)
        note = _issue(actor, invoice, NoteValues(None, {}, values.give_back_stamp, values.reason), on, today)
        draft = Invoice(practice_id=actor.party_id, created_by_id=actor.person_id, reissues=invoice)
        write_draft(draft, _as_draft(copied))
        audit.record(actor, "invoice.draft", draft, reissues=invoice.pk)
    return note, draft


def copy_to_draft(*, actor: Actor, invoice_id: int) -> Invoice:
    """
    Make a new draft with the content of an issued invoice, to be changed and issued on its own.

    :raises Invoice.DoesNotExist: no such invoice for this actor
    :raises MayNot: the switch `invoices` is off
    :raises ForbiddenMove: it is a draft or a credit note
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_draft(actor)
        source = locked_invoice(invoice_id)
        draft = Invoice(practice_id=actor.party_id, created_by_id=actor.person_id)
        write_draft(draft, _as_draft(values_of(source)))
        audit.record(actor, "invoice.draft", draft, copied_from=source.pk)
    return draft


def _issue(actor: Actor, invoice: Invoice, values: NoteValues, on: date, today: date) -> Invoice:
    check_credit_date(on=on, invoice_on=invoice.issued_on or on)
    found = credited(invoice)
    asked = note_input(found, values)
    law = law_on(on)
    figures = credit(found.totals, found.notes, asked, own_stamp=law.stamp)
    action = DocumentAction.CREDIT_ALL if figures.completes else DocumentAction.CREDIT_PART
    state = document_after(DocumentState(invoice.state), action)
    series = credit_series(invoice)
    counter = locked_counter(series, counter_year(series, on))
    check_issue_date(on, today=today, latest_in_series=counter.last_date)
    note = _draft_note(actor, invoice, asked, values.reason)
    _write_lines(note, found, asked, figures)
    freeze_groups(note, figures.groups)
    number_paper(note, series, counter, on)
    _freeze_figures(note, figures)
    close_paper(actor, note, note_content(note, found, asked, figures, law))
    if figures.own_stamp_due:
        _register_own_stamp(note, law)
    invoice.state = str(state)
    invoice.save(update_fields=["state"])
    move = standing.settle(invoice, PaymentEvent.CREDIT) if note.payable else None
    if move is None:
        changes.touched(invoice)
    audit.record(
        actor,
        DOCUMENT_AUDIT[action],
        invoice,
        note_id=note.pk,
        note=note.printed_number,
        total=note.total,
        move=move.value if move else "",
    )
    audit.record(actor, "credit_note.issue", note, number=note.printed_number, on=on, total=note.total)
    return note


def note_input(found: Credited, values: NoteValues) -> NoteInput:
    """
    Return what a note takes back, in the order of the invoice's lines.

    :raises InvoiceLine.DoesNotExist: a line is not the invoice's
    """
    give_back = values.give_back_stamp and bool(found.stamp_left)
    if values.parts is None and not values.price_parts:
        return credit_everything(found.totals, found.notes, give_back_stamp=give_back)
    parts = [CreditedPart(found.place(line_id), quantity) for line_id, quantity in (values.parts or {}).items()]
    for line_id, amount in values.price_parts.items():
        place = found.place(line_id)
        parts.append(CreditedPart(place, found.lines[place].quantity, amount))
    parts.sort(key=lambda part: part.line)
    return NoteInput(tuple(parts), give_back)


def _draft_note(actor: Actor, invoice: Invoice, asked: NoteInput, reason: str) -> Invoice:
    note = Invoice(
        practice_id=invoice.practice_id,
        entity_id=invoice.entity_id,
        kind=InvoiceKind.CREDIT_NOTE,
        corrects=invoice,
        gives_back_stamp=asked.give_back_stamp,
        credit_reason=reason.strip(),
        patient_id=invoice.patient_id,
        addressee_kind=invoice.addressee_kind,
        representative_id=invoice.representative_id,
        customer_id=invoice.customer_id,
        second_language=invoice.second_language,
        opposed=invoice.opposed,
        portal_visible=invoice.portal_visible,
        created_by_id=actor.person_id,
    )
    note.save()
    return note


def _write_lines(note: Invoice, found: Credited, asked: NoteInput, figures: CreditTotals) -> None:
    rows: list[InvoiceLine] = []
    for position, (part, net) in enumerate(zip(asked.parts, figures.lines_net, strict=True), start=1):
        source = found.lines[part.line]
        rows.append(
            InvoiceLine(
                invoice=note,
                position=position,
                service_id=source.service_id,
                description=source.description,
                second_description=source.second_description,
                performed_on=source.performed_on,
                quantity=part.quantity,
                unit_price=source.unit_price if part.price_part is None else part.price_part,
                discount=source.discount if part.price_part is None else Decimal(0),
                treatment=source.treatment,
                nature=source.nature,
                bears_fund=source.bears_fund,
                vat_label=source.vat_label,
                net=net,
                credits=source,
                is_price_part=part.price_part is not None,
            )
        )
    InvoiceLine.objects.bulk_create(rows)


def _freeze_figures(note: Invoice, figures: CreditTotals) -> None:
    note.services = total_of(figures.lines_net)
    note.fund, note.vat = figures.fund_total, figures.vat_total
    note.stamp_base, note.stamp_due, note.stamp = figures.stamp_base, figures.own_stamp_due, figures.stamp_given_back
    note.stamp_nature = figures.stamp_nature.value if figures.stamp_nature else ""
    note.total, note.withheld, note.payable = figures.total, figures.withheld, figures.payable
    note.withholding_base = figures.withholding_base
    note.channel = note.corrects.channel if note.corrects else ""
    note.inputs = note.corrects.inputs if note.corrects else {}


def _register_own_stamp(note: Invoice, law: Law) -> None:
    """Register the stamp that the note itself owes: the issuer bears it (SPEC practice 2.6.6)."""
    terms = entity_terms(note.entity_id, law)
    StampRecord.objects.create(
        entity_id=note.entity_id,
        invoice=note,
        mode=mode_for(Channel(note.channel), StampMode(terms.stamp_mode.value)).value,
        authorisation=terms.stamp_authorisation,
        amount=law.stamp.amount,
        charged=False,
    )


def _as_draft(values: DraftValues) -> DraftValues:
    """Return the values of an issued invoice for a new draft: no day, no stamp's number, no payment, no sessions."""
    lines = tuple(replace(line, performed_id=None) for line in values.lines)
    return replace(values, lines=lines, on=None, stamp_identifier="", stamp_bought_on=None, paid_on=None)
