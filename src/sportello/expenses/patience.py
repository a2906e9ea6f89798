"""The clock of the exchange with the State, and how long it waits.

The longest a call can take decides when its sender is given up for dead and when the State may be asked about it
(protocol 12: answers of the test service take up to 90 seconds). Units: seconds. Tests put other values in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings

from sistemats.http import Timeouts


@dataclass(frozen=True, slots=True)
class Patience:
    """Timeouts of calls, the margin added to them, and the clock."""

    connect: float = Timeouts().connect
    read: float = Timeouts().read
    upload: float = Timeouts().upload_read
    margin: float = 30.0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


_ARRANGED: ContextVar[Patience | None] = ContextVar("sts_patience", default=None)


def current() -> Patience:
    """Return how long is waited now: as arranged, else as the settings say."""
    return _ARRANGED.get() or _as_set(*settings.SPORTELLO_STS_PATIENCE)


@lru_cache(maxsize=8)
def _as_set(connect: float, read: float, upload: float, margin: float) -> Patience:
    return Patience(connect, read, upload, margin)


@contextmanager
def arranged(**changes: Any) -> Iterator[Patience]:
    """Wait differently, or by another clock, until the block ends; `changes` are fields of `Patience`."""
    wanted = replace(current(), **changes)
    token = _ARRANGED.set(wanted)
    try:
        yield wanted
    finally:
        _ARRANGED.reset(token)


def now() -> datetime:
    """Return the instant, aware."""
    return current().clock()


def timeouts() -> Timeouts:
    """Return the timeouts of calls."""
    found = current()
    return Timeouts(found.connect, found.read, found.upload)


def lease(*, upload: bool) -> timedelta:
    """Return after which time whoever makes a call is given up for dead: nothing of it can still be under way."""
    found = current()
    return timedelta(seconds=found.connect + 2 * (found.upload if upload else found.read) + found.margin)


def leaves_within(*, upload: bool) -> timedelta:
    """Return how long after writing it down a call may still begin; later it is asked about instead."""
    found = current()
    return timedelta(seconds=found.margin) / 2 if not upload else timedelta(seconds=found.margin)


def doubt_lasts(*, upload: bool) -> timedelta:
    """Return how long to wait before asking about a call whose answer was lost: the State may still work on it."""
    found = current()
    return timedelta(seconds=(found.upload if upload else found.read) + found.margin)
