"""A document that our books do not have, cancelled at the State from the comparison of a month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from sistemats.codes import Call
from sportello.accounts.models import Person
from sportello.core.actors import System, acting
from sportello.expenses.models import Difference, Expense, MonthlyReport, Transmission
from tests.billing.desk import paid
from tests.expenses.counter import Counter, Fault, Rule, counter_at
from tests.expenses.test_edges import someone_else_inserted
from tests.web.practice.conftest import text_of
from tests.world import DAY


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


@pytest.fixture
def found(counter: Counter) -> Difference:
    """Give the difference made by a document that the State holds and our books do not have."""
    world = counter.world
    Person.objects.update(language="en")
    other = paid(world)
    counter.take_in()
    someone_else_inserted(counter, other, Decimal("20.00"))
    row = counter.expense(other)
    with acting(System("tests")):
        Expense.objects.filter(pk=row.pk).delete()
        report = MonthlyReport.objects.create(
            practice=world.rossi.party, entity=world.studio, month=date(DAY.year, DAY.month, 1), asked_at=row.created_at
        )
        return Difference.objects.create(
            practice=world.rossi.party,
            entity=world.studio,
            report=report,
            kind="unknown_here",
            vat_number=row.vat_number,
            issued_on=row.issued_on,
            number=row.number,
            theirs=Decimal("20.00"),
        )


def settle(client, found: Difference) -> str:
    address = reverse("practice:sts_settle", args=[found.report_id, found.pk])
    return text_of(client.post(address, {"remedy": "cancel_there"}, follow=True))


def page_of_the_call(client) -> str:
    with acting(System("tests")):
        call = Transmission.objects.latest("pk")
    return text_of(client.get(reverse("practice:sts_sending", args=[call.pk])))


def test_cancellation_is_shown_among_the_sendings(proved, counter, found):
    client = proved("ada")
    assert "The difference is settled." in settle(client, found)
    page = page_of_the_call(client)
    assert f"Cancellation of {found.number}, which is not in our books" in page
    assert "Sent by Ada" in page
    assert "Ask for the receipt" in page


def test_cancellation_whose_answer_is_lost_is_not_called_a_failure(proved, counter, found):
    client = proved("ada")
    counter.faults(Rule(Fault.LOST_ANSWER, operations=frozenset({Call.CANCEL}), calls=frozenset({1})))
    assert "the difference settles by itself once it is known" in settle(client, found)
    assert "A sending of this document is under way" in settle(client, found)
    counter.settle()
    assert "This difference was settled already" in settle(client, found)


def test_cancellation_that_was_not_carried_out_says_what_to_do(proved, counter, found):
    client = proved("ada")
    counter.faults(Rule(Fault.HTTP_503, operations=frozenset({Call.CANCEL}), calls=frozenset({1})))
    assert "Nothing was cancelled: try again later." in settle(client, found)
    assert "cancel it again in the reconciliation" in page_of_the_call(client)
    assert "The difference is settled." in settle(client, found)
