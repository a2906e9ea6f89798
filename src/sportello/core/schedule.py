"""Work that comes back: a table says when each is due, and whichever worker looks first asks for it.

A handler is named as periodic where it is registered:

    @periodic("core.prune", every=timedelta(hours=1))
    @handler("core.prune")
    def prune(work: Work) -> None: ...

A time of day is one of the installation's time zone. What was missed while no worker ran is done once, not as often
as it was missed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from sportello.core import outbox
from sportello.core.models import Schedule

_Act = TypeVar("_Act")


@dataclass(frozen=True, slots=True)
class Periodic:
    """How often a handler comes back: every so often, or each day at a time."""

    handler: str
    every: timedelta | None
    daily_at: time | None

    def next_after(self, now: datetime, zone: ZoneInfo) -> datetime:
        """
        Return when it is due next.

        >>> nightly = Periodic("x", None, time(3, 10))
        >>> nightly.next_after(datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Rome")), ZoneInfo("Europe/Rome"))
        datetime.datetime(2026, 3, 29, 3, 10, tzinfo=zoneinfo.ZoneInfo(key='Europe/Rome'))
        """
        if self.every is not None:
            return now + self.every
        here = now.astimezone(zone)
        today = datetime.combine(here.date(), self.daily_at or time(), tzinfo=zone)
        if today > here:
            return today
        return datetime.combine(here.date() + timedelta(days=1), self.daily_at or time(), tzinfo=zone)


_PERIODIC: dict[str, Periodic] = {}


def periodic(name: str, *, every: timedelta | None = None, daily_at: time | None = None) -> Callable[[_Act], _Act]:
    """
    Say that the handler of this name comes back, every so often or each day at a time.

    :raises ValueError: neither or both are given
    """
    if (every is None) == (daily_at is None):
        raise ValueError(f"{name}: either `every` or `daily_at`")

    def register(act: _Act) -> _Act:
        _PERIODIC[name] = Periodic(name, every, daily_at)
        return act

    return register


def known() -> tuple[Periodic, ...]:
    """Return all periodic work."""
    return tuple(_PERIODIC.values())


def tick(now: datetime) -> list[str]:
    """Ask for all work that is due, and return its names. Of several workers, the first to move the row on asks."""
    zone = ZoneInfo(settings.TIME_ZONE)
    due = dict(Schedule.objects.values_list("name", "next_run_at"))
    asked = []
    for each in known():
        at = due.get(each.handler)
        if at is not None and at > now:
            continue
        with transaction.atomic():
            if _moved_on(each, at, now, zone):
                outbox.enqueue(each.handler, 0, key="periodic")
                asked.append(each.handler)
    return asked


def _moved_on(each: Periodic, at: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
    following = {"next_run_at": each.next_after(now, zone), "last_run_at": now}
    if at is not None:
        return bool(Schedule.objects.filter(name=each.handler, next_run_at=at).update(**following))
    _, made = Schedule.objects.get_or_create(name=each.handler, defaults=following)
    return made
