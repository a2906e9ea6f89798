"""Access of one patient, or of who acts for one, to the portal: invite, send again, suspend, disconnect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from sportello.core.violations import RuleViolation
from sportello.patients.connecting.people import Asked
from sportello.patients.connecting.sending import Sent
from sportello.patients.operations.portal import inviting, standing
from sportello.patients.permissions import check_may_connect, may_edit_patients
from sportello.patients.portal_door import is_paired
from sportello.patients.queries.connections import (
    AccessShown,
    PatientAccess,
    patient_access,
    person_of_connection,
    portal_settings,
)
from sportello.web import formats
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.practice.patients.access_words import PROOFS
from sportello.web.practice.refusing import put_errors
from sportello.web.sentences import sentence

Move = Callable[..., None]


class ConnectForm(PageForm):
    """What an invitation asks of who accepts it."""

    proof = forms.ChoiceField(
        label=gettext_lazy("Asked at first access, beside the new password"),
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Worth it where somebody else may read this mailbox."),
    )
    second_factor = forms.BooleanField(
        label=gettext_lazy("Must use a second factor when signing in"),
        required=False,
        help_text=gettext_lazy("A code of an app or a passkey. Without this the person may, but need not."),
    )

    def __init__(self, *args: Any, has_birth_date: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(code, word) for code, word in PROOFS.items() if has_birth_date or code != "birth_date"]
        field = self.fields["proof"]
        if isinstance(field, forms.ChoiceField):
            field.choices = offered

    def asked(self) -> Asked:
        """Return what was chosen; call it on a form without errors."""
        return Asked(self.cleaned_data["proof"], self.cleaned_data["second_factor"])


class EmailForm(PageForm):
    """The address that takes the place of one that bounced."""

    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("It replaces the address on the record too."),
    )


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_connect)
def connect(request: PartyRequest, patient_id: int, representative_id: int | None = None) -> HttpResponse:
    """Ask what the invitation asks, then invite the patient or who acts for the patient."""
    shown = patient_access(request.actor, patient_id, now=_now())
    person = shown.of(representative_id)
    if not person.may_invite and person.refusal is None:
        messages.warning(request, _("This is no longer possible: the access has changed meanwhile. Look at it again."))
        return _back(request, patient_id)
    settings = portal_settings(request.actor)
    form = ConnectForm(
        request.POST if request.method == "POST" else None,
        initial={"proof": settings.proof, "second_factor": settings.second_factor_required},
        has_birth_date=shown.has_birth_date,
    )
    if request.method == "POST" and form.is_valid():
        try:
            sent = inviting.invite(
                actor=request.actor,
                patient_id=patient_id,
                representative_id=representative_id,
                asked=form.asked(),
                now=_now(),
            )
        except RuleViolation as refusal:
            put_errors(form, refusal)
        else:
            return _told(request, patient_id, person, sent)
    context = {
        "form": form,
        "patient": shown,
        "person": person,
        "paired": is_paired(),
        "refusal": sentence(person.refusal) if person.refusal else "",
        "days": settings.valid_days,
        "may_edit": may_edit_patients(request.actor),
        "back_url": _back_url(request, patient_id),
    }
    return render(request, "practice/portal/connect.html", context)


@require_POST
@practice_view(check=check_may_connect)
def resend(request: PartyRequest, connection_id: int) -> HttpResponse:
    """Send an invitation once more; the former link dies."""
    patient_id, person = _whose(request, connection_id)
    try:
        sent = inviting.resend(actor=request.actor, connection_id=connection_id, now=_now())
    except RuleViolation as refusal:
        messages.warning(request, sentence(refusal))
        return _back(request, patient_id)
    return _told(request, patient_id, person, sent)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_connect)
def correct(request: PartyRequest, connection_id: int) -> HttpResponse:
    """Ask for the right address where mail bounced, then invite again."""
    patient_id, person = _whose(request, connection_id)
    form = EmailForm(request.POST if request.method == "POST" else None, initial={"email": person.email})
    if request.method == "POST" and form.is_valid():
        try:
            sent = inviting.correct_and_invite(
                actor=request.actor, connection_id=connection_id, email=form.cleaned_data["email"], now=_now()
            )
        except RuleViolation as refusal:
            put_errors(form, refusal)
        else:
            return _told(request, patient_id, person, sent)
    context = {"form": form, "person": person, "back_url": _back_url(request, patient_id)}
    return render(request, "practice/portal/correct.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_connect)
def disconnect(request: PartyRequest, connection_id: int) -> HttpResponse:
    """Ask, then end an access at once."""
    patient_id, representative_id = person_of_connection(request.actor, connection_id)
    shown = patient_access(request.actor, patient_id, now=_now())
    person = shown.of(representative_id)
    if request.method == "POST":
        return _move(
            request, connection_id, standing.disconnect, _("The access has ended. The person is told by mail.")
        )
    context = {
        "question": _("Disconnect %(name)s?") % {"name": person.name},
        "consequence": _(
            "The access ends at once, downloads that are under way included, and %(email)s gets a mail that says so. "
            "This cannot be undone: to come back, the person needs a new invitation. To pause, suspend instead."
        )
        % {"email": person.used_email},
        "act_word": _("Disconnect"),
        "back_url": _back_url(request, patient_id),
        "grave": True,
        "person": person,
        "patient": shown,
    }
    return render(request, "practice/portal/disconnect.html", context)


@require_POST
@practice_view(check=check_may_connect)
def cancel(request: PartyRequest, connection_id: int) -> HttpResponse:
    """Take an invitation back."""
    done = _("The invitation is cancelled: its link no longer works.")
    return _move(request, connection_id, standing.cancel_invitation, done)


@require_POST
@practice_view(check=check_may_connect)
def bounced(request: PartyRequest, connection_id: int) -> HttpResponse:
    """Note that the mail came back."""
    done = _("Noted: the mail came back. Correct the e-mail to invite again.")
    return _move(request, connection_id, standing.mark_bounced, done)


@require_POST
@practice_view(check=check_may_connect)
def suspend(request: PartyRequest, connection_id: int) -> HttpResponse:
    """Close an access until it is resumed."""
    return _move(request, connection_id, standing.suspend, _("The access is suspended, as of now."))


@require_POST
@practice_view(check=check_may_connect)
def resume(request: PartyRequest, connection_id: int) -> HttpResponse:
    """Open a suspended access again."""
    return _move(request, connection_id, standing.resume, _("The access is open again."))


@require_POST
@practice_view(check=check_may_connect)
def unlock(request: PartyRequest, connection_id: int) -> HttpResponse:
    """Let a person try the second proof again; a new spoken code is shown once."""
    patient_id, person = _whose(request, connection_id)
    try:
        code = standing.unlock_proof(actor=request.actor, connection_id=connection_id, now=_now())
    except RuleViolation as refusal:
        messages.warning(request, sentence(refusal))
        return _back(request, patient_id)
    if code:
        return _code_page(request, patient_id, person, code)
    messages.success(request, _("Unlocked: five tries are open again."))
    return _back(request, patient_id)


@require_POST
@practice_view(check=check_may_connect)
def dismiss(request: PartyRequest, connection_id: int) -> HttpResponse:
    """Put a request for a new link aside."""
    patient_id, _person = _whose(request, connection_id)
    standing.dismiss_request(actor=request.actor, connection_id=connection_id)
    messages.success(request, _("The request is put aside. Nothing was sent."))
    return _back(request, patient_id)


@require_POST
@practice_view(check=check_may_connect)
def factor(request: PartyRequest, connection_id: int) -> HttpResponse:
    """Say whether the person must use a second factor."""
    patient_id, _person = _whose(request, connection_id)
    required = request.POST.get("required") == "1"
    standing.require_second_factor(actor=request.actor, connection_id=connection_id, required=required)
    done = _("A second factor is asked from now on.") if required else _("A second factor is no longer asked.")
    messages.success(request, done)
    return _back(request, patient_id)


def _move(request: PartyRequest, connection_id: int, deed: Move, done: str) -> HttpResponse:
    patient_id, _person = person_of_connection(request.actor, connection_id)
    try:
        deed(actor=request.actor, connection_id=connection_id, now=_now())
    except RuleViolation as refusal:
        messages.warning(request, sentence(refusal))
    else:
        messages.success(request, done)
    return _back(request, patient_id)


def _whose(request: PartyRequest, connection_id: int) -> tuple[int, AccessShown]:
    patient_id, representative_id = person_of_connection(request.actor, connection_id)
    shown: PatientAccess = patient_access(request.actor, patient_id, now=_now())
    return patient_id, shown.of(representative_id)


def _told(request: PartyRequest, patient_id: int, person: AccessShown, sent: Sent) -> HttpResponse:
    if sent.code:
        return _code_page(request, patient_id, person, sent.code, sent)
    said = _("The invitation is on its way to %(email)s. The link works until %(day)s.")
    messages.success(request, said % {"email": sent.email, "day": formats.day(sent.expires_on)})
    return _back(request, patient_id)


def _code_page(
    request: PartyRequest, patient_id: int, person: AccessShown, code: str, sent: Sent | None = None
) -> HttpResponse:
    """Answer the deed itself with the code: it is stored nowhere, so it can be shown this once alone."""
    context = {
        "person": person,
        "code": f"{code[:3]} {code[3:]}",
        "email": sent.email if sent else person.used_email,
        "day": sent.expires_on if sent else person.expires_on,
        "back_url": _back_url(request, patient_id),
    }
    return render(request, "practice/portal/code.html", context)


def _back(request: PartyRequest, patient_id: int) -> HttpResponse:
    return redirect(_back_url(request, patient_id))


def _back_url(request: PartyRequest, patient_id: int) -> str:
    if request.GET.get("to") == "list":
        return reverse("practice:patients")
    return f"{reverse('practice:patient', args=[patient_id])}#access"


def _now() -> datetime:
    return datetime.now(UTC)
