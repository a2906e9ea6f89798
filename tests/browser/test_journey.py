"""A patient's whole way, on two real sites: invited, mailed, in with one password, papers taken along, sent away.

In Italian, Arabic and Chinese; on a phone, and at a desk with the keyboard alone and no script at all. Nothing of it
stays on the portal's side.
"""

from __future__ import annotations

import io
import re
import urllib.request
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import no_sideways_scrolling
from tests.browser.hands import Hand, Keys, Pointer
from tests.browser.journey import come_in, pressed, sign_in
from tests.support.searching import traces

RIGHT_TO_LEFT = {"ar"}
PHONE: dict[str, Any] = {"width": 320, "height": 640, "touch": True}

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize(
    ("look", "by_keys"),
    [
        pytest.param(PHONE, False, id="phone"),
        pytest.param({"javascript": False}, True, id="keyboard alone, no script"),
    ],
)
@pytest.mark.parametrize("language", ["it", "ar", "zh-hans"])
def test_patient_comes_in_takes_papers_along_and_nothing_is_left(
    open_site, sites, console, tmp_path, language, look, by_keys
):
    patient = sites.take(language)
    desk = sign_in(open_site(sites.practice_url), patient)
    desk.invite()
    link = sites.link_to(patient["email"])
    _opened_by_a_scanner(link)

    page = open_site(sites.portal_url, locale="en-GB", **look)
    hand = Keys(page) if by_keys else Pointer()
    come_in(page, hand, link, sites)
    _is_whole(page, language, patient, sideways=look is PHONE)
    _take_along(page, hand, patient, tmp_path)

    desk.disconnect()
    console.expect("status of 403")
    console.expect("status of 404")
    _is_closed(page, hand, patient)
    _is_used_up(page, link, patient)
    _sign_out(page, hand, patient)
    assert traces(sites.needles(patient), sites.store()) == []


def _opened_by_a_scanner(link: str) -> None:
    """A mail server looks what is behind the link, twice, before the person does."""
    for method in ("HEAD", "GET"):
        with urllib.request.urlopen(urllib.request.Request(link, method=method), timeout=120) as answer:
            assert answer.status == 200


def _is_whole(page: Page, language: str, patient: dict[str, Any], *, sideways: bool) -> None:
    """The page of papers speaks the patient's language and shows every paper."""
    html = page.locator("html")
    assert html.get_attribute("lang") == language
    assert html.get_attribute("dir") == ("rtl" if language in RIGHT_TO_LEFT else "ltr")
    boxes = page.locator("input[name=paper]")
    expect(boxes).to_have_count(len(patient["numbers"]))
    for number in patient["numbers"]:
        expect(page.locator("ul.inv")).to_contain_text(number)
    if sideways:
        no_sideways_scrolling(page)


def _take_along(page: Page, hand: Hand, patient: dict[str, Any], folder: Path) -> None:
    """All papers in one PDF; two of them in a ZIP; one by itself."""
    count = len(patient["numbers"])
    hand.mark(page.locator("#all"))
    whole = PdfReader(io.BytesIO(pressed(page, hand, page.locator("button[name=do][value=pdf]"), folder)))
    assert len(whole.pages) >= count
    assert len(whole.outline) == count
    text = "".join(sheet.extract_text() for sheet in whole.pages)
    assert all(number in text for number in patient["numbers"])

    page.reload()
    for box in page.locator("input[name=paper]").all()[:2]:
        hand.mark(box)
    packed = zipfile.ZipFile(io.BytesIO(pressed(page, hand, page.locator("button[name=do][value=zip]"), folder)))
    assert packed.testzip() is None
    sheets = [name for name in packed.namelist() if name.endswith(".pdf")]
    assert len(sheets) == 2
    assert all(packed.read(name).startswith(b"%PDF") for name in sheets)

    one = pressed(page, hand, page.locator("ul.inv a").first, folder)
    assert len(PdfReader(io.BytesIO(one)).pages) >= 1


def _is_closed(page: Page, hand: Hand, patient: dict[str, Any]) -> None:
    """The next request already shows nothing: neither page nor paper nor first page."""
    place, paper = page.url, urljoin(page.url, page.locator("ul.inv a").first.get_attribute("href") or "")
    with page.expect_response(place) as coming:
        page.reload()
    assert coming.value.status == 403
    _shows_nothing(page, patient)
    refused = page.request.get(paper)
    assert refused.status in {403, 404}
    assert b"%PDF" not in refused.body()
    hand.press(page.locator("main a.btn-primary"))
    expect(page).to_have_url(re.compile(r"/\?all=1$"))
    _shows_nothing(page, patient)
    expect(page.locator("main li")).to_have_count(1)
    expect(page.locator("main a[href*='/c/']")).to_have_count(0)


def _is_used_up(page: Page, link: str, patient: dict[str, Any]) -> None:
    """The link of the mail opens nothing a second time."""
    page.goto(link)
    expect(page.locator("main input[type=password]")).to_have_count(0)
    _shows_nothing(page, patient)


def _sign_out(page: Page, hand: Hand, patient: dict[str, Any]) -> None:
    """Who comes after sees nothing, even by going back."""
    hand.press(page.locator("header form button"))
    page.wait_for_url("**/signed-out/")
    page.go_back()
    _shows_nothing(page, patient)


def _shows_nothing(page: Page, patient: dict[str, Any]) -> None:
    expect(page.locator("h1")).to_be_visible()
    shown = {page.url: page.content().encode()}
    assert traces(set(patient["needles"]) - {patient["email"].partition("@")[2]}, shown) == []
