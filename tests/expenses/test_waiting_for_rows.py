"""Somebody waits for a row that another is changing, and then sees it as it is, not as it was (PostgreSQL)."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction

from sportello.billing.models import Invoice, Payment
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.payments import void_payment
from sportello.core import marks
from sportello.core.actors import System, acting
from sportello.core.models import Job
from sportello.core.violations import RuleViolation
from sportello.expenses import papers, patience, running, taking_in
from sportello.expenses.exchange import claiming, settling
from sportello.expenses.models import Expense, StsSettings
from sportello.expenses.operations import environment
from sportello.expenses.operations.environment import move_environment
from sportello.expenses.rules.answers import Answer, Said
from sportello.expenses.rules.next_step import Step
from sportello.patients.operations.patients import CODE_CHANGED
from tests.billing.desk import paid
from tests.expenses.counter import Counter, counter_at
from tests.world import DAY, World, build_world

pytestmark = pytest.mark.django_db(transaction=True)
LONG = 60.0


@pytest.fixture
def world() -> World:
    if not connection.features.has_select_for_update:
        pytest.skip("SQLite has one writer: nobody ever waits for a row")
    return build_world()


@pytest.fixture
def counter(world: World, tmp_path: Path):
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def started(deed: Callable[[], Any]) -> Future[Any]:
    """Do something in a thread of its own, with the arrangement of this one."""
    outcome: Future[Any] = Future()

    def do() -> None:
        try:
            outcome.set_result(deed())
        except BaseException as problem:  # noqa: BLE001 - the test asks for it
            outcome.set_exception(problem)
        finally:
            connections.close_all()

    threading.Thread(target=contextvars.copy_context().run, args=(do,), daemon=True).start()
    return outcome


def one_behind_the_other(
    monkeypatch, place: Any, name: str, first: Callable[[], Any], second: Callable[[], Any]
) -> tuple[Future[Any], Future[Any]]:
    """Hold the first at the end of `place.name`, inside its transaction, until the second waits for a row of it."""
    reached, go_on = threading.Event(), threading.Event()
    real, holder = getattr(place, name), []

    def held(*arguments: Any, **more: Any) -> Any:
        result = real(*arguments, **more)
        if threading.get_ident() in holder:
            reached.set()
            assert go_on.wait(LONG)
        return result

    def begin() -> Any:
        holder.append(threading.get_ident())
        return first()

    monkeypatch.setattr(place, name, held)
    one = started(begin)
    assert reached.wait(LONG)
    other = started(second)
    until_somebody_waits()
    go_on.set()
    one.exception(LONG), other.exception(LONG)
    return one, other


def until_somebody_waits() -> None:
    pause = threading.Event()
    for _ in range(int(LONG * 20)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
        pause.wait(0.05)
    raise AssertionError("the second never waits")


def claim(counter: Counter, invoice: Invoice) -> Callable[[], Any]:
    pk = counter.expense(invoice).pk

    def do() -> Any:
        with acting(System("tests", counter.account.practice_id)):
            return claiming.claim_one(pk, counter.account.environment, now=patience.now())

    return do


def settle(counter: Counter, call_id: int, answer: Answer = Answer(Said.DONE, "99260926001866680")):  # noqa: B008 - frozen
    def do() -> Any:
        with acting(System("tests", counter.account.practice_id)):
            return settling.settle_one(call_id, answer, now=patience.now())

    return do


def recode(counter: Counter, world: World) -> None:
    """Have the patient's code looked at again."""
    world.bruno.codice_fiscale = "VRDMIA18P45A944X"
    with acting(System("tests")), transaction.atomic():
        world.bruno.save()
        marks.note(CODE_CHANGED, counter.account.practice_id, world.bruno.pk)


def test_taking_in_that_waits_for_a_claim_sees_the_document_on_its_way(counter: Counter, world: World, monkeypatch):
    invoice = paid(world)
    counter.take_in()
    recode(counter, world)
    one, _ = one_behind_the_other(monkeypatch, claiming, "_write_down", claim(counter, invoice), counter.take_in)
    assert counter.state(invoice) == "QUEUED"
    settle(counter, one.result().call_id)()
    assert counter.state(invoice) == "TO_UPDATE"


