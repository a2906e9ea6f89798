"""No dead ends: from wherever a document stands there is a button that works, and none that only refuses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from sistemats.codes import Call
from sportello.billing.models import Invoice
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.core.actors import System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses import taking_in
from sportello.expenses.models import Held, StsSettings
from sportello.expenses.operations import manual, sides
from sportello.expenses.operations.many import send_many
from sportello.expenses.queries.document_detail import of_invoice
from sportello.expenses.queries.documents import Filter, View, counts, page_of
from sportello.expenses.rules.deeds import Deed
from tests.billing.desk import paid
from tests.expenses.counter import Counter, Fault, Rule
from tests.expenses.test_edges import credited, recode, sent, someone_else_inserted, unpaid_again
from tests.world import DAY, World

CANCEL, REFUND = frozenset({Call.CANCEL}), frozenset({Call.REFUND})


def deeds(world: World, paper: Invoice) -> frozenset[Deed]:
    with acting(world.ada):
        found = of_invoice(world.ada, paper.pk)
    assert found is not None
    return found.deeds


def noted(world: World, paper: Invoice, amount: str) -> Invoice:
    """Issue a credit note over a part of the only line of an invoice."""
    with acting(System("tests")):
        line = Invoice.objects.get(pk=paper.pk).lines.get()
    values = NoteValues(price_parts={line.pk: Decimal(amount)}, give_back_stamp=False)
    return issue_credit_note(actor=world.ada, invoice_id=paper.pk, values=values, on=DAY, today=DAY)


def from_another_program(counter: Counter, paper: Invoice) -> None:
    """Have the State hold a document as it is, although we never sent it."""
    someone_else_inserted(counter, paper, counter.expense(paper).amount)


def active_from(counter: Counter, since: date) -> None:
    with acting(System("tests", counter.account.practice_id)):
        StsSettings.objects.update(active_since=since)
        taking_in.take_in_entity(counter.entity, counter.account.practice_id)


def test_document_is_cancelled_together_with_its_refunds(counter: Counter, world: World):
    paper = sent(counter, world)
    notes = [noted(world, paper, "3.00"), noted(world, paper, "2.00")]
    counter.settle()
    assert {counter.expense(note).held for note in notes} == {Held.HELD}
    result = manual.cancel_there(actor=world.ada, expense_id=counter.expense(paper).pk, reason="Doppia")
    assert (result.state, result.outcome) == ("DELETED", "done")
    assert {counter.state(note) for note in notes} == {"DELETED"}
    assert counter.held() == {}
    assert [one["outcome"] for one in counter.journal("cancel")] == ["done"] * 3


def test_cancelling_tells_what_the_state_said_of_a_refund_that_stays(counter: Counter, world: World):
    paper = sent(counter, world)
    note = credited(world, paper)
    counter.settle()
    counter.faults(Rule(Fault.UNKNOWN_CODE, operations=CANCEL, tipo="E"))
    result = manual.cancel_there(actor=world.ada, expense_id=counter.expense(paper).pk, reason="Doppia")
    assert (result.state, result.outcome) == ("TO_DELETE", "refused")
    assert result.messages
    assert counter.state(note) == "REJECTED"
    counter.faults()
    manual.send_again(actor=world.ada, expense_id=counter.expense(note).pk)
    counter.settle()
    assert counter.held() == {}


def test_refund_that_is_due_offers_no_cancelling_of_its_own(counter: Counter, world: World):
    paper = sent(counter, world)
    note = credited(world, paper)
    counter.settle()
    assert Deed.CANCEL not in deeds(world, note)
    assert Deed.CANCEL in deeds(world, paper)


def test_cancelled_together_and_taken_in_again_both_go_again(counter: Counter, world: World):
    paper = sent(counter, world)
    note = noted(world, paper, "3.00")
    counter.settle()
    manual.cancel_there(actor=world.ada, expense_id=counter.expense(paper).pk, reason="Doppia")
    sides.include(actor=world.ada, expense_id=counter.expense(paper).pk)
    counter.settle()
    assert (counter.state(paper), counter.expense(note).held) == ("ACCEPTED", Held.HELD)
    counter.assert_books_agree()


def test_refund_is_offered_only_while_one_can_go(counter: Counter, world: World):
    paper = sent(counter, world)
    counter.faults(Rule(Fault.UNKNOWN_CODE, operations=REFUND, tipo="E"))
    note = credited(world, paper)
    counter.take_in()
    assert Deed.REFUND in deeds(world, paper)
    counter.settle()
    assert counter.state(note) == "REJECTED"
    assert Deed.REFUND not in deeds(world, paper)
    assert Deed.SEND_AGAIN in deeds(world, note)


def test_refund_that_misses_something_is_not_offered(counter: Counter, world: World):
    paper = sent(counter, world)
    recode(world.bruno, "VRDBRN")
    note = credited(world, paper)
    counter.take_in()
    assert (counter.state(note), counter.expense(note).problem) == ("READY", "code_malformed")
    assert Deed.REFUND not in deeds(world, paper)


def test_resync_of_what_another_program_sent_otherwise_mends_nothing(counter: Counter, world: World):
    paper = paid(world)
    counter.take_in()
    someone_else_inserted(counter, paper, Decimal("11.00"))
    active_from(counter, date(2026, 4, 1))
    result = manual.resync(actor=world.ada, expense_id=counter.expense(paper).pk)
    row = counter.expense(paper)
    assert (result.state, row.held, row.why_not) == ("NOT_APPLICABLE", Held.OTHER, "before_activation")
    active_from(counter, date(2026, 4, 1))
    counter.settle()
    assert (counter.state(paper), list(counter.held())) == ("NOT_APPLICABLE", [row.number])
    active_from(counter, date(2026, 1, 1))
    assert counter.state(paper) == "REJECTED"


def test_resync_of_what_was_left_out_as_sent_elsewhere_mends_nothing(counter: Counter, world: World):
    paper = paid(world)
    counter.take_in()
    from_another_program(counter, paper)
    pk = counter.expense(paper).pk
    sides.exclude(actor=world.ada, expense_id=pk, reason="Inviata con un altro programma")
    assert manual.resync(actor=world.ada, expense_id=pk).state == "NOT_APPLICABLE"
    assert Deed.INCLUDE in deeds(world, paper)


def test_cancelling_something_else_without_a_line_is_made_up_for(counter: Counter, world: World, settings):
    paper = paid(world)
    counter.take_in()
    someone_else_inserted(counter, paper, Decimal("11.00"))
    manual.resync(actor=world.ada, expense_id=counter.expense(paper).pk)
    unpaid_again(world, paper)
    counter.take_in()
    assert (counter.state(paper), counter.expense(paper).held) == ("NOT_APPLICABLE", Held.OTHER)
    folder, settings.SPORTELLO_STS_SIMULATOR = settings.SPORTELLO_STS_SIMULATOR, None
    with pytest.raises(RuleViolation, match="sts_not_configured"):
        manual.cancel_there(actor=world.ada, expense_id=counter.expense(paper).pk, reason="Non è nostra")
    settings.SPORTELLO_STS_SIMULATOR = folder
    assert counter.state(paper) == "TO_DELETE"
    counter.settle()
    assert counter.state(paper) == "DELETED"
    assert counter.held() == {}


def test_leaving_out_takes_the_wish_to_send_back(counter: Counter, world: World):
    paper = paid(world)
    counter.take_in()
    pk = counter.expense(paper).pk
    send_many(actor=world.ada, entity_id=counter.entity)
    sides.exclude(actor=world.ada, expense_id=pk, reason="Da verificare")
    sides.include(actor=world.ada, expense_id=pk)
    assert not counter.run(automatic=False).calls
    assert counter.state(paper) == "READY"


def test_every_paid_document_stands_under_some_filter(counter: Counter, world: World):
    before, refunded, foreign, unpaid = paid(world, on=date(2026, 2, 1)), paid(world), paid(world), paid(world)
    counter.take_in()
    manual.send_now(actor=world.ada, expense_id=counter.expense(refunded).pk)
    note = noted(world, refunded, "3.00")
    someone_else_inserted(counter, foreign, Decimal("11.00"))
    someone_else_inserted(counter, unpaid, Decimal("11.00"))
    manual.cancel_there(actor=world.ada, expense_id=counter.expense(refunded).pk, reason="Doppia")
    counter.take_in()
    manual.resync(actor=world.ada, expense_id=counter.expense(unpaid).pk)
    unpaid_again(world, unpaid)
    counter.take_in()
    active_from(counter, date(2026, 3, 1))
    assert [counter.expense(one).why_not for one in (before, note, unpaid)] == [
        "before_activation",
        "original_not_due",
        "not_paid",
    ]
    with acting(world.ada):
        numbers = counts(Filter())
        apart = {row.invoice_id for row in page_of(world.ada, Filter(view=View.EXCLUDED)).rows}
        every = {row.invoice_id for row in page_of(world.ada, Filter()).rows}
    assert apart == {before.pk, note.pk, unpaid.pk, refunded.pk}
    assert every == apart | {foreign.pk}
    assert numbers[View.ALL] == len(every)
