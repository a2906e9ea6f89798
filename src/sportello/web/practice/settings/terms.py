"""Fiscal terms, numbering, accounts: what an entity is asked for, one page each."""

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
from django.views.decorators.http import require_http_methods, require_POST

from sportello.billing.operations.fiscal_terms import set_terms, withdraw_terms
from sportello.billing.queries.settings import LawRecord, law_records
from sportello.billing.reference import Kind
from sportello.parties.models import BankAccount, FiscalTerms, Series
from sportello.parties.operations import (
    Refused,
    add_account,
    add_series,
    close_account,
    close_series,
    prefer_account,
    reopen_series,
    set_start_number,
)
from sportello.parties.permissions import check_may_edit_fiscal_settings, check_may_edit_numbering
from sportello.parties.queries import EntityDetail, entity_detail
from sportello.parties.values import SeriesValues, TermsValues
from sportello.web import formats
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.inputs import DayField, QuantityField
from sportello.web.practice.http import practice_view
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.settings.words import PURPOSES, REGIMES, STAMP_MODES, STAMP_NATURES, STAMP_POLICIES
from sportello.web.sentences import sentence


class TermsForm(PageForm):
    """How an entity is taxed from a day on."""

    valid_from = DayField(label=gettext_lazy("From"), required=True)
    regime = forms.ChoiceField(label=gettext_lazy("Tax scheme"), choices=list(REGIMES.items()))
    fund = forms.ChoiceField(label=gettext_lazy("Professional fund"), required=False)
    fund_rate = QuantityField(
        label=gettext_lazy("Contribution, per cent"),
        help_text=gettext_lazy("Charged to who is invoiced, once for each VAT group."),
    )
    withholding_rate = QuantityField(
        label=gettext_lazy("Withholding, per cent"),
        help_text=gettext_lazy(
            "Kept back by customers that withhold; never by patients, never in the flat-rate scheme."
        ),
    )
    stamp_policy = forms.ChoiceField(
        label=gettext_lazy("Stamp of EUR 2.00"), choices=list(STAMP_POLICIES.items()), widget=forms.RadioSelect
    )
    stamp_nature = forms.ChoiceField(
        label=gettext_lazy("Nature of a charged stamp"),
        required=False,
        choices=list(STAMP_NATURES.items()),
        help_text=gettext_lazy("Accountants differ for the ordinary scheme: ask yours."),
    )
    stamp_mode = forms.ChoiceField(label=gettext_lazy("How it is paid"), choices=list(STAMP_MODES.items()))
    stamp_authorisation = forms.CharField(label=gettext_lazy("Number of the authorisation"), required=False)
    stamp_authorised_on = DayField(label=gettext_lazy("Day of the authorisation"))
    stamp_inside_round_price = forms.BooleanField(
        label=gettext_lazy("Round prices contain the stamp"),
        required=False,
        help_text=gettext_lazy("Off: the stamp comes on top of what was agreed."),
    )

    def __init__(self, *args: Any, funds: list[LawRecord], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["fund"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("No fund")), *((each.key, _fund_word(each)) for each in funds)]

    def values(self) -> TermsValues:
        """Return what was typed; call it on a form without errors. An empty rate is nothing."""
        data = dict(self.cleaned_data)
        for name in ("fund_rate", "withholding_rate"):
            data[name] = data[name] or Decimal(0)
        return TermsValues(**data)


class SeriesForm(PageForm):
    """A numbering series."""

    code = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        help_text=gettext_lazy("Letters and digits; it stands on the paper: 3/CORSI/2026."),
    )
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), choices=list(PURPOSES.items()), initial="other")
    yearly = forms.BooleanField(
        label=gettext_lazy("Restarts at 1 each year"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Cannot be changed later."),
    )


class StartForm(PageForm):
    """The first number of a series, for who comes from another program."""

    number = forms.IntegerField(label=gettext_lazy("Next number"))


class AccountForm(PageForm):
    """An IBAN."""

    label = forms.CharField(label=gettext_lazy("Name of the account"), required=False)
    iban = forms.CharField(
        label=gettext_lazy("IBAN"),
        required=False,
        help_text=gettext_lazy("Spaces and small letters are fine."),
        widget=forms.TextInput(attrs={"class": "num", "autocomplete": "off", "spellcheck": "false"}),
    )
    is_default = forms.BooleanField(label=gettext_lazy("Print it unless another is chosen"), required=False)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_fiscal_settings, fresh=True)
