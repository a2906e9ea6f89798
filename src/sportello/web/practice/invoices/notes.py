"""Credit notes: choosing what to take back, seeing what it comes to, issuing it; and copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from sportello.billing.credited import Credited, credited
from sportello.billing.models import Invoice, InvoiceKind
from sportello.billing.operations.credit import (
    NoteValues,
    copy_to_draft,
    correct_and_reissue,
    issue_credit_note,
    note_input,
)
from sportello.billing.permissions import check_may_draft, check_may_issue
from sportello.billing.rules.credit import CreditTotals, credit
from sportello.billing.states import ForbiddenMove
from sportello.billing.terms import law_on
from sportello.core.violations import RuleViolation
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.inputs import DayField, QuantityField
from sportello.web.practice.http import practice_view
from sportello.web.sentences import sentence


@dataclass(frozen=True, slots=True)
class LeftLine:
    """A line of the invoice with what is left of it and the field that asks how much to take back."""

    description: str
    quantity: Decimal
    net: Decimal
    field: forms.BoundField


class NoteForm(PageForm):
    """What to take back: everything, or a quantity of each line."""

    extent = forms.ChoiceField(
        label=gettext_lazy("What is credited"),
        choices=[("all", gettext_lazy("Everything that is left")), ("part", gettext_lazy("Part of the lines"))],
        widget=forms.RadioSelect,
        initial="all",
    )
    on = DayField(label=gettext_lazy("Date of the credit note"), required=True)
    give_back_stamp = forms.BooleanField(
        label=gettext_lazy("Give the stamp back"),
        help_text=gettext_lazy("Off: the customer keeps having paid the stamp."),
        required=False,
        initial=True,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, required=False, help_text=gettext_lazy("Printed on the note.")
    )
    reissue = forms.BooleanField(
        label=gettext_lazy("Make a new draft with the same content"),
        help_text=gettext_lazy("To correct it and issue it again; both papers are linked."),
        required=False,
    )

    def __init__(self, *args: Any, found: Credited, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = found
        for line, left in zip(found.lines, found.left, strict=True):
            self.fields[f"line_{line.pk}"] = QuantityField(label=line.description, disabled=left.quantity == 0)
        if not found.stamp_left:
            del self.fields["give_back_stamp"]

    def clean(self) -> dict[str, Any]:
        """Ask for a quantity where only part is credited, and for the whole where a new draft is wanted."""
        data = super().clean() or {}
        if data.get("extent") == "part":
            if not self.parts(data):
                raise ValidationError(_("Write how much of at least one line is credited."))
            if data.get("reissue"):
                self.add_error("reissue", _("A new draft is made when everything that is left is credited."))
        return data

    def parts(self, data: Mapping[str, Any]) -> dict[int, Decimal]:
        """Return the quantities typed, by id of the line."""
        typed = {line.pk: data.get(f"line_{line.pk}") for line in self.found.lines}
        return {pk: quantity for pk, quantity in typed.items() if quantity}

    def values(self) -> NoteValues:
        """Return the form as plain values."""
        data = self.cleaned_data
        return NoteValues(
            parts=self.parts(data) if data["extent"] == "part" else None,
            give_back_stamp=data.get("give_back_stamp", False),
            reason=data["reason"],
        )

    @property
    def left_lines(self) -> list[LeftLine]:
        """The lines with what is left of each, for the page."""
        return [
            LeftLine(line.description, left.quantity, left.net, self[f"line_{line.pk}"])
            for line, left in zip(self.found.lines, self.found.left, strict=True)
        ]


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_issue)
def credit_note(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Choose what to take back, show what it comes to, then issue the note."""
    invoice = Invoice.objects.exclude(state="DRAFT").get(pk=invoice_id, kind=InvoiceKind.INVOICE)
    if invoice.state == "CREDITED":
        messages.info(request, _("Everything on this invoice was credited already."))
        return redirect("practice:invoice", invoice_id)
    found, today = credited(invoice), timezone.localdate()
    form = NoteForm(request.POST or None, found=found, initial={"on": today})
    figures: CreditTotals | None = None
    if request.method == "POST" and form.is_valid():
        figures = _figures(form, found)
        if figures is not None and "_issue" in request.POST:
            try:
                return _issued(request, invoice, form, today)
            except RuleViolation as refusal:
                _show(form, refusal)
    context = {"form": form, "figures": figures if not form.errors else None, "invoice": _facts(invoice)}
    return render(request, "practice/invoices/credit.html", context, status=422 if form.errors else 200)


@require_POST
@practice_view(check=check_may_draft)
def copy(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Make a draft with the content of an issued invoice."""
    try:
        draft = copy_to_draft(actor=request.actor, invoice_id=invoice_id)
    except ForbiddenMove as refusal:
        messages.error(request, sentence(refusal))
        return redirect("practice:invoice", invoice_id)
    messages.success(request, _("This is a copy. Change what is different and issue it."))
    return redirect("practice:invoice_edit", draft.pk)


def _issued(request: PartyRequest, invoice: Invoice, form: NoteForm, today: date) -> HttpResponse:
    values, on = form.values(), form.cleaned_data["on"]
    if form.cleaned_data["reissue"]:
        note, draft = correct_and_reissue(actor=request.actor, invoice_id=invoice.pk, values=values, on=on, today=today)
        messages.success(request, _("Credit note %(number)s was issued.") % {"number": note.printed_number})
        return redirect("practice:invoice_edit", draft.pk)
    note = issue_credit_note(actor=request.actor, invoice_id=invoice.pk, values=values, on=on, today=today)
    messages.success(request, _("Credit note %(number)s was issued.") % {"number": note.printed_number})
    return redirect("practice:invoice", note.pk)


def _figures(form: NoteForm, found: Credited) -> CreditTotals | None:
    """Return what the note would come to, None when the rules refuse it and the form says why."""
    try:
        asked = note_input(found, form.values())
        return credit(found.totals, found.notes, asked, own_stamp=law_on(form.cleaned_data["on"]).stamp)
    except RuleViolation as refusal:
        _show(form, refusal)
    return None


def _show(form: NoteForm, refusal: RuleViolation) -> None:
    """Put a refusal beside the quantity it is about, or beside its own field."""
    parts = refusal.field.split(".")
    if parts[0] == "lines" and len(parts) > 1 and form.cleaned_data.get("extent") == "part":
        typed = list(form.parts(form.cleaned_data))
        lines = [line.pk for line in form.found.lines if line.pk in typed]
        form.add_error(f"line_{lines[int(parts[1])]}", sentence(refusal))
        return
    form.add_error(refusal.field if refusal.field in form.fields else None, sentence(refusal))


def _facts(invoice: Invoice) -> dict[str, Any]:
    return {
        "id": invoice.pk,
        "number": invoice.printed_number,
        "issued_on": invoice.issued_on,
        "total": invoice.total,
        "paid": invoice.paid,
    }
