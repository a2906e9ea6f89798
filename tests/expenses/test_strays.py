"""Cancelling there what our books do not have: written down before it leaves, sent once, settled by asking."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sistemats.codes import Call
from sportello.core.actors import System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses import patience
from sportello.expenses.documents import id_of
from sportello.expenses.exchange import reports, strays
from sportello.expenses.models import Attempt, Difference, Expense, MonthlyReport, StsSettings, Transmission
from sportello.expenses.operations.reconciling import Remedy, ask_report, remedy
from sportello.expenses.queries.transmissions import Filter, View, detail, page_of
from sportello.expenses.rules.content import Reference
from sportello.expenses.states import CallState
from tests.billing.desk import paid
from tests.expenses.counter import Counter, Fault, Rule
from tests.expenses.test_edges import manual_cancel, someone_else_inserted, unpaid_again
from tests.world import DAY, World

CANCEL = frozenset({Call.CANCEL})


def compare(counter: Counter, world: World) -> Difference:
    """Have the month compared anew; return the one difference."""
    report = ask_report(actor=world.ada, entity_id=counter.entity, month=DAY)
    with acting(System("tests", counter.account.practice_id)):
        assert reports.reconcile(report.pk)
        return Difference.objects.get(report=report, resolved_at=None)


def stray(counter: Counter, world: World) -> Difference:
    """Return the difference that a document makes which the State holds and our books do not have."""
    other = paid(world)
    counter.take_in()
    someone_else_inserted(counter, other, Decimal("20.00"))
    with acting(System("tests")):
        Expense.objects.filter(invoice=other).delete()
    found = compare(counter, world)
    assert found.kind == "unknown_here"
    return found


def cancel(world: World, found: Difference) -> None:
    remedy(actor=world.ada, difference_id=found.pk, choice=Remedy.CANCEL_THERE)


def calls() -> list[Transmission]:
    with acting(System("tests")):
        return list(Transmission.objects.order_by("pk"))


def is_settled(found: Difference) -> bool:
    with acting(System("tests")):
        found.refresh_from_db()
    return found.resolved_at is not None


def test_cancellation_is_a_sending_that_names_its_document(counter: Counter, world: World):
    found = stray(counter, world)
    cancel(world, found)
    assert counter.held() == {}
    [call] = calls()
    assert (call.operation, call.kind, call.state, call.by_id) == ("C", "single", "done", world.people["ada"].pk)
    assert found.issued_on is not None
    assert Reference.of_key(call.stray) == Reference(found.vat_number, found.issued_on, found.number, found.device)
    assert is_settled(found)
    assert found.remedy == "cancel_there"
    with acting(world.ada):
        assert not Attempt.objects.exists()
        [row] = page_of(world.ada, Filter(view=View.GOOD, words=found.number)).rows
        shown = detail(world.ada, call.pk)
    assert (row.number, row.stray, row.outcome, row.invoice_id) == (found.number, True, "accepted", None)
    assert (shown.row.accepted, shown.documents) == (1, ())
    with pytest.raises(RuleViolation, match="sts_remedy_not_offered"):
        cancel(world, found)


def test_cancellation_with_a_wrong_password_stops_and_is_not_offered_to_the_state_again(counter: Counter, world: World):
    found = stray(counter, world)
    counter.faults(Rule(Fault.EXPIRED_PASSWORD, operations=CANCEL))
    for _ in range(3):
        with pytest.raises(RuleViolation, match="sts_stopped"):
            cancel(world, found)
    assert len(counter.journal("cancel")) == 1
    with acting(System("tests")):
        account = StsSettings.objects.get()
    assert (account.stop_reason, account.wrong_tries) == ("authentication", 1)
    assert [one.state for one in calls()] == ["not_sent"]
    assert not is_settled(found)


def test_cancellation_whose_answer_is_lost_is_asked_about_and_never_sent_again(counter: Counter, world: World):
    found = stray(counter, world)
    counter.faults(Rule(Fault.LOST_ANSWER, operations=CANCEL, calls=frozenset({1})))
    with pytest.raises(RuleViolation, match="sts_cancel_unknown"):
        cancel(world, found)
    assert [one.state for one in calls()] == ["uncertain"]
    with pytest.raises(RuleViolation, match="sts_call_under_way"):
        cancel(world, found)
    counter.settle()
    assert [one.state for one in calls()] == ["done"]
    assert is_settled(found)
    assert len(counter.journal("cancel")) == 1
    assert counter.held() == {}


def test_difference_that_was_found_anew_meanwhile_is_settled_too(counter: Counter, world: World):
    found = stray(counter, world)
    counter.faults(Rule(Fault.CONNECTION_RESET, operations=CANCEL, calls=frozenset({1})))
    with pytest.raises(RuleViolation, match="sts_cancel_unknown"):
        cancel(world, found)
    again = compare(counter, world)
    assert again.pk != found.pk
    with pytest.raises(RuleViolation, match="sts_call_under_way"):
        cancel(world, again)
    other_program_cancels(counter, again)
    counter.settle()
    assert is_settled(again)
    assert [one.state for one in calls()] == ["done"]


def other_program_cancels(counter: Counter, found: Difference) -> None:
    """Cancel a document at the State with another program."""
    assert found.issued_on is not None
    reference = Reference(found.vat_number, found.issued_on, found.number, found.device)
    with counter.on_line() as client:
        client.cancel(id_of(reference))


def test_cancellation_that_never_arrived_leaves_the_difference_and_can_be_asked_for_again(
    counter: Counter, world: World
):
    found = stray(counter, world)
    counter.faults(Rule(Fault.CONNECTION_RESET, operations=CANCEL, calls=frozenset({1})))
    with pytest.raises(RuleViolation, match="sts_cancel_unknown"):
        cancel(world, found)
    counter.settle()
    assert [(one.state, one.trouble) for one in calls()] == [("not_sent", "stray_not_done")]
    assert not is_settled(found)
    cancel(world, found)
    assert is_settled(found)
    assert counter.held() == {}


def test_cancellation_that_the_state_has_no_time_for_can_be_asked_for_again(counter: Counter, world: World):
    found = stray(counter, world)
    counter.faults(Rule(Fault.WS99, operations=CANCEL, calls=frozenset({1})))
    with pytest.raises(RuleViolation, match="sts_cancel_later"):
        cancel(world, found)
    assert [(one.state, one.trouble) for one in calls()] == [("not_sent", "stray_not_done")]
    cancel(world, found)
    assert is_settled(found)


def test_cancellation_that_the_state_refuses_says_so_and_settles_nothing(counter: Counter, world: World):
    found = stray(counter, world)
    counter.faults(Rule(Fault.UNKNOWN_CODE, operations=CANCEL, tipo="E"))
    with pytest.raises(RuleViolation, match="sts_not_cancelled"):
        cancel(world, found)
    assert not is_settled(found)
    [call] = calls()
    assert (call.state, call.refused, bool(call.messages)) == ("done", 1, True)
    with acting(world.ada):
        [row] = page_of(world.ada, Filter(view=View.WITH_ERRORS)).rows
        assert not page_of(world.ada, Filter(view=View.GOOD)).rows
    assert row.outcome == "refused"


def test_cancellation_of_what_somebody_cancelled_before_is_done(counter: Counter, world: World):
    found = stray(counter, world)
    other_program_cancels(counter, found)
    cancel(world, found)
    assert is_settled(found)
    assert [(one.state, one.accepted) for one in calls()] == [("done", 1)]


def test_document_is_claimed_by_one_click_alone(counter: Counter, world: World):
    found = stray(counter, world)
    with acting(System("tests", counter.account.practice_id)):
        account = StsSettings.objects.get()
        first = strays.claim(account, found.pk, by=None, now=patience.now())
        assert first is not None
        assert strays.claim(account, found.pk, by=None, now=patience.now()) is None
    cancel_elsewhere = compare(counter, world)
    with acting(System("tests", counter.account.practice_id)):
        assert strays.claim(account, cancel_elsewhere.pk, by=None, now=patience.now()) is None
    assert counter.journal("cancel") == []


def test_nothing_is_claimed_for_an_account_that_was_stopped_meanwhile(counter: Counter, world: World):
    found = stray(counter, world)
    with acting(System("tests", counter.account.practice_id)):
        account = StsSettings.objects.get()
        StsSettings.objects.update(stopped_at=patience.now(), stop_reason="by_hand")
        assert strays.claim(account, found.pk, by=None, now=patience.now()) is None
    assert calls() == []


def test_nothing_is_claimed_for_a_host_that_is_not_spoken_to_any_more(counter: Counter, world: World):
    found = stray(counter, world)
    with acting(System("tests", counter.account.practice_id)):
        account = StsSettings.objects.get()
        StsSettings.objects.update(environment="production")
        assert strays.claim(account, found.pk, by=None, now=patience.now()) is None
    assert calls() == []


def test_worker_killed_after_writing_the_cancellation_down_is_asked_about_later(counter: Counter, world: World):
    found = stray(counter, world)
    with acting(System("tests", counter.account.practice_id)):
        account = StsSettings.objects.get()
        strays.claim(account, found.pk, by=None, now=patience.now())
    counter.settle()
    assert [one.state for one in calls()] == ["not_sent"]
    assert not is_settled(found)
    assert counter.journal("cancel") == []


def test_cancellation_that_is_late_for_its_own_writing_down_does_not_leave(counter: Counter, world: World):
    found = stray(counter, world)
    with acting(System("tests", counter.account.practice_id)):
        account = StsSettings.objects.get()
        call = strays.claim(account, found.pk, by=None, now=patience.now())
        assert call is not None
        counter.forward(seconds=60)
        answer = strays.send(None, call)  # type: ignore[arg-type]  # nothing is sent, so no line is needed
        strays.settle(call.pk, answer, now=patience.now())
    assert [one.state for one in calls()] == [CallState.NOT_SENT.value]


def test_document_of_ours_that_is_not_due_is_cancelled_like_any_other(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    someone_else_inserted(counter, invoice, counter.expense(invoice).amount)
    unpaid_again(world, invoice)
    counter.take_in()
    found = compare(counter, world)
    assert found.kind == "should_not_be_there"
    result = remedy(actor=world.ada, difference_id=found.pk, choice=Remedy.CANCEL_THERE)
    assert result is not None
    assert counter.state(invoice) == "DELETED"
    assert is_settled(found)
    [call] = calls()
    with acting(System("tests")):
        assert Attempt.objects.get().transmission_id == call.pk
    assert (call.operation, call.stray) == ("C", "")
    assert counter.held() == {}


def test_document_of_ours_that_is_gone_there_already_needs_no_call(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    someone_else_inserted(counter, invoice, counter.expense(invoice).amount)
    unpaid_again(world, invoice)
    counter.take_in()
    found = compare(counter, world)
    manual_cancel(counter, invoice)
    remedy(actor=world.ada, difference_id=found.pk, choice=Remedy.CANCEL_THERE)
    assert is_settled(found)
    assert calls() == []


def test_document_of_ours_is_not_cancelled_with_a_wrong_pin(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    someone_else_inserted(counter, invoice, counter.expense(invoice).amount)
    unpaid_again(world, invoice)
    counter.take_in()
    found = compare(counter, world)
    with acting(System("tests")):
        counter.account.pin = "0000000000"
        counter.account.save()
    with pytest.raises(RuleViolation, match="sts_stopped"):
        remedy(actor=world.ada, difference_id=found.pk, choice=Remedy.CANCEL_THERE)
    assert not is_settled(found)
    with acting(System("tests")):
        assert (StsSettings.objects.get().stop_reason, MonthlyReport.objects.count()) == ("pin", 1)
