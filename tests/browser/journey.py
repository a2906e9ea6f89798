"""Hands of the tests about a patient's way: Ada at her desk, and the person with the link, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import Hand
from tests.support.sites import Sites
from tests.world import PASSWORD

LIST = "practice/patients/"
FIRST_PASSWORD = "sette lepri sul ghiacciaio"
MOST_SCREENS, MOST_FIELDS = 3, 1
WRITABLE = "input:not([type=hidden]):not([readonly]):not([type=checkbox]), textarea, select"


@dataclass
class Steps:
    """What a person goes through: screens that came, and fields that had to be filled in."""

    page: Page
    screens: int = 0
    fields: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("domcontentloaded", lambda page: self._came())

    def _came(self) -> None:
        self.screens += 1

    def fill_in(self, hand: Hand, text: str) -> None:
        """Write into each field that is there to be written in, and remember which."""
        for target in self.page.locator("main").locator(WRITABLE).all():
            self.fields.append(target.get_attribute("name") or "")
            hand.write(target, text)


@dataclass
class Practice:
    """Ada at her desk; she gives access and takes it away."""

    page: Page
    patient: dict[str, Any]

    @property
    def row(self) -> Locator:
        """The patient's line in the list."""
        return self.page.locator("tbody tr", has_text=self.patient["family"])

    def invite(self) -> None:
        """Press Actions → Connect, and confirm."""
        self._choose("/connect/")
        self.page.locator("form.confirm button.btn-primary").click()
        expect(self.row.locator(".chip.wait")).to_be_visible()

    def disconnect(self) -> None:
        """Press Actions → Disconnect, and confirm."""
        self._choose("/disconnect/")
        self.page.locator("form.confirm button.grave").click()
        expect(self.row.locator(".chip.wait, .chip.ok")).to_have_count(0)

    def _choose(self, deed: str) -> None:
        self.page.goto(f"/{LIST}?q={self.patient['email'].partition('.')[0]}")
        self.row.locator("details.menu summary").click()
        self.row.locator(f'a[href*="{deed}"]').click()


def sign_in(page: Page, patient: dict[str, Any]) -> Practice:
    """Let Ada sign in with her password, to look after a patient."""
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill("ada@posta.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form button.btn-primary").first.click()
    page.wait_for_url("**/practice/**")
    return Practice(page, patient)


def come_in(page: Page, hand: Hand, link: str, sites: Sites) -> None:
    """From the link in the mail to the papers, counting what it takes."""
    sites.secrets.add(FIRST_PASSWORD)
    steps = Steps(page)
    page.goto(link)
    steps.fill_in(hand, FIRST_PASSWORD)
    hand.press(page.locator("main form[method=post] button.btn-primary"))
    page.wait_for_url("**/c/*/invoices/")
    expect(page.locator("form#papers")).to_be_visible()
    assert steps.screens <= MOST_SCREENS
    assert steps.fields == ["password"][:MOST_FIELDS]


def pressed(page: Page, hand: Hand, target: Locator, folder: Path) -> bytes:
    """Press something that is downloaded, and return the file."""
    with page.expect_download() as coming:
        hand.press(target)
    download = coming.value
    assert download.failure() is None
    path = folder / "downloaded"
    download.save_as(path)
    return path.read_bytes()
