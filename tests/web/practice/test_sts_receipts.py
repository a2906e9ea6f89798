"""The receipt of a document sent alone, asked for on the page of its sending."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sportello.accounts.models import Person
from sportello.core.actors import System, acting
from sportello.expenses.models import Transmission
from sportello.expenses.operations.manual import send_now
from tests.billing.desk import line, paid
from tests.expenses.counter import counter_at
from tests.web.practice.conftest import text_of


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def test_receipt_of_a_document_sent_alone_is_asked_for_and_handed_out(proved, counter, world):
    Person.objects.update(language="en")
    paper = paid(world, line("70.00", service_id=world.therapy.pk))
    counter.take_in()
    send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    with acting(System("tests")):
        call = Transmission.objects.get()
    client = proved("ada")
    address = reverse("practice:sts_sending", args=[call.pk])
    page = text_of(client.get(address))
    assert "Ask for the receipt" in page
    assert 'hx-trigger="every 15s"' not in page
    asked = text_of(client.post(reverse("practice:sts_sending_ask", args=[call.pk]), follow=True))
    assert "Next request for the receipt" in asked
    assert 'hx-trigger="every 15s"' in asked
    counter.run()
    page = text_of(client.get(address))
    assert "Ask for the receipt" not in page
    assert reverse("practice:sts_receipts", args=[call.pk]) in page
    given = client.get(reverse("practice:sts_receipts", args=[call.pk]))
    assert b"".join(given.streaming_content).startswith(b"PK")
