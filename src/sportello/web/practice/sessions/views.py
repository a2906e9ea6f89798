"""Sessions: what waits, noting one, and the monthly invoice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sportello.billing.models import PerformedService
from sportello.billing.operations.sessions import SessionValues, delete_session, draft_monthly_summary, save_session
from sportello.billing.permissions import check_may_draft
from sportello.billing.queries.editor import EditorChoices, editor_choices, entity_choices
from sportello.billing.queries.people import people_to_invoice
from sportello.billing.queries.sessions import sessions_to_invoice
from sportello.core.violations import RuleViolation
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.inputs import AmountField, DayField, QuantityField
from sportello.web.practice.http import practice_view
from sportello.web.practice.invoices.words import METHODS
from sportello.web.sealed import search_words
from sportello.web.sentences import sentence


class SessionForm(PageForm):
    """A session as typed; an empty price is the price list's."""

    entity = forms.TypedChoiceField(label=gettext_lazy("Invoiced by"), coerce=int)
    service = forms.TypedChoiceField(label=gettext_lazy("Service"), coerce=int)
    performed_on = DayField(label=gettext_lazy("Day"), past=True, required=True)
    quantity = QuantityField(label=gettext_lazy("Quantity"))
    price = AmountField(label=gettext_lazy("Price €"), help_text=gettext_lazy("Empty: the price of the price list."))
    paid_on = DayField(label=gettext_lazy("Paid on"), past=True)
    payment_method = forms.ChoiceField(label=gettext_lazy("Payment"), required=False)

    def __init__(self, *args: Any, choices: EditorChoices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = choices
        for name, found in (
            ("entity", [(each.id, each.name) for each in choices.entities]),
            ("service", [(each.id, each.name) for each in choices.services]),
            ("payment_method", [("", _("Not paid yet")), *METHODS.items()]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = found

    def values(self, patient_id: int) -> SessionValues:
        """Return the session as plain values."""
        data = self.cleaned_data
        service = self.offered.service(data["service"])
        assert service is not None
        return SessionValues(
            entity_id=data["entity"],
            patient_id=patient_id,
            service_id=data["service"],
            performed_on=data["performed_on"],
            quantity=Decimal(1) if data["quantity"] is None else data["quantity"],
            unit_price=service.price if data["price"] is None else data["price"],
            paid_on=data["paid_on"],
            payment_method=data["payment_method"],
        )


@require_GET
@practice_view(check=check_may_draft)
def sessions(request: PartyRequest) -> HttpResponse:
    """Show the sessions on no paper yet: the paid ones by patient and month, then the others."""
    return render(request, "practice/sessions/sessions.html", {"found": sessions_to_invoice()})


@require_GET
@practice_view(check=check_may_draft)
def session_for(request: PartyRequest) -> HttpResponse:
    """Show patients to choose from for a new session."""
    words = search_words(request)
    name = "practice/sessions/_people.html" if request.htmx else "practice/sessions/people.html"
    return render(request, name, {"words": words, "people": people_to_invoice(words)})


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_draft)
def session_new(request: PartyRequest, patient_id: int) -> HttpResponse:
    """Note a session of a patient."""
    initial = {"performed_on": timezone.localdate(), "quantity": 1}
    return _edit(request, patient_id, None, initial)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_draft)
def session(request: PartyRequest, session_id: int) -> HttpResponse:
    """Correct a session that is on no paper yet."""
    row = PerformedService.objects.get(pk=session_id)
    initial = {
        "entity": row.entity_id,
        "service": row.service_id,
        "performed_on": row.performed_on,
        "quantity": row.quantity,
        "price": row.unit_price,
        "paid_on": row.paid_on,
        "payment_method": row.payment_method,
    }
    return _edit(request, row.patient_id, row.pk, initial)


@require_POST
@practice_view(check=check_may_draft)
def session_delete(request: PartyRequest, session_id: int) -> HttpResponse:
    """Take back a session noted by mistake."""
    try:
        delete_session(actor=request.actor, session_id=session_id)
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("The session was deleted."))
    return redirect("practice:sessions")


@require_POST
@practice_view(check=check_may_draft)
def monthly(request: PartyRequest) -> HttpResponse:
    """Make the draft of a monthly invoice from the sessions chosen."""
    ids = [int(each) for each in request.POST.getlist("session") if each.isdecimal()]
    entity, patient = request.POST.get("entity", ""), request.POST.get("patient", "")
    try:
        draft = draft_monthly_summary(
            actor=request.actor,
            entity_id=int(entity) if entity.isdecimal() else 0,
            patient_id=int(patient) if patient.isdecimal() else 0,
            session_ids=ids,
        )
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
        return redirect("practice:sessions")
    return redirect(reverse("practice:invoice_edit", args=[draft.pk]))


def _edit(request: PartyRequest, patient_id: int, session_id: int | None, initial: dict[str, Any]) -> HttpResponse:
    entities = entity_choices()
    first = initial.get("entity") or (entities[0].id if entities else 0)
    choices = editor_choices(first, patient_id, timezone.localdate())
    form = SessionForm(request.POST or None, initial=initial, choices=choices)
    if request.method == "POST" and form.is_valid():
        try:
            save_session(actor=request.actor, values=form.values(patient_id), session_id=session_id)
        except RuleViolation as refusal:
            name = {"unit_price": "price"}.get(refusal.field, refusal.field)
            form.add_error(name if name in form.fields else None, sentence(refusal))
        else:
            messages.success(request, _("The session was noted."))
            return redirect("practice:sessions")
    context = {"form": form, "patient": choices.patient, "session_id": session_id}
    return render(request, "practice/sessions/session.html", context, status=422 if form.errors else 200)
