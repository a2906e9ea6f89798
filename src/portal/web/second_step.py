"""Setting up the second step of signing in: an app that shows codes, a passkey, recovery codes."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import qrcode
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)
from qrcode.image.svg import SvgPathImage

from portal.accounts import factors, limits
from portal.accounts.limits import Tried
from portal.accounts.models import Account
from portal.accounts.signing_in import TooManyTries
from portal.web import entering
from portal.web.account import fresh_view
from portal.web.forms import CodeForm
from portal.web.http import AccountRequest, public, site_address
from portal.web.next import next_of
from portal.web.sign_in import code_values, too_many, welcome

CHALLENGE = "challenge"  # session: what a passkey has to sign, random


@fresh_view
@require_http_methods(["GET", "HEAD"])
def choose(request: AccountRequest) -> HttpResponse:
    """Offer the two ways, and say when a practice asks for one."""
    has_one = request.account.factors.exists()
    return render(request, "second_step/choose.html", {"has_one": has_one, "asked": "asked" in request.GET})


@fresh_view
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: AccountRequest) -> HttpResponse:
    """Add an app: show its secret, take the code that it shows."""
    now = timezone.now()
    form = CodeForm(request.POST or None)
    if request.method != "POST":
        return _app_page(request, factors.new_setup(request.account, now), form)
    try:
        setup = factors.same_setup(request.account, request.POST.get("setup", ""), now)
    except factors.BadCode:
        messages.warning(request, _("The page was open too long: scan the new picture."))
        return redirect("second-step-app")
    if form.is_valid():
        try:
            codes = factors.add_app(request.account, setup, form.cleaned_data["code"], now, link=_link(request))
        except factors.BadCode:
            form.add_error("code", _("This code is not right. Type the one that the app shows now."))
        else:
            return _added(request, codes)
    return _app_page(request, setup, form)


@fresh_view
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: AccountRequest) -> HttpResponse:
    """Add a passkey. This needs the browser's scripts; the page says so and offers the app instead."""
    server = _server(request)
    if request.method == "POST":
        try:
            given = RegistrationResponse.from_dict(json.loads(request.POST.get("answer", "")))
            data = server.register_complete(request.session.pop(CHALLENGE, {}), given)
        except (ValueError, TypeError, KeyError):
            messages.error(request, _("The passkey could not be added. Try again, or take an app instead."))
            return redirect("second-step-passkey")
        credential = data.credential_data
        assert credential is not None
        kept = {"credential": base64.b64encode(bytes(credential)).decode()}
        return _added(request, factors.add_passkey(request.account, kept, timezone.now(), link=_link(request)))
    user = PublicKeyCredentialUserEntity(
        id=request.account.uid.bytes, name=request.account.address, display_name=request.account.address
    )
    options, state = server.register_begin(
        user,
        credentials=[_credential(kept) for _row, kept in factors.passkeys(request.account)],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    request.session[CHALLENGE] = state
    return render(request, "second_step/passkey.html", {"options": dict(options)})


@public
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest) -> HttpResponse:
    """Take a passkey as the second step of signing in."""
    now = timezone.now()
    account = entering.waiting(request, now)
    if account is None:
        return redirect("sign-in")
    held = factors.passkeys(account)
    server = _server(request)
    if request.method != "POST":
        options, state = server.authenticate_begin(
            [_descriptor(kept) for _row, kept in held], user_verification=UserVerificationRequirement.PREFERRED
        )
        request.session[CHALLENGE] = state
        return render(request, "second_step/sign.html", {"options": dict(options), "next": next_of(request)})
    verdict = limits.count(Tried.CODE, str(account.uid), now)
    if not verdict.allowed:
        return too_many(request, TooManyTries(verdict.wait, verdict.locked))
    try:
        _check_signature(request, server, account)
    except (ValueError, TypeError, KeyError, factors.BadCode):
        form = CodeForm({})
        values = code_values(request, account, form) | {"form": CodeForm(), "passkey_failed": True}
        return render(request, "sign_in/code.html", values, status=422)
    limits.clear(Tried.CODE, str(account.uid))
    return welcome(request, account, next_of(request))


@fresh_view
@require_POST
def remove(request: AccountRequest, uid: UUID) -> HttpResponse:
    """Take a factor away."""
    factors.remove(request.account, uid, timezone.now(), link=_link(request))
    messages.success(request, _("The second step was removed."))
    return redirect("account")


@fresh_view
@require_http_methods(["GET", "HEAD", "POST"])
def recovery(request: AccountRequest) -> HttpResponseBase:
    """Make new recovery codes, after a clear yes: the old ones serve no more."""
    if not request.account.factors.exists():
        return redirect("second-step")
    if request.method != "POST":
        return render(request, "second_step/recovery.html")
    return _codes_page(request, factors.new_recovery_codes(request.account, timezone.now()))


def qr(text: str) -> SafeString:
    """Return a picture of black squares as inline SVG."""
    picture: str = qrcode.make(text, image_factory=SvgPathImage, box_size=10, border=2).to_string(encoding="unicode")
    return mark_safe(picture)  # noqa: S308 - drawn by us; the text in it is squares by now


def _app_page(request: AccountRequest, setup: factors.Setup, form: CodeForm) -> HttpResponse:
    values = {"form": form, "setup": setup, "picture": qr(setup.address), "grouped": _grouped(setup.secret)}
    return render(request, "second_step/app.html", values, status=422 if form.errors else 200)


def _added(request: AccountRequest, codes: list[str]) -> HttpResponse:
    if codes:
        return _codes_page(request, codes)
    messages.success(request, _("The second step was added."))
    return redirect("account")


def _codes_page(request: AccountRequest, codes: list[str]) -> HttpResponse:
    return render(request, "second_step/codes.html", {"codes": codes})


def _grouped(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _link(request: HttpRequest) -> str:
    return site_address(request) + reverse("forgot")


def _server(request: HttpRequest) -> Fido2Server:
    host = urlsplit(site_address(request)).hostname or "localhost"
    entity = PublicKeyCredentialRpEntity(id=host, name="Sportello")
    own = site_address(request)
    return Fido2Server(entity, verify_origin=lambda origin: origin == own)


def _credential(kept: dict[str, Any]) -> AttestedCredentialData:
    return AttestedCredentialData(base64.b64decode(kept["credential"]))


def _descriptor(kept: dict[str, Any]) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=_credential(kept).credential_id)


def _check_signature(request: HttpRequest, server: Fido2Server, account: Account) -> None:
    """
    Let the answer of a passkey of this account pass.

    :raises ValueError: malformed, not signed by the passkey, or for another challenge or site
    :raises BadCode: the passkey is not of this account, or its counter did not grow
    """
    given = AuthenticationResponse.from_dict(json.loads(request.POST.get("answer", "")))
    held = factors.passkeys(account)
    used = server.authenticate_complete(
        request.session.pop(CHALLENGE, {}), [_credential(kept) for _row, kept in held], given
    )
    fitting = [row for row, kept in held if _credential(kept).credential_id == used.credential_id]
    if not fitting:
        raise factors.BadCode
    factors.used_passkey(fitting[0], given.response.authenticator_data.counter, timezone.now())
