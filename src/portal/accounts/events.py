"""What happened to an account, written down for its owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.accounts.codes import Deed
from portal.accounts.models import Account, Event

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the list: what, when, with which device (a code of `web.devices`)."""

    deed: Deed
    at: datetime
    device: str


def record(account: Account | None, deed: Deed, now: datetime, *, device: str = "") -> None:
    """Write an event down; without an account for tries on addresses that have none, so that the work is alike."""
    Event.objects.create(account=account, deed=deed.value, at=now, device=device)


def of(account: Account) -> list[Happened]:
    """Return the newest events of an account."""
    rows = Event.objects.filter(account=account).order_by("-at", "-pk")[:SHOWN]
    return [Happened(deed=Deed(row.deed), at=row.at, device=row.device) for row in rows]