def test_taking_in_that_waits_for_a_lost_answer_leaves_it_in_doubt(counter: Counter, world: World, monkeypatch):
    invoice = paid(world)
    counter.take_in()
    claimed = claim(counter, invoice)()
    with acting(System("tests")):
        payment = Payment.objects.get(invoice=invoice)
    void_payment(actor=world.ada, payment_id=payment.pk, reason="Pagamento registrato due volte")
    lost = settle(counter, claimed.call_id, Answer(Said.DOUBT))
    _, other = one_behind_the_other(monkeypatch, settling, "deed", lost, counter.take_in)
    other.result()
    assert counter.state(invoice) == "UNCERTAIN"
    assert not counter.expense(invoice).due


def test_settlement_that_waits_for_a_credit_note_wakes_the_sender_for_it(counter: Counter, world: World, monkeypatch):
    invoice = paid(world)
    counter.take_in()
    claimed = claim(counter, invoice)()
    issue_credit_note(actor=world.ada, invoice_id=invoice.pk, values=NoteValues(), on=DAY, today=DAY)
    with acting(System("tests")):
        Job.objects.all().delete()
    one_behind_the_other(monkeypatch, marks, "drop", counter.take_in, settle(counter, claimed.call_id))
    assert counter.state(invoice) == "ACCEPTED"
    with acting(System("tests")):
        assert Job.objects.filter(handler=running.RUN).exists()


def taken_back_and_taken_in(counter: Counter, world: World, invoice: Invoice) -> Callable[[], int]:
    def do() -> int:
        with acting(System("tests")):
            payment = Payment.objects.get(invoice=invoice)
        void_payment(actor=world.ada, payment_id=payment.pk, reason="Pagamento registrato due volte")
        return counter.take_in()

    return do


def all_of_the_entity(counter: Counter) -> Callable[[], int]:
    return lambda: taking_in.take_in_entity(counter.entity, counter.account.practice_id)


def test_slow_slice_of_an_entity_does_not_undo_what_was_derived_of_newer_papers(
    counter: Counter, world: World, monkeypatch
):
    invoice = paid(world)
    counter.run(automatic=True)
    recode(counter, world)
    newer = taken_back_and_taken_in(counter, world, invoice)
    one, other = one_behind_the_other(monkeypatch, papers, "_groups", all_of_the_entity(counter), newer)
    assert (one.result(), other.result()) == (1, 1)
    assert (counter.state(invoice), counter.expense(invoice).why_not) == ("TO_DELETE", "not_paid")


def test_slow_slice_of_an_entity_does_not_send_what_was_taken_back_meanwhile(
    counter: Counter, world: World, monkeypatch
):
    invoice = paid(world)
    newer = taken_back_and_taken_in(counter, world, invoice)
    one, other = one_behind_the_other(monkeypatch, papers, "_groups", all_of_the_entity(counter), newer)
    assert (one.result(), other.result()) == (1, 1)
    assert (counter.state(invoice), counter.expense(invoice).why_not) == ("NOT_APPLICABLE", "not_paid")
    counter.run(automatic=True)
    assert not counter.held()


def test_account_that_goes_live_waits_for_a_claim_and_stays(counter: Counter, world: World, monkeypatch):
    invoice = paid(world)
    counter.take_in()
    move = lambda: move_environment(actor=world.ada, entity_id=counter.entity, environment="production")  # noqa: E731
    _, other = one_behind_the_other(monkeypatch, claiming, "_write_down", claim(counter, invoice), move)
    with pytest.raises(RuleViolation, match="sts_calls_open"):
        other.result()
    with acting(System("tests")):
        assert StsSettings.objects.get(pk=counter.account.pk).environment == counter.account.environment


def test_claim_that_waits_for_an_account_going_live_finds_nothing(counter: Counter, world: World, monkeypatch):
    invoice = paid(world)
    counter.take_in()
    move = lambda: move_environment(actor=world.ada, entity_id=counter.entity, environment="production")  # noqa: E731
    _, other = one_behind_the_other(monkeypatch, environment, "_forget", move, claim(counter, invoice))
    assert other.result() == Step.NOTHING
    with acting(System("tests")):
        assert Expense.objects.get(invoice_id=invoice.pk).carrier_id is None
