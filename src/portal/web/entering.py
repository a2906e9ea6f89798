"""From a right password to an open session: the second factor where there is one, a new key, a device that is known."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from portal.accounts import devices, signing_in
from portal.accounts.devices import Browser
from portal.accounts.models import Account
from portal.accounts.sessions import DEVICE
from portal.web.http import client_address, site_address

BACKEND = "portal.accounts.backend.AccountBackend"
WAITING = "waiting"  # the account that has shown its password and still owes the second factor, and since when
PROVED = "proved"  # when the person last showed who it is
WAITS = 600
FRESH = 900
YEAR = 365 * 24 * 3600


def browser_of(request: HttpRequest) -> Browser:
    """Return who knocks."""
    return Browser(
        network=client_address(request),
        kind=devices.kind(request.headers.get("User-Agent", "")),
        token=request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")[:64],
    )


def owes_factor(request: HttpRequest, account: Account, now: datetime) -> bool:
    """Remember that the password was right; tell whether a second factor is owed before anything opens."""
    if not account.factors.exists():
        return False
    request.session.cycle_key()
    request.session[WAITING] = [account.pk, int(now.timestamp())]
    return True


def waiting(request: HttpRequest, now: datetime) -> Account | None:
    """Return the account that owes a second factor here, None when there is none or it took too long."""
    held = request.session.get(WAITING)
    if not held or now.timestamp() - held[1] > WAITS:
        return None
    return Account.objects.filter(pk=held[0], is_active=True).first()


def enter(
    request: HttpRequest, response: HttpResponse, account: Account, now: datetime, *, notice: bool = True
) -> None:
    """Open a session with a key of its own and let the browser be known again; `notice` as in `note_entry`."""
    browser = browser_of(request)
    request.session.pop(WAITING, None)
    login(request, account, backend=BACKEND)
    request.session[DEVICE] = browser.kind
    refresh(request, now)
    link = site_address(request) + reverse("forgot")
    token = signing_in.note_entry(account, browser, now, link=link, notice=notice)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        token,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def is_fresh(request: HttpRequest, now: datetime) -> bool:
    """Tell whether the person showed who it is within the last quarter of an hour."""
    return bool(now.timestamp() - request.session.get(PROVED, 0) < FRESH)


def refresh(request: HttpRequest, now: datetime) -> None:
    """Remember that the person has just shown who it is."""
    request.session[PROVED] = int(now.timestamp())
