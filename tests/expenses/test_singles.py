"""One document at a time, against the simulator: every edge of the protocol's table of repetitions."""

from __future__ import annotations

import pytest

from sistemats.codes import Call
from sportello.billing.models import Payment
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.payments import void_payment
from sportello.core.actors import System, acting
from sportello.expenses.operations.manual import send_now
from sportello.expenses.operations.many import send_many
from tests.billing.desk import issued, paid
from tests.expenses.counter import Counter, Fault, Rule
from tests.world import DAY, World


def test_run_inserts_a_paid_invoice(counter: Counter, world: World):
    invoice = paid(world)
    counter.run(automatic=True)
    assert counter.state(invoice) == "ACCEPTED"
    counter.assert_books_agree()
    assert len(counter.journal("insert")) == 1


def test_run_leaves_an_unpaid_invoice_alone(counter: Counter, world: World):
    issued(world)
    assert counter.run(automatic=True).calls == 0
    assert counter.held() == {}


def test_run_sends_nothing_new_unless_automatic(counter: Counter, world: World):
    invoice = paid(world)
    counter.run()
    assert counter.state(invoice) == "READY"
    assert counter.held() == {}


@pytest.mark.parametrize("many", [1, 25], ids=["by file", "alone"])
def test_what_was_asked_for_once_goes_again_after_the_state_was_busy(counter: Counter, world: World, many: int):
    invoices = [paid(world) for _ in range(3)]
    counter.take_in()
    send_many(actor=world.ada, entity_id=counter.entity)
    calls = frozenset({Call.INSERT, Call.UPLOAD})
    counter.faults(Rule(Fault.HTTP_503, operations=calls, calls=frozenset({1})))
    counter.run(many=many)
    assert "READY" in {counter.state(one) for one in invoices}
    for _ in range(3):
        counter.forward(hours=3)
        counter.wait_for_files()
        counter.run(many=many)
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}


def test_what_a_person_sent_goes_again_after_the_state_was_busy(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    counter.faults(Rule(Fault.HTTP_503, operations=frozenset({Call.INSERT}), calls=frozenset({1})))
    send_now(actor=world.ada, expense_id=counter.expense(invoice).pk)
    assert counter.state(invoice) == "READY"
    counter.forward(hours=3)
    counter.run()
    assert counter.state(invoice) == "ACCEPTED"
    assert not counter.expense(invoice).wanted


def test_run_after_a_lost_answer_asks_and_never_sends_again(counter: Counter, world: World):
    invoice = paid(world)
    counter.faults(Rule(Fault.LOST_ANSWER, operations=frozenset({Call.INSERT}), calls=frozenset({1})))
    counter.run(automatic=True)
    assert counter.state(invoice) == "UNCERTAIN"
    counter.run(automatic=True)
    assert counter.state(invoice) == "UNCERTAIN", "asked too early: the State may still be at work"
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert len(counter.journal("insert")) == 1
    counter.assert_books_agree()


def test_credit_note_of_a_sent_invoice_is_a_refund(counter: Counter, world: World):
    invoice = paid(world)
    counter.run(automatic=True)
    note = issue_credit_note(actor=world.ada, invoice_id=invoice.pk, values=NoteValues(), on=DAY, today=DAY)
    counter.settle()
    assert counter.state(note) == "ACCEPTED"
    assert counter.state(invoice) == "REFUNDED"
    counter.assert_books_agree()


def test_voided_payment_cancels_at_the_state_even_when_nothing_is_automatic(counter: Counter, world: World):
    invoice = paid(world)
    counter.run(automatic=True)
    with acting(System("tests")):
        payment = Payment.objects.get(invoice=invoice)
    void_payment(actor=world.ada, payment_id=payment.pk, reason="Pagamento registrato due volte")
    counter.run()
    assert counter.state(invoice) == "DELETED"
    assert counter.held() == {}
