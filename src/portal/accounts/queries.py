"""What an account's owner sees of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.accounts.models import Account, Session


@dataclass(frozen=True, slots=True)
class Open:
    """A session that is open: with which device (a coarse code), since when, last seen, and whether it is this one."""

    uid: UUID
    device: str
    opened_at: datetime
    seen_at: datetime
    is_this: bool


def sessions(account: Account, this: str, now: datetime) -> list[Open]:
    """Return the open sessions of an account, this one first; `this` is its stored key."""
    rows = Session.objects.filter(account=account, expire_date__gt=now).order_by("-seen_at", "pk")
    found = [Open(row.uid, row.device, row.opened_at, row.seen_at, row.session_key == this) for row in rows]
    return sorted(found, key=lambda each: not each.is_this)
