"""An account that the State refuses: whatever was asked, everything stops at once, and goes on by itself later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from sistemats.codes import Call
from sportello.core.actors import System, acting
from sportello.core.models import Job
from sportello.core.outbox import TryLater, Work
from sportello.core.runner import run as run_job
from sportello.expenses import handlers, patience, running
from sportello.expenses.models import MonthlyReport, StsSettings, Transmission
from sportello.expenses.operations import manual
from sportello.expenses.operations.credentials import try_credentials
from sportello.expenses.operations.reconciling import ask_report
from sportello.expenses.operations.remarks import ask_remarks
from tests.billing.desk import paid
from tests.expenses.counter import PIN, Counter, Fault, Rule
from tests.expenses.test_edges import recode, sent, someone_else_inserted
from tests.world import DAY, World

Asking = Callable[[Counter, World], None]


def account_now(counter: Counter) -> StsSettings:
    with acting(System("tests")):
        return StsSettings.objects.get(pk=counter.account.pk)


def wrong_pin(counter: Counter, pin: str = "0000000000") -> None:
    with acting(System("tests")):
        counter.account.refresh_from_db()
        counter.account.pin = pin
        counter.account.save()


def expire(counter: Counter, *calls: Call) -> None:
    """Have the password run out for some calls, so that those before them still pass."""
    counter.faults(Rule(Fault.EXPIRED_PASSWORD, operations=frozenset(calls)))


def work_once(counter: Counter, handler: Callable[[Work], None], name: str, object_id: int) -> bool:
    """Let the worker do one piece of work; tell whether it wants to try again."""
    with acting(System("tests", counter.account.practice_id)):
        try:
            handler(Work(0, name, object_id, counter.account.practice_id, "", 1, last_attempt=False))
        except TryLater:
            return True
    return False


def file_that_was_taken(counter: Counter, world: World) -> Transmission:
    for _ in range(3):
        paid(world)
    counter.run(automatic=True, many=3)
    counter.wait_for_files()
    counter.forward(minutes=1)
    with acting(System("tests")):
        return Transmission.objects.get()


def hours(counter: Counter, number: int) -> None:
    """Let hours pass, the sender looking once in each."""
    for _ in range(number):
        counter.forward(hours=1)
        counter.wait_for_files()
        counter.run(automatic=False)


@pytest.mark.parametrize("call", [Call.OUTCOME, Call.RECEIPT])
def test_password_that_runs_out_between_the_questions_about_a_file_is_offered_once(
    counter: Counter, world: World, call: Call
):
    file = file_that_was_taken(counter, world)
    expire(counter, call)
    hours(counter, 5)
    assert len(counter.journal(call.value)) == 1
    assert (account_now(counter).stop_reason, account_now(counter).wrong_tries) == ("authentication", 1)
    counter.faults()
    assert try_credentials(actor=world.ada, entity_id=counter.entity, now=patience.now()).resumed
    hours(counter, 2)
    with acting(System("tests")):
        file.refresh_from_db()
    assert (file.state, file.receipt_id is not None, file.next_poll_at) == ("done", True, None)


def test_password_that_runs_out_before_the_file_of_errors_is_offered_once(counter: Counter, world: World):
    bad = paid(world, patient=world.mia)
    recode(world.mia, "VRDMIA18P45A944Y")
    file_that_was_taken(counter, world)
    expire(counter, Call.ERRORS)
    hours(counter, 5)
    assert len(counter.journal("errors")) == 1
    assert account_now(counter).stop_reason == "authentication"
    counter.faults()
    try_credentials(actor=world.ada, entity_id=counter.entity, now=patience.now())
    hours(counter, 5)
    assert counter.state(bad) == "REJECTED"


def remarks_asked(counter: Counter, world: World) -> None:
    ask_remarks(actor=world.ada, entity_id=counter.entity)


def report_asked(counter: Counter, world: World) -> None:
    ask_report(actor=world.ada, entity_id=counter.entity, month=DAY)


@pytest.mark.parametrize(
    ("asked", "call", "name"),
    [
        (remarks_asked, Call.FLAG_REPORT, running.REMARKS),
        (report_asked, Call.REPORT, running.REPORT),
    ],
)
def test_question_that_a_person_asked_stops_at_the_first_refusal_and_is_asked_again_after_a_good_test(
    counter: Counter, world: World, asked: Asking, call: Call, name: str
):
    expire(counter, call)
    asked(counter, world)
    with acting(System("tests")):
        job = Job.objects.get(handler=name)
    run_job(job.pk)
    with acting(System("tests")):
        job.refresh_from_db()
    assert job.state == "done"
    assert (account_now(counter).stop_reason, account_now(counter).wrong_tries) == ("authentication", 1)
    counter.faults()
    assert try_credentials(actor=world.ada, entity_id=counter.entity, now=patience.now()).resumed
    with acting(System("tests")):
        again = Job.objects.get(handler=name, state="waiting")
    run_job(again.pk)
    with acting(System("tests")):
        again.refresh_from_db()
    assert again.state == "done"
    assert [one["outcome"] for one in counter.journal()][-1] == "refused"  # there is none: the question itself passed
    assert not try_credentials(actor=world.ada, entity_id=counter.entity, now=patience.now()).resumed


def test_question_is_not_asked_again_after_a_stop_that_did_not_cut_it_short(counter: Counter, world: World):
    ask_remarks(actor=world.ada, entity_id=counter.entity)
    with acting(System("tests")):
        job = Job.objects.get(handler=running.REMARKS)
    run_job(job.pk)
    with acting(System("tests")):
        Job.objects.filter(pk=job.pk).update(finished_at=patience.now())
    counter.forward(minutes=1)
    expire(counter, Call.INSERT)
    paid(world)
    counter.run(automatic=True)
    counter.faults()
    assert try_credentials(actor=world.ada, entity_id=counter.entity, now=patience.now()).resumed
    with acting(System("tests")):
        assert not Job.objects.filter(handler=running.REMARKS, state="waiting").exists()
        assert Job.objects.filter(handler=running.RUN, state="waiting").exists()


def test_wrong_pin_in_the_answer_to_a_resync_stops_and_is_not_asked_on(counter: Counter, world: World):
    invoice = sent(counter, world)
    wrong_pin(counter)
    result = manual.resync(actor=world.ada, expense_id=counter.expense(invoice).pk)
    assert (result.outcome, result.trouble) == ("account", "pin")
    assert (account_now(counter).stop_reason, account_now(counter).wrong_tries) == ("pin", 0)
    hours(counter, 5)
    assert len(counter.journal("query")) == 1
    wrong_pin(counter, PIN)
    try_credentials(actor=world.ada, entity_id=counter.entity, now=patience.now())
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"


def test_wrong_pin_in_the_answer_about_a_file_stops_and_leaves_the_file_taken(counter: Counter, world: World):
    file = file_that_was_taken(counter, world)
    wrong_pin(counter)
    hours(counter, 5)
    assert len(counter.journal("outcome")) == 1
    assert account_now(counter).stop_reason == "pin"
    with acting(System("tests")):
        file.refresh_from_db()
    assert file.state == "taken"


def test_wrong_pin_in_the_answer_about_one_file_leaves_the_others_unasked(counter: Counter, world: World):
    for _ in range(2):
        for _ in range(2):
            paid(world)
        counter.run(automatic=True, many=2)
    wrong_pin(counter)
    hours(counter, 2)
    assert len(counter.journal("upload")) == 2
    assert len(counter.journal("outcome")) == 1


def test_wrong_pin_in_the_answer_about_a_lost_call_stops_and_leaves_it_in_doubt(counter: Counter, world: World):
    invoice = paid(world)
    counter.faults(Rule(Fault.LOST_ANSWER, operations=frozenset({Call.INSERT}), calls=frozenset({1})))
    counter.run(automatic=True)
    wrong_pin(counter)
    hours(counter, 5)
    assert len(counter.journal("query")) == 1
    assert account_now(counter).stop_reason == "pin"
    assert counter.state(invoice) == "UNCERTAIN"
    wrong_pin(counter, PIN)
    try_credentials(actor=world.ada, entity_id=counter.entity, now=patience.now())
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert len(counter.journal("insert")) == 1


def test_wrong_pin_in_the_answer_about_a_lost_file_never_sends_it_again(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(3)]
    counter.faults(Rule(Fault.LOST_ANSWER, operations=frozenset({Call.UPLOAD}), calls=frozenset({1})))
    counter.run(automatic=True, many=3)
    wrong_pin(counter)
    hours(counter, 5)
    assert account_now(counter).stop_reason == "pin"
    assert {counter.state(one) for one in invoices} == {"UNCERTAIN"}
    wrong_pin(counter, PIN)
    try_credentials(actor=world.ada, entity_id=counter.entity, now=patience.now())
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    assert len(counter.journal("upload")) == 1


@pytest.mark.parametrize(("asked", "handler"), [(remarks_asked, handlers.remarks), (report_asked, handlers.report)])
def test_wrong_pin_in_a_report_stops_and_gives_the_question_up(
    counter: Counter, world: World, asked: Asking, handler: Callable[[Work], None]
):
    asked(counter, world)
    wrong_pin(counter)
    with acting(System("tests")):
        report = MonthlyReport.objects.first()
    assert not work_once(counter, handler, "", report.pk if report else counter.entity)
    assert account_now(counter).stop_reason == "pin"


def test_refused_sign_in_of_the_sender_counts_once_however_many_wait(counter: Counter, world: World):
    sent(counter, world)
    invoices = [paid(world) for _ in range(6)]
    counter.faults(Rule(Fault.EXPIRED_PASSWORD, operations=frozenset({Call.INSERT}), calls=frozenset({2})))
    counter.run(automatic=True)
    assert account_now(counter).wrong_tries == 1
    assert len(counter.journal("insert")) == 3
    assert {counter.state(one) for one in invoices} == {"ACCEPTED", "READY"}


def test_refused_sign_in_of_a_file_counts_once(counter: Counter, world: World):
    for _ in range(3):
        paid(world)
    expire(counter, Call.UPLOAD)
    counter.run(automatic=True, many=3)
    assert account_now(counter).wrong_tries == 1


def test_refused_sign_ins_of_sender_and_tests_add_up_and_ask_for_consent(counter: Counter, world: World):
    paid(world)
    expire(counter, *Call)
    counter.run(automatic=True)
    for tries in (2, 3):
        try_credentials(actor=world.ada, entity_id=counter.entity, now=patience.now())
        assert account_now(counter).wrong_tries == tries
    counter.faults()
    try_credentials(actor=world.ada, entity_id=counter.entity, now=patience.now())
    assert account_now(counter).wrong_tries == 0


def test_trouble_of_the_service_stops_nothing(counter: Counter, world: World):
    counter.take_in()
    invoice = paid(world, on=date(2026, 3, 2))
    counter.take_in()
    someone_else_inserted(counter, invoice, counter.expense(invoice).amount)
    counter.faults(Rule(Fault.WS99, operations=frozenset({Call.QUERY}), calls=frozenset({1})))
    manual.resync(actor=world.ada, expense_id=counter.expense(invoice).pk)
    assert account_now(counter).stopped_at is None
