"""Work for later, asked for inside the transaction of a deed and done by a worker afterwards.

An operation calls `enqueue("billing.render_paper", invoice.pk, party_id=...)`: the row commits with the deed or not at
all. Each application names its handlers in its `handlers.py`:

    @handler("billing.render_paper", attempts=8)
    def render_paper(work: Work) -> None: ...

A handler runs outside of any transaction while the software itself acts (`System`), reads what it needs by id, and may
run twice for the same row: it must leave things as one run would. It returns when the work is done or no longer needed,
raises `TryLater` when the world is not ready, `GiveUp` when trying again cannot help, and anything else when it failed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from sportello.core import audit, tasks_port
from sportello.core.actors import System, acting
from sportello.core.models import Job
from sportello.core.ready_writes import ReadyInsert
from sportello.core.states import LIVE_JOBS, JobState, codes

DEFAULT_ATTEMPTS = 8
DEFAULT_LIMIT = timedelta(minutes=30)
_JOBS = ReadyInsert(Job, unless_there=True)


class UnknownHandler(LookupError):
    """No handler of that name is registered: the name is wrong, or its application is not installed."""


class TryLater(Exception):
    """The work cannot be done yet. `code` says why, in a word without personal data; `after` says when to try again."""

    def __init__(self, code: str, after: timedelta | None = None) -> None:
        super().__init__(code)
        self.code, self.after = code, after


class GiveUp(Exception):
    """The work cannot be done, and trying again would not help. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Work:
    """What a handler is told: which object of which party, and which attempt this is (the first is 1)."""

    job_id: int
    handler: str
    object_id: int
    party_id: int
    key: str
    attempt: int
    last_attempt: bool


@dataclass(frozen=True, slots=True)
class Handler:
    """A registered function with how often it is tried and how long one run may take."""

    name: str
    act: Callable[[Work], None]
    attempts: int
    limit: timedelta
    longest_pause: timedelta


_HANDLERS: dict[str, Handler] = {}


def handler(
    name: str,
    *,
    attempts: int = DEFAULT_ATTEMPTS,
    limit: timedelta = DEFAULT_LIMIT,
    longest_pause: timedelta = timedelta(hours=1),
) -> Callable[[Callable[[Work], None]], Callable[[Work], None]]:
    """
    Register a function as the handler of this name.

    :param attempts: runs before the work counts as failed
    :param limit: after this time a run is taken for hung, and another worker may begin anew
    :param longest_pause: the growing pause between runs stops growing here
    :raises ValueError: the name is taken by another function
    """

    def register(act: Callable[[Work], None]) -> Callable[[Work], None]:
        known = _HANDLERS.get(name)
        if known and (known.act.__module__, known.act.__qualname__) != (act.__module__, act.__qualname__):
            raise ValueError(f"two handlers are called {name}")
        _HANDLERS[name] = Handler(name, act, attempts, limit, longest_pause)
        return act

    return register


def find(name: str) -> Handler:
    """
    Return the handler of this name.

    :raises UnknownHandler: there is none
    """
    try:
        return _HANDLERS[name]
    except KeyError:
        raise UnknownHandler(name) from None


def names() -> list[str]:
    """Return the names of all handlers."""
    return sorted(_HANDLERS)


def enqueue(name: str, object_id: int, *, party_id: int = 0, key: str = "", at: datetime | None = None) -> None:
    """
    Ask for work inside the caller's transaction, for now or for the instant `at`.

    Asking again while the same work (handler, party and key; the key is the object's id unless given) still waits
    changes nothing; asking while it runs makes it run once more, since it may have read what was before.

    :raises UnknownHandler: no such handler
    :raises RuntimeError: no transaction is open
    """
    find(name)
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("work for later is asked for in the transaction of the deed it follows")
    now = datetime.now(UTC)
    claim = {"handler": name, "party_id": party_id, "key": key or str(object_id)}
    with acting(System("outbox", party_id)):
        if key and party_id:  # others of the party may be asking for the same
            audit.take_turn(party_id)
        job = Job(**claim, object_id=object_id, created_at=now, next_run_at=at or now, alarm_at=now)
        is_new = _JOBS.insert(job)
        while not is_new and not _join_live(claim, at or now):  # it was live, and ended before we could join it
            is_new = _JOBS.insert(job)
        if is_new:
            tasks_port.ring(job.pk, at)


def _join_live(claim: dict[str, object], due: datetime) -> bool:
    live = Job.objects.select_for_update().filter(**claim, state__in=codes(LIVE_JOBS)).first()
    if live is None:
        return False
    row = Job.objects.filter(pk=live.pk)
    if live.state == JobState.RUNNING:
        row.update(again=True)
    elif due < live.next_run_at:
        row.update(next_run_at=due)
        tasks_port.ring(live.pk, due)
    return True
