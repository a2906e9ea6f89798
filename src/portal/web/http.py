"""The doors of the portal: who may come in, and how a desk's "no" becomes a page.

`patient_view` is for pages of one connection, `account_view` for those of the account, `public` for everybody. A
repository test walks the addresses: each has one of the three.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, cast
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from deskwire.messages import AskOverview, Overview, RefusalCode
from deskwire.signing import RefusedByDesk
from portal import wire
from portal.accounts.models import Account
from portal.connections import queries
from portal.connections.models import Connection
from portal.web import errors

P = ParamSpec("P")
DOORS = {"patient", "account", "public"}


class AccountRequest(HttpRequest):
    """A request of somebody who is signed in."""

    account: Account


class PatientRequest(AccountRequest):
    """A request about one connection: `overview` is what its desk says of it, asked for this very page."""

    connection: Connection
    overview: Overview


class _View(Protocol):
    door: str


def public(view: Callable[Concatenate[HttpRequest, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Say that a page is for everybody."""
    cast(_View, view).door = "public"
    return view


def account_view(view: Callable[Concatenate[AccountRequest, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Open a page to whoever is signed in; others are asked to sign in and come back."""

    @wraps(view)
    def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, Account):
            return _to_sign_in(request)
        asked = cast(AccountRequest, request)
        asked.account = request.user
        try:
            return view(asked, *args, **kwargs)
        except ObjectDoesNotExist:
            raise Http404 from None

    cast(_View, door).door = "account"
    return door


def patient_view(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """
    Open a page of one connection to the account that holds it.

    The address names the connection (`<uuid:connection>`); the view does not get it as an argument but as
    `request.connection`, and finds in `request.overview` what the desk says of it now. A connection of somebody else
    is 404 like one that never was. What the desk refuses, and a desk that does not answer, becomes a plain page:
    `RefusedByDesk`, `Unreachable` and `DoesNotExist` may be raised freely before the first byte of an answer.
    """

    @wraps(view)
    def door(request: HttpRequest, *args: Any, connection: UUID, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, Account):
            return _to_sign_in(request)
        asked = cast(PatientRequest, request)
        asked.account = request.user
        try:
            asked.connection = queries.one(asked.account, connection)
            asked.overview = wire.ask(asked.connection, AskOverview())
            if asked.overview.second_factor_required and not asked.account.factors.exists():
                return redirect(f"{reverse('second-step')}?asked=1")
            return view(asked, *args, **kwargs)
        except ObjectDoesNotExist:
            raise Http404 from None
        except wire.Unreachable:
            return errors.unreachable(request)
        except RefusedByDesk as no:
            return refused(request, no)

    cast(_View, door).door = "patient"
    return door


def refused(request: HttpRequest, no: RefusedByDesk) -> HttpResponse:
    """
    Return the page for what a desk refuses.

    :raises Http404: the desk knows no such paper: it is not said whether there is one
    """
    code = no.refusal.code
    if code == RefusalCode.NOT_FOUND:
        raise Http404
    if code == RefusalCode.BROKEN:
        return errors.unreachable(request)
    return errors.refused(request, no.refusal)


def client_address(request: HttpRequest) -> str:
    """Return the visitor's network address: what the outermost of our own proxies saw."""
    own: str = request.META.get("REMOTE_ADDR", "")
    if not settings.PORTAL_PROXIES:
        return own
    passed = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return passed[-int(settings.PORTAL_PROXIES)] if len(passed) >= settings.PORTAL_PROXIES else own


def site_address(request: HttpRequest) -> str:
    """Return the address of this site for links in mail, without a slash at its end."""
    own: str = settings.PORTAL_ADDRESS
    return own or request.build_absolute_uri("/").rstrip("/")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return redirect("sign-in")
    return redirect(f"{reverse('sign-in')}?next={quote(request.path)}")
