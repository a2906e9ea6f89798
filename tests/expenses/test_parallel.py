"""Two workers, two tabs, two clicks: one operation each. Real transactions, real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from sportello.core.violations import RuleViolation
from sportello.expenses.operations import manual
from tests.billing.desk import paid
from tests.expenses.counter import Counter, counter_at
from tests.expenses.test_strays import cancel, stray
from tests.world import World, build_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return build_world()


@pytest.fixture
def counter(world: World, tmp_path: Path):
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def together(*deeds: Callable[[], object]) -> list[object]:
    """Do several things at the same moment, each in a thread of its own with the arrangement of this one."""
    import contextvars

    start, results = threading.Barrier(len(deeds)), []

    def do(deed: Callable[[], object]) -> None:
        start.wait()
        try:
            results.append(deed())
        except RuleViolation as refusal:
            results.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=contextvars.copy_context().run, args=(do, deed)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    return results


def test_two_clicks_send_once(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    pk = counter.expense(invoice).pk
    together(*[lambda: manual.send_now(actor=world.ada, expense_id=pk)] * 4)
    assert counter.state(invoice) == "ACCEPTED"
    assert len(counter.journal("insert")) == 1


def test_two_workers_send_each_document_once(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(6)]
    counter.take_in()
    together(*[lambda: counter.run(automatic=True)] * 3)
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    assert len(counter.journal("insert")) == 6


def test_two_workers_send_one_file(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(6)]
    counter.take_in()
    together(*[lambda: counter.run(automatic=True, many=3)] * 2)
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    files = [call for call in counter.journal("upload") if call["outcome"] == "done"]
    assert len(files) == 1
    counter.assert_books_agree()


def test_two_workers_take_in_the_same_marks_once(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(5)]
    together(*[counter.take_in] * 3)
    assert {counter.state(one) for one in invoices} == {"READY"}


def test_two_workers_ask_about_one_lost_call_once(counter: Counter, world: World):
    from sistemats.codes import Call
    from tests.expenses.counter import Fault, Rule

    invoice = paid(world)
    counter.faults(Rule(Fault.LOST_ANSWER, operations=frozenset({Call.INSERT}), calls=frozenset({1})))
    counter.run(automatic=True)
    counter.forward(hours=1)
    together(*[lambda: counter.run(automatic=True)] * 3)
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert len(counter.journal("insert")) == 1


def test_two_clicks_cancel_what_our_books_do_not_have_once(counter: Counter, world: World):
    found = stray(counter, world)
    results = together(*[lambda: cancel(world, found)] * 4)
    assert len(counter.journal("cancel")) == 1
    assert counter.held() == {}
    assert results.count(None) == 1
    assert set(results) <= {None, "sts_call_under_way", "sts_remedy_not_offered"}
