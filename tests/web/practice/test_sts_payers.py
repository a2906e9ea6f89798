"""A paper made out to somebody else than the patient: the code that the State gets is theirs, and is mended there."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sportello.accounts.models import Person
from sportello.billing.operations.payments import record_payment
from sportello.billing.rules.payments import Method
from sportello.core.actors import Switch, System, acting
from sportello.expenses.operations.manual import send_now
from sportello.parties.contacts import Address
from sportello.parties.models import Membership
from sportello.patients.operations.customers import create_customer
from sportello.patients.values import CustomerValues
from tests.billing.desk import issued
from tests.expenses.counter import Counter, counter_at
from tests.web.practice.conftest import text_of
from tests.world import DAY


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


@pytest.fixture
def refused(counter: Counter, world):
    """Return a paper that the State refused for the payer's code, and the payer."""
    address = Address("Via A 1", "40100", "Bologna", "BO")
    values = CustomerValues(kind="person", name="Verdi Bruno", codice_fiscale="VRDBRN80E12A944U", address=address)
    payer = create_customer(actor=world.ada, values=values)
    paper = issued(world, customer=payer)
    how = {"on": DAY, "amount": paper.payable, "method": Method.CARD, "today": DAY}
    record_payment(actor=world.ada, invoice_id=paper.pk, **how)
    with acting(System("tests")):
        payer.codice_fiscale = "VRDBRN80E12A944X"
        payer.save()
    counter.take_in()
    send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    assert counter.state(paper) == "REJECTED"
    return paper, payer


def test_code_that_was_refused_is_mended_at_the_payer(proved, refused):
    paper, payer = refused
    page = text_of(proved("ada").get(reverse("practice:sts_document", args=[paper.pk])))
    assert reverse("practice:customer_edit", args=[payer.pk]) in page


def test_who_may_not_change_the_payer_is_told_who_can(proved, refused, world):
    paper, payer = refused
    with acting(System("tests")):
        Membership.objects.filter(person=world.people["elena"]).update(switches=[Switch.STS.value])
    Person.objects.update(language="en")
    page = text_of(proved("elena").get(reverse("practice:sts_document", args=[paper.pk])))
    assert reverse("practice:customer_edit", args=[payer.pk]) not in page
    assert "Who keeps the customers' records here can do it." in page
