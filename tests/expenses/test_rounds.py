"""Documents sent one by one, some in a row: each with its own end, whatever becomes of the others of its round."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sistemats.codes import Call
from sportello.billing.models import Payment
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.payments import void_payment
from sportello.core import audit
from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry
from sportello.expenses.exchange import rounds, singles
from sportello.expenses.exchange.rounds import MOST, SPAN, Pace
from sportello.expenses.exchange.run import run
from sportello.expenses.models import Attempt, StsSettings, Transmission
from sportello.expenses.operations.environment import move_environment
from sportello.expenses.operations.many import send_many
from sportello.expenses.rules.answers import Answer, Said
from tests.billing.desk import paid
from tests.expenses.counter import Counter, Fault, Rule
from tests.world import DAY, World

INSERT = frozenset({Call.INSERT})


@pytest.fixture
def invoices(counter: Counter, world: World):
    """Four paid invoices that wait: what goes in one round below."""
    found = [paid(world) for _ in range(4)]
    counter.take_in()
    return found


def claim(counter: Counter, invoices, **more):
    with acting(System("tests")):
        ids = [counter.expense(one).pk for one in invoices]
        return rounds.claim_round(counter.account, ids, now=counter.simulator.clock.now(), automatic=True, **more)


def settle(counter: Counter, sent):
    with acting(System("tests")):
        rounds.settle_round(sent, now=counter.simulator.clock.now())


def go(counter: Counter, invoices) -> list[Answer]:
    """Send one round."""
    return send(counter, [counter.expense(one).pk for one in invoices])


def send(counter: Counter, expense_ids: list[int]) -> list[Answer]:
    with counter.on_line() as client:
        return rounds.send_round(client, counter.account, expense_ids, automatic=True)


def states(counter: Counter, invoices) -> list[str]:
    return [counter.state(one) for one in invoices]


def test_round_writes_down_a_call_an_attempt_and_a_deed_for_each(counter: Counter, world: World, invoices):
    assert [one.said for one in go(counter, invoices)] == [Said.DONE] * 4
    assert states(counter, invoices) == ["ACCEPTED"] * 4
    counter.assert_books_agree()
    with acting(System("tests")):
        calls = list(Transmission.objects.order_by("pk"))
        protocols = [counter.expense(one).protocol for one in invoices]
        assert [call.protocol for call in calls] == protocols
        assert len(set(protocols)) == 4
        assert {(call.state, call.count, call.kind, call.operation) for call in calls} == {("done", 1, "single", "I")}
        assert set(Attempt.objects.values_list("outcome", flat=True)) == {"accepted"}
        deeds = AuditEntry.objects.filter(action="sts.accepted").order_by("sequence")
        assert [deed.details["protocol"] for deed in deeds] == protocols
        assert {deed.patient_id for deed in deeds} == {invoices[0].patient_id}
        assert not list(audit.verify(world.rossi.party.pk))


def test_document_settled_in_a_round_is_like_one_settled_alone(counter: Counter, invoices):
    go(counter, invoices[:1])
    go(counter, invoices[1:])
    apart = {"_state", "id", "uid", "invoice_id", "number", "should", "should_hash", "known_hash", "protocol"}
    alone, beside = (
        {name: value for name, value in vars(counter.expense(one)).items() if name not in apart} for one in invoices[:2]
    )
    for moment in ("created_at", "updated_at"):
        alone.pop(moment), beside.pop(moment)
    assert alone == beside


def test_lost_answer_leaves_its_own_document_in_doubt_and_no_other(counter: Counter, invoices):
    counter.faults(Rule(Fault.LOST_ANSWER, operations=INSERT, calls=frozenset({2})))
    go(counter, invoices)
    assert states(counter, invoices) == ["ACCEPTED", "UNCERTAIN", "ACCEPTED", "ACCEPTED"]
    counter.settle()
    assert states(counter, invoices) == ["ACCEPTED"] * 4
    assert len(counter.journal("insert")) == 4
    counter.assert_books_agree()


@pytest.mark.parametrize(("fault", "state"), [(Fault.UNKNOWN_CITIZEN, "ACCEPTED_WITH_WARNINGS"), (Fault.WS99, "READY")])
def test_document_that_is_answered_in_other_words_has_its_own_end(counter: Counter, invoices, fault: Fault, state: str):
    counter.faults(Rule(fault, operations=INSERT, calls=frozenset({3})))
    go(counter, invoices)
    assert states(counter, invoices) == ["ACCEPTED", "ACCEPTED", state, "ACCEPTED"]
    counter.settle()
    counter.assert_books_agree()


def test_round_takes_as_many_statements_for_many_documents_as_for_two(counter: Counter, world: World):
    found = []
    for number in (2, 2, 7):
        several = [paid(world) for _ in range(number)]
        counter.take_in()
        ids = [counter.expense(one).pk for one in several]
        with CaptureQueriesContext(connection) as seen:
            send(counter, ids)
        found.append(len(seen))
    assert found[1] == found[2]


@pytest.mark.parametrize("fault", [Fault.EXPIRED_PASSWORD, Fault.WRONG_CERTIFICATE])
def test_after_a_refusal_of_the_account_the_rest_of_a_round_stays(counter: Counter, world: World, invoices, fault):
    send_many(actor=world.ada, entity_id=counter.entity)
    counter.faults(Rule(fault, operations=INSERT, calls=frozenset({2})))
    go(counter, invoices)
    assert len(counter.journal("insert")) == 2
    assert states(counter, invoices) == ["ACCEPTED", "READY", "READY", "READY"]
    with acting(System("tests")):
        assert StsSettings.objects.get(pk=counter.account.pk).stopped_at is not None
        StsSettings.objects.filter(pk=counter.account.pk).update(stopped_at=None, stop_reason="")
    counter.run()
    assert states(counter, invoices) == ["ACCEPTED"] * 4
    counter.assert_books_agree()


def test_paper_that_changes_while_its_round_is_out_is_mended_after_it(counter: Counter, world: World, invoices):
    claimed = claim(counter, invoices)
    with acting(System("tests")):
        payment = Payment.objects.get(invoice=invoices[1])
    void_payment(actor=world.ada, payment_id=payment.pk, reason="Pagamento registrato due volte")
    counter.take_in()
    settle(counter, [(each, Answer(Said.DONE, f"9926{each.call_id}")) for each in claimed])
    assert states(counter, invoices) == ["ACCEPTED", "TO_DELETE", "ACCEPTED", "ACCEPTED"]


def test_round_settled_twice_changes_nothing(counter: Counter, invoices):
    sent = [(each, Answer(Said.DONE, f"9926{each.call_id}")) for each in claim(counter, invoices)]
    settle(counter, sent)
    before = [counter.expense(one).version for one in invoices]
    settle(counter, sent)
    assert [counter.expense(one).version for one in invoices] == before
    with acting(System("tests")):
        assert AuditEntry.objects.filter(action="sts.accepted").count() == 4


def test_worker_killed_in_a_round_is_asked_about_and_nothing_goes_twice(counter: Counter, invoices):
    claimed = claim(counter, invoices)
    with counter.on_line() as client:
        singles.send(client, claimed[0])
    assert counter.run(automatic=True).calls == 0, "its sender may still live"
    counter.settle()
    assert states(counter, invoices) == ["ACCEPTED"] * 4
    assert len(counter.journal("insert")) == 4
    counter.assert_books_agree()


def test_answers_are_written_down_although_a_later_call_breaks(counter: Counter, invoices, monkeypatch):
    sent: list[int] = []

    def break_at_the_third(client, claimed):
        if len(sent) == 2:
            raise KeyboardInterrupt
        sent.append(claimed.call_id)
        return singles.send(client, claimed)

    monkeypatch.setattr("sportello.expenses.exchange.rounds.send", break_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        go(counter, invoices)
    assert states(counter, invoices) == ["ACCEPTED", "ACCEPTED", "QUEUED", "QUEUED"]


def test_document_claimed_by_another_is_left_to_him(counter: Counter, invoices):
    assert len(claim(counter, invoices[:2])) == 2
    assert {each.expense_id for each in claim(counter, invoices)} == {counter.expense(one).pk for one in invoices[2:]}


def test_nothing_is_claimed_for_an_account_that_is_stopped(counter: Counter, invoices):
    with acting(System("tests")):
        StsSettings.objects.filter(pk=counter.account.pk).update(stopped_at="2026-03-12T11:00:00Z", stop_reason="pin")
    assert claim(counter, invoices) == []


def test_run_that_speaks_to_the_old_host_sends_nothing_more_after_going_live(
    counter: Counter, world: World, invoices, monkeypatch
):
    send_round = rounds.send_round
    done: list[StsSettings] = []

    def send_and_move(client, account, expense_ids, **more):
        answers = send_round(client, account, expense_ids, **more)
        if not done:
            done.append(move_environment(actor=world.ada, entity_id=counter.entity, environment="production"))
        return answers

    monkeypatch.setattr("sportello.expenses.exchange.run.send_round", send_and_move)
    with acting(System("tests")):
        run(counter.entity, automatic=True)
    assert len(counter.journal("insert")) == 1
    assert states(counter, invoices) == ["READY"] * 4


def test_refund_goes_in_a_round_once_its_original_is_held(counter: Counter, world: World, invoices):
    note = issue_credit_note(actor=world.ada, invoice_id=invoices[0].pk, values=NoteValues(), on=DAY, today=DAY)
    counter.take_in()
    go(counter, [*invoices, note])
    assert counter.state(note) == "READY"
    go(counter, [*invoices, note])
    assert counter.state(note) == "ACCEPTED"
    assert counter.state(invoices[0]) == "REFUNDED"
    counter.assert_books_agree()


def test_run_sends_one_first_and_the_others_in_rounds(counter: Counter, world: World, monkeypatch):
    sizes, send_round = [], rounds.send_round

    def watched(client, account, expense_ids, **more):
        sizes.append(len(expense_ids))
        return send_round(client, account, expense_ids, **more)

    monkeypatch.setattr("sportello.expenses.exchange.run.send_round", watched)
    monkeypatch.setattr(rounds, "SPAN", 3600.0)
    invoices = [paid(world) for _ in range(8)]
    counter.run(automatic=True)
    assert sizes == [1, 2, 4, 1]
    assert states(counter, invoices) == ["ACCEPTED"] * 8


@pytest.mark.parametrize(
    ("each", "sizes"),
    [
        (SPAN / 1000, [1, 2, 4, 8, 16, MOST, MOST]),
        (SPAN / 3, [1, 2, 3, 3, 3, 3, 3]),
        (SPAN * 10, [1, 1, 1, 1, 1, 1, 1]),
    ],
    ids=["quick", "usual", "slow"],
)
def test_pace_follows_the_state(monkeypatch, each: float, sizes: list[int]):
    now = [0.0]
    monkeypatch.setattr("sportello.expenses.exchange.rounds.time.monotonic", lambda: now[0])
    pace, found = Pace(), []
    for _ in sizes:
        found.append(pace.begin())
        now[0] += each * found[-1] * 0.999
        pace.end(found[-1])
    assert found == sizes


def test_pace_goes_on_after_a_round_of_nothing():
    pace = Pace()
    pace.begin()
    pace.end(0)
    assert pace.begin() == 1
