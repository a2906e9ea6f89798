"""What happens to every request: an id, the person's language, headers that keep pages private, calm failures."""

from __future__ import annotations

import errno
import logging
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from sportello.core.crypto import KeyMissing, WrongKey
from sportello.web.http import client_address, without_session

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
_SENT_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")
log = logging.getLogger("sportello.web")


class RequestId:
    """Gives each request an id: the proxy's, if it sends a plain one, else a new one. It comes back as a header."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-ID", "")
        request.request_id = sent if _SENT_ID.fullmatch(sent) else uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


class PrivatePages:
    """Keeps pages out of caches and out of other sites' reach (ASVS 14.3.2, threat T16)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Cache-Control"] = "no-store, private"
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        return response


class PersonLanguage:
    """Speaks the language a signed-in person chose; `LocaleMiddleware` has seen to everybody else."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.user.language in dict(settings.LANGUAGES):
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language
        return self.get_response(request)


class SeenSessions:
    """
    Keeps where people are signed in, for the page of devices.

    allauth's own middleware writes on every page, and each write locks SQLite; this one reads, and writes when a
    session is new, changed its address or browser, or was last seen some minutes ago.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.session.session_key and self._is_news(request):
            UserSession.objects.create_from_request(request)
        return self.get_response(request)

    def _is_news(self, request: HttpRequest) -> bool:
        known = UserSession.objects.filter(session_key=request.session.session_key)
        row = known.values_list("last_seen_at", "ip", "user_agent").first()
        if row is None or timezone.now() - row[0] > SEEN_EVERY:
            return True
        return (row[1], row[2]) != (client_address(request), request.headers.get("User-Agent", "")[:200])


class CalmFailure:
    """Turns a database that does not answer, a full disk or a wrong key into a page that says what to do (503)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """Answer 503 to a failure that may pass; leave every other to the page of error 500."""
        full = isinstance(failure, OSError) and failure.errno in {errno.ENOSPC, errno.EDQUOT}
        closed = isinstance(failure, KeyMissing | WrongKey)
        if not full and not closed and not _may_pass(failure):
            return None
        cause = "disk full" if full else "wrong encryption key" if closed else "no database"
        log.error("request %s failed: %s", getattr(request, "request_id", ""), cause)
        response = without_session(request, 503, full=full, closed=closed)
        response["Retry-After"] = "30"
        return response


def _may_pass(failure: Exception) -> bool:
    """Tell whether a database may answer later. SQLite also calls a missing table operational: that is our mistake."""
    return isinstance(failure, OperationalError | InterfaceError) and not str(failure).startswith("no such ")
