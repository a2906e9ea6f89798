"""Who works in the practice: invitations, rights, access taken away."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sportello.accounts.models import Person
from sportello.core.actors import MEMBER_ROLES, Role, Switch
from sportello.core.languages import FIRST
from sportello.parties.models import Membership
from sportello.parties.operations import (
    Refused,
    disable_member,
    edit_member,
    enable_member,
    invite_again,
    invite_member,
)
from sportello.parties.permissions import check_may_manage_members
from sportello.parties.queries import MemberShown, entity_choices, members
from sportello.parties.values import MemberValues
from sportello.web import looks
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.settings.tabs import sections
from sportello.web.practice.settings.words import SWITCHES
from sportello.web.sentences import sentence

HERE = "practice:settings_members"


class RightsForm(PageForm):
    """What somebody may do."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=[(role.value, looks.ROLES[role.value]) for role in MEMBER_ROLES],
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "An owner may do everything. A collaborator what is switched on below. An accountant reads invoices and "
            "registers and sees no patient's record."
        ),
    )
    switches = forms.MultipleChoiceField(
        label=gettext_lazy("A collaborator may"), required=False, widget=forms.CheckboxSelectMultiple
    )
    own_patients_only = forms.BooleanField(
        label=gettext_lazy("Meets only the patients they follow"),
        required=False,
        help_text=gettext_lazy("For collaborators: other patients are not there for them, nor are their invoices."),
    )
    entities = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Billing entities"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: all of them, also those to come."),
    )
    years = forms.CharField(
        label=gettext_lazy("Years that an accountant sees"),
        required=False,
        help_text=gettext_lazy("For instance 2025, 2026. Empty: all of them."),
    )
    sees_names = forms.BooleanField(
        label=gettext_lazy("The accountant sees the names of patients"),
        required=False,
        help_text=gettext_lazy("Only where the billing entity allows it as well."),
    )

    def __init__(self, *args: Any, entities: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        switches, granted = self.fields["switches"], self.fields["entities"]
        if isinstance(switches, forms.MultipleChoiceField) and isinstance(granted, forms.TypedMultipleChoiceField):
            label = _("%(name)s: %(text)s")
            switches.choices = [(code, label % {"name": word, "text": why}) for code, (word, why) in SWITCHES.items()]
            granted.choices = entities

    def clean_years(self) -> tuple[int, ...] | None:
        """Read years parted by commas or spaces."""
        words = self.cleaned_data["years"].replace(",", " ").split()
        if not all(word.isdecimal() and len(word) == 4 for word in words):
            raise forms.ValidationError(_("Write years like 2025, 2026."))
        return tuple(int(word) for word in words) or None

    def values(self) -> MemberValues:
        """Return what was chosen; call it on a form without errors."""
        data = self.cleaned_data
        return MemberValues(
            role=Role(data["role"]),
            switches=frozenset(Switch(code) for code in data["switches"]),
            entities=frozenset(data["entities"]) or None,
            years=data["years"],
            sees_names=data["sees_names"],
            own_patients_only=data["own_patients_only"],
        )


class InvitationForm(RightsForm):
    """Who is invited, and what they may do."""

    given_name = forms.CharField(label=gettext_lazy("Given name"), required=False)
    family_name = forms.CharField(label=gettext_lazy("Family name"), required=False)
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        required=False,
        help_text=gettext_lazy("The invitation goes there, and the person signs in with it."),
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=[(each.code, each.native) for each in FIRST], initial="it"
    )


