"""The door of the desk: what was not signed for it by a portal it answers, just now and for the first time, stays out.

To the outside every refusal is alike. Inside, the practice whose connection was named finds it in its audit; what names
no connection of anybody is a line of the log, with the ids of sides and nothing of people.
"""

from __future__ import annotations

import logging
import re
import uuid
from datetime import datetime, timedelta

from django.conf import settings

from deskwire.signing import OpenedRequest, Rejected, open_request
from sportello.core import audit, pairing
from sportello.core.actors import System, acting
from sportello.core.audit import Subject
from sportello.patients.models import Connection

_SIDE = re.compile(r"[0-9a-f]{32}")
log = logging.getLogger("sportello.desk")


def let_in(data: bytes, *, now: datetime) -> OpenedRequest:
    """
    Open a request of a portal.

    :raises UnknownVersion: of a version of the wire that is not spoken here
    :raises Rejected: for any other reason; it was written down
    :raises NoDeskKey: the key file of this server is missing
    """
    try:
        return open_request(
            data,
            find_key=pairing.known_key,
            audience=pairing.desk_id(),
            now=now,
            seen=pairing.SeenInDatabase(),
            skew=timedelta(seconds=settings.SPORTELLO_DESK_SKEW),
        )
    except Rejected as rejected:
        _write_down(rejected)
        raise


def _write_down(rejected: Rejected) -> None:
    issuer = rejected.issuer if _SIDE.fullmatch(rejected.issuer) else ""
    with acting(System("desk")):
        named = Connection.objects.filter(uid=_uid(rejected.connection)).only("practice_id", "patient_id").first()
    if named is None:
        log.warning("a request was refused: %s, portal %s, signed %s", rejected.why, issuer or "?", rejected.proved)
        return
    audit.record_alone(
        System("desk", named.practice_id),
        "portal.refused",
        Subject("connection", named.pk, named.patient_id),
        result="refused",
        reason=rejected.why.value,
        portal=issuer,
        signed=rejected.proved,
    )


def _uid(text: str) -> uuid.UUID:
    """Return the id that a request names, a random one for anything that is none: both are looked up alike."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()
