"""What the database refuses about the books towards the State, whoever asks."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from sportello.core.actors import System, acting
from sportello.expenses.exchange.claiming import claim_one
from sportello.expenses.models import Attempt, Difference, Expense, MonthlyReport, Transmission
from tests.billing.desk import paid
from tests.expenses.counter import Counter
from tests.world import World


def refused(model, pk: int, **values) -> str:
    with acting(System("tests")), pytest.raises(IntegrityError) as found, transaction.atomic():
        model.objects.filter(pk=pk).update(**values)
    return str(found.value)


@pytest.fixture
def row(counter: Counter, world: World) -> Expense:
    invoice = paid(world)
    counter.take_in()
    return counter.expense(invoice)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("expense_state_known", {"state": "GONE"}),
        ("expense_refund_has_original", {"kind": "refund"}),
        ("expense_due_or_why_not", {"why_not": "not_paid"}),
        ("expense_due_or_why_not", {"due": False}),
        ("expense_excluded_with_reason", {"excluded": True}),
        ("expense_excluded_with_reason", {"exclusion_reason": "perché sì"}),
        ("expense_on_its_way_is_carried", {"state": "QUEUED"}),
        ("expense_refused_something", {"refused_hash": "x"}),
        ("expense_device_in_range", {"device": 1000}),
    ],
)
def test_expense_that_contradicts_itself_is_refused(row: Expense, name: str, values):
    assert name in refused(Expense, row.pk, **values)


@pytest.fixture
def call(row: Expense, counter: Counter) -> Transmission:
    with acting(System("tests")):
        claimed = claim_one(row.pk, counter.account.environment, now=counter.simulator.clock.now())
        return Transmission.objects.get(pk=claimed.call_id)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("transmission_state_known", {"state": "lost", "settled_at": "2026-03-12T11:00:00+00:00"}),
        ("transmission_taken_has_protocol", {"state": "taken"}),
        ("transmission_settled_at_its_end", {"state": "done"}),
        ("transmission_carries_something", {"count": 0}),
    ],
)
def test_transmission_that_contradicts_itself_is_refused(call: Transmission, name: str, values):
    assert name in refused(Transmission, call.pk, **values)


def test_second_open_attempt_of_a_document_is_refused(call: Transmission):
    with acting(System("tests")):
        one = Attempt.objects.get(transmission=call)
        other = Transmission.objects.get(pk=call.pk)
        other.pk, other.uid = None, "5f0c3f4e-0000-4000-8000-000000000001"
        other.save(force_insert=True)
        one.pk, one.uid, one.transmission = None, "5f0c3f4e-0000-4000-8000-000000000002", other
        with pytest.raises(IntegrityError), transaction.atomic():
            one.save(force_insert=True)


def test_file_name_is_used_once(call: Transmission):
    with acting(System("tests")):
        Transmission.objects.filter(pk=call.pk).update(file_name="sts-x.zip")
        other = Transmission.objects.get(pk=call.pk)
        other.pk, other.uid = None, "5f0c3f4e-0000-4000-8000-000000000003"
        with pytest.raises(IntegrityError), transaction.atomic():
            other.save(force_insert=True)


def test_report_and_difference_that_contradict_themselves_are_refused(counter: Counter, world: World):
    from datetime import date

    with acting(System("tests")):
        report = MonthlyReport.objects.create(
            practice=world.rossi.party,
            entity=world.studio,
            month=date(2026, 3, 1),
            asked_at=counter.simulator.clock.now(),
        )
        difference = Difference.objects.create(
            practice=world.rossi.party, entity=world.studio, report=report, kind="amount", vat_number="1", number="1"
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            MonthlyReport.objects.create(
                practice=world.rossi.party, entity=world.studio, month=date(2026, 3, 1), asked_at=report.asked_at
            )
    assert "monthly_report_of_a_month" in refused(MonthlyReport, report.pk, month=date(2026, 3, 2))
    assert "difference_resolved_somehow" in refused(Difference, difference.pk, remedy="ignore")
