"""Who this server is to portals, and which portals it answers (decision 0082).

The server's own key lies in a file of mode 0600; it is made when the first portal is paired. A pairing keeps the
portal's public key. The desk reads it anew for every request, so that ending a pairing bites at once.
"""

from __future__ import annotations

import os
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from deskwire.cards import Card
from deskwire.signing import Signer
from sportello.core import audit
from sportello.core.actors import System, acting
from sportello.core.audit import Subject
from sportello.core.crypto import KeyMissing
from sportello.core.models import Pairing, SeenRequest
from sportello.core.ready import Ready
from sportello.core.turns import write_turn
from sportello.core.violations import RuleViolation

_WHY = System("pairing")
_LIVING = Ready(Pairing, lambda portal: Pairing.objects.filter(portal=portal, ended_at=None))
_BATCH = 5000
_SEEN = (
    "INSERT INTO core_seenrequest (issuer, request_id, until) VALUES (%s, %s, %s) "
    "ON CONFLICT (issuer, request_id) DO NOTHING"
)


class NoDeskKey(KeyMissing):
    """The file of this server's key is missing, though portals were paired: the text names it and the remedy."""


class NotPaired(RuleViolation):
    """No such portal is paired: ``portal_not_paired``."""


def signer() -> Signer:
    """
    Return this server's own key.

    :raises NoDeskKey: there is no file; `make_key` makes one
    :raises ValueError: the file holds no such key
    """
    path = settings.SPORTELLO_DESK_KEY_FILE
    try:
        seen = os.stat(path)  # noqa: PTH116 - at every request: the plain call is the quick one
    except FileNotFoundError:
        raise NoDeskKey(
            f"The key file {path} of this server is missing. Put its copy back, or pair every portal anew "
            "with `sportello portal pair`."
        ) from None
    return _read(path, seen.st_mtime_ns, seen.st_ino)


def make_key() -> Signer:
    """Return this server's own key, made now and readable by its owner alone where there is none yet."""
    path = Path(settings.SPORTELLO_DESK_KEY_FILE)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return signer()
    with os.fdopen(handle, "wb") as file:
        file.write(Signer.make().pem())
        file.flush()
        os.fsync(file.fileno())
    return signer()


def desk_id() -> str:
    """
    Return how portals name this server in links: 32 hex digits.

    :raises NoDeskKey: no portal was ever paired, or the key file is missing
    """
    return signer().id


def desk_card(address: str = "") -> Card:
    """
    Return the card that is shown to portals, with the address they reach this server at.

    :param address: "" is the address of the settings
    :raises NoDeskKey: no key was made
    :raises Malformed: the name or the address is none
    """
    return Card.of(signer(), name=settings.SPORTELLO_DESK_NAME, address=address or settings.SPORTELLO_DESK_ADDRESS)


def pair(card: Card, *, now: datetime) -> Pairing:
    """Answer this portal from now on; one that is paired already keeps its row, with its name and address of now."""
    with acting(_WHY), transaction.atomic(durable=True):
        row = Pairing.objects.select_for_update().filter(portal=card.id, ended_at=None).first()
        row = row or Pairing(portal=card.id, key=card.key, paired_at=now)
        row.name, row.address = card.name, card.address
        row.save()
        audit.record(_WHY, "portal.pair", Subject("pairing", row.pk), portal=card.id, address=card.address)
    return row


def unpair(portal: str, *, now: datetime) -> Pairing:
    """
    Answer this portal no more.

    :raises NotPaired: no portal of this id is paired
    """
    with acting(_WHY), transaction.atomic(durable=True):
        row = Pairing.objects.select_for_update().filter(portal=portal, ended_at=None).first()
        if row is None:
            raise NotPaired("portal_not_paired", field="portal")
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        audit.record(_WHY, "portal.unpair", Subject("pairing", row.pk), portal=portal)
    return row


def pairings() -> list[Pairing]:
    """Return the portals that are answered, the newest last."""
    with acting(_WHY):
        return list(Pairing.objects.filter(ended_at=None).order_by("paired_at", "pk"))


def portal_address() -> str:
    """Return where patients are sent: the address of the portal that was paired last, "" when none is."""
    with acting(_WHY):
        newest = Pairing.objects.filter(ended_at=None).order_by("-paired_at", "-pk").only("address").first()
    return newest.address if newest else ""


def known_key(portal: str) -> bytes | None:
    """Return the public key of a portal that is answered, None for any other. One query each time."""
    with acting(_WHY):
        row = _LIVING.first(portal)
    return None if row is None else Card(row.name, row.address, row.key).public


class SeenInDatabase:
    """The replay guard: of two processes that get the same request at once, one is told that it is new."""

    def first_time(self, issuer: str, request_id: str, until: datetime) -> bool:
        """Tell whether the request is new, and remember it until then."""
        with write_turn(), connection.cursor() as cursor:
            cursor.execute(_SEEN, [issuer, request_id[:64], connection.ops.adapt_datetimefield_value(until)])
            return bool(cursor.rowcount)


def forget_requests(now: datetime) -> int:
    """Forget the ids of requests that have expired, and return how many they were. Act as `System`."""
    forgotten = 0
    while True:
        due = SeenRequest.objects.filter(until__lt=now).order_by("until").values_list("pk", flat=True)[:_BATCH]
        gone, _ = SeenRequest.objects.filter(pk__in=list(due)).delete()
        forgotten += gone
        if gone < _BATCH:
            return forgotten


@lru_cache(maxsize=2)
def _read(path: str, changed: int, inode: int) -> Signer:
    return Signer.read(Path(path).read_bytes())