@require_GET
@practice_view(check=check_may_manage_members)
def people(request: PartyRequest) -> HttpResponse:
    """Show everybody who ever worked in the practice."""
    rows = [(each, looks.ROLES[each.values.role], _may(each)) for each in members(request.actor)]
    context = {"rows": rows, "tabs": sections(request.actor, HERE), "own_id": request.user.pk}
    return render(request, "practice/settings/members.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_manage_members, fresh=True)
def invite(request: PartyRequest) -> HttpResponse:
    """Invite somebody by mail."""
    form = InvitationForm(
        _data(request),
        initial={"role": "collaborator", "language": "it", "switches": ["patients", "invoices"]},
        entities=entity_choices(request.actor),
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            invite_member(
                actor=request.actor,
                email=data["email"],
                given_name=data["given_name"],
                family_name=data["family_name"],
                language=data["language"],
                values=form.values(),
                link=_link_maker(request),
            )
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect(HERE)
    return render(request, "practice/settings/invite.html", {"form": form, "back_url": reverse(HERE)})


@require_POST
@practice_view(check=check_may_manage_members, fresh=True)
def again(request: PartyRequest, membership_id: int) -> HttpResponse:
    """Send an invitation once more; the link sent before stops working."""
    try:
        invite_again(actor=request.actor, membership_id=membership_id, link=_link_maker(request))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("A new invitation is on its way; the link sent before does not work any more."))
    return redirect(HERE)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_manage_members, fresh=True)
def rights(request: PartyRequest, membership_id: int) -> HttpResponse:
    """Change what a member may do, from their next click on."""
    shown = _member(request, membership_id)
    form = RightsForm(_data(request), initial=_initial(shown.values), entities=entity_choices(request.actor))
    if request.method == "POST" and form.is_valid():
        try:
            edit_member(actor=request.actor, membership_id=membership_id, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The rights were saved and hold from the next click on."))
            return redirect(HERE)
    context = {"form": form, "back_url": reverse(HERE), "member": shown}
    return render(request, "practice/settings/rights.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_manage_members, fresh=True)
def disable(request: PartyRequest, membership_id: int) -> HttpResponse:
    """Ask, then take somebody's access away."""
    shown = _member(request, membership_id)
    if request.method == "POST":
        try:
            disable_member(actor=request.actor, membership_id=membership_id)
        except Refused as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, _("The access was taken away."))
        return redirect(HERE)
    context = {
        "question": _("Take the access of %(name)s away?") % {"name": shown.name},
        "consequence": _(
            "From the next click on they are out. Their name stays on what they did; you can give it back."
        ),
        "act_word": _("Take the access away"),
        "grave": True,
        "back_url": reverse(HERE),
    }
    return render(request, "practice/confirm.html", context)


@require_POST
@practice_view(check=check_may_manage_members, fresh=True)
def enable(request: PartyRequest, membership_id: int) -> HttpResponse:
    """Give somebody's access back."""
    enable_member(actor=request.actor, membership_id=membership_id)
    messages.success(request, _("The access was given back, with the rights it had."))
    return redirect(HERE)


def _link_maker(request: PartyRequest) -> Any:
    """Return what makes the address of a first password: signed, short-lived, dead once a password is set."""

    def link(person: Person) -> str:
        key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
        uid, _dash, token = key.partition("-")
        return request.build_absolute_uri(reverse("account_reset_password_from_key", args=[uid, token]))

    return link


def _member(request: PartyRequest, membership_id: int) -> MemberShown:
    """Return a member; somebody of another practice is not there."""
    found = next((each for each in members(request.actor) if each.id == membership_id), None)
    if found is None:
        raise Membership.DoesNotExist
    return found


def _initial(values: MemberValues) -> dict[str, Any]:
    return {
        "role": values.role.value,
        "switches": [each.value for each in values.switches],
        "own_patients_only": values.own_patients_only,
        "entities": sorted(values.entities or ()),
        "years": ", ".join(str(year) for year in values.years or ()),
        "sees_names": values.sees_names,
    }


def _may(member: MemberShown) -> str:
    values = member.values
    if values.role is Role.OWNER:
        return _("Everything")
    parts = [str(SWITCHES[each.value][0]) for each in sorted(values.switches)]
    if values.role is Role.ACCOUNTANT:
        parts = [", ".join(str(year) for year in values.years)] if values.years else [_("All years")]
        parts.append(_("with names") if values.sees_names else _("without names"))
    if values.own_patients_only:
        parts.append(_("own patients only"))
    parts.extend(member.entity_names)
    return ", ".join(parts) or _("Nothing yet")


def _data(request: PartyRequest) -> Any:
    return request.POST if request.method == "POST" else None
