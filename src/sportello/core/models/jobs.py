"""Work for later: the job rows, the schedule of periodic work, and the heartbeats of workers.

The row here is the truth about a piece of work; the queue of the task library is only the alarm clock that wakes a
worker up. Neither holds personal data: a handler gets ids and reads the rest itself.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from sportello.core.actors import Actor, Role
from sportello.core.scoping import ScopedManager, ScopedQuerySet
from sportello.core.states import FINISHED_JOBS, LIVE_JOBS, JobState, codes


class JobQuerySet(ScopedQuerySet["Job"]):
    """An owner sees the work of the party; nobody else needs to."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the party's jobs to its owner."""
        return self.filter(party_id=actor.party_id) if actor.role is Role.OWNER else self.none()


class Job(models.Model):
    """One piece of work. `party_id` 0 is the installation itself; `key` is unique among the live jobs of a handler."""

    handler = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    party_id = models.BigIntegerField(default=0)
    key = models.CharField(max_length=100)
    state = models.CharField(max_length=10, default=JobState.WAITING.value)
    attempts = models.PositiveIntegerField(default=0)
    again = models.BooleanField(default=False)
    next_run_at = models.DateTimeField()
    alarm_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ScopedManager.from_queryset(JobQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["handler", "party_id", "key"],
                condition=Q(state__in=codes(LIVE_JOBS)),
                name="job_live_key_unique",
            ),
            models.CheckConstraint(name="job_state_known", condition=Q(state__in=codes(JobState))),
            models.CheckConstraint(
                name="job_claimed_while_running",
                condition=Q(state=JobState.RUNNING.value, claim__isnull=False, lease_until__isnull=False)
                | (~Q(state=JobState.RUNNING.value) & Q(claim=None, lease_until=None)),
            ),
            models.CheckConstraint(
                name="job_finished_has_its_time",
                condition=Q(state__in=codes(FINISHED_JOBS), finished_at__isnull=False)
                | Q(state__in=codes(LIVE_JOBS), finished_at=None),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["party_id", "state", "-id"], name="job_party_state"),
            models.Index(fields=["state", "next_run_at"], name="job_state_due"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk} {self.handler}"


class Schedule(models.Model):
    """When a periodic work is due next. One row a name; claimed by moving `next_run_at` on."""

    name = models.CharField(max_length=60, primary_key=True)
    next_run_at = models.DateTimeField()
    last_run_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"schedule {self.name}"


class WorkerBeat(models.Model):
    """A sign of life of one worker process."""

    worker_id = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    threads = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"worker {self.worker_id}"
