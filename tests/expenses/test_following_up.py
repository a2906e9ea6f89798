"""What is written down of an answer when its paper is another by then, and who is woken for what is left to do."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import transaction

from sportello.billing.models import Invoice, Payment
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.payments import void_payment
from sportello.core import marks
from sportello.core.actors import System, acting
from sportello.core.models import Job
from sportello.expenses import ministry, patience, running, taking_in
from sportello.expenses.documents import document_of
from sportello.expenses.exchange import claiming, outcomes, rounds, settling, singles
from sportello.expenses.models import Expense, ExpenseMapping
from sportello.expenses.operations import manual, sides
from sportello.expenses.rules.answers import Answer, Said
from sportello.expenses.rules.content import Content
from sportello.patients.operations.patients import CODE_CHANGED
from tests.billing.desk import line, paid
from tests.expenses.counter import Counter
from tests.world import DAY, MIA_CODE, World

DONE = Answer(Said.DONE, "99260926001866680")


def carry(counter: Counter, invoice: Invoice) -> None:
    """Do the next step of one paper and nothing else."""
    with counter.on_line() as client:
        assert singles.carry_out(client, counter.expense(invoice).pk, counter.account.environment).answer


def credited(world: World, invoice: Invoice) -> Invoice:
    return issue_credit_note(actor=world.ada, invoice_id=invoice.pk, values=NoteValues(), on=DAY, today=DAY)


def recode(counter: Counter, world: World, code: str) -> None:
    """Write another codice fiscale into Bruno's record, as somebody does while his papers are away."""
    with acting(System("tests")), transaction.atomic():
        world.bruno.codice_fiscale = code
        world.bruno.save(update_fields=["codice_fiscale"])
        marks.note(CODE_CHANGED, counter.account.practice_id, world.bruno.pk)
    counter.take_in()


def asleep() -> None:
    """Have nobody awake for anything."""
    with acting(System("tests")):
        Job.objects.all().delete()


def woken(counter: Counter) -> list[datetime]:
    """Return when the sender is to look at the entity at once: not at an instant that something else waits for."""
    with acting(System("tests")):
        jobs = Job.objects.filter(handler=running.RUN, key=str(counter.entity))
        return list(jobs.values_list("next_run_at", flat=True))


def test_code_changed_while_its_file_was_away_is_sent_after_it(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(3)]
    counter.run(automatic=True, many=3)
    recode(counter, world, MIA_CODE)
    assert {counter.state(one) for one in invoices} == {"TAKEN_IN_CHARGE"}
    counter.forward(seconds=30)
    counter.wait_for_files()
    counter.run()
    assert {one.citizen for one in counter.held().values()} == {MIA_CODE}
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    assert len(counter.journal("change")) == 3
    counter.assert_books_agree()


def test_payment_taken_back_while_its_file_was_away_is_cancelled_after_it(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(3)]
    counter.run(automatic=True, many=3)
    with acting(System("tests")):
        payment = Payment.objects.get(invoice=invoices[0])
    void_payment(actor=world.ada, payment_id=payment.pk, reason="Registrato per errore")
    counter.take_in()
    counter.settle()
    assert [counter.state(one) for one in invoices] == ["DELETED", "ACCEPTED", "ACCEPTED"]
    counter.assert_books_agree()


def test_total_that_changed_while_it_was_away_is_known_as_it_was_sent(counter: Counter, world: World):
    invoice = paid(world, line("70.00", service_id=world.therapy.pk), line("30.00", "Relazione scritta"))
    counter.take_in()
    whole = counter.expense(invoice).amount
    with acting(System("tests", counter.account.practice_id)):
        claimed = claiming.claim_one(counter.expense(invoice).pk, counter.account.environment, now=patience.now())
        ExpenseMapping.objects.filter(service=world.therapy).update(expense_type="")
        taking_in.take_in_entity(counter.entity, counter.account.practice_id)
        settling.settle_one(claimed.call_id, DONE, now=patience.now())
    row = counter.expense(invoice)
    assert row.amount < whole
    assert (row.known_amount, row.state) == (whole, "TO_UPDATE")


def test_total_changed_there_by_another_program_is_adopted_and_put_right(counter: Counter, world: World):
    invoice = paid(world)
    counter.run(automatic=True)
    before = counter.expense(invoice)
    with acting(System("tests")), ministry.speaking(counter.account, now=patience.now) as client:
        content = Content.read(before.should)
        client.change(document_of(content._replace(pieces=(content.pieces[0].of(Decimal("11.00")),))))
    result = manual.resync(actor=world.ada, expense_id=before.pk)
    row = counter.expense(invoice)
    assert (result.state, row.known_amount, row.amount) == ("TO_UPDATE", Decimal("11.00"), before.amount)
    assert row.known_hash not in {before.known_hash, ""}
    assert row.protocol == counter.held()[row.number].protocol != before.protocol
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert counter.expense(invoice).known_amount == before.amount
    counter.assert_books_agree()


def test_refund_that_was_cancelled_wakes_the_sender_for_its_original(counter: Counter, world: World):
    invoice = paid(world)
    counter.run(automatic=True)
    note = credited(world, invoice)
    counter.settle()
    sides.exclude(actor=world.ada, expense_id=counter.expense(invoice).pk, reason="Non va inviata")
    asleep()
    carry(counter, note)
    assert (counter.state(note), counter.state(invoice)) == ("DELETED", "TO_DELETE")
    assert len(woken(counter)) == 1
    counter.run()
    assert counter.state(invoice) == "DELETED"


def test_document_that_is_held_now_wakes_the_sender_for_its_refund(counter: Counter, world: World):
    invoice = paid(world)
    note = credited(world, invoice)
    counter.take_in()
    asleep()
    carry(counter, invoice)
    assert (counter.state(invoice), counter.state(note)) == ("ACCEPTED", "READY")
    assert len(woken(counter)) == 1
    counter.run()
    assert counter.state(note) == "ACCEPTED"


@pytest.mark.parametrize("noted", [True, False], ids=["with a note", "without"])
def test_documents_of_a_round_wake_the_sender_for_their_refunds_alone(counter: Counter, world: World, noted: bool):
    invoices = [paid(world) for _ in range(2)]
    note = credited(world, invoices[0]) if noted else None
    counter.take_in()
    asleep()
    with counter.on_line() as client:
        ids = list(Expense.objects.filter(original=None).order_by("pk").values_list("pk", flat=True))
        rounds.send_round(client, counter.account, ids, automatic=True)
    assert [counter.state(one) for one in invoices] == ["ACCEPTED", "ACCEPTED"]
    assert len(woken(counter)) == int(noted)
    if note is not None:
        counter.run()
        assert counter.state(note) == "ACCEPTED"


def test_documents_of_a_file_wake_the_sender_for_their_refunds(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(3)]
    counter.run(automatic=True, many=3)
    note = credited(world, invoices[0])
    counter.take_in()
    asleep()
    counter.forward(seconds=30)
    counter.wait_for_files()
    with counter.on_line() as client:
        for call_id in outcomes.due_for_a_look(counter.entity):
            outcomes.look(client, call_id)
    assert counter.state(note) == "READY"
    assert len(woken(counter)) == 1
