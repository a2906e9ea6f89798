"""Doing the work of a job row in three steps, each safe to be killed in: claim, act, settle.

Claiming is one conditional update, so that one worker alone gets the row. Acting happens outside of any transaction.
Settling is conditional on the claim: a worker that was taken for dead changes nothing any more. While a process lives
it renews the leases of what it runs; the sweep gives work with a lapsed lease to another.
"""

from __future__ import annotations

import logging
import random
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from django.db import models, transaction
from django.db.models import F

from sportello.core import outbox, tasks_port
from sportello.core.actors import System, acting
from sportello.core.models import Job
from sportello.core.outbox import GiveUp, Handler, TryLater, UnknownHandler, Work
from sportello.core.states import JobState

LEASE = timedelta(seconds=60)
FIRST_PAUSE = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(minutes=2)
DIED = "worker_died"

log = logging.getLogger("sportello.jobs")


@dataclass(frozen=True, slots=True)
class _Claimed:
    work: Work
    claim: uuid.UUID
    until: datetime


_running: dict[uuid.UUID, _Claimed] = {}
_running_lock = Lock()


def pause(attempts: int, longest: timedelta, chance: Callable[[], float] = random.random) -> timedelta:
    """
    Return how long to wait after so many failed attempts: doubling from ten seconds, give or take a fifth.

    >>> pause(1, timedelta(hours=1), lambda: 0.5), pause(4, timedelta(hours=1), lambda: 0.5)
    (datetime.timedelta(seconds=10), datetime.timedelta(seconds=80))
    """
    doubled: timedelta = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), longest)
    return timedelta(seconds=doubled.total_seconds() * (0.8 + 0.4 * chance()))


def run(job_id: int) -> None:
    """Claim the job, do its work and write down how it went. Nothing happens when it is not waiting or not yet due."""
    claimed = claim(job_id, datetime.now(UTC))
    if claimed is None:
        return
    with _running_lock:
        _running[claimed.claim] = claimed
    try:
        _act(claimed)
    finally:
        with _running_lock:
            _running.pop(claimed.claim, None)


def claim(job_id: int, now: datetime) -> _Claimed | None:
    """Take a waiting, due job for this process, or return None when there is none to take."""
    token = uuid.uuid4()
    with acting(System("job runner")):
        rows = Job.objects.filter(pk=job_id)
        taken = rows.filter(state=JobState.WAITING.value, next_run_at__lte=now).update(
            state=JobState.RUNNING.value,
            claim=token,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            started_at=now,
            again=False,
        )
        if not taken:
            return None
        job = rows.get()
    try:
        known = outbox.find(job.handler)
        attempts, limit = known.attempts, known.limit
    except UnknownHandler:
        attempts, limit = 1, LEASE
    work = Work(job.pk, job.handler, job.object_id, job.party_id, job.key, job.attempts, job.attempts >= attempts)
    return _Claimed(work, token, now + limit)


def _act(claimed: _Claimed) -> None:
    work = claimed.work
    try:
        known = outbox.find(work.handler)
        with acting(System(f"job {work.handler}", work.party_id or None)):
            known.act(work)
    except UnknownHandler:
        settle_failed(claimed, "unknown_handler", None)
    except TryLater as wait:
        _settle_later(claimed, known, wait.code, wait.after)
    except GiveUp as end:
        settle_failed(claimed, end.code, None)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is written down on its row, never lost
        _log_failure(work, error)
        _settle_later(claimed, known, type(error).__name__, None)
    else:
        settle_done(claimed)


def settle_done(claimed: _Claimed) -> bool:
    """Write down that the work is done; it waits once more if somebody asked for it meanwhile. False: claim lost."""
    now = datetime.now(UTC)
    done = _released(JobState.DONE, now) | {"finished_at": now, "last_error": ""}
    once_more = _released(JobState.WAITING, now) | {"attempts": 0, "last_error": "", "again": False}
    with acting(System("job runner")), transaction.atomic():
        if _mine(claimed).filter(again=False).update(**done):
            return True
        asked_again = bool(_mine(claimed).filter(again=True).update(**once_more))
        if asked_again:
            tasks_port.ring(claimed.work.job_id)
    return asked_again


