"""The first access: a link out of a mail, one password, connected. And one more practice for who has an account."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deskwire.messages import InvitationState, ProofKind, RefusalCode
from deskwire.signing import RefusedByDesk
from portal import joining, wire
from portal.accounts import limits, signing_in
from portal.accounts.limits import Tried
from portal.accounts.models import Account
from portal.connections.models import Connection
from portal.joining import Invitation
from portal.web import entering, errors
from portal.web.forms import ConfirmPasswordForm, FirstPasswordForm, ProofForm
from portal.web.home import keep_language
from portal.web.http import client_address, public, refused
from portal.web.sign_in import let_in, too_many


@public
@sensitive_post_parameters("password", "proof")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, side: str, token: str) -> HttpResponse:
    """
    Open a link: choose a password, or sign in with the one there is, or confirm; a dead link says what can be done.

    Opening it uses nothing up, and tries from one network are few, since a token could be guessed at.
    """
    tried = limits.count(Tried.LINK_FROM, client_address(request), timezone.now())
    if not tried.allowed:
        return errors.too_many_tries(request, tried.wait)
    try:
        found = joining.look_at(side, token)
        if found.shown.state == InvitationState.OPEN:
            limits.forgive(Tried.LINK_FROM, client_address(request))
            _speak(request, found.shown.language)
            return _open(request, found)
    except joining.DeadLink:
        return render(request, "first/dead.html", {"side": side, "token": token, "practice": None}, status=404)
    except wire.Unreachable:
        return errors.unreachable(request)
    except RefusedByDesk as no:
        return refused(request, no)
    if found.shown.state == InvitationState.USED:
        limits.forgive(Tried.LINK_FROM, client_address(request))
        return render(request, "first/used.html", {"practice": found.shown.practice})
    values = {"side": side, "token": token, "practice": found.shown.practice}
    return render(request, "first/dead.html", values, status=404)


@public
@require_POST
def renew(request: HttpRequest, side: str, token: str) -> HttpResponse:
    """Tell the practice that a new link is wanted; the answer is the same for every link."""
    tried = limits.count(Tried.LINK_FROM, client_address(request), timezone.now())
    if not tried.allowed:
        return errors.too_many_tries(request, tried.wait)
    try:
        joining.ask_for_new_link(side, token)
    except wire.Unreachable:
        return errors.unreachable(request)
    except RefusedByDesk:
        pass  # whatever the desk thinks of it, nothing is said here
    return redirect("link-asked")


@public
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Say what was done about a new link, to everybody alike."""
    return render(request, "first/asked.html")


def _speak(request: HttpRequest, language: str) -> None:
    """Speak the language of the invitation to who has chosen none yet."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    if not chosen and not isinstance(request.user, Account) and language in dict(settings.LANGUAGES):
        translation.activate(language)
        request.LANGUAGE_CODE = language


def _open(request: HttpRequest, found: Invitation) -> HttpResponse:
    user = request.user if isinstance(request.user, Account) else None
    if found.account is None:
        if user is not None:
            return _other_account(request)
        return _newcomer(request, found)
    if user is None:
        return _known(request, found)
    return _confirm(request, found, user) if user.pk == found.account.pk else _other_account(request)


def _newcomer(request: HttpRequest, found: Invitation) -> HttpResponse:
    """One field: the password."""
    form = FirstPasswordForm(found.shown.proof, request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        language = translation.get_language() or "it"
        try:
            made = joining.open_account(
                found, password=form.cleaned_data["password"], proof=_proof(form), language=language, now=now
            )
        except ValidationError as error:
            form.add_error("password", error)
        except RefusedByDesk as no:
            if (answer := _tell(request, form, no)) is not None:
                return answer
        except (joining.AddressTaken, IntegrityError):
            return redirect(request.path)  # two windows at once: the other was first
        else:
            response = _connected(made)
            entering.enter(request, response, made.account, now, notice=False)
            keep_language(response, language)
            return response
    return _page(request, "first/password.html", found, form)


def _known(request: HttpRequest, found: Invitation) -> HttpResponse:
    """The address has an account: its password, not a new one."""
    form = ConfirmPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        browser, address = entering.browser_of(request), found.shown.email
        try:
            account = signing_in.check(address, form.cleaned_data["password"], browser, timezone.now())
        except signing_in.TooManyTries as many:
            return too_many(request, many)
        except signing_in.WrongCredentials:
            form.add_error("password", _("This is not the password of your account. Try again, or ask for a new one."))
        else:
            return let_in(request, account, wanted=request.path)
    return _page(request, "first/known.html", found, form)


def _confirm(request: HttpRequest, found: Invitation, account: Account) -> HttpResponse:
    """Signed in with the invited address: add the practice, after a clear yes."""
    form = ProofForm(found.shown.proof, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = joining.connect(account, found, proof=_proof(form), now=timezone.now())
        except RefusedByDesk as no:
            if (answer := _tell(request, form, no)) is not None:
                return answer
        else:
            messages.success(request, _("The practice was added."))
            return _connected(made)
    return _page(request, "first/confirm.html", found, form)


def _other_account(request: HttpRequest) -> HttpResponse:
    """Signed in with another address: accounts are never merged, so leave this one first."""
    if request.method == "POST" and "leave" in request.POST:
        logout(request)
        return redirect(request.path)
    return render(request, "first/other_account.html", status=200)


def _connected(made: Connection) -> HttpResponse:
    return redirect(reverse("papers:invoices", args=[made.uid]))


def _proof(form: forms.Form) -> str:
    given = form.cleaned_data.get("proof", "")
    return given if isinstance(given, str) else given.isoformat()


def _tell(request: HttpRequest, form: forms.Form, no: RefusedByDesk) -> HttpResponse | None:
    """Say beside the field that the proof is wrong; every other refusal is a page of its own."""
    if no.refusal.code != RefusalCode.WRONG_PROOF or "proof" not in form.fields:
        return refused(request, no)
    left = no.refusal.left or 0
    form.add_error(
        "proof",
        ngettext("This is not right. %(left)d try is left.", "This is not right. %(left)d tries are left.", left)
        % {"left": left},
    )
    return None


def _page(request: HttpRequest, template: str, found: Invitation, form: forms.Form) -> HttpResponse:
    values = {"form": form, "shown": found.shown, "has_proof": found.shown.proof != ProofKind.NONE}
    return render(request, template, values, status=422 if form.errors else 200)
