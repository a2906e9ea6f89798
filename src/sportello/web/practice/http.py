"""The one door of the practice's pages: signed in, seated, acting, and refused alike.

An object that does not exist and one of somebody else get the same answer, the same page and the same entry in the
audit (SPEC practice 11, T1), so that nobody learns by trying which ids exist.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast, overload
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from sportello.core import audit
from sportello.core.actors import Actor, MayNot, Role
from sportello.parties.queries import Seat, actor_for, seats_of
from sportello.web import looks
from sportello.web.http import PartyRequest, client_address, refusal, seated, still_seated, with_messages
from sportello.web.proof import recently_proved

P = ParamSpec("P")
View = Callable[Concatenate[PartyRequest, P], HttpResponse]
Guarded = Callable[Concatenate[HttpRequest, P], HttpResponse]
Check = Callable[[Actor], None]

SEAT_KEY = "party_id"


@overload
def practice_view(view: View[P], /) -> Guarded[P]: ...
@overload
def practice_view(
    *, check: Check | None = None, fresh: bool = False, owner: bool = False
) -> Callable[[View[P]], Guarded[P]]: ...
def practice_view(
    view: View[P] | None = None, /, *, check: Check | None = None, fresh: bool = False, owner: bool = False
) -> Guarded[P] | Callable[[View[P]], Guarded[P]]:
    """
    Open a view to people of a practice alone.

    Nobody signed in: the sign-in page. Signed in without a seat: a page that says so. `request.actor` is made anew from
    the membership, and the whole view, its template and a streamed body run while it acts. ObjectDoesNotExist and
    Http404 become 404, `MayNot` becomes 403; both are audited as `access.denied`.

    :param check: raises `MayNot` for an actor who may not open the page at all
    :param fresh: ask again who is there, as for the settings of money and people (step-up)
    :param owner: only the owner may
    """

    def decorate(inner: View[P]) -> Guarded[P]:
        @wraps(inner)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            refused = _seat(request)
            if refused is not None:
                return refused
            member = cast(PartyRequest, request)
            with seated(member):
                return _answer(member, lambda: _checked(member, inner, check, owner, fresh, *args, **kwargs))

        guarded.audience = "practice"  # type: ignore[attr-defined]  # the route test reads it
        return cast("Guarded[P]", guarded)

    return decorate if view is None else decorate(view)


def take_seat(request: HttpRequest) -> bool:
    """Put seats, seat and actor on a signed-in person's request; False when there is none, or no choice yet."""
    member = cast(PartyRequest, request)
    if not request.user.is_authenticated:
        return False
    member.seats = seats_of(request.user.pk)
    wanted = request.session.get(SEAT_KEY)
    seat = next((each for each in member.seats if each.party_id == wanted), None)
    if seat is None and len(member.seats) == 1:
        seat = member.seats[0]
    actor = _actor(member, seat) if seat else None
    if seat is None or actor is None:
        return False
    member.seat, member.actor = seat, actor
    return True


def _seat(request: HttpRequest) -> HttpResponse | None:
    if not request.user.is_authenticated:
        return _sign_in(request)
    if take_seat(request):
        return None
    if cast(PartyRequest, request).seats:
        return _go(request, f"{reverse('public:choose')}?{urlencode({'next': _way_back(request)})}")
    return refusal(request, 403, seatless=True)


def _actor(request: PartyRequest, seat: Seat) -> Actor | None:
    return actor_for(
        request.user.pk,
        seat.party_id,
        request_id=request.request_id,
        address=client_address(request),
        agent=request.headers.get("User-Agent", "")[:200],
    )


def _checked(
    request: PartyRequest,
    view: View[P],
    check: Check | None,
    owner: bool,
    fresh: bool,
    *args: P.args,
    **kwargs: P.kwargs,
) -> HttpResponse:
    if owner and request.actor.role is not Role.OWNER:
        raise MayNot("owner")
    if check is not None:
        check(request.actor)
    if fresh and not recently_proved(request):
        return _prove_again(request)
    return view(request, *args, **kwargs)


def _answer(request: PartyRequest, work: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        response = work()
        render = getattr(response, "render", None)
        if render is not None and not getattr(response, "is_rendered", True):
            response = render()
    except (ObjectDoesNotExist, Http404):
        _audit_refusal(request, "not_found", "")
        return refusal(request, 404)
    except MayNot as missing:
        _audit_refusal(request, "forbidden", str(missing))
        return refusal(request, 403, why=looks.missing_right(str(missing)))
    if response.streaming:
        streamed = cast(Any, response)
        streamed.streaming_content = still_seated(request, streamed.streaming_content)
        return response
    return with_messages(request, response)


def _audit_refusal(request: PartyRequest, result: str, reason: str) -> None:
    match = request.resolver_match
    route = match.view_name if match else ""
    ids = {key: str(value) for key, value in match.kwargs.items()} if match else {}
    audit.record_alone(
        request.actor, "access.denied", result=result, reason=reason, method=request.method, route=route, ids=ids
    )


def _sign_in(request: HttpRequest) -> HttpResponse:
    return _go(request, f"{reverse('account_login')}?{urlencode({'next': _way_back(request)})}")


def _prove_again(request: PartyRequest) -> HttpResponse:
    return _go(request, f"{reverse('account_reauthenticate')}?{urlencode({'next': _way_back(request)})}")


def _go(request: HttpRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if getattr(request, "htmx", False) else HttpResponseRedirect(url)


def _way_back(request: HttpRequest) -> str:
    """Return the page to come back to: this one when it was only opened, else the page the form stood on."""
    htmx = getattr(request, "htmx", None)
    if request.method in {"GET", "HEAD"} and not htmx:
        return request.get_full_path()
    came_from = (htmx.current_url if htmx else None) or request.headers.get("Referer") or "/"
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(came_from)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
