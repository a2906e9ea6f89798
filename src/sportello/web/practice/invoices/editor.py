"""The editor of a draft, its live totals, and the summary before it is issued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sportello.billing.assess import assess
from sportello.billing.checks import findings_of, latest_date, series_for
from sportello.billing.models import Invoice
from sportello.billing.models.invoices import AddresseeKind
from sportello.billing.operations.drafts import StaleDraft, discard_draft, save_draft, split_draft
from sportello.billing.operations.issue import IssueRefused, issue_invoice
from sportello.billing.operations.numbering import as_printed
from sportello.billing.permissions import check_may_draft, check_may_issue, may_issue
from sportello.billing.queries.editor import (
    EditorChoices,
    editor_choices,
    entity_choices,
    patient_choice,
    service_choices,
)
from sportello.billing.resolve import values_of
from sportello.billing.rules.issue_checks import Findings
from sportello.billing.states import ForbiddenMove
from sportello.billing.values import DraftValues, LineValues
from sportello.core.languages import FIRST
from sportello.core.violations import RuleViolation
from sportello.parties.models import Series
from sportello.patients.models import Customer
from sportello.web import formats
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.practice.invoices.forms import (
    EditorForm,
    LineForm,
    LineSet,
    editor_initial,
    line_set,
    lines_initial,
    with_line,
)
from sportello.web.practice.invoices.totals import TotalsBox, totals_box
from sportello.web.sentences import sentence


@dataclass(frozen=True, slots=True)
class Desk:
    """The editor with everything on it: the forms, what they offer, and the box of totals."""

    form: EditorForm
    lines: LineSet
    choices: EditorChoices
    box: TotalsBox
    next_number: str


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_draft)
def new(request: PartyRequest) -> HttpResponse:
    """Write a new draft for a patient or a customer; without either, lead to the choice of one."""
    patient_id, customer_id = _number(request.GET, "patient"), _number(request.GET, "customer")
    if patient_id is None and customer_id is None:
        return redirect("practice:invoice_for")
    return _edit(request, _fresh(patient_id, customer_id, request), None)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_draft)
def edit(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Change a draft; an issued paper has its own page."""
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.state != "DRAFT":
        return redirect("practice:invoice", invoice_id)
    return _edit(request, values_of(invoice), invoice)


@require_POST
@practice_view(check=check_may_draft)
def totals(request: PartyRequest) -> HttpResponse:
    """Answer with the box of totals for what is typed now."""
    desk = _posted(request, request.POST)
    return render(request, "practice/invoices/_totals.html", {"desk": desk, "box": desk.box})


