"""Signing in and out, and changes to one's own account, in the audit of every practice the person belongs to.

An owner sees who came in, who tried, and who turned a second step off (SPEC practice 10). A try with an address that
nobody has goes to the software's own chain: one entry either way, so that trying takes as long (threat T5).
"""

from __future__ import annotations

from typing import Any, Final

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth
from django.http import HttpRequest

from sportello.accounts.models import Person
from sportello.core import audit
from sportello.core.actors import System, Who
from sportello.core.audit import Subject
from sportello.parties.queries import actor_for, seats_of
from sportello.web.http import client_address

WHY: Final = "sign-in"


def connect() -> None:
    """Listen to Django and allauth; called once when the application is ready."""
    auth.user_logged_in.connect(_signed_in, dispatch_uid="audit-sign-in")
    auth.user_login_failed.connect(_failed, dispatch_uid="audit-sign-in-failed")
    auth.user_logged_out.connect(_signed_out, dispatch_uid="audit-sign-out")
    account.password_changed.connect(_password_changed, dispatch_uid="audit-password-changed")
    account.password_reset.connect(_password_reset, dispatch_uid="audit-password-reset")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="audit-factor-added")
    mfa.authenticator_removed.connect(_factor_removed, dispatch_uid="audit-factor-removed")
    mfa.authenticator_reset.connect(_factor_renewed, dispatch_uid="audit-factor-renewed")
    mfa.authentication_failed.connect(_factor_failed, dispatch_uid="audit-factor-failed")


def _signed_in(request: HttpRequest, user: Person, **_: Any) -> None:
    _record(request, user, "account.sign_in")


def _signed_out(request: HttpRequest, user: Person | None, **_: Any) -> None:
    if user is not None:
        _record(request, user, "account.sign_out")


def _password_changed(request: HttpRequest, user: Person, **_: Any) -> None:
    _record(request, user, "account.password_changed")


def _password_reset(request: HttpRequest, user: Person, **_: Any) -> None:
    _record(request, user, "account.password_reset")


def _factor_added(request: HttpRequest, user: Person, authenticator: Any, **_: Any) -> None:
    _record(request, user, "account.factor_added", factor=authenticator.type)


def _factor_removed(request: HttpRequest, user: Person, authenticator: Any, **_: Any) -> None:
    _record(request, user, "account.factor_removed", factor=authenticator.type)


def _factor_renewed(request: HttpRequest, user: Person, authenticator: Any, **_: Any) -> None:
    _record(request, user, "account.factor_renewed", factor=authenticator.type)


def _factor_failed(request: HttpRequest, user: Person, **_: Any) -> None:
    _refused(request, user, "second step")


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    if request is None:
        return
    tried = str(credentials.get("email") or credentials.get("username") or "")
    _refused(request, Person.objects.filter(email__iexact=tried).first() if tried else None, "password")


def _refused(request: HttpRequest, person: Person | None, step: str) -> None:
    seats = seats_of(person.pk) if person else ()
    about = Subject("person", person.pk if person else None)
    parties: list[int | None] = [seat.party_id for seat in seats]
    for party_id in parties or [None]:
        audit.record_alone(
            System(WHY, party_id),
            "account.sign_in",
            about,
            result="failed",
            reason=step,
            address=client_address(request),
            request=_request_id(request),
        )


def _record(request: HttpRequest, person: Person, action: str, **details: Any) -> None:
    about = Subject("person", person.pk)
    for who in _whos(request, person) or [System(WHY)]:
        audit.record_alone(who, action, about, **details)


def _whos(request: HttpRequest, person: Person) -> list[Who]:
    found = (
        actor_for(
            person.pk,
            seat.party_id,
            request_id=_request_id(request),
            address=client_address(request),
            agent=request.headers.get("User-Agent", "")[:200],
        )
        for seat in seats_of(person.pk)
    )
    return [actor for actor in found if actor is not None]


def _request_id(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))
