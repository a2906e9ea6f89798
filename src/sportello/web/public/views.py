"""Pages before and beside a seat: where to begin, which practice, language, theme, one's own account."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from sportello.accounts import operations
from sportello.accounts.models import Person
from sportello.parties.queries import seats_of
from sportello.web import looks
from sportello.web.context import THEME_COOKIE
from sportello.web.practice.http import SEAT_KEY, take_seat

YEAR = 365 * 24 * 3600


def public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view as open to everybody; the route test reads the mark."""
    view.audience = "public"  # type: ignore[attr-defined]
    return view


def account(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view of one's own account, shown in the shell of the practice when there is one seat to show."""

    @wraps(view)
    def seated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        take_seat(request)
        return view(request, *args, **kwargs)

    seated.audience = "account"  # type: ignore[attr-defined]
    return seated


@public
@require_GET
def root(request: HttpRequest) -> HttpResponse:
    """Lead to one's own home page, or to the sign-in page."""
    return redirect("practice:home" if request.user.is_authenticated else "account_login")


@account
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Let a person of several practices say which one to work for."""
    seats = seats_of(cast(Person, request.user).pk)
    if request.method == "POST":
        wanted = request.POST.get("party", "")
        if wanted in {str(seat.party_id) for seat in seats}:
            request.session[SEAT_KEY] = int(wanted)
            return redirect(_next(request, "practice:home"))
    rows = [(seat, looks.ROLES[seat.role]) for seat in seats]
    return render(request, "public/choose.html", {"rows": rows, "next": request.GET.get("next", "")})


@account
@login_required
@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    """Show one's own account: name, address, language, theme."""
    return render(request, "public/profile.html")


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on: to a signed-in person everywhere, to anybody else in this browser."""
    code = request.POST.get("language", "")
    answer = redirect(_next(request, "public:root"))
    if code in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            operations.choose_language(person_id=request.user.pk, language=code)
        translation.activate(code)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )
    return answer


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Show pages light, dark or as the device does, in this browser."""
    chosen = request.POST.get("theme", "")
    answer = redirect(_next(request, "public:root"))
    if chosen in looks.THEMES:
        answer.set_cookie(THEME_COOKIE, chosen, max_age=YEAR, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax")
    return answer


def _next(request: HttpRequest, otherwise: str) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return otherwise
