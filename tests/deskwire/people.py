"""Two sides who know each other, a third who is known to nobody, and a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, settings

from deskwire.messages import AskOverview
from deskwire.signing import Signer, open_request, seal_request

patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties: a busy machine is no failure."""
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PORTAL, DESK, STRANGER = Signer.make(), Signer.make(), Signer.make()
KEYS = {PORTAL.id: PORTAL.public}
CONNECTION = "c0ffee"


class Memory:
    """A replay guard in memory."""

    def __init__(self):
        self.seen = {}

    def first_time(self, issuer, request_id, until):
        fresh = (issuer, request_id) not in self.seen
        self.seen[issuer, request_id] = until
        return fresh


def sealed(request=None, *, signer=PORTAL, audience=DESK.id, now=NOW, connection=CONNECTION, **more):
    """Return a request of the portal to the desk."""
    return seal_request(signer, request or AskOverview(), audience=audience, now=now, connection=connection, **more)


def opened(data, *, seen=None, now=NOW, audience=DESK.id, **more):
    """Open some bytes as the desk does."""
    return open_request(
        data, find_key=KEYS.get, audience=audience, now=now, seen=Memory() if seen is None else seen, **more
    )
