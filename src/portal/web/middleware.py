"""What happens to every request: headers that keep pages private, the account's language, calm failures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, cast

from django.conf import settings
from django.contrib.auth import logout
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from portal.accounts.models import Account, Session
from portal.accounts.sessions import SessionStore, stored_key
from portal.keeping.ring import KeyTrouble
from portal.web import errors

Handler = Callable[[HttpRequest], HttpResponse]
HEADERS: Final = {
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), "
        "usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
SEEN_EVERY: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(hours=12)
log = logging.getLogger("portal.web")


class PrivatePages:
    """Keeps pages out of caches, search engines and other sites' reach (threat T16, ASVS 14.3.2)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Cache-Control"] = "no-store, private"
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        return response


class AccountLanguage:
    """Speaks the language kept on the account; `LocaleMiddleware` has seen to everybody else."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, Account) and request.user.language in dict(settings.LANGUAGES):
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language
        return self.get_response(request)


class SeenSession:
    """Keeps a session alive while it is used, and ends it after twelve hours whatever happens. Writes rarely."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = cast(SessionStore, request.session)
        if isinstance(request.user, Account) and session.session_key and session.times:
            self._look(request, session.session_key, *session.times)
        return self.get_response(request)

    def _look(self, request: HttpRequest, key: str, opened_at: datetime, seen_at: datetime) -> None:
        now = timezone.now()
        if now - opened_at > LONGEST:
            logout(request)
        elif now - seen_at > SEEN_EVERY:
            end = min(now + timedelta(seconds=settings.SESSION_COOKIE_AGE), opened_at + LONGEST)
            Session.objects.filter(session_key=stored_key(key)).update(seen_at=now, expire_date=end)


class CalmFailure:
    """Turns a database that does not answer, or a wrong key, into a page that says what to do (503)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """Answer 503 to a failure that may pass; leave every other to the page of error 500."""
        if isinstance(failure, KeyTrouble):
            log.error("a page failed: %s", failure)
        elif isinstance(failure, OperationalError | InterfaceError) and not str(failure).startswith("no such "):
            log.error("a page failed: no database")
        else:
            return None
        return errors.unavailable(request)
