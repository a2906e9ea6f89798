"""Billing entities: list, data, logo."""

from __future__ import annotations

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

from sportello.core.files.content import (
    LIMITS,
    BadPicture,
    EmptyFile,
    FileRefused,
    FileTooLarge,
    Purpose,
    TooManyPixels,
)
from sportello.core.files.keeping import read
from sportello.core.storage import StorageFull
from sportello.parties.operations import Refused, create_entity, edit_entity, remove_logo, set_logo
from sportello.parties.permissions import check_may_edit_fiscal_settings, may_edit_fiscal_settings, may_edit_numbering
from sportello.parties.queries import entity_detail, entity_rows, logo_of
from sportello.parties.timeline import deeds_of_entity
from sportello.parties.values import EntityValues
from sportello.web import formats
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.parts import Tab
from sportello.web.practice.address import AddressFields, address_initial
from sportello.web.practice.http import practice_view
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.settings.tabs import sections
from sportello.web.practice.settings.words import DEEDS, PURPOSES, REGIMES, STAMP_MODES, STAMP_POLICIES, TAX_KINDS
from sportello.web.practice.timelines import events

HERE = "practice:settings_entities"
PLAIN = (
    "name",
    "partita_iva",
    "tax_kind",
    "codice_fiscale",
    "title",
    "email",
    "pec",
    "phone",
    "profession",
    "register",
    "register_number",
    "insurer",
    "policy_number",
    "footer",
    "accountant_sees_names",
    "is_active",
)


