"""What is in doubt is found out by asking: which clue tells what, who asks, and what no longer leaves at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from sistemats.codes import Call
from sistemats.crypto import Sealer
from sistemats.envelopes import Sealing
from sportello.billing.models import Invoice, Payment
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.payments import void_payment
from sportello.core.actors import System, acting
from sportello.expenses import ministry, patience
from sportello.expenses.exchange import claiming, files, settling, singles
from sportello.expenses.exchange.claiming import Claimed, ClaimedFile
from sportello.expenses.models import Attempt, Expense, Transmission
from sportello.expenses.operations import manual, sides
from sportello.expenses.rules.answers import Answer, Said
from tests.billing.desk import paid
from tests.expenses.counter import Counter, Fault, Rule
from tests.world import DAY, World

BUSY = Answer(Said.LATER, trouble="busy")
MOMENT = timedelta(seconds=1)


def claim(counter: Counter, invoice: Invoice) -> Claimed:
    """Write down what is to be done next for a paper."""
    with acting(System("tests", counter.account.practice_id)):
        found = claiming.claim_one(counter.expense(invoice).pk, counter.account.environment, now=patience.now())
    assert isinstance(found, Claimed)
    return found


def claim_file(counter: Counter) -> ClaimedFile:
    """Write a file down of all that waits."""
    with acting(System("tests", counter.account.practice_id)):
        found = claiming.claim_file(counter.entity, counter.account.environment, now=patience.now(), automatic=True)
    assert found is not None
    return found


def send(counter: Counter, claimed: Claimed) -> Answer:
    with counter.on_line() as client:
        return singles.send(client, claimed)


def settle(counter: Counter, call_id: int, answer: Answer) -> None:
    with acting(System("tests", counter.account.practice_id)):
        settling.settle_one(call_id, answer, now=patience.now())


def done_but_told_busy(counter: Counter, invoice: Invoice) -> None:
    """Have the State carry out what is next for a paper, and something between it and us say that it did not."""
    claimed = claim(counter, invoice)
    assert send(counter, claimed).said in {Said.DONE, Said.WARNED}
    settle(counter, claimed.call_id, BUSY)


def attempts(counter: Counter, invoice: Invoice, *operations: str) -> list[str]:
    """Return what became of each attempt for a paper, oldest first."""
    with acting(System("tests")):
        rows = Attempt.objects.filter(expense=counter.expense(invoice), operation__in=operations)
        return list(rows.order_by("pk").values_list("outcome", flat=True))


def codes(calls: Iterable[dict[str, Any]]) -> list[list[str]]:
    return [call["codes"] for call in calls if call["outcome"] == "refused"]


def test_insert_refused_as_there_already_is_our_own_that_came_through(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    done_but_told_busy(counter, invoice)
    assert counter.state(invoice) == "READY"
    counter.forward(hours=3)
    result = manual.send_now(actor=world.ada, expense_id=counter.expense(invoice).pk)
    assert (result.outcome, result.state) == ("done", "ACCEPTED")
    assert codes(counter.journal("insert")) == [["S017"]]
    assert attempts(counter, invoice, "I") == ["not_sent", "accepted"]
    assert counter.expense(invoice).protocol == counter.held()[counter.expense(invoice).number].protocol
    counter.assert_books_agree()


def test_refund_refused_as_there_already_is_our_own_that_came_through(counter: Counter, world: World):
    invoice = paid(world)
    counter.run(automatic=True)
    note = issue_credit_note(actor=world.ada, invoice_id=invoice.pk, values=NoteValues(), on=DAY, today=DAY)
    counter.take_in()
    done_but_told_busy(counter, note)
    counter.forward(hours=3)
    counter.run(automatic=True)
    assert (counter.state(note), counter.state(invoice)) == ("ACCEPTED", "REFUNDED")
    assert codes(counter.journal("refund")) == [["S017"]]
    assert attempts(counter, note, "R") == ["not_sent", "accepted"]
    counter.assert_books_agree()


def test_cancellation_refused_as_done_already_is_our_own_that_came_through(counter: Counter, world: World):
    invoice = paid(world)
    counter.run(automatic=True)
    unpaid_again(world, invoice)
    counter.take_in()
    done_but_told_busy(counter, invoice)
    counter.forward(hours=3)
    counter.run(automatic=True)
    assert counter.state(invoice) == "DELETED"
    assert codes(counter.journal("cancel")) == [["S022"]]
    assert attempts(counter, invoice, "C") == ["not_sent", "accepted"]
    assert "S022" not in {one["code"] for one in counter.expense(invoice).messages}


def test_change_whose_answer_is_lost_is_known_by_its_new_protocol_and_not_repeated(counter: Counter, world: World):
    invoice = paid(world)
    counter.run(automatic=True)
    counter.faults(Rule(Fault.LOST_ANSWER, operations=frozenset({Call.CHANGE}), calls=frozenset({1})))
    sides.set_opposition(actor=world.ada, expense_id=counter.expense(invoice).pk, opposed=True)
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert len(counter.journal("change")) == 1
    counter.assert_books_agree()


def test_file_in_doubt_is_known_by_a_document_inside_among_others_of_that_hour(counter: Counter, world: World):
    foreign_file(counter, world)
    invoices = [paid(world) for _ in range(3)]
    counter.faults(Rule(Fault.LOST_ANSWER, operations=frozenset({Call.UPLOAD}), calls=frozenset({1})))
    counter.run(automatic=True, many=3)
    assert {counter.state(one) for one in invoices} == {"UNCERTAIN"}
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    rows, held = [counter.expense(one) for one in invoices], counter.held()
    assert {row.protocol for row in rows} == {held[row.number].protocol for row in rows}


def test_file_that_never_arrived_is_not_taken_for_one_that_is_known(counter: Counter, world: World):
    first = [paid(world) for _ in range(3)]
    counter.run(automatic=True, many=3)
    second = [paid(world) for _ in range(3)]
    counter.faults(Rule(Fault.EMPTY_ANSWER, operations=frozenset({Call.UPLOAD}), calls=frozenset({1})))
    counter.run(automatic=True, many=3)
    assert {counter.state(one) for one in second} == {"UNCERTAIN"}
    for _ in range(6):
        counter.forward(hours=3)
        counter.wait_for_files()
        counter.run(automatic=True, many=3)
    assert {counter.state(one) for one in (*first, *second)} == {"ACCEPTED"}
    counter.assert_books_agree()
    assert len(counter.journal("upload")) == 3


@pytest.mark.parametrize(("late", "leaves"), [(timedelta(), True), (MOMENT, False)], ids=["in time", "too late"])
def test_document_leaves_only_shortly_after_it_was_written_down(counter: Counter, world: World, late, leaves: bool):
    invoice = paid(world)
    counter.take_in()
    claimed = claim(counter, invoice)
    counter.forward(seconds=(patience.leaves_within(upload=False) + late).total_seconds())
    answer = send(counter, claimed)
    assert (answer.said is Said.DONE) == leaves
    assert len(counter.journal("insert")) == len(counter.held()) == int(leaves)
    settle(counter, claimed.call_id, answer)
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert len(counter.journal("insert")) == 1


@pytest.mark.parametrize(("late", "leaves"), [(timedelta(), True), (MOMENT, False)], ids=["in time", "too late"])
def test_file_leaves_only_shortly_after_it_was_written_down(
    counter: Counter, world: World, late: timedelta, leaves: bool
):
    invoices = [paid(world) for _ in range(3)]
    counter.take_in()
    claimed = claim_file(counter)
    counter.forward(seconds=(patience.leaves_within(upload=True) + late).total_seconds())
    assert send_file(counter, claimed).trouble == ("" if leaves else "too_slow")
    assert len(counter.journal("upload")) == int(leaves)
    assert {counter.state(one) for one in invoices} == {"TAKEN_IN_CHARGE" if leaves else "READY"}
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    counter.assert_books_agree()


def test_of_two_who_ask_about_a_lost_call_one_has_it_until_his_time_is_up(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    claimed = claim(counter, invoice)
    settle(counter, claimed.call_id, Answer(Said.DOUBT))
    assert not may_ask(counter, claimed.call_id), "the State may still be at work"
    counter.forward(seconds=patience.doubt_lasts(upload=False).total_seconds())
    assert [may_ask(counter, claimed.call_id) for _ in range(3)] == [True, False, False]
    counter.forward(seconds=patience.lease(upload=False).total_seconds())
    assert [may_ask(counter, claimed.call_id) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("upload", [False, True], ids=["document", "file"])
def test_of_two_who_find_a_dead_sender_one_takes_over(counter: Counter, world: World, upload: bool):
    invoice = paid(world)
    counter.take_in()
    call_id = claim_file(counter).call.pk if upload else claim(counter, invoice).call_id
    counter.forward(seconds=(patience.lease(upload=upload) - MOMENT).total_seconds())
    assert not may_ask(counter, call_id), "its sender may still live"
    counter.forward(seconds=1)
    assert [may_ask(counter, call_id) for _ in range(2)] == [True, False]
    assert counter.state(invoice) == "UNCERTAIN"
    with acting(System("tests")):
        call = Transmission.objects.get(pk=call_id)
        assert call.lease_until == patience.now() + patience.lease(upload=upload)
        assert call.asked == 1


def test_documents_of_a_file_that_did_not_leave_are_given_back_after_a_kill(
    counter: Counter, world: World, monkeypatch
):
    invoices = [paid(world) for _ in range(3)]
    counter.take_in()
    claimed = claim_file(counter)
    with monkeypatch.context() as killed, acting(System("tests", counter.account.practice_id)):
        killed.setattr(files, "release", kill)
        with pytest.raises(KeyboardInterrupt):
            files.settle_upload(claimed.call.pk, BUSY, now=patience.now())
    assert {counter.expense(one).carrier_id for one in invoices} == {claimed.call.pk}
    counter.run(automatic=True)
    assert {counter.expense(one).carrier_id for one in invoices} == {None}
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    counter.assert_books_agree()


def may_ask(counter: Counter, call_id: int) -> bool:
    with acting(System("tests", counter.account.practice_id)):
        return claiming.take_over(call_id, now=patience.now()) is not None


def kill(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def send_file(counter: Counter, claimed: ClaimedFile) -> Answer:
    sealing = Sealing(
        ministry.sender_of(counter.account),
        Sealer(ministry.sealing_certificate(counter.account, patience.now())),
    )
    with counter.on_line() as client:
        return files.send_file(client, sealing, claimed)


def foreign_file(counter: Counter, world: World) -> None:
    """Have the State take in a file of another program, as long as ours and of the same hour; we know nothing of it."""
    for _ in range(3):
        paid(world)
    counter.run(automatic=True, many=3)
    with acting(System("tests")):
        Attempt.objects.all().delete()
        Expense.objects.all().delete()
        Transmission.objects.all().delete()
    assert len(counter.journal("upload")) == 1


def unpaid_again(world: World, invoice: Invoice) -> None:
    with acting(System("tests")):
        payment = Payment.objects.get(invoice=invoice, voided_at=None)
    void_payment(actor=world.ada, payment_id=payment.pk, reason="Registrato per errore")
