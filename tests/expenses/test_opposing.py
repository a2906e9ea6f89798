"""Several patients' wishes at once: all or nothing for who may not, each on its own for what cannot change."""

from __future__ import annotations

import pytest

from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.core.actors import MayNot, System, acting
from sportello.core.models import AuditEntry
from sportello.core.violations import RuleViolation
from sportello.expenses.models import Expense, Transmission
from sportello.expenses.operations.manual import send_now
from sportello.expenses.operations.opposing import Opposed, set_oppositions
from sportello.expenses.rules.opposing import MOST_AT_ONCE
from tests.billing.desk import line, paid
from tests.expenses.counter import Counter, counter_at
from tests.world import BRUNO_CODE, DAY


@pytest.fixture
def counter(world, tmp_path):
    """Give the State's counter with Ada's account at it."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def due(counter: Counter, number: int):
    """Return paid invoices that wait to be sent."""
    world = counter.world
    papers = [paid(world, line(f"{70 + each}.00", service_id=world.therapy.pk)) for each in range(number)]
    counter.take_in()
    return papers


def ids(counter: Counter, *papers) -> list[int]:
    return [counter.expense(each).pk for each in papers]


def known(counter: Counter) -> list[tuple[str | None, str | None]]:
    """Return the flag and the code of everything that the State holds."""
    return [(one.opposed, one.citizen) for one in counter.held().values()]


def entries() -> int:
    with acting(System("tests")):
        return AuditEntry.objects.filter(action="sts.oppose").count()


def test_set_oppositions_lets_waiting_ones_go_without_the_code(counter, world):
    papers = due(counter, 2)
    done = set_oppositions(actor=world.ada, expense_ids=ids(counter, *papers), opposed=True)
    assert done == Opposed(changed=2)
    assert entries() == 2
    counter.run(automatic=True)
    assert known(counter) == [("1", None)] * 2


def test_set_oppositions_corrects_what_the_state_holds(counter, world):
    [paper] = due(counter, 1)
    send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    assert known(counter) == [("0", BRUNO_CODE)]
    done = set_oppositions(actor=world.ada, expense_ids=ids(counter, paper), opposed=True)
    assert (done.changed, done.corrected) == (1, 1)
    assert counter.state(paper) == "TO_UPDATE"
    counter.run(automatic=False)
    assert known(counter) == [("1", None)]
    set_oppositions(actor=world.ada, expense_ids=ids(counter, paper), opposed=False)
    counter.run(automatic=False)
    assert known(counter) == [("0", BRUNO_CODE)]


def test_set_oppositions_twice_changes_once(counter, world):
    papers = due(counter, 2)
    chosen = ids(counter, *papers)
    set_oppositions(actor=world.ada, expense_ids=chosen, opposed=True)
    assert set_oppositions(actor=world.ada, expense_ids=chosen, opposed=True) == Opposed(unchanged=2)
    assert entries() == 2


def test_set_oppositions_names_what_cannot_change_and_changes_the_others(counter, world):
    free, busy = due(counter, 2)
    note = issue_credit_note(
        actor=world.ada, invoice_id=free.pk, values=NoteValues(reason="Seduta non svolta"), on=DAY, today=DAY
    )
    counter.take_in()
    with acting(System("tests")):
        send_now(actor=world.ada, expense_id=counter.expense(busy).pk)
        Expense.objects.filter(invoice_id=busy.pk).update(carrier=Transmission.objects.get())
    done = set_oppositions(actor=world.ada, expense_ids=ids(counter, free, busy, note), opposed=True)
    refused = {busy.printed_number: "sts_call_under_way", note.printed_number: "sts_refund_follows"}
    assert (done.changed, dict(done.refused)) == (1, refused)
    assert counter.expense(busy).opposition is None


def test_set_oppositions_of_another_practice_are_not_found_and_nothing_changes(counter, world):
    [paper] = due(counter, 1)
    with pytest.raises(Expense.DoesNotExist):
        set_oppositions(actor=world.olga, expense_ids=ids(counter, paper), opposed=True)
    with pytest.raises(Expense.DoesNotExist):
        set_oppositions(actor=world.ada, expense_ids=[*ids(counter, paper), 10**9], opposed=True)
    assert counter.expense(paper).opposition is None


def test_set_oppositions_without_the_switch_is_refused(counter, world):
    [paper] = due(counter, 1)
    with pytest.raises(MayNot):
        set_oppositions(actor=world.elena, expense_ids=ids(counter, paper), opposed=True)


@pytest.mark.parametrize(("number", "code"), [(0, "sts_none_chosen"), (MOST_AT_ONCE + 1, "sts_too_many_chosen")])
def test_set_oppositions_of_none_or_too_many_is_refused(counter, world, number, code):
    with pytest.raises(RuleViolation) as refused:
        set_oppositions(actor=world.ada, expense_ids=range(1, number + 1), opposed=True)
    assert refused.value.code == code
