"""Calm pages for what goes wrong: each says what is the matter, what to do, and that nothing was lost."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from deskwire.messages import Refusal, RefusalCode
from portal.accounts.models import Account

ENTRANCES = {"sign-in", "sign-in-code", "sign-in-passkey", "invitation"}
"""Pages with a form that lets somebody in; to who is in already they show something else."""

STATUS = {
    RefusalCode.NOT_CONNECTED: 403,
    RefusalCode.SUSPENDED: 403,
    RefusalCode.EXPIRED: 403,
    RefusalCode.TOO_MANY: 413,
    RefusalCode.NOT_READY: 503,
    RefusalCode.DEAD: 404,
    RefusalCode.WRONG_PROOF: 403,
    RefusalCode.LOCKED: 403,
}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400."""
    return _page(request, "bad_request", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return _page(request, "forbidden", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    return _page(request, "not_found", 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """
    Answer 403 to a form that did not come from a page of ours, or from one that was open too long.

    A second window in which somebody signs in, or out, after the first one did is led where the first one is: that
    is only looked at, nothing is done.
    """
    place = request.resolver_match.url_name if request.resolver_match else None
    if place in ENTRANCES and isinstance(request.user, Account):
        return redirect(request.path)
    if place == "sign-out" and not isinstance(request.user, Account):
        return redirect("signed-out")
    return _page(request, "form_too_old", 403)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500 without a database, a session or a template that could fail again."""
    return render(request, "errors/broken.html", status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503 while the portal's own database or keys are out of reach."""
    response = render(request, "errors/unavailable.html", status=503)
    response["Retry-After"] = "30"
    return response


def too_many_tries(request: HttpRequest, wait: int) -> HttpResponse:
    """Answer 429; `wait` is in seconds."""
    response = _page(request, "too_many_tries", 429, minutes=max(1, round(wait / 60)))
    response["Retry-After"] = str(wait)
    return response


def unreachable(request: HttpRequest) -> HttpResponse:
    """Answer 503 while the practice's server does not answer: nothing old is shown in its place."""
    response = _page(request, "unreachable", 503)
    response["Retry-After"] = "60"
    return response


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer with the page for what a desk refuses."""
    response = _page(request, f"refused_{refusal.code}", STATUS[refusal.code], refusal=refusal)
    if refusal.retry_after:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _page(request: HttpRequest, name: str, status: int, **values: Any) -> HttpResponse:
    return render(request, f"errors/{name}.html", values, status=status)
