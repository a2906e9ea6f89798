"""The only module that knows which task library rings the bell (Django 6 brings its own: change the imports here).

The queue of that library is an alarm clock and nothing more: an alarm carries the id of a job row, ringing twice or
for nothing does no harm, and a lost alarm is rung again by the sweep.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django_tasks import task

from sportello.core.ready_writes import ReadyInsert

if TYPE_CHECKING:
    from django_tasks_db.models import DBTaskResult

_DATABASE_QUEUE = "django_tasks_db"


@task()
def wake(job_id: int) -> None:
    """Run the job, if it is waiting and due."""
    from sportello.core.runner import run  # the runner rings alarms itself: imported late, on purpose

    run(job_id)


def ring(job_id: int, at: datetime | None = None) -> None:
    """
    Set the alarm of a job for now or for later, inside the caller's transaction.

    The row of the database's queue is written as the library writes it, with a readied insert: every deed that asks for
    work waits for it (decision 0076).
    """
    if not apps.is_installed(_DATABASE_QUEUE):
        (wake.using(run_after=at) if at else wake).enqueue(job_id)
        return
    from django_tasks_db.models import get_date_max

    alarms = _alarms()
    row = alarms.model(
        args_kwargs={"args": [job_id], "kwargs": {}},
        priority=wake.priority,
        task_path=wake.module_path,
        queue_name=wake.queue_name,
        run_after=at or get_date_max(),
        backend_name=wake.backend,
    )
    alarms.insert(row)


@cache
def _alarms() -> ReadyInsert[DBTaskResult[Any, Any]]:
    from django_tasks_db.models import DBTaskResult

    return ReadyInsert(DBTaskResult)


def alarms_due(now: datetime) -> bool:
    """Tell whether alarms that should have rung by now still wait, so that workers are merely behind."""
    if not apps.is_installed(_DATABASE_QUEUE):
        return False
    from django_tasks_db.models import DBTaskResult

    return DBTaskResult.objects.ready().filter(enqueued_at__lt=now).exists()


def forget_dead(before: datetime) -> int:
    """Delete alarms that began to ring before this instant and never ended: their worker is dead. Return how many."""
    if not apps.is_installed(_DATABASE_QUEUE):
        return 0
    from django_tasks_db.models import DBTaskResult

    return DBTaskResult.objects.running().filter(started_at__lt=before).delete()[0]


def forget_finished(before: datetime) -> int:
    """Delete alarms that had rung before this instant. Return how many."""
    if not apps.is_installed(_DATABASE_QUEUE):
        return 0
    from django_tasks_db.models import DBTaskResult

    return DBTaskResult.objects.finished().filter(finished_at__lt=before).delete()[0]


def run_next(worker_id: str) -> bool:
    """
    Take one alarm that is due and answer it; False when none is.

    :raises DatabaseError: the database does not answer
    """
    from django_tasks_db.management.commands.db_worker import Worker
    from django_tasks_db.models import DBTaskResult

    if not DBTaskResult.objects.ready().exists():  # a read, so that an idle worker never takes the write lock
        return False
    one = Worker(
        queue_names=["*"],
        excluded_queue_names=[],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=1,
        worker_id=worker_id,
    )
    one.run()
    return bool(one._run_tasks)
