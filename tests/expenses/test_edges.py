"""The protocol's table of repetitions (12), row by row: what the State did, what we may do next, and never twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction

from sistemats.codes import Call
from sportello.billing.models import Invoice, Payment
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.payments import record_payment, void_payment
from sportello.billing.rules.payments import Method
from sportello.core import marks
from sportello.core.actors import System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses import ministry, patience
from sportello.expenses.documents import document_of, id_of, reference_of
from sportello.expenses.exchange import claiming
from sportello.expenses.exchange.asking import Seen, adopt
from sportello.expenses.models import Attempt, Expense, Held, StsSettings, Transmission
from sportello.expenses.operations import manual, sides
from sportello.expenses.operations.many import send_many
from sportello.expenses.rules.content import Content
from sportello.patients.models import Patient
from sportello.patients.operations.patients import CODE_CHANGED
from tests.billing.desk import paid
from tests.expenses.counter import Counter, Fault, Rule
from tests.world import DAY, World

INSERT, CHANGE, CANCEL, REFUND = (frozenset({call}) for call in (Call.INSERT, Call.CHANGE, Call.CANCEL, Call.REFUND))
UPLOAD = frozenset({Call.UPLOAD})
DONE_BUT_SILENT = (Fault.LOST_ANSWER, Fault.TRUNCATED_ANSWER)
NOT_DONE = (Fault.CONNECTION_RESET, Fault.HTTP_503, Fault.WS99, Fault.EMPTY_ANSWER)


def once(kind: Fault, operations: frozenset[Call], **more) -> Rule:
    return Rule(kind, operations=operations, calls=frozenset({1}), **more)


def sent(counter: Counter, world: World, **more) -> Invoice:
    invoice = paid(world, **more)
    counter.run(automatic=True)
    assert counter.state(invoice) == "ACCEPTED"
    return invoice


def credited(world: World, invoice: Invoice, on: date = DAY) -> Invoice:
    return issue_credit_note(actor=world.ada, invoice_id=invoice.pk, values=NoteValues(), on=on, today=on)


def unpaid_again(world: World, invoice: Invoice) -> None:
    with acting(System("tests")):
        payment = Payment.objects.get(invoice=invoice, voided_at=None)
    void_payment(actor=world.ada, payment_id=payment.pk, reason="Registrato per errore")


def effective(counter: Counter, operation: str) -> int:
    """Return how many calls of an operation the State carried out."""
    return sum(1 for one in counter.journal(operation) if one["outcome"] in {"done", "warned"})


def refusals(counter: Counter) -> list[list[str]]:
    """Return the codes of the refunds and cancellations that the State refused."""
    calls = [*counter.journal("refund"), *counter.journal("cancel")]
    return [one["codes"] for one in calls if one["outcome"] == "refused"]


@pytest.mark.parametrize("fault", DONE_BUT_SILENT)
def test_insert_whose_answer_is_lost_is_found_and_not_sent_again(counter: Counter, world: World, fault: Fault):
    invoice = paid(world)
    counter.faults(once(fault, INSERT))
    counter.run(automatic=True)
    assert counter.state(invoice) == "UNCERTAIN"
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert len(counter.journal("insert")) == 1
    assert counter.expense(invoice).protocol == counter.held()[counter.expense(invoice).number].protocol


@pytest.mark.parametrize("fault", NOT_DONE)
def test_insert_that_was_not_done_is_sent_again_once(counter: Counter, world: World, fault: Fault):
    invoice = paid(world)
    counter.faults(once(fault, INSERT))
    counter.run(automatic=True)
    assert counter.state(invoice) in {"UNCERTAIN", "READY"}
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    counter.assert_books_agree()


def test_insert_in_doubt_finds_something_else_and_leaves_it_to_a_person(counter: Counter, world: World):
    invoice = paid(world)
    counter.faults(once(Fault.CONNECTION_RESET, INSERT))
    counter.run(automatic=True)
    someone_else_inserted(counter, invoice, Decimal("11.00"))
    counter.settle()
    assert counter.expense(invoice).held == Held.OTHER
    assert counter.state(invoice) == "REJECTED"
    result = manual.update_there(actor=world.ada, expense_id=counter.expense(invoice).pk)
    assert result.state == "ACCEPTED"
    counter.assert_books_agree()


def test_insert_refused_as_there_already_asks_and_recognises_it(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    someone_else_inserted(counter, invoice, counter.expense(invoice).amount)
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert effective(counter, "insert") == 1


def test_change_whose_answer_is_lost_is_settled(counter: Counter, world: World):
    invoice = sent(counter, world)
    counter.faults(once(Fault.LOST_ANSWER, CHANGE))
    sides.set_opposition(actor=world.ada, expense_id=counter.expense(invoice).pk, opposed=True)
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    counter.assert_books_agree()
    assert counter.held()[counter.expense(invoice).number].citizen is None


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.HTTP_503, Fault.CONNECTION_RESET])
def test_cancellation_in_doubt_ends_cancelled(counter: Counter, world: World, fault: Fault):
    invoice = sent(counter, world)
    counter.faults(once(fault, CANCEL))
    unpaid_again(world, invoice)
    counter.settle()
    assert counter.state(invoice) == "DELETED"
    assert counter.held() == {}


def test_cancellation_of_what_somebody_cancelled_before_is_done(counter: Counter, world: World):
    invoice = sent(counter, world)
    manual_cancel(counter, invoice)
    unpaid_again(world, invoice)
    counter.settle()
    assert counter.state(invoice) == "DELETED"


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.WS99, Fault.CONNECTION_RESET])
def test_refund_in_doubt_counts_once(counter: Counter, world: World, fault: Fault):
    invoice = sent(counter, world)
    counter.faults(once(fault, REFUND))
    note = credited(world, invoice)
    counter.settle()
    assert counter.state(note) == "ACCEPTED"
    assert counter.state(invoice) == "REFUNDED"
    counter.assert_books_agree()


def test_refund_is_cancelled_before_its_original(counter: Counter, world: World):
    invoice = sent(counter, world)
    note = credited(world, invoice)
    counter.settle()
    sides.exclude(actor=world.ada, expense_id=counter.expense(invoice).pk, reason="Non va inviata")
    counter.settle()
    assert (counter.state(note), counter.state(invoice)) == ("DELETED", "DELETED")
    assert counter.held() == {}


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.CONNECTION_RESET])
def test_document_is_not_cancelled_while_its_refund_is_in_doubt(counter: Counter, world: World, fault: Fault):
    invoice = sent(counter, world)
    counter.faults(once(fault, REFUND))
    note = credited(world, invoice)
    counter.run(automatic=True)
    assert counter.state(note) in {"UNCERTAIN", "READY"}
    sides.exclude(actor=world.ada, expense_id=counter.expense(invoice).pk, reason="Non va inviata")
    counter.settle()
    assert (counter.state(note), counter.state(invoice)) in {("DELETED", "DELETED"), ("NOT_APPLICABLE", "DELETED")}
    assert refusals(counter) == []
    assert counter.held() == {}


def test_document_is_not_refunded_while_a_call_about_it_is_in_doubt(counter: Counter, world: World):
    invoice = sent(counter, world)
    counter.faults(once(Fault.LOST_ANSWER, CHANGE))
    sides.set_opposition(actor=world.ada, expense_id=counter.expense(invoice).pk, opposed=True)
    counter.run(automatic=True)
    assert counter.state(invoice) == "UNCERTAIN"
    note = credited(world, invoice)
    counter.run(automatic=True)
    assert counter.journal("refund") == []
    counter.settle()
    assert (counter.state(note), counter.state(invoice)) == ("ACCEPTED", "REFUNDED")
    assert refusals(counter) == []
    counter.assert_books_agree()


def test_file_leaves_refunds_behind_whose_original_is_in_doubt(counter: Counter, world: World):
    first, second = sent(counter, world), sent(counter, world)
    counter.faults(once(Fault.LOST_ANSWER, CHANGE))
    sides.set_opposition(actor=world.ada, expense_id=counter.expense(first).pk, opposed=True)
    counter.run(automatic=True)
    assert counter.state(first) == "UNCERTAIN"
    notes = [credited(world, first), credited(world, second)]
    counter.take_in()
    with acting(System("tests", counter.account.practice_id)):
        claimed = claiming.claim_file(counter.entity, counter.account.environment, now=patience.now(), automatic=True)
    assert claimed is not None
    assert [counter.expense(note).carrier_id for note in notes] == [None, claimed.call.pk]


def test_answer_that_is_older_than_what_is_known_is_not_taken(counter: Counter, world: World):
    invoice = sent(counter, world)
    row = counter.expense(invoice)
    unpaid_again(world, invoice)
    counter.settle()
    assert counter.state(invoice) == "DELETED"
    with acting(System("tests", counter.account.practice_id)):
        stale = Seen(Held.HELD, DAY.isoformat(), (("SP", row.amount),), row.protocol)
        assert adopt(row.pk, stale, version=row.version, now=patience.now()) is None
    assert counter.state(invoice) == "DELETED"


def test_cancelled_document_that_is_due_again_is_inserted_again(counter: Counter, world: World):
    invoice = sent(counter, world)
    unpaid_again(world, invoice)
    counter.settle()
    record_payment(
        actor=world.ada, invoice_id=invoice.pk, on=DAY, amount=invoice.payable, method=Method.CASH, today=DAY
    )
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    counter.assert_books_agree()
    assert counter.held()[counter.expense(invoice).number].traceable == "NO"


def test_cancelled_document_that_the_state_takes_no_more_goes_under_another_device(counter: Counter, world: World):
    counter.simulator.change_settings({"reinsert_after_cancel": False})
    invoice = sent(counter, world)
    unpaid_again(world, invoice)
    counter.settle()
    record_payment(
        actor=world.ada, invoice_id=invoice.pk, on=DAY, amount=invoice.payable, method=Method.CARD, today=DAY
    )
    counter.settle()
    assert counter.state(invoice) == "REJECTED"
    result = manual.renew_reference(actor=world.ada, expense_id=counter.expense(invoice).pk)
    assert result.state == "ACCEPTED"
    assert counter.held()[counter.expense(invoice).number].id.device == 2


def test_refused_document_is_not_sent_again_by_itself_and_goes_once_mended(counter: Counter, world: World):
    invoice = paid(world)
    counter.faults(Rule(Fault.UNKNOWN_CODE, operations=INSERT, tipo="E"))
    counter.settle()
    assert counter.state(invoice) == "REJECTED"
    assert len(counter.journal("insert")) == 1
    counter.faults()
    assert manual.send_again(actor=world.ada, expense_id=counter.expense(invoice).pk).state == "ACCEPTED"


@pytest.mark.parametrize(("calls", "state", "sent_times"), [({1, 2}, "ACCEPTED", 3), ({1, 2, 3}, "REJECTED", 3)])
def test_fault_of_the_service_is_tried_again_and_then_believed(
    counter: Counter, world: World, calls, state, sent_times
):
    invoice = paid(world)
    counter.faults(Rule(Fault.INTERNAL_ERROR, operations=INSERT, calls=frozenset(calls)))
    counter.settle()
    assert counter.state(invoice) == state
    assert len(counter.journal("insert")) == sent_times


def test_wrong_code_of_a_patient_is_refused_mended_and_sent(counter: Counter, world: World):
    invoice = paid(world)
    recode(world.bruno, "VRDBRN80E12A944X")
    counter.settle()
    assert counter.state(invoice) == "REJECTED"
    assert [one["code"] for one in counter.expense(invoice).messages] == ["S011"]
    recode(world.bruno, "VRDBRN80E12A944U")
    with transaction.atomic():
        marks.note(CODE_CHANGED, world.rossi.party.pk, world.bruno.pk)
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    counter.assert_books_agree()


def test_first_authentication_failure_stops_everything_and_a_good_test_lets_go_on(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(3)]
    counter.faults(once(Fault.EXPIRED_PASSWORD, INSERT))
    counter.run(automatic=True)
    assert len(counter.journal("insert")) == 1
    assert {counter.state(one) for one in invoices} == {"READY"}
    assert counter.run(automatic=True).stopped
    with pytest.raises(RuleViolation, match="sts_stopped"):
        manual.send_now(actor=world.ada, expense_id=counter.expense(invoices[0]).pk)
    with acting(System("tests")):
        StsSettings.objects.filter(pk=counter.account.pk).update(stopped_at=None, stop_reason="")
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}


def test_wrong_pin_stops_the_account_and_rejects_no_document(counter: Counter, world: World):
    invoice = paid(world)
    with acting(System("tests")):
        counter.account.pin = "0000000000"
        counter.account.save()
    assert counter.run(automatic=True).stopped
    assert counter.state(invoice) == "READY"
    with acting(System("tests")):
        assert StsSettings.objects.get(pk=counter.account.pk).stop_reason == "pin"


def test_many_go_by_file_and_are_accepted(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(4)]
    counter.run(automatic=True, many=3)
    assert {counter.state(one) for one in invoices} == {"TAKEN_IN_CHARGE"}
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    assert counter.journal("insert") == []
    assert len(counter.journal("upload")) == 1
    counter.assert_books_agree()
    with acting(System("tests")):
        call = Transmission.objects.get()
        assert (call.accepted, call.refused, call.sts_state) == (4, 0, 2)
        assert call.receipt is not None


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.TRUNCATED_ANSWER, Fault.HTTP_503, Fault.CONNECTION_RESET])
def test_file_in_doubt_is_found_or_sent_again_and_never_doubled(counter: Counter, world: World, fault: Fault):
    invoices = [paid(world) for _ in range(4)]
    counter.faults(once(fault, UPLOAD))
    counter.run(automatic=True, many=3)
    for _ in range(6):
        counter.forward(hours=3)
        counter.wait_for_files()
        counter.run(automatic=True, many=3)
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    counter.assert_books_agree()
    assert accepted_files(counter) == 1


def test_file_with_a_bad_document_rejects_that_one_alone(counter: Counter, world: World):
    good = [paid(world) for _ in range(3)]
    bad = paid(world, patient=world.mia)
    recode(world.mia, "VRDMIA18P45A944Y")
    counter.run(automatic=True, many=3)
    counter.settle()
    assert {counter.state(one) for one in good} == {"ACCEPTED"}
    assert counter.state(bad) == "REJECTED"
    with acting(System("tests")):
        call = Transmission.objects.get(kind="batch")
        assert (call.sts_state, call.refused) == (3, 1)
        assert call.errors_file is not None


@pytest.mark.parametrize("fault", [Fault.STATE_5, Fault.STATE_9])
def test_file_refused_whole_rejects_its_documents_and_holds_nothing(counter: Counter, world: World, fault: Fault):
    invoices = [paid(world) for _ in range(3)]
    counter.faults(once(fault, UPLOAD))
    counter.run(automatic=True, many=3)
    counter.settle()
    assert {counter.state(one) for one in invoices} == {"REJECTED"}
    assert counter.held() == {}
    for one in invoices:
        assert manual.send_again(actor=world.ada, expense_id=counter.expense(one).pk).state == "ACCEPTED"


def test_worker_killed_after_writing_down_is_asked_about_later(counter: Counter, world: World, monkeypatch):
    invoice = paid(world)
    counter.take_in()
    with acting(System("tests")):
        claiming.claim_one(counter.expense(invoice).pk, counter.account.environment, now=counter.simulator.clock.now())
    assert counter.run(automatic=True).calls == 0, "its sender may still live"
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert len(counter.journal("insert")) == 1


def test_second_click_finds_it_done(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    first = manual.send_now(actor=world.ada, expense_id=counter.expense(invoice).pk)
    assert (first.state, first.outcome) == ("ACCEPTED", "done")
    with pytest.raises(RuleViolation, match="sts_not_sendable"):
        manual.send_now(actor=world.ada, expense_id=counter.expense(invoice).pk)
    assert len(counter.journal("insert")) == 1


def test_resync_finds_what_was_changed_behind_our_back_and_mends_it(counter: Counter, world: World):
    invoice = sent(counter, world)
    manual_cancel(counter, invoice)
    result = manual.resync(actor=world.ada, expense_id=counter.expense(invoice).pk)
    assert result.state == "READY"
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    counter.assert_books_agree()


def test_send_many_sends_what_was_selected_and_nothing_else(counter: Counter, world: World):
    first, second = paid(world), paid(world)
    counter.take_in()
    assert send_many(actor=world.ada, entity_id=counter.entity, expense_ids=[counter.expense(first).pk]) == 1
    counter.run()
    assert (counter.state(first), counter.state(second)) == ("ACCEPTED", "READY")


def test_exclude_needs_a_reason(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    with pytest.raises(RuleViolation, match="reason_missing"):
        sides.exclude(actor=world.ada, expense_id=counter.expense(invoice).pk, reason="  ")


def test_documents_of_another_practice_are_not_found(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    with pytest.raises(Expense.DoesNotExist):
        manual.send_now(actor=world.olga, expense_id=counter.expense(invoice).pk)


def test_nothing_secret_is_kept_in_clear(counter: Counter, world: World):
    invoice = sent(counter, world)
    with acting(System("tests")):
        attempt = Attempt.objects.get(expense=counter.expense(invoice))
        assert "VRDBRN80E12A944U" in attempt.content
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table.startswith(("expenses_", "core_job", "core_audit")):
                cursor.execute(f'SELECT * FROM "{table}"')
                told = repr(cursor.fetchall())
                for secret in ("VRDBRN80E12A944U", "Prova2026x", "1234567890'"):
                    assert secret not in told, f"{secret} in {table}"


def recode(patient: Patient, code: str) -> None:
    """Write another codice fiscale into a patient's record."""
    with acting(System("tests")):
        patient.codice_fiscale = code
        patient.save(update_fields=["codice_fiscale"])


def accepted_files(counter: Counter) -> int:
    return len({one.file_name for one in counter.simulator.ministry.books.page(100)})


def someone_else_inserted(counter: Counter, invoice: Invoice, amount: Decimal) -> None:
    """Insert a document under the invoice's reference with another program."""
    with acting(System("tests")):
        content = Content.read(Expense.objects.get(invoice=invoice).should)
        whole = content._replace(pieces=(content.pieces[0].of(amount),))
        with ministry.speaking(counter.account, now=patience.now) as client:
            client.insert(document_of(whole))


def manual_cancel(counter: Counter, invoice: Invoice) -> None:
    """Cancel a document with another program."""
    with acting(System("tests")), ministry.speaking(counter.account, now=patience.now) as client:
        client.cancel(id_of(reference_of(Expense.objects.get(invoice=invoice))))