class EntityForm(AddressFields):
    """Who issues."""

    tax_kind = forms.ChoiceField(label=gettext_lazy("Issuer"), choices=list(TAX_KINDS.items()))
    title = forms.CharField(
        label=gettext_lazy("Title"), required=False, help_text=gettext_lazy("For instance: Dott.ssa")
    )
    name = forms.CharField(label=gettext_lazy("Name on papers"), required=False)
    partita_iva = forms.CharField(
        label=gettext_lazy("Partita IVA"), required=False, widget=forms.TextInput(attrs={"class": "num"})
    )
    codice_fiscale = forms.CharField(
        label=gettext_lazy("Codice fiscale"), required=False, widget=forms.TextInput(attrs={"class": "num"})
    )
    profession = forms.CharField(label=gettext_lazy("Profession"), required=False)
    register = forms.CharField(label=gettext_lazy("Register (albo)"), required=False)
    register_number = forms.CharField(label=gettext_lazy("Number in the register"), required=False)
    insurer = forms.CharField(label=gettext_lazy("Insurer"), required=False)
    policy_number = forms.CharField(label=gettext_lazy("Number of the policy"), required=False)
    email = forms.CharField(label=gettext_lazy("E-mail"), required=False)
    pec = forms.CharField(label=gettext_lazy("PEC"), required=False)
    phone = forms.CharField(label=gettext_lazy("Telephone"), required=False)
    footer = forms.CharField(
        label=gettext_lazy("Line at the foot of papers"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    accountant_sees_names = forms.BooleanField(
        label=gettext_lazy("The accountant sees the names of patients"),
        required=False,
        help_text=gettext_lazy("Off: registers and exports of the accountant carry numbers in their place."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def values(self) -> EntityValues:
        """Return what was typed; call it on a form without errors."""
        return EntityValues(**{name: self.cleaned_data[name] for name in PLAIN}, address=self.address())


class LogoForm(PageForm):
    """A picture for the head of papers."""

    logo = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        help_text=gettext_lazy("PNG or JPEG, at most 1 MB."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )


@require_GET
@practice_view
def entities(request: PartyRequest) -> HttpResponse:
    """Show the billing entities that this person was granted."""
    context = {
        "rows": [(row, REGIMES.get(row.regime, "")) for row in entity_rows(request.actor, today=timezone.localdate())],
        "tabs": sections(request.actor, HERE),
        "may_edit": may_edit_fiscal_settings(request.actor),
    }
    return render(request, "practice/settings/entities.html", context)


@require_GET
@practice_view
def entity(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Show one entity with its terms, series, accounts and logo."""
    shown = entity_detail(request.actor, entity_id, today=timezone.localdate())
    context = {
        "entity": shown,
        "values": shown.values,
        "tax_kind": TAX_KINDS[shown.values.tax_kind],
        "terms": [
            (
                each,
                REGIMES[each.values.regime],
                STAMP_POLICIES[each.values.stamp_policy],
                STAMP_MODES[each.values.stamp_mode],
            )
            for each in shown.terms
        ],
        "series": [(each, PURPOSES[each.purpose]) for each in shown.series],
        "events": events(deeds_of_entity(entity_id), DEEDS, {}),
        "year": timezone.localdate().year,
        "may_edit": may_edit_fiscal_settings(request.actor),
        "may_number": may_edit_numbering(request.actor),
        "tabs": entity_tabs(entity_id, "entity"),
        "logo_form": LogoForm(),
    }
    return render(request, "practice/settings/entity.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_fiscal_settings, fresh=True)
def new(request: PartyRequest) -> HttpResponse:
    """Add a billing entity, then lead to its first fiscal terms."""
    form = EntityForm(_data(request), initial={"country": "IT", "tax_kind": "person", "is_active": True})
    if request.method == "POST" and form.is_valid():
        try:
            made = create_entity(actor=request.actor, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The billing entity was added. Its fiscal terms come next."))
            return redirect("practice:settings_terms_new", made.pk)
    return render(request, "practice/settings/entity_form.html", {"form": form, "back_url": reverse(HERE)})


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_fiscal_settings, fresh=True)
def edit(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Change an entity's data."""
    values = entity_detail(request.actor, entity_id, today=timezone.localdate()).values
    initial: dict[str, Any] = {name: getattr(values, name) for name in PLAIN}
    form = EntityForm(_data(request), initial=initial | address_initial(values.address))
    if request.method == "POST" and form.is_valid():
        try:
            edit_entity(actor=request.actor, entity_id=entity_id, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The data were saved."))
            return redirect("practice:settings_entity", entity_id)
    back = reverse("practice:settings_entity", args=[entity_id])
    return render(request, "practice/settings/entity_form.html", {"form": form, "back_url": back, "name": values.name})


@require_POST
@practice_view(check=check_may_edit_fiscal_settings)
def logo_set(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Take a picture for the head of papers; a wrong file is answered with the reason."""
    entity_detail(request.actor, entity_id, today=timezone.localdate())
    upload = request.FILES.get("logo")
    if upload is None:
        messages.error(request, _("Choose a file first."))
        return redirect("practice:settings_entity", entity_id)
    try:
        set_logo(actor=request.actor, entity_id=entity_id, picture=upload.read(), name=upload.name or "")
    except FileRefused as refusal:
        messages.error(request, _why(refusal))
    except StorageFull:
        messages.error(request, _("There is no room left on the disk. Nothing was changed: make room and try again."))
    else:
        messages.success(request, _("The logo stands on papers from now on."))
    return redirect("practice:settings_entity", entity_id)


@require_POST
@practice_view(check=check_may_edit_fiscal_settings)
def logo_remove(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Take the picture out of the head of papers to come."""
    remove_logo(actor=request.actor, entity_id=entity_id)
    messages.success(request, _("Papers bear no logo from now on."))
    return redirect("practice:settings_entity", entity_id)


@require_GET
@practice_view
def logo(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Hand out the logo as it will be printed."""
    stored = logo_of(request.actor, entity_id)
    response = HttpResponse(read(stored), content_type=stored.media_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def entity_tabs(entity_id: int, here: str) -> list[Tab]:
    """Return the two pages of an entity."""
    return [
        Tab(_("Settings"), reverse("practice:settings_entity", args=[entity_id]), current=here == "entity"),
        Tab(_("Own wordings"), reverse("practice:settings_wordings", args=[entity_id]), current=here == "wordings"),
    ]


def _why(refusal: FileRefused) -> str:
    largest = formats.file_size(LIMITS[Purpose.LOGO].size)
    if isinstance(refusal, EmptyFile):
        return _("The file is empty. The logo was not changed.")
    if isinstance(refusal, FileTooLarge):
        return _("The file is too large: at most %(largest)s is possible. The logo was not changed.") % {
            "largest": largest
        }
    if isinstance(refusal, TooManyPixels):
        return _("The picture has too many pixels. Make it smaller; the logo was not changed.")
    if isinstance(refusal, BadPicture):
        return _("The picture cannot be opened. Save it anew as PNG or JPEG; the logo was not changed.")
    return _("The file is no PNG or JPEG, whatever its name says. The logo was not changed.")


def _data(request: PartyRequest) -> Any:
    return request.POST if request.method == "POST" else None
