"""Sending once more, many together, what the State refused."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sistemats.codes import Call
from tests.billing.desk import line, paid
from tests.expenses.counter import Fault, Rule, counter_at
from tests.web.practice.conftest import text_of

LIST, SEND = "practice:sts", "practice:sts_send"


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


@pytest.fixture
def rejected(counter, world):
    """Give three documents that the State refused as a file."""
    papers = [paid(world, line(service_id=world.therapy.pk)) for _ in range(3)]
    counter.faults(Rule(Fault.STATE_5, operations=frozenset({Call.UPLOAD}), calls=frozenset({1})))
    counter.run(automatic=True, many=3)
    counter.settle()
    assert {counter.state(each) for each in papers} == {"REJECTED"}
    return papers


def test_rejected_documents_that_are_ticked_are_sent_again(proved, counter, rejected):
    rows = [str(counter.expense(each).pk) for each in rejected[:2]]
    proved("ada").post(reverse(SEND), {"row": rows})
    counter.run()
    assert [counter.state(each) for each in rejected] == ["ACCEPTED", "ACCEPTED", "REJECTED"]


def test_one_rejected_document_that_is_ticked_is_sent_again_at_once(proved, counter, rejected):
    proved("ada").post(reverse(SEND), {"row": [str(counter.expense(rejected[0]).pk)]})
    assert [counter.state(each) for each in rejected] == ["ACCEPTED", "REJECTED", "REJECTED"]


def test_all_rejected_documents_are_sent_again_from_their_filter(proved, counter, rejected):
    client = proved("ada")
    page = client.get(f"{reverse(LIST)}?view=rejected")
    assert page.context["to_send"] == 3
    assert "3" in page.context["every"]
    assert page.context["may_send_some"]
    client.post(f"{reverse(SEND)}?view=rejected", {"everything": "1"})
    counter.run()
    assert {counter.state(each) for each in rejected} == {"ACCEPTED"}


def test_all_documents_of_another_filter_leave_rejected_ones_alone(proved, counter, rejected, world):
    waiting = paid(world, line(service_id=world.therapy.pk))
    counter.take_in()
    client = proved("ada")
    page = client.get(reverse(LIST))
    assert page.context["to_send"] == 1
    asides = text_of(page).count("data-aside")
    assert asides == len(rejected), "the box above all boxes does not tick what was refused"
    client.post(reverse(SEND), {"everything": "1"})
    counter.run()
    assert counter.state(waiting) == "ACCEPTED"
    assert {counter.state(each) for each in rejected} == {"REJECTED"}


def test_reason_of_a_document_refused_with_its_file_is_told_without_empty_words(proved, counter, rejected):
    page = text_of(proved("ada").get(reverse("practice:sts_document", args=[rejected[0].pk])))
    assert "«»" not in page
