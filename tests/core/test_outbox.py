"""Work asked for with a deed, done once after it, and never lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django_tasks_db.models import DBTaskResult

from sportello.core import outbox, runner, tasks_port
from sportello.core.actors import Actor, Role, System, acting, current
from sportello.core.models import Job
from sportello.core.states import JOB_MOVES, MAIL_MOVES, ForbiddenStep, JobState, MailState, check_job_step

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _as_software(db: None) -> Iterator[None]:
    with acting(System("test")):
        yield


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Register handlers for one test."""
    monkeypatch.setattr(outbox, "_HANDLERS", dict(outbox._HANDLERS))

    def add(act: Callable[[outbox.Work], None], **options: object) -> str:
        name = f"test.{act.__name__}"
        outbox.handler(name, **options)(act)  # type: ignore[arg-type]
        return name

    return add


def only_job() -> Job:
    return Job.objects.get()


def make_due() -> None:
    Job.objects.update(next_run_at=datetime.now(UTC))


def enqueue(name: str, object_id: int = 7, **more: object) -> Job:
    with transaction.atomic():
        outbox.enqueue(name, object_id, **more)  # type: ignore[arg-type]
    return Job.objects.latest("pk")


def test_enqueue_and_run_tells_the_handler_what_to_do(named):
    seen = []

    def note(work):
        seen.append((work, current()))

    job = enqueue(named(note), 7, party_id=3, key="once")
    runner.run(job.pk)

    [(work, who)] = seen
    assert (work.object_id, work.party_id, work.key, work.attempt) == (7, 3, "once", 1)
    assert who == System("job test.note", 3)
    assert only_job().state == JobState.DONE
    assert only_job().finished_at


def test_enqueue_rings_an_alarm_in_the_same_transaction(named):
    name = named(lambda_named("quiet"))
    with transaction.atomic():
        outbox.enqueue(name, 1)
        transaction.set_rollback(True)
    assert not Job.objects.exists()
    assert not DBTaskResult.objects.exists()

    job = enqueue(name)
    assert DBTaskResult.objects.get().args_kwargs["args"] == [job.pk]


@pytest.mark.parametrize("at", [None, NOW])
def test_ring_writes_the_alarm_that_the_library_writes(at):
    tasks_port.ring(4711, at)
    wake = tasks_port.wake.using(run_after=at) if at else tasks_port.wake
    wake.enqueue(4711)
    ours, theirs = (dict(row) for row in DBTaskResult.objects.order_by("enqueued_at").values())
    assert {name for name, value in ours.items() if value != theirs[name]} == {"id", "enqueued_at"}


def lambda_named(name: str) -> Callable[[outbox.Work], None]:
    def act(work: outbox.Work) -> None:
        return None

    act.__name__ = name
    return act


@pytest.mark.django_db(transaction=True)
def test_enqueue_without_a_transaction_is_refused(named):
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.enqueue(named(lambda_named("quiet")), 1)


def test_enqueue_for_an_unknown_handler_is_refused():
    with pytest.raises(outbox.UnknownHandler), transaction.atomic():
        outbox.enqueue("test.nobody", 1)


def test_handler_name_taken_by_another_function_is_refused(named):
    named(lambda_named("quiet"))
    with pytest.raises(ValueError, match=r"test\.quiet"):
        outbox.handler("test.quiet")(test_enqueue_for_an_unknown_handler_is_refused)  # type: ignore[arg-type]


def test_enqueue_twice_while_waiting_keeps_one_job_and_the_earlier_time(named):
    name = named(lambda_named("quiet"))
    later = datetime.now(UTC) + timedelta(hours=2)
    enqueue(name, at=later)
    enqueue(name, at=later - timedelta(hours=1))
    enqueue(name, at=later + timedelta(hours=1))
    assert only_job().next_run_at == later - timedelta(hours=1)


def test_enqueue_same_key_of_two_parties_are_two_jobs(named):
    name = named(lambda_named("quiet"))
    enqueue(name, party_id=1)
    enqueue(name, party_id=2)
    assert Job.objects.count() == 2


