"""Signs of life of the workers, for the pages and probes that ask whether anybody works."""

from __future__ import annotations

from datetime import datetime, timedelta

from sportello.core.models import WorkerBeat

SILENT_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(days=1)


def beat(worker_id: str, threads: int, now: datetime) -> None:
    """Write down that this worker process lives."""
    WorkerBeat.objects.update_or_create(
        worker_id=worker_id,
        defaults={"beat_at": now, "threads": threads},
        create_defaults={"beat_at": now, "threads": threads, "started_at": now},
    )


def say_goodbye(worker_id: str) -> None:
    """Forget a worker that stops in an orderly way."""
    WorkerBeat.objects.filter(worker_id=worker_id).delete()


def forget_silent(now: datetime) -> int:
    """Forget workers that died long ago. Return how many."""
    return WorkerBeat.objects.filter(beat_at__lt=now - FORGOTTEN_AFTER).delete()[0]


def alive(now: datetime) -> int:
    """Return how many worker processes gave a sign of life lately."""
    return WorkerBeat.objects.filter(beat_at__gte=now - SILENT_AFTER).count()
