"""What every audience's views share: the typed request, where a request came from, and the pages of refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.messages import get_messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from sportello.accounts.models import Person
from sportello.core.actors import Actor, acting
from sportello.parties.queries import Seat

CONTENT_CHANGED = "HX-Trigger"


class SiteRequest(HttpRequest):
    """A request as our middleware leaves it: with an id, and what htmx says of it."""

    request_id: str
    htmx: HtmxDetails


class PartyRequest(SiteRequest):
    """A request of somebody who sits at a party: the person, the seat, and the actor that this makes."""

    user: Person
    actor: Actor
    seat: Seat
    seats: tuple[Seat, ...]


def client_address(request: HttpRequest) -> str:
    """Return the address the request came from, or nothing when the proxy headers do not add up."""
    try:
        return str(get_adapter().get_client_ip(request))
    except (PermissionDenied, ImproperlyConfigured):
        return ""


def refusal(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """
    Return the page of an error, in the shell the person was in.

    To htmx it is a note that lands in the region of messages, so that the page stays as it was.
    """
    if getattr(request, "htmx", False):
        return _into_messages(render(request, "errors/_note.html", {"status": status, **context}, status=status))
    return render(request, f"errors/{status}.html", context, status=status)


def without_session(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """Return the page of a failure that may have taken database or session with it: nothing of either is asked."""
    if not getattr(request, "htmx", False):
        return HttpResponse(render_to_string(f"errors/{status}.html", context), status=status)
    response = HttpResponse(render_to_string("errors/_note.html", {"status": status, **context}), status=status)
    return _into_messages(response)


def _into_messages(response: HttpResponse) -> HttpResponse:
    response["HX-Retarget"] = "#messages"
    response["HX-Reswap"] = "innerHTML"
    response["HX-Reselect"] = ".note"
    return response


def with_messages(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Append waiting messages to a fragment for htmx, addressed to the region of messages."""
    if not getattr(request, "htmx", False) or response.streaming or response.status_code >= 300:
        return response
    if not response.get("Content-Type", "").startswith("text/html") or not len(get_messages(request)):
        return response
    notes = render_to_string("parts/messages.html", request=request)
    response.write(f'<div id="messages" hx-swap-oob="innerHTML">{notes}</div>')
    return response


@contextmanager
def seated(request: PartyRequest) -> Iterator[None]:
    """Act as the request's actor, with the clocks of the practice."""
    with acting(request.actor), timezone.override(_zone(request.seat.time_zone)):
        yield


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def still_seated(request: PartyRequest, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a streamed body while the actor acts, also after the view has returned."""
    pieces = iter(parts)
    while True:
        with seated(request):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
