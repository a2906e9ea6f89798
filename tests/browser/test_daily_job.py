"""The practice's daily job for real: a new patient, an invoice, its payment, its PDF, a credit note and the refund."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from sportello.accounts.models import Person
from sportello.core import runner
from sportello.core.actors import System, acting
from sportello.core.models import Job
from sportello.core.states import JobState
from tests.browser.conftest import no_sideways_scrolling
from tests.browser.hands import Hand, Keys, Pointer
from tests.world import PASSWORD

STAMP = "Due: the amounts without VAT are €142.80, over €77.47."
TOTAL = "€144.80"


def work() -> None:
    """Do the work that waits, as a worker would."""
    with acting(System("tests")):
        waiting = list(Job.objects.filter(state=JobState.WAITING.value).values_list("pk", flat=True))
    for job in waiting:
        runner.run(job)


@dataclass
class Day:
    """One person at the desk: the page, the hand, and what is looked at on every page."""

    page: Page
    hand: Hand
    look: Callable[[Page], None]
    scripted: bool = True

    def go(self, name: str, *, role: str = "link", within: str = "main") -> None:
        """Follow a link or press a button by its words, and look at the page behind it."""
        self.follow(self.page.locator(within).get_by_role(role, name=name, exact=True).first)  # type: ignore[arg-type]

    def follow(self, target: Locator) -> None:
        """Press something that leads to another page, and look at that once all of it is there."""
        if self.scripted:
            self.page.evaluate("() => { window.leaving = true; }")
        with self.page.expect_navigation():
            self.hand.press(target)
        if self.scripted:  # a change of the address alone counts as navigation; the old page still says it is leaving
            self.page.wait_for_function("() => !window.leaving && document.readyState === 'complete'")
        self.look(self.page)

    def say(self, text: str | re.Pattern[str]) -> None:
        """See that the page says something."""
        expect(self.page.get_by_role("main")).to_contain_text(text)


@pytest.fixture
def world_in_english(world):
    """Let everybody read English, so that words of these tests are the code's own."""
    Person.objects.update(language="en")
    return world


def sign_in(day: Day) -> None:
    day.page.goto("/")
    day.look(day.page)
    day.hand.write(day.page.locator("#id_login"), "ada@posta.example")
    day.hand.write(day.page.locator("#id_password"), PASSWORD)
    day.follow(day.page.locator("form[action*='login/'] button[type=submit]").first)
    day.page.wait_for_url("**/practice/")


def open_menu(day: Day, word: str) -> None:
    drawer = day.page.locator("[data-drawer]")
    if drawer.is_visible():
        day.hand.press(drawer)
        day.look(day.page)
    day.go(word, within="#menu")


def add_patient(day: Day) -> None:
    open_menu(day, "Patients")
    day.go("New patient")
    for field, text in {
        "given_name": "Nora",
        "family_name": "Prova",
        "codice_fiscale": "PRVNRO85C41A944C",
        "street": "Via Inventata 9",
        "postal_code": "40100",
        "city": "Bologna",
        "province": "BO",
    }.items():
        day.hand.write(day.page.locator(f"#id_{field}"), text)
    day.go("Save patient", role="button")
    day.say("Nora Prova")


def write_invoice(day: Day) -> None:
    day.go("New invoice")
    day.hand.choose(day.page.locator("#id_lines-0-service"), "Colloquio psicologico")
    if day.scripted:
        expect(day.page.locator("#id_lines-0-price")).to_have_value("70.00")
    day.hand.write(day.page.locator("#id_lines-0-quantity"), "2")
    if not day.scripted:
        day.go("Count again", role="button")
    expect(day.page.locator("#totals")).to_contain_text(STAMP)
    expect(day.page.locator("#totals .tot")).to_contain_text(TOTAL)
    day.look(day.page)
    day.go("Check and issue", role="button")
    day.say("Issue this invoice?")
    day.say(TOTAL)
    day.go("Issue the invoice", role="button")
    day.say(re.compile(r"Invoice 1/\d{4} was issued"))


def see_pdf(day: Day) -> None:
    link = day.page.get_by_role("link", name="PDF as issued")
    expect(link).to_have_count(0)
    work()
    if not day.scripted:
        day.page.reload()
    expect(link).to_be_visible()
    day.look(day.page)
    answer = day.page.request.get(link.get_attribute("href") or "")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.body())).pages)
    assert "144,80" in text
    assert "Nora Prova" in text


def take_payment(day: Day) -> None:
    day.go("Record the payment")
    expect(day.page.locator("#id_amount")).to_have_value("144.80")
    day.hand.choose(day.page.locator("#id_method"), "Bank transfer (traceable)")
    day.go("Record the payment", role="button")
    day.say("The payment of €144.80 was recorded.")
    expect(day.page.locator("h1")).to_contain_text("Paid")


def credit(day: Day) -> None:
    day.hand.open(day.page.locator(".head details.menu"))
    day.follow(day.page.locator(".head details.menu a").filter(has_text="Credit note…"))
    day.go("Show what it comes to", role="button")
    day.say("Credited")
    day.say(TOTAL)
    day.go("Issue the credit note", role="button")
    day.say(re.compile(r"Credit note 1/NC/\d{4} was issued"))
    day.follow(day.page.get_by_role("link", name=re.compile("^Corrections")))
    day.follow(day.page.get_by_role("link", name=re.compile("Corrects invoice")))


def give_back(day: Day) -> None:
    day.go("Record the refund")
    expect(day.page.locator("#id_amount")).to_have_value("144.80")
    day.go("Record the refund", role="button")
    day.say("The refund of €144.80 was recorded.")
    open_menu(day, "Home")
    open_menu(day, "Invoices")
    expect(day.page.locator("table.list tbody tr")).to_have_count(2)


def whole_day(day: Day) -> None:
    sign_in(day)
    add_patient(day)
    write_invoice(day)
    see_pdf(day)
    take_payment(day)
    credit(day)
    give_back(day)


def test_daily_job_by_mouse(open_page, axe, world_in_english):
    def look(page: Page) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            axe(page)
        page.emulate_media(color_scheme="light")

    page = open_page(locale="en-GB")
    whole_day(Day(page, Pointer(), look))


def test_daily_job_by_keyboard_alone(open_page, world_in_english):
    page = open_page(locale="en-GB")
    whole_day(Day(page, Keys(page), lambda _page: None))


def test_daily_job_on_a_phone_of_320_pixels(open_page, axe, world_in_english):
    def look(page: Page) -> None:
        no_sideways_scrolling(page)
        axe(page)

    page = open_page(locale="en-GB", width=320, height=640, touch=True)
    whole_day(Day(page, Pointer(), look))


def test_daily_job_without_javascript(open_page, world_in_english):
    page = open_page(locale="en-GB", javascript=False)
    whole_day(Day(page, Pointer(), lambda _page: None, scripted=False))
