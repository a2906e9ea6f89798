"""Who asks: the signed-in person at the practice chosen, read anew for each request."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import APIKeyCookie

from sportello.core.actors import Actor
from sportello.parties.queries import actor_for

SEAT_KEY = "party_id"
"""Where the session keeps which practice the person chose; the pages write it."""


class SeatAuth(APIKeyCookie):
    """A session of the pages, of a person who is a member of a practice; anybody else gets 401."""

    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """Return the actor, None for nobody."""
        if key is None or not request.user.is_authenticated:
            return None
        return actor_for(request.user.pk, request.session.get(SEAT_KEY), request_id=getattr(request, "request_id", ""))
