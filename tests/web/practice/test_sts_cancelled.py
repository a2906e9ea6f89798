"""What is cancelled at the State, and what becomes of it when it is due again, as people see both."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sportello.accounts.models import Person
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry
from sportello.expenses.models import StsSettings
from sportello.expenses.operations.manual import cancel_there, send_now
from sportello.expenses.operations.sides import include
from tests.billing.desk import line, paid
from tests.expenses.counter import counter_at
from tests.web.practice.conftest import text_of
from tests.web.practice.test_sts_ways import may_send
from tests.world import DAY

CODE = "RSSDAA79H51A944U"
TYPED = {"category": "health_professional", "channel": "direct", "username": CODE, "owner_code": CODE}
BASIS = TYPED | {"stamp_expense": "included", "password_lasts": "90"}


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast; people read English."""
    Person.objects.update(language="en")
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def sent(counter):
    world = counter.world
    paper = paid(world, line("70.00", service_id=world.therapy.pk))
    counter.take_in()
    assert send_now(actor=world.ada, expense_id=counter.expense(paper).pk).state == "ACCEPTED"
    return paper


def due_again(counter):
    """Return a document that was cancelled there, and taken in again."""
    paper = sent(counter)
    pk = counter.expense(paper).pk
    cancel_there(actor=counter.world.ada, expense_id=pk, reason="Prova")
    include(actor=counter.world.ada, expense_id=pk)
    return paper


def choose(client, counter, spent: str):
    return client.post(reverse("practice:sts_identity", args=[counter.entity]), BASIS | {"spent": spent}, follow=True)


def account() -> StsSettings:
    with acting(System("tests")):
        return StsSettings.objects.get()


def deed(paper, way: str) -> str:
    return reverse("practice:sts_deed", args=[paper.pk, way])


def test_document_with_refunds_is_cancelled_from_its_page(proved, counter, world):
    paper = sent(counter)
    note = issue_credit_note(actor=world.ada, invoice_id=paper.pk, values=NoteValues(), on=DAY, today=DAY)
    counter.settle()
    client = proved("ada")
    assert deed(paper, "cancel") in text_of(client.get(reverse("practice:sts_document", args=[paper.pk])))
    assert deed(note, "cancel") not in text_of(client.get(reverse("practice:sts_document", args=[note.pk])))
    assert "refunds of it are cancelled there first" in text_of(client.get(deed(paper, "cancel")))
    page = text_of(client.post(deed(paper, "cancel"), {"reason": "Doppia"}, follow=True))
    assert "Sistema TS: cancelled." in page
    assert (counter.state(paper), counter.state(note), counter.held()) == ("DELETED", "DELETED", {})


def test_owner_decides_what_becomes_of_a_cancelled_expense(proved, counter, world):
    paper = due_again(counter)
    client = proved("ada")
    assert counter.state(paper) == "READY"
    page = text_of(choose(client, counter, "person"))
    assert "Waits until somebody sends it under the next device number" in page
    assert not account().reinsert_cancelled
    assert counter.state(paper) == "REJECTED"
    counter.settle()
    assert counter.held() == {}
    own = text_of(client.get(reverse("practice:sts_document", args=[paper.pk])))
    assert "send it under the next device number" in own
    assert "the account says not to try its number a second time" in own
    assert f'href="{deed(paper, "renew")}"' in own
    client.post(deed(paper, "renew"))
    assert (counter.state(paper), counter.held()[counter.expense(paper).number].id.device) == ("ACCEPTED", 2)


def test_choice_that_is_taken_back_lets_a_cancelled_expense_go(proved, counter):
    paper = due_again(counter)
    client = proved("ada")
    choose(client, counter, "person")
    choose(client, counter, "again")
    assert counter.state(paper) == "READY"
    assert send_now(actor=counter.world.ada, expense_id=counter.expense(paper).pk).state == "ACCEPTED"


def test_choice_is_written_down_and_asks_for_no_new_test(proved, counter):
    with acting(System("tests")):
        StsSettings.objects.update(test_result="good")
    choose(proved("ada"), counter, "person")
    with acting(System("tests")):
        entry = AuditEntry.objects.get(action="sts.configure")
    assert entry.details["changes"]["reinsert_cancelled"] == [True, False]
    assert account().test_result == "good"


def test_choice_is_the_owners(proved, counter, world):
    may_send(world, "elena")
    assert choose(proved("elena"), counter, "person").status_code == 403
    assert account().reinsert_cancelled


def test_spent_document_says_in_the_list_what_it_waits_for(proved, counter):
    due_again(counter)
    client = proved("ada")
    choose(client, counter, "person")
    page = text_of(client.get(reverse("practice:sts"), {"view": "rejected"}))
    assert "Cancelled there: goes only under another device number" in page
