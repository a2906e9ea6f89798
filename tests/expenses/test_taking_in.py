"""Papers that change leave marks, and marks become what the State should hold: no more, and never less."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from sportello.billing.models import Invoice
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.payments import record_payment
from sportello.billing.rules.payments import Method
from sportello.core import marks, outbox
from sportello.core.actors import System, acting
from sportello.core.models import ChangeMark, Job
from sportello.core.outbox import Work
from sportello.expenses import handlers, taking_in
from sportello.expenses.models import Expense, ExpenseMapping, StsSettings
from sportello.expenses.operations.marking import mark_entity
from tests.billing.desk import draft, issued, line, paid
from tests.expenses.counter import Counter
from tests.world import DAY, World


def marked() -> int:
    with acting(System("tests")):
        return ChangeMark.objects.count()


def a_work(name: str, counter: Counter) -> Work:
    return Work(0, name, counter.entity, counter.account.practice_id, "", 1, last_attempt=False)


def test_issuing_an_unpaid_invoice_leaves_no_mark(counter: Counter, world: World):
    issued(world)
    assert marked() == 0


@pytest.mark.parametrize("deed", ["pay", "credit", "void"])
def test_what_touches_a_paid_invoice_leaves_a_mark(counter: Counter, world: World, deed: str):
    invoice = issued(world)
    pay = {"on": DAY, "amount": invoice.payable, "method": Method.CARD, "today": DAY}
    payment = record_payment(actor=world.ada, invoice_id=invoice.pk, **pay)
    if deed != "pay":
        counter.take_in()
        assert marked() == 0
    if deed == "credit":
        issue_credit_note(actor=world.ada, invoice_id=invoice.pk, values=NoteValues(), on=DAY, today=DAY)
    if deed == "void":
        from sportello.billing.operations.payments import void_payment

        void_payment(actor=world.ada, payment_id=payment.pk, reason="Registrato per errore")
    assert marked() == 1


def test_part_payment_leaves_no_mark_until_the_invoice_is_paid(counter: Counter, world: World):
    invoice = issued(world)
    for amount, expected in ((Decimal("20.00"), 0), (invoice.payable - 20, 1)):
        record_payment(actor=world.ada, invoice_id=invoice.pk, on=DAY, amount=amount, method=Method.CARD, today=DAY)
        assert marked() == expected


def test_take_in_reads_as_much_for_many_papers_as_for_one(counter: Counter, world: World):
    paid(world)
    with CaptureQueriesContext(connection) as one:
        counter.take_in()
    for _ in range(6):
        paid(world)
    with CaptureQueriesContext(connection) as many:
        counter.take_in()
    selects = [sum(each["sql"].startswith("SELECT") for each in each_run) for each_run in (one, many)]
    assert selects[1] <= selects[0]


def test_take_in_of_an_entity_without_an_account_makes_no_rows(counter: Counter, world: World):
    paid(world, entity=world.forfait)
    counter.take_in()
    with acting(System("tests")):
        assert not Expense.objects.exists()
    assert marked() == 0


def test_take_in_of_a_business_invoice_makes_no_row(counter: Counter, world: World):
    invoice = issued(world, customer=world.company)
    record_payment(
        actor=world.ada, invoice_id=invoice.pk, on=DAY, amount=invoice.payable, method=Method.TRANSFER, today=DAY
    )
    counter.take_in()
    with acting(System("tests")):
        assert not Expense.objects.exists()


def test_patient_without_a_code_is_listed_apart(counter: Counter, world: World):
    invoice = paid(world, patient=world.youssef)
    counter.take_in()
    row = counter.expense(invoice)
    assert (row.state, row.why_not) == ("NOT_APPLICABLE", "no_code")


def test_opposed_paper_is_sent_without_the_code(counter: Counter, world: World):
    invoice = paid(world, opposed=True)
    counter.run(automatic=True)
    assert counter.state(invoice) == "ACCEPTED"
    assert counter.held()[counter.expense(invoice).number].citizen is None


def test_unmapped_service_keeps_a_document_back_until_somebody_maps_it(counter: Counter, world: World):
    with acting(System("tests")):
        ExpenseMapping.objects.filter(service=world.therapy).delete()
    invoice = paid(world, line(service_id=world.therapy.pk))
    counter.run(automatic=True)
    assert (counter.state(invoice), counter.expense(invoice).problem) == ("READY", "unmapped")
    with acting(System("tests")), transaction.atomic():
        ExpenseMapping.objects.create(
            entity=world.studio, service=world.therapy, valid_from="2020-01-01", expense_type="SP"
        )
        mark_entity(counter.entity, party_id=counter.account.practice_id)
    with acting(System("tests")):
        handlers.mark_entity(a_work("expenses.mark_entity", counter))
    counter.run(automatic=True)
    assert counter.state(invoice) == "ACCEPTED"


def test_document_paid_before_the_account_was_activated_is_not_ours(counter: Counter, world: World):
    with acting(System("tests")):
        StsSettings.objects.filter(pk=counter.account.pk).update(active_since="2026-04-01")
    invoice = paid(world)
    counter.take_in()
    assert counter.expense(invoice).why_not == "before_activation"


def test_mark_survives_a_take_in_that_fails(counter: Counter, world: World, monkeypatch):
    paid(world)

    def broken(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(taking_in, "derive_papers", broken)
    with pytest.raises(RuntimeError):
        counter.take_in()
    assert marked() == 1


def test_note_asks_for_the_listener_once(counter: Counter, world: World):
    paid(world)
    paid(world)
    with acting(System("tests")):
        assert Job.objects.filter(handler="expenses.take_in").count() == 1


def test_note_outside_of_a_transaction_is_refused():
    if connection.in_atomic_block:
        pytest.skip("the test itself is in a transaction")
    with pytest.raises(RuntimeError):
        marks.note("billing.document", 1, 1)


def test_listen_refuses_a_second_listener():
    with pytest.raises(ValueError, match="has a listener"):
        marks.listen("billing.document", "somebody.else")


def test_topic_without_a_listener_leaves_no_mark(counter: Counter):
    with transaction.atomic():
        marks.note("nobody.cares", 1, [1, 2])
    assert marked() == 0


def test_sweep_finds_marks_calls_and_documents_left_lying(counter: Counter, world: World):
    paid(world)
    with acting(System("tests")):
        Job.objects.all().delete()
        handlers.sweep(a_work("expenses.sweep", counter))
        assert Job.objects.filter(handler="expenses.take_in").exists()
        counter.take_in()
        Expense.objects.update(wanted=True)
        handlers.sweep(a_work("expenses.sweep", counter))
        assert Job.objects.filter(handler="expenses.run").exists()


def test_automatic_wakes_entities_that_send_by_themselves(counter: Counter, world: World):
    with acting(System("tests")):
        handlers.automatic(a_work("expenses.automatic", counter))
        assert not Job.objects.filter(handler="expenses.run").exists()
        StsSettings.objects.update(automatic=True)
        handlers.automatic(a_work("expenses.automatic", counter))
        assert Job.objects.filter(handler="expenses.run").exists()


def test_run_without_a_line_is_tried_later(counter: Counter, world: World, settings):
    paid(world)
    counter.take_in()
    settings.SPORTELLO_STS_SIMULATOR = None
    with acting(System("tests")):
        StsSettings.objects.update(automatic=True)
        with pytest.raises(outbox.TryLater):
            handlers.run_entity(a_work("expenses.run", counter))


def test_draft_is_nothing_to_the_state(counter: Counter, world: World):
    draft(world)
    counter.take_in()
    with acting(System("tests")):
        assert not Expense.objects.exists()
        assert Invoice.objects.exists()
