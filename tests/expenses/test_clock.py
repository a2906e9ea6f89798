"""Days that matter: the deadline, the first day after it, New Year, a new certificate, a password that runs out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sistemats.codes import Call
from sportello.billing.operations.payments import record_payment
from sportello.billing.rules.payments import Method
from sportello.core.actors import System, acting
from sportello.expenses.models import StsSettings, Transmission
from tests.billing.desk import issued, paid, stored
from tests.expenses.counter import Counter, Fault, Rule, counter_at
from tests.world import World

JANUARY = datetime(2027, 1, 31, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (datetime(2027, 1, 31, 11, tzinfo=UTC), "ACCEPTED"),
        (datetime(2027, 2, 1, 11, tzinfo=UTC), "ACCEPTED"),
        (datetime(2027, 2, 2, 11, tzinfo=UTC), "ACCEPTED_WITH_WARNINGS"),
    ],
)
def test_document_of_last_year_is_taken_until_the_deadline_and_late_after(world: World, tmp_path, at, state):
    with counter_at(world, tmp_path / "ministry", at=at) as counter:
        invoice = paid(world, on=date(2026, 12, 30))
        counter.run(automatic=True)
        assert counter.state(invoice) == state
        codes = [one["code"] for one in counter.expense(invoice).messages]
        assert ("W008" in codes) == (state == "ACCEPTED_WITH_WARNINGS")


def test_payment_before_issue_across_new_year_counts_in_the_old_year(world: World, tmp_path):
    with counter_at(world, tmp_path / "ministry", at=datetime(2027, 1, 10, 11, tzinfo=UTC)) as counter:
        invoice = issued(world, on=date(2027, 1, 4))
        record_payment(
            actor=world.ada,
            invoice_id=invoice.pk,
            on=date(2026, 12, 31),
            amount=stored(invoice).payable,
            method=Method.CARD,
            today=date(2027, 1, 10),
        )
        counter.run(automatic=True)
        row = counter.expense(invoice)
        assert (row.state, row.year) == ("ACCEPTED", 2026)
        assert counter.held()[row.number].prepaid
        counter.assert_books_agree()


def test_certificate_changed_in_the_middle_goes_on_with_the_same_key(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(4)]
    counter.take_in()
    one_at_a_time(counter, 2)
    reissue(counter, new_key=False)
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}


def test_certificate_with_another_key_in_the_middle_of_a_batch_stops_and_goes_on(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(4)]
    counter.take_in()
    counter.faults(Rule(Fault.WRONG_CERTIFICATE, operations=frozenset({Call.INSERT}), calls=frozenset({3})))
    assert counter.run(automatic=True).stopped
    states = sorted(counter.state(one) for one in invoices)
    assert states == ["ACCEPTED", "ACCEPTED", "READY", "READY"]
    with acting(System("tests")):
        assert StsSettings.objects.get(pk=counter.account.pk).stop_reason == "certificate"
        StsSettings.objects.filter(pk=counter.account.pk).update(stopped_at=None, stop_reason="")
    reissue(counter, new_key=True)
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    counter.assert_books_agree()


def test_file_sealed_for_another_key_is_refused_whole_and_sent_anew(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(4)]
    counter.faults(Rule(Fault.WRONG_CERTIFICATE, operations=frozenset({Call.UPLOAD}), calls=frozenset({1})))
    assert counter.run(automatic=True, many=3).stopped
    assert {counter.state(one) for one in invoices} == {"READY"}
    with acting(System("tests")):
        assert Transmission.objects.get().state == "not_sent"
        StsSettings.objects.filter(pk=counter.account.pk).update(stopped_at=None, stop_reason="")
    counter.run(automatic=True, many=3)
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    counter.assert_books_agree()


def test_password_that_runs_out_mid_run_stops_after_one_refusal(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(5)]
    counter.faults(Rule(Fault.EXPIRED_PASSWORD, operations=frozenset({Call.INSERT}), calls=frozenset({3, 4, 5})))
    counter.run(automatic=True)
    assert len(counter.journal("insert")) == 3
    assert sorted(counter.state(one) for one in invoices) == ["ACCEPTED", "ACCEPTED", "READY", "READY", "READY"]
    with acting(System("tests")):
        row = StsSettings.objects.get(pk=counter.account.pk)
        assert (row.stop_reason, row.stopped_at is not None) == ("authentication", True)


def test_password_that_ran_out_leaves_open_calls_open_until_it_is_right(counter: Counter, world: World):
    invoice = paid(world)
    counter.faults(
        Rule(Fault.LOST_ANSWER, operations=frozenset({Call.INSERT}), calls=frozenset({1})),
        Rule(Fault.EXPIRED_PASSWORD, operations=frozenset({Call.QUERY}), calls=frozenset({1})),
    )
    counter.run(automatic=True)
    counter.forward(hours=1)
    counter.run(automatic=True)
    assert counter.state(invoice) == "UNCERTAIN"
    with acting(System("tests")):
        StsSettings.objects.filter(pk=counter.account.pk).update(stopped_at=None, stop_reason="")
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert len(counter.journal("insert")) == 1


def one_at_a_time(counter: Counter, number: int) -> None:
    """Send some documents and no more."""
    from sportello.expenses import ministry, patience
    from sportello.expenses.exchange.singles import carry_out
    from sportello.expenses.models import Expense

    with acting(System("tests")), ministry.speaking(counter.account, now=patience.now) as client:
        for pk in Expense.objects.filter(state="READY").order_by("pk").values_list("pk", flat=True)[:number]:
            carry_out(client, pk, counter.account.environment)


def reissue(counter: Counter, *, new_key: bool) -> None:
    """Have the State issue another certificate."""
    import json
    import urllib.request

    values = {"valid_from": "2026-03-01", "valid_to": "2029-03-01", "new_key": new_key}
    address = f"{counter.simulator.admin_base}/certificate"
    request = urllib.request.Request(address, json.dumps(values).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=60).close()
