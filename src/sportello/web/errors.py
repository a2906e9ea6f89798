"""Answers to what went wrong outside of an audience's door: calm, with a way out, and without any data."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from sportello.web.http import refusal, without_session


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 413 when what was sent is larger than we take."""
    return refusal(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return refusal(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form whose token does not match: most often a page left open over night."""
    return refusal(request, 403, stale=True)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    return refusal(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500 without touching the database or the person's session, since either may be what broke."""
    return without_session(request, 500, request_id=getattr(request, "request_id", ""))
