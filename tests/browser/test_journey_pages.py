"""Every page of the portal that a patient meets, on two real sites: sound in every look, and closed to strangers."""

from __future__ import annotations

import http.client
import re
import urllib.request
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import no_sideways_scrolling
from tests.browser.hands import Pointer
from tests.browser.journey import come_in, sign_in
from tests.support.searching import traces
from tests.support.sites import Sites

PLACE = ("invoices/", "invoices/?period=dates", "invoices/?year=2019", "accesses/", "record/")
INSIDE = (
    "/?all=1",
    "/account/",
    "/account/history/",
    "/account/password/",
    "/account/second-step/",
    "/whom-to-ask/",
    "/language/",
)
OUTSIDE = ("/sign-in/", "/forgot/", "/forgot/sent/", "/new-link/asked/", "/whom-to-ask/", "/no-such-page/")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("language", ["ar", "zh-hans"])
def test_every_page_is_sound_in_light_and_dark_and_on_a_phone(open_site, sites, console, axe, language):
    console.expect("status of 404")
    patient = sites.take(language)
    link = _invited(open_site, sites, patient)
    page = open_site(sites.portal_url)
    page.goto(link)
    _is_sound(page, axe)
    page.goto(f"{link[:-6]}AAAAAA")
    _is_sound(page, axe)
    come_in(page, Pointer(), link, sites)
    place = _place(page)
    for path in [*(place + each for each in PLACE), *INSIDE]:
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == language
        _is_sound(page, axe)
    page.locator("header form button").click()
    page.wait_for_url("**/signed-out/")
    _is_sound(page, axe)
    for path in (*OUTSIDE, link):
        page.goto(path)
        _is_sound(page, axe)


def test_patient_with_an_access_finds_nothing_of_another(open_site, sites):
    own, other = (_inside(open_site, sites, sites.take("it")) for _ in range(2))
    strange, absent = _place(other), f"/c/{uuid.uuid4()}/"
    for path in ("invoices/", "accesses/", "record/", "statement/2026/", f"invoices/{_papers(other)[0]}/"):
        answers = [own.request.get(place + path) for place in (strange, absent)]
        assert [answer.status for answer in answers] == [404, 404]
        assert TOKEN.sub("", answers[0].text()).replace(strange, absent) == TOKEN.sub("", answers[1].text())
    for papers in ([_papers(other)[0]], [_papers(own)[0], _papers(other)[0]], [str(uuid.uuid4())]):
        for wish in ("pdf", "zip", "csv", "total"):
            assert _chosen(own, papers, wish) == 404
    for paper in (_papers(other)[0], str(uuid.uuid4())):
        assert own.request.get(f"{_place(own)}invoices/{paper}/").status == 404
    assert _chosen(own, _papers(own), "csv") == 200


def test_disconnect_cuts_a_download_that_is_on_its_way(open_site, sites: Sites):
    patient = sites.take("heavy")
    desk = sign_in(open_site(sites.practice_url), patient)
    desk.invite()
    page = open_site(sites.portal_url)
    come_in(page, Pointer(), sites.link_to(patient["email"]), sites)
    with _slow_download(page) as answer:
        size = int(answer.headers["Content-Length"])
        assert size > patient["bytes"]
        assert _rest(answer) == size
    with _slow_download(page) as answer:
        begun = len(answer.read(64 * 1024))
        desk.disconnect()
        came = begun + _rest(answer)
    assert came < size, "the whole file came although the access had ended"
    assert traces(sites.needles(patient), sites.store()) == []


def test_search_looks_into_database_log_folder_and_temporary_files(sites):
    names = {name.rpartition("/")[2] for name in sites.store()}
    assert {"portal.sqlite3", "serve.log"} <= names
    patient = sites.cast["patients"][0]
    for folder in (sites.portal.data, sites.temporary):
        planted = folder / "planted"
        planted.write_text(f"for {patient['family']} at {patient['email']}", encoding="utf-8")
        found = traces(sites.needles(patient), sites.store())
        planted.unlink()
        assert any(patient["family"] in line for line in found)
        assert any(patient["email"] in line for line in found)


def _slow_download(page: Page) -> Any:
    """Ask for a ZIP of everything as the page would, and leave its body in the pipe."""
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    token = page.locator("form#papers input[name=csrfmiddlewaretoken]").get_attribute("value")
    origin = urlsplit(page.url)._replace(path="", query="").geturl()
    form = f"csrfmiddlewaretoken={token}&all=1&do=zip"
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "Origin": origin}
    asked = urllib.request.Request(f"{origin}{_place(page)}invoices/chosen/", form.encode(), headers, method="POST")
    return urllib.request.urlopen(asked, timeout=120)


def _rest(answer: http.client.HTTPResponse) -> int:
    """Return how many bytes still come, whatever the end is like."""
    came = 0
    try:
        while piece := answer.read(256 * 1024):
            came += len(piece)
    except http.client.IncompleteRead as cut:
        came += len(cut.partial)
    except OSError:
        pass
    return came


def _is_sound(page: Page, axe: Any) -> None:
    """Light and dark pass axe at a desk; a phone of 320 pixels scrolls in one direction only, and passes it too."""
    expect(page.locator("h1").first).to_be_visible()
    axe(page)
    page.emulate_media(color_scheme="dark")
    axe(page)
    page.set_viewport_size({"width": 320, "height": 640})
    no_sideways_scrolling(page)
    axe(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})


def _invited(open_site: Any, sites: Sites, patient: dict[str, Any]) -> str:
    sign_in(open_site(sites.practice_url), patient).invite()
    return sites.link_to(patient["email"])


def _inside(open_site: Any, sites: Sites, patient: dict[str, Any]) -> Page:
    link = _invited(open_site, sites, patient)
    page: Page = open_site(sites.portal_url)
    come_in(page, Pointer(), link, sites)
    return page


def _place(page: Page) -> str:
    return re.search(r"/c/[0-9a-f-]{36}/", page.url)[0]


def _papers(page: Page) -> list[str]:
    return [box.get_attribute("value") or "" for box in page.locator("input[name=paper]").all()]


def _chosen(page: Page, papers: list[str], wish: str) -> int:
    token = page.locator("form#papers input[name=csrfmiddlewaretoken]").get_attribute("value") or ""
    fields = [("csrfmiddlewaretoken", token), ("do", wish), *(("paper", paper) for paper in papers)]
    body = "&".join(f"{name}={value}" for name, value in fields)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": page.url.partition("/c/")[0]}
    return page.request.post(f"{_place(page)}invoices/chosen/", data=body, headers=headers).status