def settle_failed(claimed: _Claimed, code: str, retry_at: datetime | None) -> bool:
    """Write down that this run failed: for good, or until `retry_at`. Returns False when the claim was lost."""
    now = datetime.now(UTC)
    with acting(System("job runner")), transaction.atomic():
        if retry_at is None:
            changed = _released(JobState.FAILED, now) | {"finished_at": now}
        else:
            changed = _released(JobState.WAITING, now) | {"next_run_at": retry_at}
        settled = bool(_mine(claimed).update(**changed, last_error=code[:100], again=False))
        if settled and retry_at:
            tasks_port.ring(claimed.work.job_id, retry_at)
    return settled


def renew_leases(now: datetime) -> int:
    """Say that this process still works on what it claimed, within each handler's limit. Return how many."""
    with _running_lock:
        tokens = [each.claim for each in _running.values() if now < each.until]
    if not tokens:
        return 0
    with acting(System("job runner")):
        running = Job.objects.filter(state=JobState.RUNNING.value)
        # each alone: two rows at once could wait for somebody who waits for one of them (decision 0077)
        return sum(running.filter(claim=token).update(lease_until=now + LEASE) for token in tokens)


def sweep(now: datetime) -> int:
    """Give work whose worker died to another, and ring alarms that were lost. Return how many rows were touched."""
    touched = 0
    with acting(System("sweep")):
        lapsed = Job.objects.filter(state=JobState.RUNNING.value, lease_until__lt=now)
        for job in lapsed.order_by("pk")[:500]:
            touched += _take_back(job, now)
        if not tasks_port.alarms_due(now - FORGOTTEN_AFTER):
            touched += _ring_forgotten(now)
    return touched


def _take_back(job: Job, now: datetime) -> bool:
    """The run may have ended just before its worker died: handlers leave things as one run would, so it runs again."""
    try:
        known = outbox.find(job.handler)
        again = job.attempts < known.attempts
        retry_at = now + pause(job.attempts, known.longest_pause) if job.attempts > 1 else now
    except UnknownHandler:
        again, retry_at = False, now
    released = (
        _released(JobState.WAITING, retry_at) if again else _released(JobState.FAILED, now) | {"finished_at": now}
    )
    with transaction.atomic():
        row = Job.objects.filter(pk=job.pk, claim=job.claim, lease_until__lt=now)
        taken = bool(row.update(**released, last_error=DIED, again=False))
        if taken and again:
            tasks_port.ring(job.pk, retry_at)
    return taken


def _ring_forgotten(now: datetime) -> int:
    late = now - FORGOTTEN_AFTER
    forgotten = Job.objects.filter(state=JobState.WAITING.value, next_run_at__lt=late).exclude(alarm_at__gte=late)
    ids = list(forgotten.order_by("next_run_at").values_list("pk", flat=True)[:500])
    with transaction.atomic():
        Job.objects.filter(pk__in=ids).update(alarm_at=now)
        for job_id in ids:
            tasks_port.ring(job_id)
    return len(ids)


def _settle_later(claimed: _Claimed, known: Handler, code: str, after: timedelta | None) -> None:
    if claimed.work.last_attempt:
        settle_failed(claimed, code, None)
        return
    delay = after if after is not None else pause(claimed.work.attempt, known.longest_pause)
    settle_failed(claimed, code, datetime.now(UTC) + delay)


def _mine(claimed: _Claimed) -> models.QuerySet[Job]:
    return Job.objects.filter(pk=claimed.work.job_id, claim=claimed.claim, state=JobState.RUNNING.value)


def _released(state: JobState, next_run_at: datetime) -> dict[str, Any]:
    return {"state": state.value, "claim": None, "lease_until": None, "next_run_at": next_run_at}


def _log_failure(work: Work, error: Exception) -> None:
    """Say where it failed, not with what: the text of an exception may hold somebody's data."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " < ".join(f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in reversed(frames))
    log.error("job %s %s attempt %s: %s at %s", work.job_id, work.handler, work.attempt, type(error).__name__, where)