@require_POST
@practice_view(check=check_may_draft)
def lines(request: PartyRequest) -> HttpResponse:
    """Answer with the lines again: one more, one less, or one whose service was changed and brings its own price."""
    desk = _posted(request, _changed(request))
    return render(request, "practice/invoices/_lines.html", {"desk": desk})


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_issue)
def issue(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Show the summary of a draft and, asked to, issue it."""
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.state != "DRAFT":
        messages.warning(request, _("This invoice was already issued."))
        return redirect("practice:invoice", invoice_id)
    today = timezone.localdate()
    refused: tuple[RuleViolation, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            version = _number(request.POST, "version")
            done = issue_invoice(actor=request.actor, invoice_id=invoice_id, today=today, version=version)
        except IssueRefused as refusal:
            refused, status = refusal.refusals, 422
        except StaleDraft:
            status = 409
            messages.warning(request, _("The draft was changed after you opened this page. Check it again."))
        except ForbiddenMove:
            return redirect("practice:invoice", invoice_id)
        else:
            messages.success(request, _("Invoice %(number)s was issued.") % {"number": done.printed_number})
            return redirect("practice:invoice", invoice_id)
        invoice = Invoice.objects.get(pk=invoice_id)
    context = _summary(invoice, today) | {"refused": refused}
    return render(request, "practice/invoices/issue.html", context, status=status)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_draft)
def discard(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Ask, then delete a draft."""
    invoice = Invoice.objects.get(pk=invoice_id)
    if request.method == "POST":
        try:
            discard_draft(actor=request.actor, invoice_id=invoice_id)
        except ForbiddenMove as refusal:
            messages.error(request, sentence(refusal))
            return redirect("practice:invoice", invoice_id)
        messages.success(request, _("The draft was deleted."))
        return redirect("practice:invoices")
    if invoice.state != "DRAFT":
        return redirect("practice:invoice", invoice_id)
    context = {
        "question": _("Delete this draft?"),
        "consequence": _("The draft cannot be brought back. It never had a number."),
        "act_word": _("Delete the draft"),
        "grave": True,
        "back_url": reverse("practice:invoice_edit", args=[invoice_id]),
    }
    return render(request, "practice/confirm.html", context)


@require_POST
@practice_view(check=check_may_draft)
def split(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Make one draft of each line, where that saves the stamp."""
    try:
        made = split_draft(actor=request.actor, invoice_id=invoice_id)
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
        return redirect("practice:invoice_edit", invoice_id)
    messages.success(request, _("There are now %(count)s drafts, one for each service.") % {"count": len(made)})
    return HttpResponseRedirect(f"{reverse('practice:invoices')}?view=drafts")


def _edit(request: PartyRequest, values: DraftValues, invoice: Invoice | None) -> HttpResponse:
    if request.method == "POST":
        if any(key in request.POST for key in ("_add", "_remove", "_recount", "_repair")):
            return _page(request, _posted(request, _changed(request), values), invoice)
        return _save(request, values, invoice)
    choices = editor_choices(values.entity_id, values.patient_id, timezone.localdate(), values.customer_id)
    form = EditorForm(initial=editor_initial(values, invoice.version if invoice else None), choices=choices)
    formset = line_set(choices, initial=lines_initial(values.lines))
    return _page(request, _desk(form, formset, choices, values), invoice)


def _save(request: PartyRequest, values: DraftValues, invoice: Invoice | None) -> HttpResponse:
    desk = _posted(request, request.POST, values)
    if not (desk.form.is_valid() and desk.lines.is_valid()):
        return _page(request, desk, invoice, status=422)
    try:
        saved = save_draft(
            actor=request.actor,
            values=desk.form.values(desk.lines.line_values()),
            invoice_id=invoice.pk if invoice else None,
            version=desk.form.cleaned_data["version"],
        )
    except StaleDraft:
        return _stale(request, desk, invoice)
    except ForbiddenMove:
        messages.warning(request, _("This invoice was already issued."))
        return redirect("practice:invoice", invoice.pk if invoice else 0)
    except RuleViolation as refusal:
        put_refusals(desk, (refusal,))
        return _page(request, desk, invoice, status=422)
    if "_issue" in request.POST:
        return redirect("practice:invoice_issue", saved.pk)
    if "_split" in request.POST:
        return _split_saved(request, saved)
    messages.success(request, _("The draft was saved."))
    return redirect("practice:invoice_edit", saved.pk)


def _split_saved(request: PartyRequest, saved: Invoice) -> HttpResponse:
    made = split_draft(actor=request.actor, invoice_id=saved.pk)
    messages.success(request, _("There are now %(count)s drafts, one for each service.") % {"count": len(made)})
    return HttpResponseRedirect(f"{reverse('practice:invoices')}?view=drafts")


def _stale(request: PartyRequest, desk: Desk, invoice: Invoice | None) -> HttpResponse:
    """Show what was typed over what somebody else saved: saving again keeps what is on the screen."""
    assert invoice is not None
    current = Invoice.objects.get(pk=invoice.pk)
    desk.form.data = {**{key: desk.form.data[key] for key in desk.form.data}, "version": str(current.version)}
    desk.form.add_error(
        None,
        _(
            "Somebody saved this draft while you were writing. What you typed is still here: saving again replaces "
            "what they saved."
        ),
    )
    return _page(request, desk, invoice, status=409)


def _page(request: PartyRequest, desk: Desk, invoice: Invoice | None, status: int = 200) -> HttpResponse:
    customer = Customer.objects.filter(pk=_number(request.GET, "customer") or 0).first()
    context = {
        "desk": desk,
        "box": desk.box,
        "invoice_id": invoice.pk if invoice else None,
        "saved_at": invoice.updated_at if invoice else None,
        "reissues_id": invoice.reissues_id if invoice else None,
        "may_issue": may_issue(request.actor),
        "customer_name": customer.name if customer else "",
    }
    return render(request, "practice/invoices/edit.html", context, status=status)


def _posted(request: PartyRequest, data: Mapping[str, Any], values: DraftValues | None = None) -> Desk:
    """Return the editor as it was sent, whichever entity is chosen in it now."""
    entity_id = _number(data, "entity") or (values.entity_id if values else 0)
    if entity_id not in {each.id for each in entity_choices()}:
        raise Http404
    patient_id = values.patient_id if values else _number(data, "patient")
    customer_id = values.customer_id if values else _number(data, "customer")
    choices = editor_choices(entity_id, patient_id, timezone.localdate(), customer_id)
    form = EditorForm(data, choices=choices)
    formset = line_set(choices, data=data)
    form.is_valid()
    formset.is_valid()
    return _desk(form, formset, choices, _readable(form, formset, choices, values))


def _readable(form: EditorForm, formset: LineSet, choices: EditorChoices, values: DraftValues | None) -> DraftValues:
    """Return what can be read of the forms now, so that totals follow while something is still wrong."""
    found: tuple[LineValues, ...] = tuple(
        each.values() for each in formset.forms if each.is_bound and not each.errors and not each.is_blank()
    )
    if form.is_bound and not form.errors:
        return form.values(found)
    patient = choices.patient
    kept = values or DraftValues(entity_id=choices.entities[0].id, patient_id=patient.id if patient else None)
    return DraftValues(
        entity_id=kept.entity_id,
        patient_id=kept.patient_id,
        customer_id=kept.customer_id,
        addressee_kind=kept.addressee_kind,
        representative_id=kept.representative_id,
        lines=found,
        stamp_policy=kept.stamp_policy,
    )


def _desk(form: EditorForm, formset: LineSet, choices: EditorChoices, values: DraftValues) -> Desk:
    today = timezone.localdate()
    try:
        found = assess(values, values.on or today)
        series = series_for(values, found)
        latest = latest_date(series, found.context.on)
        form.say_earliest(latest)
        findings = findings_of(values, found, today=today, latest_in_series=latest)
        return Desk(
            form, formset, choices, totals_box(found, findings), _next_number(choices, series.pk, found.context.on)
        )
    except RuleViolation as refusal:
        return Desk(form, formset, choices, TotalsBox.refused(sentence(refusal)), "")


def _next_number(choices: EditorChoices, series_id: int, on: date) -> str:
    found = next((each for each in choices.series if each.id == series_id), None)
    return as_printed(Series.objects.get(pk=series_id), found.next_number, on) if found else ""


def _changed(request: PartyRequest) -> dict[str, Any]:
    """Return the posted data with the change that was asked for made in it."""
    data = {key: request.POST[key] for key in request.POST}
    if "_add" in data:
        return with_line(data, added=1)
    if "_remove" in data:
        return with_line(data, removed=_number(data, "_remove"))
    place = _number(data, "_service")
    if place is not None:
        data |= _priced(data, place)
    return with_line(data)


def _priced(data: Mapping[str, Any], place: int) -> dict[str, str]:
    """Return price and texts of the service that a line was changed to, as people of the language write them."""
    found = next((each for each in service_choices() if each.id == _number(data, f"lines-{place}-service")), None)
    second = found.names.get(str(data.get("second_language", "")), "") if found else ""
    return {
        f"lines-{place}-price": formats.amount(found.price) if found else "",
        f"lines-{place}-description": found.name if found else "",
        f"lines-{place}-second_description": second,
    }


def _summary(invoice: Invoice, today: date) -> dict[str, Any]:
    values = values_of(invoice)
    on = values.on or today
    try:
        found = assess(values, on)
        series = series_for(values, found)
        findings = findings_of(values, found, today=today, latest_in_series=latest_date(series, on))
        box = totals_box(found, findings)
    except RuleViolation as refusal:
        findings, box = Findings((refusal,), ()), TotalsBox.refused(sentence(refusal))
        return {"invoice_id": invoice.pk, "box": box, "findings": findings, "version": invoice.version, "on": on}
    return {
        "invoice_id": invoice.pk,
        "version": invoice.version,
        "on": on,
        "box": box,
        "findings": findings,
        "values": values,
        "entity": found.context.entity.name,
        "addressee": _addressee_name(values, found.context.customer, invoice),
        "lines": list(zip(values.lines, found.totals.lines_net, strict=False)),
        "series": series.code,
    }


def _addressee_name(values: DraftValues, customer: Customer | None, invoice: Invoice) -> str:
    if customer is not None:
        return customer.name
    person = invoice.representative or invoice.patient
    return f"{person.given_name} {person.family_name}" if person else ""


def _fresh(patient_id: int | None, customer_id: int | None, request: PartyRequest) -> DraftValues:
    """Return what a new draft starts from: the patient's own wishes, else the customer's."""
    entities = entity_choices()
    if not entities:
        raise Http404
    patient = patient_choice(patient_id) if patient_id else None
    if customer_id is None and patient is not None:
        customer_id = patient.default_customer_id
    if customer_id is not None:
        Customer.objects.get(pk=customer_id)
    return DraftValues(
        entity_id=_number(request.GET, "entity") or entities[0].id,
        patient_id=patient_id,
        customer_id=customer_id,
        addressee_kind=AddresseeKind.CUSTOMER if customer_id else AddresseeKind.PATIENT,
        second_language=_second_language(patient.language) if patient else "",
        opposed=bool(patient and patient.opposes_sts),
    )


def _second_language(language: str) -> str:
    """Return the language to print beside the Italian for a person: English where papers do not know theirs."""
    known = {each.code for each in FIRST}
    return "" if language == "it" else language if language in known else "en"


def put_refusals(desk: Desk, refusals: tuple[RuleViolation, ...]) -> None:
    """Put refusals beside the fields they are about, or on top of the form."""
    for refusal in refusals:
        form, name = _place(desk, refusal.field)
        form.add_error(name, sentence(refusal))


def _place(desk: Desk, field: str) -> tuple[Form, str | None]:
    parts = field.split(".")
    if parts[0] == "lines" and len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(desk.lines.filled):
        line: LineForm = desk.lines.filled[int(parts[1])]
        name = {"unit_price": "price"}.get(parts[2], parts[2]) if len(parts) > 2 else None
        return line, name if name in line.fields else None
    return desk.form, parts[0] if parts[0] in desk.form.fields else None


def _number(data: Mapping[str, Any], name: str) -> int | None:
    text = str(data.get(name, "") or "")
    return int(text) if text.isdecimal() and len(text) < 19 else None
