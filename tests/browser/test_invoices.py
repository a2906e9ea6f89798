"""What surrounds the daily job in a real browser: errors that lead to their field, and two tabs on one draft."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from sportello.accounts.models import Person
from tests.billing.desk import draft


@pytest.fixture
def ada(world) -> Person:
    Person.objects.update(language="en")
    person: Person = world.people["ada"]
    return person


def test_error_summary_of_the_editor_is_focused_and_leads_to_its_field(open_page, console, axe, world, ada):
    console.expect("status of 422")
    page = open_page(person=ada, locale="en-GB")
    page.goto(reverse("practice:invoice_edit", args=[draft(world).pk]))
    page.fill("#id_lines-0-price", "seventy")
    page.get_by_role("button", name="Save the draft").first.click()
    expect(page.locator(".err-sum")).to_be_focused()
    axe(page)
    page.locator(".err-sum a").first.click()
    expect(page.locator("#id_lines-0-price")).to_be_focused()
    expect(page.locator("#id_lines-0-price")).to_have_value("seventy")


def test_draft_in_two_tabs_is_never_overwritten_unseen(open_page, console, world, ada):
    console.expect("status of 409")
    address = reverse("practice:invoice_edit", args=[draft(world).pk])
    first, second = (open_page(person=ada, locale="en-GB") for _ in range(2))
    for page, price in ((first, "80.00"), (second, "90.00")):
        page.goto(address)
        page.fill("#id_lines-0-price", price)
    first.get_by_role("button", name="Save the draft").first.click()
    expect(first.get_by_text("The draft was saved.")).to_be_visible()
    second.get_by_role("button", name="Save the draft").first.click()
    expect(second.locator(".err-sum")).to_contain_text("Somebody saved this draft")
    expect(second.locator("#id_lines-0-price")).to_have_value("90.00")
    second.get_by_role("button", name="Save the draft").first.click()
    expect(second.get_by_text("The draft was saved.")).to_be_visible()
