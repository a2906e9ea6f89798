"""The simulator's clock: Italian time that can be set, moved on and stopped.

Batches ripen and deadlines pass by this clock, never by the machine's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MORNING = 9


def italian_time() -> tzinfo:
    """Return the zone of Rome, or plain UTC+1 on a machine without zone data."""
    try:
        return ZoneInfo("Europe/Rome")
    except ZoneInfoNotFoundError:
        return timezone(timedelta(hours=1), "CET")


ROME = italian_time()


def read_instant(text: str) -> datetime:
    """Return the aware instant of an ISO day (09:00 in Italy) or an ISO date and time (Italian when it says no zone).

    :raises ValueError: neither of the two
    """
    text = text.strip()
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, MORNING, tzinfo=ROME)
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=ROME) if instant.tzinfo is None else instant.astimezone(ROME)


def stamp(instant: datetime) -> str:
    """Write an aware instant as UTC text whose order is the order of time."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def unstamp(text: str) -> datetime:
    """Read back what `stamp` wrote, in Italian time."""
    return datetime.fromisoformat(text).astimezone(ROME)


def start_of(day: date) -> datetime:
    """Return the first instant of a day in Italy."""
    return datetime(day.year, day.month, day.day, tzinfo=ROME)


class SimulatorClock:
    """A clock that starts anywhere and then runs, or stands still."""

    def __init__(self, start: datetime | None = None, *, ticks: Callable[[], float] = time.time) -> None:
        """Start at an aware instant, or now."""
        self._ticks = ticks
        self._lock = threading.Lock()
        self._offset = timedelta(0) if start is None else start - self._machine()
        self._frozen: datetime | None = None

    def _machine(self) -> datetime:
        return datetime.fromtimestamp(self._ticks(), UTC)

    def now(self) -> datetime:
        """Return the present instant, aware, in Italian time."""
        with self._lock:
            present = self._machine() + self._offset if self._frozen is None else self._frozen
        return present.astimezone(ROME)

    def today(self) -> date:
        """Return the present day in Italy."""
        return self.now().date()

    def set(self, instant: datetime) -> None:
        """Jump to an aware instant; a stopped clock stays stopped there."""
        with self._lock:
            self._offset = instant - self._machine()
            if self._frozen is not None:
                self._frozen = instant

    def advance(self, step: timedelta) -> None:
        """Move on (or back) by a step."""
        with self._lock:
            self._offset += step
            if self._frozen is not None:
                self._frozen += step

    def freeze(self, stopped: bool) -> None:
        """Stop the clock where it is, or let it run on from there."""
        with self._lock:
            if stopped and self._frozen is None:
                self._frozen = self._machine() + self._offset
            elif not stopped and self._frozen is not None:
                self._offset = self._frozen - self._machine()
                self._frozen = None

    @property
    def frozen(self) -> bool:
        """True while the clock stands still."""
        return self._frozen is not None

    def seconds_until(self, instant: datetime) -> float | None:
        """Return the real seconds until an instant comes, None when a stopped clock will never reach it."""
        wait = (instant - self.now()).total_seconds()
        if wait <= 0:
            return 0.0
        return None if self.frozen else wait
