"""Work that comes back, workers' signs of life, and the nightly housekeeping."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from sportello.core import audit, beats, handlers, outbox, runner, schedule
from sportello.core.actors import System, acting
from sportello.core.files import keeping
from sportello.core.files.content import Purpose
from sportello.core.models import Job, Schedule, WorkerBeat
from sportello.core.schedule import Periodic
from sportello.core.states import JobState

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _as_software(db: None) -> Iterator[None]:
    with acting(System("test")):
        yield


@pytest.fixture
def hourly(monkeypatch: pytest.MonkeyPatch) -> str:
    """Make one hourly handler the only periodic work."""
    monkeypatch.setattr(outbox, "_HANDLERS", dict(outbox._HANDLERS))
    monkeypatch.setattr(schedule, "_PERIODIC", {})

    @schedule.periodic("test.hourly", every=timedelta(hours=1))
    @outbox.handler("test.hourly")
    def hourly(work: outbox.Work) -> None:
        return None

    return "test.hourly"


def test_tick_asks_at_once_and_then_when_it_is_due(hourly):
    assert schedule.tick(NOW) == [hourly]
    assert schedule.tick(NOW + timedelta(minutes=59)) == []
    Job.objects.update(state="done", finished_at=NOW)
    assert schedule.tick(NOW + timedelta(minutes=60)) == [hourly]
    assert Job.objects.count() == 2
    assert Schedule.objects.get().last_run_at == NOW + timedelta(hours=1)


def test_tick_after_a_long_stop_asks_once(hourly):
    schedule.tick(NOW)
    Job.objects.update(state="done", finished_at=NOW)
    assert schedule.tick(NOW + timedelta(days=3)) == [hourly]
    assert schedule.tick(NOW + timedelta(days=3, minutes=1)) == []
    assert Job.objects.count() == 2


def test_tick_while_the_last_run_still_waits_adds_none(hourly):
    schedule.tick(NOW)
    schedule.tick(NOW + timedelta(hours=2))
    assert Job.objects.count() == 1


def test_tick_of_the_slower_worker_asks_for_nothing(hourly, monkeypatch):
    schedule.tick(NOW)
    late = NOW + timedelta(hours=1)
    faster = {"next_run_at": late + timedelta(hours=1)}
    moved_on = schedule._moved_on

    def other_was_first(*args):
        Schedule.objects.update(**faster)
        return moved_on(*args)

    monkeypatch.setattr(schedule, "_moved_on", other_was_first)
    assert schedule.tick(late) == []


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 12, 2, 0, tzinfo=ROME), datetime(2026, 3, 12, 3, 10, tzinfo=ROME)),
        (datetime(2026, 3, 12, 3, 10, tzinfo=ROME), datetime(2026, 3, 13, 3, 10, tzinfo=ROME)),
        (datetime(2026, 3, 12, 1, 30, tzinfo=UTC), datetime(2026, 3, 12, 3, 10, tzinfo=ROME)),
        (datetime(2026, 10, 24, 12, 0, tzinfo=ROME), datetime(2026, 10, 25, 3, 10, tzinfo=ROME)),
    ],
)
def test_next_after_is_a_time_of_day_where_the_practice_is(now, due):
    assert Periodic("x", None, time(3, 10)).next_after(now, ROME) == due


def test_periodic_needs_either_a_pause_or_a_time():
    with pytest.raises(ValueError, match="either"):
        schedule.periodic("x")
    with pytest.raises(ValueError, match="either"):
        schedule.periodic("x", every=timedelta(1), daily_at=time(3))


def test_all_periodic_work_has_a_handler():
    for each in schedule.known():
        assert outbox.find(each.handler)
    assert {"core.anchor_audit", "core.prune", "core.drop_orphans"} <= {each.handler for each in schedule.known()}


def test_beats_tell_who_lives():
    beats.beat("a", 2, NOW)
    beats.beat("a", 3, NOW + timedelta(seconds=50))
    beats.beat("b", 1, NOW - timedelta(days=2))
    assert beats.alive(NOW + timedelta(seconds=55)) == 1
    assert WorkerBeat.objects.get(worker_id="a").started_at == NOW
    assert beats.forget_silent(NOW) == 1
    beats.say_goodbye("a")
    assert beats.alive(NOW) == 0


def run(name: str) -> Job:
    with transaction.atomic():
        outbox.enqueue(name, 0, key="periodic")
    job = Job.objects.latest("pk")
    runner.run(job.pk)
    return Job.objects.get(pk=job.pk)


def test_prune_forgets_what_is_over_and_keeps_what_is_not():
    row = {"handler": "h", "object_id": 1, "created_at": NOW, "next_run_at": NOW}
    long_ago = datetime.now(UTC) - timedelta(days=31)
    old = Job.objects.create(**row, key="old", state="done", finished_at=long_ago)
    failed = Job.objects.create(**row, key="failed", state="failed", finished_at=long_ago)
    fresh = Job.objects.create(**row, key="fresh", state="done", finished_at=datetime.now(UTC))
    with transaction.atomic():
        outbox.enqueue("core.prune", 9, key="waiting")
    DBTaskResult.objects.update(status="SUCCESSFUL", finished_at=long_ago)
    Session.objects.create(session_key="a", session_data="x", expire_date=long_ago)
    Session.objects.create(session_key="b", session_data="x", expire_date=datetime.now(UTC) + timedelta(days=1))
    assert run("core.prune").state == JobState.DONE
    assert set(Job.objects.filter(pk__in=[old.pk, failed.pk, fresh.pk])) == {failed, fresh}
    assert not DBTaskResult.objects.filter(finished_at__lt=NOW).exists()
    assert set(Session.objects.values_list("session_key", flat=True)) == {"b"}


def test_anchor_audit_writes_the_ends_of_the_chains(settings, tmp_path):
    settings.SPORTELLO_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    with transaction.atomic():
        entry = audit.record(System("test", 7), "test.deed")
    assert run("core.anchor_audit").state == JobState.DONE
    assert entry.hash in (tmp_path / "anchors.jsonl").read_text()


def test_anchor_audit_waits_when_the_operators_command_fails(settings, tmp_path):
    settings.SPORTELLO_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    settings.SPORTELLO_ANCHOR_COMMAND = "false"
    job = run("core.anchor_audit")
    assert (job.state, job.last_error) == (JobState.WAITING, "anchor_not_carried")


def test_drop_orphans_runs_as_a_job_and_spares_the_fresh(monkeypatch):
    orphan = keeping.write(b"%PDF-1.7 x", party_id=1, purpose=Purpose.PAPER)
    assert run("core.drop_orphans").state == JobState.DONE
    assert default_storage.exists(orphan.place)
    monkeypatch.setattr(handlers, "ORPHANS_KEPT", timedelta(minutes=-1))
    run("core.drop_orphans")
    assert not default_storage.exists(orphan.place)
