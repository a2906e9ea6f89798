"""What an owner does about later work."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import IntegrityError, transaction

from sportello.core import audit, tasks_port
from sportello.core.actors import Actor, acting
from sportello.core.models import Job
from sportello.core.permissions import check_may_manage_jobs
from sportello.core.states import ForbiddenStep, JobState, check_job_step

__all__ = ["AlreadyAsked", "ForbiddenStep", "run_again"]


class AlreadyAsked(RuntimeError):
    """The same work was asked for anew meanwhile and is under way: there is nothing to run again."""


def run_again(*, actor: Actor, job_id: int) -> Job:
    """
    Let a failed job run again now, with all its attempts; a waiting one at once instead of later.

    :raises Job.DoesNotExist: not this actor's
    :raises MayNot: not the owner
    :raises ForbiddenStep: it runs or is done
    :raises AlreadyAsked: the same work is under way as another job
    """
    now = datetime.now(UTC)
    with acting(actor), transaction.atomic(durable=True):
        check_may_manage_jobs(actor)
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state != JobState.WAITING:
            check_job_step(JobState(job.state), JobState.WAITING)
        audit.record(actor, "job.run_again", job, handler=job.handler, was=job.state, problem=job.last_error)
        job.state, job.attempts, job.next_run_at, job.finished_at = JobState.WAITING.value, 0, now, None
        try:
            with transaction.atomic():
                job.save(update_fields=["state", "attempts", "next_run_at", "finished_at"])
        except IntegrityError:
            raise AlreadyAsked(f"job {job_id}") from None
        tasks_port.ring(job.pk)
    return job
