"""The practice's own data and its sites; the door to the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from sportello.core.languages import FIRST
from sportello.parties.operations import Refused, add_site, edit_practice, edit_site
from sportello.parties.permissions import check_may_edit_practice
from sportello.parties.queries import PracticeShown, practice_shown, site_shown
from sportello.parties.values import PracticeValues, SiteValues
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.practice.address import AddressFields, address_initial
from sportello.web.practice.http import practice_view
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.settings.tabs import sections

HERE = "practice:settings_practice"
ZONES = (
    "Europe/Rome",
    "Europe/Paris",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Zurich",
    "Europe/Vienna",
    "Europe/Madrid",
    "UTC",
)


class PracticeForm(PageForm):
    """The practice itself."""

    name = forms.CharField(label=gettext_lazy("Name of the practice"), required=False)
    subtitle = forms.CharField(
        label=gettext_lazy("Under the name"),
        required=False,
        help_text=gettext_lazy("For instance: psychology and psychotherapy, Bologna."),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        required=False,
        help_text=gettext_lazy("Answers to mail sent to patients come here."),
        widget=forms.TextInput(attrs={"inputmode": "email"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Telephone"), required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the practice"), choices=[(each.code, each.native) for each in FIRST]
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=[(zone, zone) for zone in ZONES])
    retention_years = forms.IntegerField(
        label=gettext_lazy("Years that papers are kept"),
        help_text=gettext_lazy("Ten at least: the Civil code asks for it (art. 2220)."),
    )

    def values(self) -> PracticeValues:
        """Return what was typed; call it on a form without errors."""
        return PracticeValues(**self.cleaned_data)


class SiteForm(AddressFields):
    """A place where the practice works."""

    name = forms.CharField(label=gettext_lazy("Name"), required=False)
    phone = forms.CharField(
        label=gettext_lazy("Telephone"), required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)
    country = None  # type: ignore[assignment]  # a site is in Italy

    def values(self) -> SiteValues:
        """Return what was typed; call it on a form without errors."""
        data = self.cleaned_data
        return SiteValues(data["name"], self.address(), data["phone"], data["is_active"])


@require_GET
@practice_view
def settings(request: PartyRequest) -> HttpResponse:
    """Lead to the first section that this person may open."""
    return redirect(sections(request.actor, "")[0].url)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_practice)
def practice(request: PartyRequest) -> HttpResponse:
    """Show and change the practice's data; below them, its sites."""
    shown = practice_shown(request.actor)
    form = PracticeForm(_data(request), initial=_initial(shown))
    if request.method == "POST" and form.is_valid():
        try:
            edit_practice(actor=request.actor, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The data were saved."))
            return redirect(HERE)
    context = {"form": form, "sites": shown.sites, "tabs": sections(request.actor, HERE)}
    return render(request, "practice/settings/practice.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_practice)
def site_new(request: PartyRequest) -> HttpResponse:
    """Add a site."""
    form = SiteForm(_data(request), initial={"is_active": True})
    if request.method == "POST" and form.is_valid():
        try:
            add_site(actor=request.actor, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The site was added."))
            return redirect(HERE)
    return _site_page(request, form, _("New site"))


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_practice)
def site(request: PartyRequest, site_id: int) -> HttpResponse:
    """Change a site, or close it."""
    values = site_shown(request.actor, site_id).values
    initial = {"name": values.name, "phone": values.phone, "is_active": values.is_active}
    form = SiteForm(_data(request), initial=initial | address_initial(values.address))
    if request.method == "POST" and form.is_valid():
        try:
            edit_site(actor=request.actor, site_id=site_id, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The data were saved."))
            return redirect(HERE)
    return _site_page(request, form, values.name)


def _site_page(request: PartyRequest, form: SiteForm, title: str) -> HttpResponse:
    context = {"form": form, "title": title, "back_url": reverse(HERE), "back_word": _("Practice")}
    return render(request, "practice/settings/site.html", context)


def _initial(shown: PracticeShown) -> dict[str, Any]:
    values = shown.values
    return {name: getattr(values, name) for name in PracticeForm.base_fields}


def _data(request: PartyRequest) -> Mapping[str, Any] | None:
    return request.POST if request.method == "POST" else None
