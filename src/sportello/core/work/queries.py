"""Reads about later work, for pages and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from sportello.core import beats
from sportello.core.actors import Actor, System, acting
from sportello.core.models import Job, OutgoingMail
from sportello.core.permissions import check_may_manage_jobs
from sportello.core.states import JobState, MailState

PAGE = 25


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job in a list. `problem` is a code, or the name of an error."""

    id: int
    handler: str
    object_id: int
    state: str
    attempts: int
    problem: str
    created_at: datetime
    next_run_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, newest first, and where the next page begins (None: nowhere)."""

    rows: tuple[JobRow, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class QueueState:
    """How the party's queue stands: jobs by state, the due time of the oldest that waits, and living workers."""

    counts: dict[str, int]
    oldest_due_at: datetime | None
    workers: int


def job_page(actor: Actor, *, state: str = "", before: int | None = None) -> JobPage:
    """
    Return a page of the party's jobs, newest first.

    :param state: only jobs in this state; empty: all
    :param before: only jobs with a smaller id, as the last page said
    :raises MayNot: not the owner
    """
    with acting(actor):
        check_may_manage_jobs(actor)
        rows = Job.objects.order_by("-pk")
        rows = rows.filter(state=state) if state else rows
        rows = rows.filter(pk__lt=before) if before else rows
        found = list(rows[: PAGE + 1])
        return JobPage(tuple(map(_row, found[:PAGE])), found[PAGE - 1].pk if len(found) > PAGE else None)


def queue_state(actor: Actor, now: datetime) -> QueueState:
    """
    Return how the party's queue stands.

    :raises MayNot: not the owner
    """
    with acting(actor):
        check_may_manage_jobs(actor)
        counts = _counts(Job.objects.values_list("state").annotate(Count("pk")))
        oldest = Job.objects.filter(state=JobState.WAITING.value).aggregate(at=Min("next_run_at"))["at"]
        return QueueState(counts, oldest, beats.alive(now))


def failed_count(actor: Actor) -> int:
    """Return how many jobs of the actor's party failed; 0 to whom they are not shown."""
    with acting(actor):
        return Job.objects.filter(state=JobState.FAILED.value).count()


def all_counts() -> tuple[dict[str, int], dict[str, int]]:
    """Return the jobs and the mails of the whole installation by state, as metrics."""
    with acting(System("metrics")):
        jobs = _counts(Job.objects.order_by().values_list("state").annotate(Count("pk")))
        mails = dict.fromkeys((state.value for state in MailState), 0)
        mails |= dict(OutgoingMail.objects.order_by().values_list("state").annotate(Count("pk")))
        return jobs, mails


def _counts(rows: object) -> dict[str, int]:
    return dict.fromkeys((state.value for state in JobState), 0) | dict(rows)  # type: ignore[call-overload, no-any-return]


def _row(job: Job) -> JobRow:
    return JobRow(
        job.pk,
        job.handler,
        job.object_id,
        job.state,
        job.attempts,
        job.last_error,
        job.created_at,
        job.next_run_at,
        job.started_at,
        job.finished_at,
    )
