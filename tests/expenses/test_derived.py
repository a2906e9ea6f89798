"""What the State should hold follows the papers and stays what it was where only the calendar of our account moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sportello.billing.models import Invoice
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.payments import record_payment
from sportello.billing.rules.payments import Method
from sportello.core.actors import System, acting
from sportello.core.models import ChangeMark, Job
from sportello.core.outbox import Work
from sportello.expenses import handlers, taking_in
from sportello.expenses.models import Expense, ExpenseMapping, StsSettings
from sportello.expenses.operations import manual
from sportello.expenses.operations import settings as account
from sportello.expenses.operations.environment import move_environment
from sportello.expenses.operations.mapping import map_services
from sportello.expenses.rules.content import Content
from sportello.expenses.values import MappingValues
from sportello.parties.contacts import Address
from sportello.patients.operations.customers import create_customer, edit_customer
from sportello.patients.values import CustomerValues
from tests.billing.desk import issued, line, paid
from tests.expenses.counter import CITIZENS, NOON, Counter
from tests.expenses.test_edges import credited, sent, someone_else_inserted, unpaid_again
from tests.world import DAY, World

LATER = date(2026, 3, 20)
FIFTY = Decimal("50.00")


def content(invoice: Invoice) -> Content:
    with acting(System("tests")):
        return Content.read(Expense.objects.get(invoice=invoice).should)


def take_in_all(counter: Counter) -> None:
    """Derive every document of the entity, as the worker does after its account changed."""
    taking_in.take_in_entity(counter.entity, counter.account.practice_id)


def map_therapy(counter: Counter, world: World, kind: str, since: date | None) -> None:
    values = [MappingValues(world.therapy.pk, kind)]
    map_services(actor=world.ada, entity_id=counter.entity, values=values, since=since)


def test_refund_is_of_the_type_that_its_invoice_has(counter: Counter, world: World):
    with acting(System("tests")):
        StsSettings.objects.update(category="doctor")
        ExpenseMapping.objects.filter(service=world.therapy).update(expense_type="SR")
    invoice = paid(world, line(service_id=world.therapy.pk))
    map_therapy(counter, world, "IC", LATER)
    note = credited(world, invoice, on=LATER)
    counter.take_in()
    assert content(invoice).totals().keys() == content(note).totals().keys() == {"SR"}


def test_refund_goes_although_its_service_is_no_expense_by_now(counter: Counter, world: World):
    invoice = paid(world, line(service_id=world.therapy.pk))
    counter.run(automatic=True)
    assert counter.state(invoice) == "ACCEPTED"
    map_therapy(counter, world, "", LATER)
    note = credited(world, invoice, on=LATER)
    counter.forward(days=9)
    counter.settle()
    assert (counter.state(invoice), counter.state(note)) == ("REFUNDED", "ACCEPTED")


def test_notes_give_back_the_patients_share_of_a_bonus_first_and_all_of_it_in_the_end(counter: Counter, world: World):
    invoice = paid(world, line("40.00", quantity=Decimal(2)), bonus_code="ABC123", bonus_share=FIFTY)
    counter.take_in()
    assert content(invoice).totals() == {"SP": Decimal("33.60"), "AA": FIFTY}
    with acting(System("tests")):
        [one] = invoice.lines.values_list("pk", flat=True)
    for _ in range(2):
        half = NoteValues(parts={one: Decimal(1)})
        issue_credit_note(actor=world.ada, invoice_id=invoice.pk, values=half, on=DAY, today=DAY)
    counter.take_in()
    with acting(System("tests")):
        notes = Expense.objects.filter(original__invoice=invoice).order_by("pk")
        totals = [Content.read(note.should).totals() for note in notes]
    assert totals == [
        {"SP": Decimal("33.60"), "AA": Decimal("9.20")},
        {"AA": Decimal("40.80")},
    ]


@pytest.mark.parametrize(("stamp", "own"), [(True, "33.60"), (False, "31.60")])
def test_note_of_everything_gives_back_the_whole_share_of_inps(counter: Counter, world: World, stamp: bool, own: str):
    invoice = paid(world, line("80.00"), bonus_code="ABC123", bonus_share=FIFTY)
    note = issue_credit_note(
        actor=world.ada, invoice_id=invoice.pk, values=NoteValues(give_back_stamp=stamp), on=DAY, today=DAY
    )
    counter.take_in()
    assert content(note).totals() == {"SP": Decimal(own), "AA": FIFTY}


def test_activation_from_a_later_day_leaves_what_was_sent_from_here(counter: Counter, world: World):
    gone, waiting = sent(counter, world), paid(world)
    account.activate(
        actor=world.ada, entity_id=counter.entity, since=date(2026, 3, 13), accepted=True, now=NOON.replace(day=20)
    )
    take_in_all(counter)
    counter.settle()
    assert (counter.state(gone), counter.state(waiting)) == ("ACCEPTED", "NOT_APPLICABLE")
    assert not counter.journal("cancel")
    counter.assert_books_agree()


def a_person_who_pays(code: str) -> CustomerValues:
    return CustomerValues(
        kind="person", name="Verdi Bruno", codice_fiscale=code, address=Address("Via A 1", "40100", "Bologna", "BO")
    )


def test_code_of_a_customer_that_is_corrected_reaches_the_state(counter: Counter, world: World):
    payer = create_customer(actor=world.ada, values=a_person_who_pays(CITIZENS[0]))
    invoice = issued(world, customer=payer)
    record_payment(
        actor=world.ada, invoice_id=invoice.pk, on=DAY, amount=invoice.payable, method=Method.CARD, today=DAY
    )
    counter.run(automatic=True)
    edit_customer(actor=world.ada, customer_id=payer.pk, values=a_person_who_pays(CITIZENS[1]))
    counter.take_in()
    assert counter.state(invoice) == "TO_UPDATE"
    counter.settle()
    assert [each.citizen for each in counter.held().values()] == [CITIZENS[1]]


def test_customer_who_keeps_the_code_leaves_no_mark(counter: Counter, world: World):
    payer = create_customer(actor=world.ada, values=a_person_who_pays(CITIZENS[0]))
    moved = replace(a_person_who_pays(CITIZENS[0]), phone="051 1234567")
    edit_customer(actor=world.ada, customer_id=payer.pk, values=moved)
    with acting(System("tests")):
        assert not ChangeMark.objects.exists()


def test_what_was_sent_to_another_host_before_the_activation_is_not_ours_there(counter: Counter, world: World):
    invoice = sent(counter, world)
    with acting(System("tests")):
        StsSettings.objects.update(active_since=date(2026, 3, 13))
    take_in_all(counter)
    assert counter.state(invoice) == "ACCEPTED"
    move_environment(actor=world.ada, entity_id=counter.entity, environment="production")
    with acting(System("tests")):
        [job] = Job.objects.filter(handler="expenses.mark_entity")
        handlers.mark_entity(Work(0, job.handler, job.object_id, job.party_id, "", 1, last_attempt=False))
    assert (counter.state(invoice), counter.expense(invoice).why_not) == ("NOT_APPLICABLE", "before_activation")


def test_payment_taken_back_while_the_account_was_off_is_seen_when_it_is_on_again(counter: Counter, world: World):
    invoice = sent(counter, world)
    account.deactivate(actor=world.ada, entity_id=counter.entity)
    unpaid_again(world, invoice)
    counter.take_in()
    since = date(2024, 1, 1)
    account.activate(actor=world.ada, entity_id=counter.entity, since=since, accepted=True, now=NOON)
    take_in_all(counter)
    assert (counter.state(invoice), counter.expense(invoice).why_not) == ("TO_DELETE", "not_paid")
    counter.settle()
    assert not counter.held()


def paid_before_the_activation(counter: Counter, world: World) -> Invoice:
    invoice = paid(world)
    counter.take_in()
    with acting(System("tests")):
        StsSettings.objects.update(active_since=date(2026, 3, 13))
    return invoice


@pytest.mark.parametrize("credited_first", [True, False])
def test_invoice_of_another_program_that_is_held_as_it_is_here_can_be_refunded_from_here(
    counter: Counter, world: World, credited_first: bool
):
    invoice = paid_before_the_activation(counter, world)
    someone_else_inserted(counter, invoice, counter.expense(invoice).amount)
    take_in_all(counter)
    if credited_first:
        note = credited(world, invoice)
        counter.settle()
        assert counter.expense(note).why_not == "original_not_due"
    assert counter.expense(invoice).why_not == "before_activation"
    assert manual.resync(actor=world.ada, expense_id=counter.expense(invoice).pk).state == "ACCEPTED"
    if not credited_first:
        note = credited(world, invoice)
    take_in_all(counter)
    counter.settle()
    assert (counter.state(invoice), counter.state(note)) == ("REFUNDED", "ACCEPTED")
    counter.assert_books_agree()


def test_invoice_of_another_program_that_is_held_otherwise_stays_that_programs(counter: Counter, world: World):
    invoice = paid_before_the_activation(counter, world)
    someone_else_inserted(counter, invoice, Decimal("11.00"))
    take_in_all(counter)
    note = credited(world, invoice)
    counter.take_in()
    manual.resync(actor=world.ada, expense_id=counter.expense(invoice).pk)
    found = counter.expense(invoice)
    assert (found.state, found.held, found.why_not) == ("NOT_APPLICABLE", "other", "before_activation")
    counter.settle()
    assert counter.state(note) == "NOT_APPLICABLE"
    assert [each.citizen for each in counter.held().values()] == [CITIZENS[0]]


def test_invoice_from_before_the_activation_that_nobody_sent_is_not_sent_by_asking(counter: Counter, world: World):
    invoice = paid_before_the_activation(counter, world)
    take_in_all(counter)
    manual.resync(actor=world.ada, expense_id=counter.expense(invoice).pk)
    counter.settle()
    assert (counter.state(invoice), counter.held()) == ("NOT_APPLICABLE", {})
