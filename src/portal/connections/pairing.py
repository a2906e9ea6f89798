"""Pairing with a practice's server: the operator gives a code away, the server offers its card with a proof of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from deskwire.cards import Card, PairAccepted, code_key, new_code, open_offer
from deskwire.signing import seal_reply
from portal.connections.identity import card, signer
from portal.connections.models import Desk, PairCode, SeenOffer
from portal.keeping.ring import ring

LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Paired:
    """A practice's server that was paired."""

    card: Card
    paired_at: datetime
    is_paired: bool
    connections: int


def new_pair_code(now: datetime) -> str:
    """Return a fresh code; what is kept of it is closed and lives an hour."""
    code = new_code()
    row = PairCode(expires_at=now + LIFE)
    row.key_sealed = ring().seal(base64.b64encode(code_key(code)).decode(), place=row.place)
    row.save()
    return code


def take_offer(data: bytes, *, address: str, now: datetime) -> bytes:
    """
    Pair the server that made this offer and return our signed answer; the code it used is spent.

    A server that was paired before brings its new address this way.

    :raises UnknownVersion: the offer is of another version
    :raises Rejected: altered, stale, replayed, for another portal, or no living code fits
    """
    with transaction.atomic():
        codes = {_key(row): row for row in PairCode.objects.filter(expires_at__gt=now).select_for_update()}
        opened, offered, key = open_offer(data, audience=signer().id, now=now, seen=_Seen(), keys=codes)
        codes[key].delete()
        values = {"name": offered.name, "address": offered.address, "key": offered.key, "paired_at": now}
        Desk.objects.update_or_create(side=offered.id, defaults=values | {"is_paired": True})
    return seal_reply(signer(), PairAccepted(card=card(address)), to=opened.envelope, now=now)


def unpair(side: str) -> None:
    """
    Ask a server nothing any more. Its connections stay, so that pairing it again brings them back.

    :raises Desk.DoesNotExist: no such server
    """
    desk = Desk.objects.get(side=side)
    desk.is_paired = False
    desk.save(update_fields=["is_paired"])


def desks() -> list[Paired]:
    """Return every server that was ever paired, by name."""
    rows = Desk.objects.order_by("name", "pk")
    return [Paired(row.card, row.paired_at, row.is_paired, row.connections.count()) for row in rows]


def forget_old(now: datetime) -> None:
    """Forget codes and ids that can do nothing any more."""
    PairCode.objects.filter(expires_at__lte=now).delete()
    SeenOffer.objects.filter(until__lte=now).delete()


def _key(row: PairCode) -> bytes:
    return base64.b64decode(ring().open(row.key_sealed, place=row.place))


class _Seen:
    """The offers that were taken, in the database: all processes know of them."""

    def first_time(self, issuer: str, request_id: str, until: datetime) -> bool:
        """Tell whether an offer is new, and remember it."""
        try:
            with transaction.atomic():
                SeenOffer.objects.create(issuer=issuer, request=request_id, until=until)
        except IntegrityError:
            return False
        return True
