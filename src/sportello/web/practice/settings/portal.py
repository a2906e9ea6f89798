"""How the practice uses the portal: what a dead link prints, what an invitation asks, how long a link lives."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from sportello.parties.contacts import spoken_phone
from sportello.patients.operations import Refused
from sportello.patients.operations.portal.settings import LEAST_DAYS, MOST_DAYS, PortalValues, save_portal_settings
from sportello.patients.permissions import check_may_edit_portal_settings
from sportello.patients.portal_door import portal_address
from sportello.patients.queries.connections import portal_settings
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.practice.patients.access_words import PROOFS
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.settings.tabs import sections

HERE = "practice:settings_portal"


class PortalForm(PageForm):
    """The settings of the portal."""

    contact_phone = forms.CharField(
        label=gettext_lazy("Telephone"), required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    contact_email = forms.CharField(
        label=gettext_lazy("E-mail"), required=False, widget=forms.TextInput(attrs={"inputmode": "email"})
    )
    contact_note = forms.CharField(
        label=gettext_lazy("When somebody answers"),
        required=False,
        help_text=gettext_lazy("For instance: Monday to Friday, 9 to 13."),
    )
    proof = forms.ChoiceField(
        label=gettext_lazy("Asked at first access, beside the new password"),
        widget=forms.RadioSelect,
        choices=list(PROOFS.items()),
        help_text=gettext_lazy("Each invitation may ask something else."),
    )
    second_factor_required = forms.BooleanField(
        label=gettext_lazy("Patients must use a second factor when signing in"), required=False
    )
    valid_days = forms.IntegerField(
        label=gettext_lazy("Days that a link works"),
        help_text=gettext_lazy("Fourteen are usual: people open mail late, and a short life costs telephone calls."),
        widget=forms.NumberInput(attrs={"min": LEAST_DAYS, "max": MOST_DAYS}),
    )

    def values(self) -> PortalValues:
        """Return what was typed; call it on a form without errors."""
        return PortalValues(**self.cleaned_data)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_portal_settings)
def portal(request: PartyRequest) -> HttpResponse:
    """Show and change how the practice uses the portal."""
    stored = portal_settings(request.actor)
    initial = {name: getattr(stored, name) for name in PortalForm.base_fields}
    initial["contact_phone"] = spoken_phone(stored.contact_phone) if stored.contact_phone else ""
    form = PortalForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save_portal_settings(actor=request.actor, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The settings were saved. Invitations that are out stay as they were sent."))
            return redirect(HERE)
    context = {"form": form, "tabs": sections(request.actor, HERE), "address": portal_address()}
    return render(request, "practice/settings/portal.html", context)
