"""The home page: what waits for whom, figures of this practice alone, and its cost."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import translation

from sportello.core.actors import Switch, System, acting
from sportello.parties.models import Membership
from sportello.web.practice.home import _chart
from tests.billing.desk import issued, line, paid
from tests.web.practice.conftest import text_of

pytestmark = pytest.mark.usefixtures("on_the_day")

HOME = "practice:home"


def test_home_shows_what_waits_with_a_way_to_it(world, signed_in):
    issued(world, line("90.00"))
    page = text_of(signed_in("ada").get(reverse(HOME)))
    assert f"{reverse('practice:invoices')}?view=open" in page
    assert f"{reverse('practice:invoices')}?view=drafts" in page
    assert reverse("practice:register_stamps") in page
    assert "93,80" in page


def test_home_counts_the_own_practice_alone(world, signed_in):
    paid(world, line("90.00"))
    assert "93,80" in text_of(signed_in("ada").get(reverse(HOME)))
    assert "93,80" not in text_of(signed_in("olga").get(reverse(HOME)))


def test_home_of_a_new_practice_is_calm(world, signed_in):
    with acting(System("tests")):
        world.twin_draft.delete()
    response = signed_in("olga").get(reverse(HOME))
    assert response.status_code == 200
    assert "?view=open" not in text_of(response).split('id="waits"')[1].split("</section>")[0]


def test_home_of_somebody_without_invoices_shows_no_money(world, signed_in):
    paid(world, line("90.00"))
    with acting(System("tests")):
        Membership.objects.filter(person=world.people["elena"]).update(switches=[Switch.PATIENTS.value])
    page = text_of(signed_in("elena").get(reverse(HOME)))
    assert "93,80" not in page
    assert reverse("practice:invoice_for") not in page


def test_home_of_the_accountant_offers_no_work_of_others(world, signed_in):
    issued(world)
    page = text_of(signed_in("carla").get(reverse(HOME)))
    assert reverse("practice:invoice_for") not in page
    assert "?view=drafts" not in page
    assert reverse("practice:sessions") not in page


def test_home_takes_the_same_queries_for_3_papers_and_for_30(world, signed_in, counted):
    client = signed_in("ada")
    for _ in range(3):
        paid(world)
    few = counted(client, reverse(HOME))
    for _ in range(27):
        paid(world)
    assert counted(client, reverse(HOME)) == few


@pytest.mark.parametrize("language", ["it", "fr", "en"])
def test_chart_names_every_month_differently(language):
    with translation.override(language):
        assert len(set(_chart([], date(2026, 11, 22)).short_labels)) == 12
