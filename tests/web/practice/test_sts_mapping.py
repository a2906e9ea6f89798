"""The page of expense types: what was chosen is saved, what was not touched stays as it is."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from sportello.core.actors import System, acting
from sportello.expenses.models import ExpenseMapping
from tests.billing.desk import line, paid
from tests.expenses.counter import counter_at
from tests.web.practice.conftest import text_of
from tests.world import DAY

FIRST = (date(2020, 1, 1), "SP")


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


@pytest.fixture
def page(counter):
    """Return the address of the page."""
    return reverse("practice:sts_mapping_of", args=[counter.entity])


def mapped(world, since: date) -> None:
    """Say that therapy is no health expense from a day on."""
    with acting(System("tests")):
        ExpenseMapping.objects.create(entity=world.studio, service=world.therapy, valid_from=since, expense_type="")


def starts(world) -> list[tuple[date, str]]:
    with acting(System("tests")):
        rows = ExpenseMapping.objects.filter(service=world.therapy).order_by("valid_from")
        return list(rows.values_list("valid_from", "expense_type"))


def as_shown(client, page) -> dict[str, str]:
    """Return what the form would send if nobody touched it."""
    found = {}
    for each in client.get(page).context["rows"]:
        found[f"service-{each['row'].service_id}"] = next(value for value, _, chosen in each["choices"] if chosen)
        if each["since"] is not None:
            found[f"from-{each['row'].service_id}"] = each["since"]
    return found


@pytest.mark.parametrize("since", [date(2026, 3, 1), date(2026, 6, 1)])
@pytest.mark.parametrize("for_others", ["", "01/02/2026"])
def test_form_that_nobody_touched_changes_nothing(proved, page, world, since, for_others):
    mapped(world, since)
    client = proved("ada")
    client.post(page, as_shown(client, page) | {"since": for_others})
    assert starts(world) == [FIRST, (since, "")]


def test_day_of_a_type_is_corrected_at_its_service(proved, page, world):
    mapped(world, date(2026, 3, 1))
    client = proved("ada")
    name = f"from-{world.therapy.pk}"
    assert f'name="{name}" value="01/03/2026"' in text_of(client.get(page))
    client.post(page, as_shown(client, page) | {name: "01/02/2026"})
    assert starts(world) == [FIRST, (date(2026, 2, 1), "")]


def test_day_that_changes_what_the_state_holds_is_asked_about_first(proved, page, world, counter):
    paid(world, line(service_id=world.therapy.pk))
    counter.run(automatic=True)
    mapped(world, date(2026, 3, 11))
    client = proved("ada")
    asked = as_shown(client, page) | {f"from-{world.therapy.pk}": "01/03/2026"}
    assert client.post(page, asked).context["concerned"] == 1
    assert starts(world) == [FIRST, (date(2026, 3, 11), "")]
    client.post(page, asked | {"sure": "1"})
    assert starts(world) == [FIRST, (date(2026, 3, 1), "")]


def test_day_that_is_none_is_named_at_its_service(proved, page, world):
    mapped(world, date(2026, 3, 1))
    client = proved("ada")
    answer = text_of(client.post(page, as_shown(client, page) | {f"from-{world.therapy.pk}": "31/02/2026"}))
    assert f'id="problem-{world.therapy.pk}"' in answer
    assert starts(world) == [FIRST, (date(2026, 3, 1), "")]


def test_type_that_holds_from_the_beginning_has_no_day_to_correct(proved, page, world):
    assert f'name="from-{world.therapy.pk}"' not in text_of(proved("ada").get(page))


def test_another_type_from_a_day_is_kept_beside_the_one_before(proved, page, world):
    client = proved("ada")
    client.post(page, as_shown(client, page) | {f"service-{world.therapy.pk}": "-", "since": "12/03/2026"})
    assert starts(world) == [FIRST, (DAY, "")]
