"""The patients' wish for what was ticked: asked on a page of its own, done for all, refused ones named."""

from __future__ import annotations

import pytest
from django.contrib import messages
from django.urls import reverse

from sportello.core.actors import System, acting
from sportello.expenses.models import Expense, Transmission
from tests.billing.desk import line, paid
from tests.expenses.counter import counter_at
from tests.web.practice.conftest import text_of

ASK = "practice:sts_oppose"


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def due(counter, number: int = 1):
    """Return paid invoices that wait to be sent."""
    world = counter.world
    papers = [paid(world, line(service_id=world.therapy.pk)) for _ in range(number)]
    counter.take_in()
    return papers


def rows(counter, *papers) -> list[str]:
    return [str(counter.expense(each).pk) for each in papers]


def told(response) -> list[tuple[int, str]]:
    """Return what the page says on top: how grave, and the sentence."""
    return [(each.level, str(each)) for each in response.context["messages"]]


def opposed(paper) -> bool | None:
    with acting(System("tests")):
        return Expense.objects.get(invoice_id=paper.pk).opposition


def test_opposition_of_ticked_ones_asks_first_and_keeps_the_filter(proved, counter):
    first, second, third = due(counter, 3)
    client = proved("ada")
    response = client.post(f"{reverse(ASK)}?view=to_send", {"row": rows(counter, first, second)}, follow=True)
    page = text_of(response)
    assert first.printed_number in page
    assert second.printed_number in page
    assert third.printed_number not in page
    assert opposed(first) is None
    address = response.redirect_chain[-1][0]
    assert "view=to_send" in address
    assert "csrf" not in address
    response = client.post(address, {"row": rows(counter, first, second), "opposed": "1"})
    assert response.url == f"{reverse('practice:sts')}?view=to_send"
    assert [opposed(each) for each in (first, second, third)] == [True, True, None]


def test_opposition_of_everything_takes_what_can_be_sent(proved, counter):
    papers = due(counter, 2)
    client = proved("ada")
    response = client.post(reverse(ASK), {"everything": "1"}, follow=True)
    assert all(each.printed_number in text_of(response) for each in papers)


def test_opposition_sent_twice_says_that_nothing_changed(proved, counter):
    [paper] = due(counter)
    client = proved("ada")
    data = {"row": rows(counter, paper), "opposed": "1"}
    assert [level for level, _text in told(client.post(reverse(ASK), data, follow=True))] == [messages.SUCCESS]
    assert [level for level, _text in told(client.post(reverse(ASK), data, follow=True))] == [messages.INFO]


def test_opposition_names_what_stays_as_it_is(proved, counter):
    busy, free = due(counter, 2)
    client = proved("ada")
    client.post(reverse("practice:sts_deed", args=[busy.pk, "send"]), follow=True)
    with acting(System("tests")):
        Expense.objects.filter(invoice_id=busy.pk).update(carrier=Transmission.objects.get())
    data = {"row": rows(counter, busy, free), "opposed": "1"}
    done, left = told(client.post(reverse(ASK), data, follow=True))
    assert (done[0], left[0]) == (messages.SUCCESS, messages.WARNING)
    assert busy.printed_number in left[1]
    assert free.printed_number not in left[1]
    assert [opposed(busy), opposed(free)] == [None, True]


def test_opposition_with_nothing_ticked_leads_back_with_a_word(proved, counter):
    response = proved("ada").post(reverse(ASK), {}, follow=True)
    assert response.redirect_chain[-1][0] == reverse("practice:sts")
    assert [level for level, _text in told(response)] == [messages.WARNING]


def test_opposition_of_another_practice_is_not_found(proved, counter):
    [paper] = due(counter)
    data = {"row": rows(counter, paper)}
    for client, expected in ((proved("olga"), 404), (proved("elena"), 403)):
        assert client.get(reverse(ASK), data).status_code == expected
        assert client.post(reverse(ASK), data | {"opposed": "1"}).status_code == expected
    assert opposed(paper) is None


def test_sending_tells_what_was_passed_over(proved, counter):
    sent, waiting = due(counter, 2)
    client = proved("ada")
    client.post(reverse("practice:sts_deed", args=[sent.pk, "send"]), follow=True)
    response = client.post(reverse("practice:sts_send"), {"row": rows(counter, sent, waiting)}, follow=True)
    assert [level for level, _text in told(response)] == [messages.INFO, messages.SUCCESS]
    assert counter.state(waiting) == "ACCEPTED"
