"""Invoices that another program sent before the account was activated here, and their credit notes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from sportello.accounts.models import Person
from sportello.core.actors import System, acting
from sportello.expenses.models import StsSettings
from sportello.expenses.taking_in import take_in_entity
from tests.billing.desk import paid
from tests.expenses.counter import Counter, counter_at
from tests.expenses.test_edges import credited, someone_else_inserted
from tests.web.practice.conftest import text_of


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


@pytest.fixture
def before(world, counter: Counter):
    """Return an invoice that was paid before the account was activated."""
    Person.objects.update(language="en")
    paper = paid(world)
    counter.take_in()
    with acting(System("tests")):
        StsSettings.objects.update(active_since=date(2026, 3, 13))
    return paper


def deeds_of(paper) -> str:
    return f"{reverse('practice:sts_document', args=[paper.pk])}#deeds"


def page(client, paper) -> str:
    return text_of(client.get(reverse("practice:sts_document", args=[paper.pk])))


def test_credit_note_of_an_invoice_sent_elsewhere_says_how_it_reaches_the_state(proved, counter, world, before):
    someone_else_inserted(counter, before, counter.expense(before).amount)
    take_in_entity(counter.entity, counter.account.practice_id)
    client = proved("ada")
    assert "Resynchronise it:" not in page(client, before)
    note = credited(world, before)
    counter.take_in()
    for paper in (before, note):
        said = page(client, paper)
        assert "Resynchronise it: if the Sistema TS holds it exactly as it stands here" in said
        assert deeds_of(before) in said
    client.post(reverse("practice:sts_deed", args=[before.pk, "resync"]))
    counter.settle()
    assert (counter.state(before), counter.state(note)) == ("REFUNDED", "ACCEPTED")
    assert "Resynchronise it:" not in page(client, note)


def test_invoice_that_is_held_otherwise_says_that_the_other_program_must_tell(proved, counter, world, before):
    someone_else_inserted(counter, before, Decimal("11.00"))
    take_in_entity(counter.entity, counter.account.practice_id)
    credited(world, before)
    counter.take_in()
    client = proved("ada")
    client.post(reverse("practice:sts_deed", args=[before.pk, "resync"]))
    said = page(client, before)
    assert "11.00" in said
    assert "with the program that sent the invoice." in said
