"""Recording payments and refunds, and voiding them."""

from __future__ import annotations

from datetime import date
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
from django.views.decorators.http import require_http_methods

from sportello.billing.models import Invoice, Payment
from sportello.billing.models.payments import Payer
from sportello.billing.operations import standing
from sportello.billing.operations.payments import record_payment, record_refund, void_payment
from sportello.billing.permissions import check_may_record_payment, check_may_void_payment
from sportello.billing.rules.payments import Method, payment_notices
from sportello.billing.states import ForbiddenMove
from sportello.billing.terms import law_on
from sportello.core.violations import RuleViolation
from sportello.web import formats
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.inputs import AmountField, DayField
from sportello.web.practice.http import practice_view
from sportello.web.practice.invoices.words import METHODS
from sportello.web.sentences import sentence


class MoneyForm(PageForm):
    """A payment or a refund as typed."""

    paid_on = DayField(label=gettext_lazy("Day"), past=True, required=True)
    amount = AmountField(label=gettext_lazy("Amount €"), required=True)
    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=METHODS.items())
    payer = forms.ChoiceField(
        label=gettext_lazy("Paid by"),
        choices=[
            (Payer.PATIENT.value, gettext_lazy("The customer")),
            (Payer.INPS.value, gettext_lazy("INPS (bonus psicologo)")),
            (Payer.OTHER.value, gettext_lazy("Somebody else")),
        ],
    )
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=80, required=False)
    seen = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, refund: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if refund:
            del self.fields["payer"]


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_record_payment)
def payment(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Record a payment; a payment that costs the patient the deduction is said once before."""
    invoice = Invoice.objects.exclude(state="DRAFT").get(pk=invoice_id)
    form = MoneyForm(request.POST or None, initial={"paid_on": timezone.localdate(), "amount": invoice.open or None})
    if request.method == "POST" and form.is_valid() and not _to_be_seen(form, invoice):
        data = form.cleaned_data
        try:
            record_payment(
                actor=request.actor,
                invoice_id=invoice_id,
                on=data["paid_on"],
                amount=data["amount"],
                method=Method(data["method"]),
                payer=Payer(data["payer"]),
                reference=data["reference"],
                today=timezone.localdate(),
            )
        except RuleViolation as refusal:
            _show(form, refusal)
        else:
            messages.success(request, _("The payment of %(amount)s was recorded.") % _amount(data["amount"]))
            return redirect("practice:invoice", invoice_id)
    return _page(request, form, invoice, refund=False)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_record_payment)
def refund(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Record money given back."""
    invoice = Invoice.objects.exclude(state="DRAFT").get(pk=invoice_id)
    initial = {"paid_on": timezone.localdate(), "amount": invoice.refund_due or None}
    form = MoneyForm(request.POST or None, initial=initial, refund=True)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            record_refund(
                actor=request.actor,
                invoice_id=invoice_id,
                on=data["paid_on"],
                amount=data["amount"],
                method=Method(data["method"]),
                reference=data["reference"],
                today=timezone.localdate(),
            )
        except RuleViolation as refusal:
            _show(form, refusal)
        else:
            messages.success(request, _("The refund of %(amount)s was recorded.") % _amount(data["amount"]))
            return redirect("practice:invoice", invoice_id)
    return _page(request, form, invoice, refund=True)


class VoidForm(PageForm):
    """Why a payment is voided."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_void_payment)
def void(request: PartyRequest, payment_id: int) -> HttpResponse:
    """Ask for the reason, then void a payment or refund recorded by mistake."""
    row = Payment.objects.select_related("invoice").get(pk=payment_id)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            void_payment(actor=request.actor, payment_id=payment_id, reason=form.cleaned_data["reason"])
        except RuleViolation as refusal:
            _show(form, refusal)
        else:
            messages.success(request, _("The entry of %(amount)s was voided.") % _amount(row.amount))
            return redirect(f"{reverse('practice:invoice', args=[row.invoice_id])}?section=payments")
    context = {
        "form": form,
        "payment": row,
        "number": row.invoice.printed_number,
        "method": METHODS.get(row.method, ""),
    }
    return render(request, "practice/invoices/void.html", context, status=422 if form.errors else 200)


def _to_be_seen(form: MoneyForm, invoice: Invoice) -> bool:
    """Tell whether a warning is shown now for the first time; sending the form again records the payment."""
    data = form.cleaned_data
    payments, _refunds = standing.entries(invoice.pk)
    limit = law_on(data["paid_on"]).cash_limit
    notices = payment_notices(payments, data["amount"], Method(data["method"]), cash_limit=limit)
    if not notices or data["seen"]:
        return False
    for notice in notices:
        form.warn(notice.field or "method", sentence(notice))
    form.data = {**{key: form.data[key] for key in form.data}, "seen": "on"}
    return True


def _show(form: PageForm, refusal: RuleViolation) -> None:
    if isinstance(refusal, ForbiddenMove):
        form.add_error(None, sentence(refusal))
        return
    name = {"on": "paid_on"}.get(refusal.field, refusal.field)
    form.add_error(name if name in form.fields else None, sentence(refusal))


def _page(request: PartyRequest, form: MoneyForm, invoice: Invoice, *, refund: bool) -> HttpResponse:
    context = {"form": form, "invoice": _facts(invoice), "refund": refund}
    return render(request, "practice/invoices/payment.html", context, status=422 if form.errors else 200)


def _facts(invoice: Invoice) -> dict[str, int | str | date | Decimal | None]:
    return {
        "id": invoice.pk,
        "number": invoice.printed_number,
        "issued_on": invoice.issued_on,
        "payable": invoice.payable,
        "paid": invoice.paid,
        "open": invoice.open,
        "refund_due": invoice.refund_due,
        "state": invoice.payment_state,
    }


def _amount(amount: Decimal) -> dict[str, str]:
    return {"amount": formats.money(amount)}
