"""Sending what a person selected: what waits, and once more what the State refused."""

from __future__ import annotations

import pytest

from sistemats.codes import Call
from sportello.billing.models import Invoice
from sportello.core.actors import System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses.again import could_go_again, refused
from sportello.expenses.models import Expense, StsSettings, Transmission
from sportello.expenses.operations.many import send_many
from sportello.expenses.operations.sides import exclude
from sportello.expenses.queries.documents import Filter, View, is_refused, sendable, sendable_count
from tests.billing.desk import paid
from tests.expenses.counter import Counter, Fault, Rule
from tests.expenses.test_edges import credited, recode, sent, someone_else_inserted, unpaid_again
from tests.world import World


def rejected(counter: Counter, world: World, number: int = 3) -> list[Invoice]:
    """Return documents that the State refused together, as a file."""
    invoices = [paid(world) for _ in range(number)]
    counter.faults(Rule(Fault.STATE_5, operations=frozenset({Call.UPLOAD}), calls=frozenset({1})))
    counter.run(automatic=True, many=number)
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"REJECTED"}
    return invoices


def keys(counter: Counter, invoices: list[Invoice]) -> list[int]:
    return [counter.expense(one).pk for one in invoices]


def test_send_many_of_a_file_that_was_refused_whole_sends_all_again_as_a_file(counter: Counter, world: World):
    invoices = rejected(counter, world)
    assert send_many(actor=world.ada, entity_id=counter.entity, expense_ids=keys(counter, invoices)) == 3
    assert {counter.state(one) for one in invoices} == {"READY"}
    counter.run(automatic=False, many=3)
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    with acting(System("tests")):
        assert list(Transmission.objects.order_by("pk").values_list("kind", "count")) == [("batch", 3), ("batch", 3)]


def test_send_many_of_all_that_waits_leaves_alone_what_was_refused(counter: Counter, world: World):
    invoices = rejected(counter, world)
    waiting = paid(world)
    counter.take_in()
    assert send_many(actor=world.ada, entity_id=counter.entity) == 1
    counter.run(automatic=False)
    assert counter.state(waiting) == "ACCEPTED"
    assert {counter.state(one) for one in invoices} == {"REJECTED"}


def test_send_many_of_refusals_that_hold_good_is_refused_again_with_the_reason(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(2)]
    recode(world.bruno, "VRDBRN80E12A944X")
    counter.settle()
    for _ in range(2):
        assert {counter.state(one) for one in invoices} == {"REJECTED"}
        assert {one["code"] for each in invoices for one in counter.expense(each).messages} == {"S011"}
        assert send_many(actor=world.ada, entity_id=counter.entity, expense_ids=keys(counter, invoices)) == 2
        counter.run(automatic=False)
    assert len(counter.journal("insert")) == 6


def test_send_many_takes_refused_refunds_too(counter: Counter, world: World):
    invoices = [sent(counter, world) for _ in range(2)]
    counter.faults(Rule(Fault.UNKNOWN_CODE, operations=frozenset({Call.REFUND}), tipo="E"))
    notes = [credited(world, one) for one in invoices]
    counter.settle()
    assert {counter.state(one) for one in notes} == {"REJECTED"}
    counter.faults()
    assert send_many(actor=world.ada, entity_id=counter.entity, expense_ids=keys(counter, notes)) == 2
    counter.run(automatic=False)
    assert {counter.state(one) for one in invoices} == {"REFUNDED"}


def test_send_many_passes_over_what_is_held_or_anothers(counter: Counter, world: World):
    held, another = sent(counter, world), paid(world)
    counter.take_in()
    someone_else_inserted(counter, another, counter.expense(another).amount + 1)
    counter.faults(Rule(Fault.UNKNOWN_CODE, operations=frozenset({Call.CANCEL}), tipo="E"))
    unpaid_again(world, held)
    counter.settle()
    assert [counter.state(one) for one in (held, another)] == ["REJECTED", "REJECTED"]
    assert send_many(actor=world.ada, entity_id=counter.entity, expense_ids=keys(counter, [held, another])) == 0
    assert [counter.state(one) for one in (held, another)] == ["REJECTED", "REJECTED"]


def test_send_many_passes_over_what_was_left_out(counter: Counter, world: World):
    invoices = rejected(counter, world)
    exclude(actor=world.ada, expense_id=counter.expense(invoices[0]).pk, reason="Non va inviata")
    assert send_many(actor=world.ada, entity_id=counter.entity, expense_ids=keys(counter, invoices)) == 2


def test_send_many_of_another_practice_finds_no_account(counter: Counter, world: World):
    invoices = rejected(counter, world)
    with pytest.raises(StsSettings.DoesNotExist):
        send_many(actor=world.olga, entity_id=counter.entity, expense_ids=keys(counter, invoices))
    assert {counter.state(one) for one in invoices} == {"REJECTED"}


def test_send_many_of_refused_ones_while_stopped_changes_nothing(counter: Counter, world: World):
    invoices = rejected(counter, world)
    with acting(System("tests")):
        StsSettings.objects.update(stopped_at=counter.simulator.clock.now(), stop_reason="authentication")
    with pytest.raises(RuleViolation, match="sts_stopped"):
        send_many(actor=world.ada, entity_id=counter.entity, expense_ids=keys(counter, invoices))
    assert {counter.state(one) for one in invoices} == {"REJECTED"}


def test_sendable_takes_refused_ones_where_they_are_ticked_or_nothing_else_is_shown(counter: Counter, world: World):
    invoices = rejected(counter, world)
    waiting = paid(world)
    counter.take_in()
    refusals, every = keys(counter, invoices), keys(counter, [*invoices, waiting])
    with acting(world.ada):
        assert sendable(Filter()) == {counter.entity: [counter.expense(waiting).pk]}
        assert sendable(Filter(), ticked=True) == {counter.entity: every}
        assert sendable(Filter(view=View.REJECTED)) == {counter.entity: refusals}
        assert (sendable_count(Filter()), sendable_count(Filter(view=View.REJECTED))) == (1, 3)
        assert [is_refused(key) for key in every] == [True] * 3 + [False]


def test_could_go_again_says_of_one_what_refused_says_of_all(counter: Counter, world: World):
    rejected(counter, world)
    note = credited(world, sent(counter, world))
    another = paid(world)
    counter.take_in()
    someone_else_inserted(counter, another, counter.expense(another).amount + 1)
    counter.faults(Rule(Fault.UNKNOWN_CODE, operations=frozenset({Call.REFUND}), tipo="E"))
    counter.settle()
    assert (counter.state(note), counter.state(another)) == ("REJECTED", "REJECTED")
    with acting(System("tests")):
        every = list(Expense.objects.select_related("original").order_by("pk"))
        found = set(Expense.objects.filter(refused()).values_list("pk", flat=True))
    assert {row.pk for row in every if could_go_again(row)} == found
    assert len(found) == 4