def test_enqueue_while_running_runs_once_more(named):
    runs = []

    def again(work):
        runs.append(work.attempt)
        if len(runs) == 1:
            with transaction.atomic():
                outbox.enqueue(work.handler, work.object_id)

    job = enqueue(named(again))
    runner.run(job.pk)
    assert only_job().state == JobState.WAITING
    runner.run(job.pk)
    assert only_job().state == JobState.DONE
    assert runs == [1, 1]


def test_enqueue_after_it_is_done_is_new_work(named):
    name = named(lambda_named("quiet"))
    runner.run(enqueue(name).pk)
    enqueue(name)
    assert sorted(Job.objects.values_list("state", flat=True)) == ["done", "waiting"]


def test_run_before_its_time_does_nothing(named):
    job = enqueue(named(lambda_named("quiet")), at=datetime.now(UTC) + timedelta(hours=1))
    runner.run(job.pk)
    assert only_job().attempts == 0


def test_run_that_fails_waits_longer_each_time_and_then_counts_as_failed(named):
    def broken(work):
        raise ZeroDivisionError("Bruno Verdi")

    job = enqueue(named(broken, attempts=3))
    pauses = []
    for _ in range(3):
        make_due()
        before = datetime.now(UTC)
        runner.run(job.pk)
        pauses.append(only_job().next_run_at - before)
    failed = only_job()
    assert failed.state == JobState.FAILED
    assert failed.last_error == "ZeroDivisionError"
    assert timedelta(seconds=8) <= pauses[0] <= timedelta(seconds=13)
    assert timedelta(seconds=16) <= pauses[1] <= timedelta(seconds=25)


def test_run_that_fails_never_logs_what_the_error_says(named, caplog):
    def leaky(work):
        raise ValueError("codice fiscale VRDBRN80A01H501X")

    runner.run(enqueue(named(leaky)).pk)
    assert "ValueError" in caplog.text
    assert "VRDBRN" not in caplog.text


def test_run_that_asks_to_wait_waits_as_long_as_it_says(named):
    def sleepy(work):
        raise outbox.TryLater("not_open", timedelta(minutes=30))

    runner.run(enqueue(named(sleepy)).pk)
    job = only_job()
    assert (job.state, job.last_error) == (JobState.WAITING, "not_open")
    assert job.next_run_at > datetime.now(UTC) + timedelta(minutes=29)


def test_run_that_gives_up_fails_at_once(named):
    def hopeless(work):
        raise outbox.GiveUp("no_such_paper")

    runner.run(enqueue(named(hopeless)).pk)
    assert (only_job().state, only_job().last_error) == (JobState.FAILED, "no_such_paper")


def test_run_of_a_handler_that_is_gone_fails_with_its_reason(named, monkeypatch):
    job = enqueue(named(lambda_named("quiet")))
    monkeypatch.setattr(outbox, "_HANDLERS", {})
    runner.run(job.pk)
    assert (only_job().state, only_job().last_error) == (JobState.FAILED, "unknown_handler")


def test_claim_goes_to_one_of_two(named):
    job = enqueue(named(lambda_named("quiet")))
    now = datetime.now(UTC)
    assert runner.claim(job.pk, now)
    assert runner.claim(job.pk, now) is None


def test_settle_after_the_claim_was_lost_changes_nothing(named):
    job = enqueue(named(lambda_named("quiet")))
    slow = runner.claim(job.pk, datetime.now(UTC))
    assert slow
    runner.sweep(datetime.now(UTC) + runner.LEASE * 2)
    quick = runner.claim(job.pk, datetime.now(UTC) + timedelta(hours=1))
    assert quick
    assert not runner.settle_done(slow)
    assert not runner.settle_failed(slow, "late", None)
    assert only_job().state == JobState.RUNNING
    assert runner.settle_done(quick)


def test_sweep_gives_work_of_a_dead_worker_to_another(named):
    job = enqueue(named(lambda_named("quiet")))
    runner.claim(job.pk, datetime.now(UTC))
    DBTaskResult.objects.all().delete()
    assert runner.sweep(datetime.now(UTC)) == 0, "its lease still holds"
    assert runner.sweep(datetime.now(UTC) + runner.LEASE * 2) == 1
    assert (only_job().state, only_job().last_error) == (JobState.WAITING, runner.DIED)
    assert DBTaskResult.objects.count() == 1