def terms_new(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Let new fiscal terms begin on a day."""
    today = timezone.localdate()
    shown = entity_detail(request.actor, entity_id, today=today)
    form = TermsForm(_data(request), initial=_first_terms(shown, today), funds=law_records(Kind.FUND, today=today))
    if request.method == "POST" and form.is_valid():
        try:
            set_terms(actor=request.actor, entity_id=entity_id, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The fiscal terms were saved."))
            return redirect("practice:settings_entity", entity_id)
    return render(request, "practice/settings/terms.html", {"form": form} | _place(shown, _("New fiscal terms")))


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_fiscal_settings, fresh=True)
def terms_withdraw(request: PartyRequest, terms_id: int) -> HttpResponse:
    """Ask, then take terms back under which nothing was issued."""
    row = FiscalTerms.objects.get(pk=terms_id)
    back = reverse("practice:settings_entity", args=[row.entity_id])
    if request.method == "POST":
        try:
            withdraw_terms(actor=request.actor, terms_id=terms_id)
        except Refused as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, _("The fiscal terms were withdrawn."))
        return redirect(back)
    context = {
        "question": _("Withdraw the terms from %(day)s?") % {"day": formats.day(row.valid_from)},
        "consequence": _("The terms before them hold again. This is possible because nothing was issued under them."),
        "act_word": _("Withdraw"),
        "grave": True,
        "back_url": back,
    }
    return render(request, "practice/confirm.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_numbering)
def series_new(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Add a numbering series."""
    shown = entity_detail(request.actor, entity_id, today=timezone.localdate())
    form = SeriesForm(_data(request), initial={"yearly": True, "purpose": "other"})
    if request.method == "POST" and form.is_valid():
        try:
            add_series(actor=request.actor, entity_id=entity_id, values=SeriesValues(**form.cleaned_data))
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The series was added."))
            return redirect("practice:settings_entity", entity_id)
    return _plain_form(request, form, shown, _("New series"))


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_numbering)
def series_start(request: PartyRequest, series_id: int) -> HttpResponse:
    """Set the first number of an empty series; once, and only upwards."""
    row = Series.objects.get(pk=series_id)
    today = timezone.localdate()
    shown = entity_detail(request.actor, row.entity_id, today=today)
    form = StartForm(_data(request))
    if request.method == "POST" and form.is_valid():
        try:
            set_start_number(
                actor=request.actor, series_id=series_id, year=today.year, number=form.cleaned_data["number"]
            )
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The series begins at this number."))
            return redirect("practice:settings_entity", row.entity_id)
    warning = _("This is possible once, only upwards, and only while the series is empty for this year.")
    return _plain_form(request, form, shown, _("First number of series %(code)s") % {"code": row.code}, warning)


@require_POST
@practice_view(check=check_may_edit_numbering)
def series_move(request: PartyRequest, series_id: int, way: str) -> HttpResponse:
    """Close a series, or open it again."""
    row = Series.objects.get(pk=series_id)
    try:
        (close_series if way == "close" else reopen_series)(actor=request.actor, series_id=series_id)
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect("practice:settings_entity", row.entity_id)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_fiscal_settings, fresh=True)
def account_new(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Add an IBAN; every owner is told by mail."""
    shown = entity_detail(request.actor, entity_id, today=timezone.localdate())
    form = AccountForm(_data(request))
    if request.method == "POST" and form.is_valid():
        try:
            add_account(actor=request.actor, entity_id=entity_id, **form.cleaned_data)
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The account was added. Every owner is told by mail."))
            return redirect("practice:settings_entity", entity_id)
    return _plain_form(request, form, shown, _("New bank account"))


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_fiscal_settings, fresh=True)
def account_move(request: PartyRequest, account_id: int, way: str) -> HttpResponse:
    """Ask, then close an account or make it the usual one; every owner is told by mail."""
    row = BankAccount.objects.get(pk=account_id)
    if request.method == "POST":
        (close_account if way == "close" else prefer_account)(actor=request.actor, account_id=account_id)
        messages.success(request, _("Saved. Every owner is told by mail."))
        return redirect("practice:settings_entity", row.entity_id)
    closing = way == "close"
    question = _("Close the account %(label)s?") if closing else _("Print the account %(label)s from now on?")
    consequence = (
        _("It is printed on no paper any more. Papers already issued keep it; every owner is told by mail.")
        if closing
        else _("Papers to come bear this IBAN unless another is chosen; every owner is told by mail.")
    )
    context = {
        "question": question % {"label": row.label},
        "consequence": consequence,
        "act_word": _("Close the account") if closing else _("Make it the usual one"),
        "grave": closing,
        "back_url": reverse("practice:settings_entity", args=[row.entity_id]),
    }
    return render(request, "practice/confirm.html", context)


def _first_terms(shown: EntityDetail, today: date) -> dict[str, Any]:
    """Begin from the newest terms, or from what most people have."""
    newest = shown.terms[0].values if shown.terms else TermsValues(valid_from=date(today.year, 1, 1), regime="RF01")
    first = {name: getattr(newest, name) for name in TermsForm.base_fields}
    if shown.terms:
        first["valid_from"] = today
    return first


def _fund_word(record: LawRecord) -> str:
    rate = formats.percent(Decimal(record.values["rate"]))
    word = f"{record.values['name']} {rate}"
    unsure = _("to be confirmed")
    return word if record.is_confirmed else f"{word} · {unsure}"


def _place(shown: EntityDetail, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "back_word": shown.values.name,
        "back_url": reverse("practice:settings_entity", args=[shown.id]),
    }


def _plain_form(
    request: PartyRequest, form: PageForm, shown: EntityDetail, title: str, warning: str = ""
) -> HttpResponse:
    return render(request, "practice/settings/form.html", {"form": form, "warning": warning} | _place(shown, title))


def _data(request: PartyRequest) -> Any:
    return request.POST if request.method == "POST" else None
