"""Sistema TS around the end of January: what was paid last year comes first until its deadline is past."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.urls import reverse

from sportello.accounts.models import Person
from sportello.core.actors import System, acting
from sportello.expenses.models import StsSettings
from sportello.expenses.queries.outlook import open_year
from tests.billing.desk import line, paid
from tests.expenses.counter import counter_at
from tests.web.practice.conftest import text_of

JANUARY = datetime(2027, 1, 10, 9, tzinfo=UTC)


@pytest.fixture
def counter(world, tmp_path):
    """Give the State's counter with Ada's account at it, on a day in January."""
    Person.objects.update(language="en")
    with time_machine.travel(JANUARY, tick=True), counter_at(world, tmp_path / "ministry", at=JANUARY) as opened:
        yield opened


def due(counter, on: date):
    world = counter.world
    paper = paid(world, line("70.00", service_id=world.therapy.pk), on=on)
    counter.take_in()
    return paper


def test_list_in_january_begins_with_what_is_due_now(proved, counter):
    last, this = due(counter, date(2026, 12, 30)), due(counter, date(2027, 1, 8))
    client = proved("ada")
    page = text_of(client.get(reverse("practice:sts")))
    assert "Expenses paid in 2026. Deadline <b>1 Feb 2027</b>, 22 days left." in page
    assert last.printed_number in page
    assert this.printed_number not in page
    assert this.printed_number in text_of(client.get(reverse("practice:sts"), {"year": "2027"}))
    assert last.printed_number in text_of(client.get(reverse("practice:sts_csv")))


def test_list_without_last_year_begins_with_this_one(proved, counter):
    this = due(counter, date(2027, 1, 8))
    page = text_of(proved("ada").get(reverse("practice:sts")))
    assert "Expenses paid in 2027" in page
    assert this.printed_number in page


def test_list_that_is_empty_for_a_year_is_not_a_new_one(proved, counter):
    due(counter, date(2025, 12, 30))
    client = proved("ada")
    page = text_of(client.get(reverse("practice:sts")))
    assert "No fiscal document yet" not in page
    assert "Nothing here with this filter." in page


def test_list_of_who_has_nothing_at_all_is_new_whatever_is_asked(proved, counter):
    client = proved("ada")
    assert "No fiscal document yet" in text_of(client.get(reverse("practice:sts")))
    assert "No fiscal document yet" in text_of(client.get(reverse("practice:sts"), {"year": "2025"}))


def test_year_page_in_january_shows_the_year_that_is_due_and_what_lies_ahead(proved, counter):
    due(counter, date(2026, 12, 30))
    client = proved("ada")
    response = client.get(reverse("practice:sts_year"))
    assert response.context["year"] == 2026
    assert [each.missing for each in response.context["stretches"]] == [1]
    assert response.context["window"].begins == date(2027, 1, 1)
    assert client.get(reverse("practice:sts_year"), {"year": "2027"}).context["year"] == 2027


@pytest.mark.parametrize(
    ("today", "category", "year"),
    [
        (date(2027, 2, 1), "health_professional", 2026),
        (date(2027, 2, 2), "health_professional", 2027),
        (date(2027, 3, 16), "veterinarian", 2026),
        (date(2027, 3, 17), "veterinarian", 2027),
        (date(2026, 12, 31), "health_professional", 2026),
    ],
)
def test_open_year_ends_with_its_deadline(counter, world, today, category, year):
    due(counter, date(2026, 12, 30))
    with acting(System("tests")):
        StsSettings.objects.update(category=category)
    with acting(world.ada):
        assert open_year(world.ada, today=today) == year


def test_reconciliation_in_january_begins_with_what_is_due_now(proved, counter):
    due(counter, date(2026, 12, 30))
    client = proved("ada")
    page = client.get(reverse("practice:sts_months"))
    assert page.context["year"] == 2026
    assert len(page.context["rows"]) == 12
    assert client.get(reverse("practice:sts_months"), {"year": "2027"}).context["year"] == 2027
