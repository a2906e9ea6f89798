"""A run that is asked for at an instant comes when all that is due within its second is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction

from sportello.core.actors import System, acting
from sportello.core.models import Job
from sportello.expenses import running
from tests.expenses.counter import Counter

AT = datetime(2030, 3, 12, 11, 0, 7, 200_000, tzinfo=UTC)


def jobs_after(counter: Counter, *instants: datetime) -> list[datetime]:
    with acting(System("tests")), transaction.atomic():
        Job.objects.all().delete()
        for instant in instants:
            running.wake(counter.entity, counter.account.practice_id, at=instant)
        return list(
            Job.objects.filter(handler=running.RUN).order_by("next_run_at").values_list("next_run_at", flat=True)
        )


def test_wake_at_two_instants_of_a_second_is_one_run_after_both(counter: Counter):
    later = AT + timedelta(seconds=0.7)
    for instants in ((AT, later), (later, AT)):
        (begins,) = jobs_after(counter, *instants)
        assert later <= begins <= later + timedelta(seconds=1)


def test_wake_at_instants_of_two_seconds_is_two_runs(counter: Counter):
    first, second = jobs_after(counter, AT, AT + timedelta(seconds=1))
    assert AT <= first < second
