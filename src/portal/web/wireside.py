"""Where practices' servers come to pair themselves: this portal's card, and the place that takes their offer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from deskwire.cards import write_card
from deskwire.signing import LARGEST, MEDIA_TYPE, Rejected, UnknownVersion
from portal.accounts import limits
from portal.accounts.limits import Tried
from portal.connections import identity, pairing
from portal.web.http import client_address, public, site_address


@public
@require_safe
def card(request: HttpRequest) -> HttpResponse:
    """Show this portal's card."""
    content = write_card(identity.card(site_address(request)))
    return HttpResponse(content, content_type="application/json")


@public
@csrf_exempt
@require_POST
def pair(request: HttpRequest) -> HttpResponse:
    """
    Take the offer of a practice's server that holds a code of ours, and answer with our card, signed.

    Whatever is wrong with an offer the answer is the same (only another version is named), and tries from one network
    are few (threat T4).
    """
    now = timezone.now()
    if not limits.count(Tried.PAIR_FROM, client_address(request), now).allowed:
        return HttpResponse(status=404)
    try:
        answer = pairing.take_offer(request.read(LARGEST + 1), address=site_address(request), now=now)
    except UnknownVersion:
        return HttpResponse(status=426)
    except Rejected:
        return HttpResponse(status=404)
    limits.clear(Tried.PAIR_FROM, client_address(request))
    return HttpResponse(answer, content_type=MEDIA_TYPE)