def test_sweep_gives_up_on_work_that_kills_its_worker_each_time(named):
    job = enqueue(named(lambda_named("deadly"), attempts=2))
    for _ in range(2):
        make_due()
        runner.claim(job.pk, datetime.now(UTC))
        runner.sweep(datetime.now(UTC) + runner.LEASE * 2)
    assert (only_job().state, only_job().last_error) == (JobState.FAILED, runner.DIED)


def test_sweep_rings_again_for_a_lost_alarm(named):
    enqueue(named(lambda_named("quiet")))
    DBTaskResult.objects.all().delete()
    later = datetime.now(UTC) + runner.FORGOTTEN_AFTER * 2
    assert runner.sweep(later) == 1
    assert DBTaskResult.objects.count() == 1
    assert runner.sweep(later) == 0, "it was just rung"


def test_sweep_leaves_a_long_queue_alone(named):
    enqueue(named(lambda_named("quiet")))
    Job.objects.update(alarm_at=None, next_run_at=datetime.now(UTC) - timedelta(hours=1))
    DBTaskResult.objects.update(enqueued_at=datetime.now(UTC) - timedelta(hours=1))
    assert runner.sweep(datetime.now(UTC)) == 0
    assert DBTaskResult.objects.count() == 1


def test_renew_leases_keeps_what_this_process_runs_until_its_limit(named):
    leases: list[datetime] = []

    def long_work(work):
        for minutes in (1, 3):
            runner.renew_leases(datetime.now(UTC) + timedelta(minutes=minutes))
            leases.append(only_job().lease_until or NOW)

    runner.run(enqueue(named(long_work, limit=timedelta(minutes=2))).pk)
    assert leases[0] > datetime.now(UTC) + timedelta(seconds=100)
    assert leases[1] == leases[0], "past its limit a run is taken for hung"


def test_wake_runs_the_job(named):
    done = []

    def note(work):
        done.append(work.object_id)

    job = enqueue(named(note))
    tasks_port.wake.call(job.pk)
    assert done == [7]


def test_forget_drops_alarms_that_are_over(named):
    enqueue(named(lambda_named("quiet")))
    DBTaskResult.objects.update(status="SUCCESSFUL", finished_at=NOW)
    assert tasks_port.forget_finished(NOW + timedelta(hours=1)) == 1
    enqueue(named(lambda_named("quiet")), 8)
    DBTaskResult.objects.update(status="RUNNING", started_at=NOW)
    assert tasks_port.forget_dead(NOW + timedelta(hours=1)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "running"},
        {"state": "done"},
        {"state": "asleep"},
        {"finished_at": NOW},
    ],
)
def test_job_that_contradicts_itself_is_refused_by_the_database(wrong):
    row = {"handler": "h", "object_id": 1, "key": "1", "created_at": NOW, "next_run_at": NOW} | wrong
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(**row)


def test_job_key_is_unique_among_the_living_alone():
    row = {"handler": "h", "object_id": 1, "key": "1", "created_at": NOW, "next_run_at": NOW}
    Job.objects.create(**row, state="done", finished_at=NOW)
    Job.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(**row)


def test_jobs_are_shown_to_the_owner_of_their_party_alone():
    for party in (1, 2):
        Job.objects.create(handler="h", object_id=1, party_id=party, key="1", created_at=NOW, next_run_at=NOW)
    for role, count in ((Role.OWNER, 1), (Role.COLLABORATOR, 0), (Role.ACCOUNTANT, 0)):
        with acting(Actor(person_id=1, party_id=1, role=role)):
            assert Job.objects.count() == count


def test_states_are_all_in_their_tables():
    assert set(JOB_MOVES) == set(JobState)
    assert set(MAIL_MOVES) == set(MailState)
    with pytest.raises(ForbiddenStep):
        check_job_step(JobState.DONE, JobState.RUNNING)


@pytest.mark.django_db(transaction=True)
def test_enqueue_from_two_transactions_at_once_leaves_one_job(named):
    from tests.support.threads import both

    name = named(lambda_named("quiet"))

    def ask() -> None:
        try:
            with acting(System("test")), transaction.atomic():
                outbox.enqueue(name, 5, party_id=1)
        finally:
            connection.close()

    both(ask, 8)
    assert Job.objects.filter(state="waiting").count() == 1
