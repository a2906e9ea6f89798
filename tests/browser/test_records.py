"""Patients, customers and settings in a real browser: what a secretary and an owner do, by hand and without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sportello.core.actors import System, acting
from sportello.patients.models import Patient
from tests.browser.conftest import no_sideways_scrolling
from tests.world import PASSWORD


def _pages(world):
    entity, settings = world.studio.pk, "/practice/settings"
    return [
        "/practice/patients/",
        f"/practice/patients/{world.mia.pk}/",
        f"/practice/patients/{world.bruno.pk}/edit/",
        f"/practice/patients/{world.bruno.pk}/archive/",
        f"/practice/patients/{world.mia.pk}/representatives/new/",
        "/practice/patients/customers/",
        "/practice/patients/customers/new/",
        f"/practice/patients/customers/{world.company.pk}/",
        f"{settings}/practice/",
        f"{settings}/entities/",
        f"{settings}/entities/{entity}/",
        f"{settings}/entities/{entity}/edit/",
        f"{settings}/entities/{entity}/terms/new/",
        f"{settings}/entities/{entity}/series/new/",
        f"{settings}/entities/{entity}/accounts/new/",
        f"{settings}/entities/{entity}/wordings/",
        f"{settings}/entities/{entity}/wordings/new/",
        f"{settings}/services/",
        f"{settings}/services/{world.therapy.pk}/",
        f"{settings}/people/",
        f"{settings}/people/invite/",
        f"{settings}/law/",
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (320, "light")])
def test_pages_of_records_and_settings_are_sound(open_page, axe, world, width, scheme):
    page = open_page(width=width, scheme=scheme)
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill("ada@posta.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_attached()
    for path in _pages(world):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        axe(page)
        no_sideways_scrolling(page)


def test_new_patient_is_repaired_while_typing_and_saved(open_page, axe, world):
    page = open_page(person=world.people["ada"])
    page.goto("/practice/patients/new/")
    page.locator("#id_given_name").fill("Maria")
    page.locator("#id_family_name").fill("Rossi")
    page.locator("#id_codice_fiscale").fill("rssmra 85t50 a944a")
    page.keyboard.press("Tab")
    expect(page.locator("#id_codice_fiscale-error")).to_be_visible()
    page.locator("button.repair").click()
    expect(page.locator("#id_codice_fiscale")).to_have_value("RSSMRA85T50A944G")
    expect(page.locator("#id_codice_fiscale-error")).to_have_count(0)
    page.locator("#id_born_on").fill("10/11/1985")
    page.keyboard.press("Tab")
    expect(page.locator("#id_born_on-warning")).to_contain_text("10/12/1985")
    axe(page)
    page.locator("form[data-guard] button.btn-primary").click()
    expect(page.locator("h1")).to_contain_text("Maria Rossi")


def test_patients_are_found_as_typed_and_opened_by_keyboard(open_page, world):
    page = open_page(person=world.people["ada"])
    page.goto("/practice/patients/")
    page.locator("#search-words").press_sequentially("mia ver", delay=30)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#search-words")).to_be_focused()
    assert "mia" not in page.url.lower()
    page.locator("tbody a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Mia Verdi")


def test_patient_is_added_and_archived_without_script(open_page, world):
    page = open_page(person=world.people["ada"], javascript=False)
    page.goto("/practice/patients/new/")
    page.locator("#id_given_name").fill("Ugo")
    page.locator("#id_family_name").fill("Prova")
    page.locator("#id_codice_fiscale").fill("RSSMRA85T50A944A")
    page.locator("form[data-guard] button.btn-primary").click()
    page.locator("button.repair").click()
    expect(page.locator("#id_codice_fiscale")).to_have_value("RSSMRA85T50A944G")
    page.locator("form[data-guard] button.btn-primary").click()
    expect(page.locator("h1")).to_contain_text("Ugo Prova")
    page.locator(".head details.menu summary").click()
    page.locator(".head details.menu a[href$='/archive/']").click()
    page.locator("form.confirm button[type=submit]").click()
    with acting(System("test")):
        assert Patient.objects.get(family_name="Prova").archived_at is not None


def test_search_works_without_script(open_page, world):
    page = open_page(person=world.people["ada"], javascript=False)
    page.goto("/practice/patients/")
    page.locator("#search-words").fill("bruno")
    page.locator("#search-words").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
