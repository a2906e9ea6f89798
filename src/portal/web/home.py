"""The first page of who is signed in, the page that says whom to ask, and the choice of a language."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import repeat

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from deskwire.messages import AskOverview, Overview, RefusalCode, Relation
from deskwire.signing import RefusedByDesk
from portal import wire
from portal.accounts import operations
from portal.accounts.models import Account
from portal.connections import queries
from portal.connections.models import Connection
from portal.web.http import AccountRequest, account_view, public
from portal.web.next import next_of

AT_ONCE = 4


class Standing(StrEnum):
    """How a practice stands on the first page."""

    OPEN = "open"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    OVER = "over"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Place:
    """One practice of the account: what its desk said just now, or why it said nothing."""

    connection: Connection
    standing: Standing
    overview: Overview | None = None

    @property
    def on_behalf(self) -> bool:
        """Whether the papers are another person's."""
        return self.overview is not None and self.overview.relation != Relation.SELF


_REFUSED = {RefusalCode.SUSPENDED: Standing.SUSPENDED, RefusalCode.EXPIRED: Standing.OVER}


@account_view
@require_safe
def home(request: AccountRequest) -> HttpResponse:
    """Show the practices of the account; with one alone, go to its papers."""
    held = queries.of(request.account)
    if len(held) == 1 and "all" not in request.GET:
        return redirect("papers:invoices", held[0].uid)
    return render(request, "home/home.html", {"places": places(held, counting=True)})


@public
@require_safe
def whom_to_ask(request: HttpRequest) -> HttpResponse:
    """Say who answers which question: the practices, since accounts and papers are theirs to open and close."""
    held = queries.of(request.user) if isinstance(request.user, Account) else []
    found = [place for place in places(held) if place.overview]
    return render(request, "home/whom_to_ask.html", {"places": found, "held": held})


@public
@require_http_methods(["GET", "HEAD", "POST"])
def language(request: HttpRequest) -> HttpResponse:
    """Offer the ten languages, each by its own name, and keep the choice: on the account, and in this browser."""
    back = next_of(request) or "/"
    if request.method != "POST":
        return render(request, "home/language.html", {"languages": settings.LANGUAGES, "back": back})
    chosen = request.POST.get("language", "")
    response = redirect(back)
    if chosen in dict(settings.LANGUAGES):
        if isinstance(request.user, Account):
            operations.choose_language(request.user, chosen)
        keep_language(response, chosen)
    return response


def keep_language(response: HttpResponse, code: str) -> None:
    """Let this browser remember a language for pages before signing in."""
    translation.activate(code)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )


def places(held: list[Connection], *, counting: bool = False) -> list[Place]:
    """
    Ask every desk at once what its connection opens; one that does not answer hides no other.

    :param counting: ask for the number of papers too
    """
    request = AskOverview(counting)
    if len(held) < 2:
        return [_place(each, request) for each in held]
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(held))) as pool:
        return list(pool.map(_place, held, repeat(request)))


def _place(held: Connection, request: AskOverview) -> Place:
    try:
        return Place(held, Standing.OPEN, wire.ask(held, request))
    except wire.Unreachable:
        return Place(held, Standing.AWAY)
    except RefusedByDesk as no:
        if no.refusal.code == RefusalCode.BROKEN:
            return Place(held, Standing.AWAY)
        return Place(held, _REFUSED.get(no.refusal.code, Standing.CLOSED))
