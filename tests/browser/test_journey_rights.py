"""What people have a right to on two real sites: the year's statement, all that is known of them, a child's papers.

And what the practice may do meanwhile: suspend, withdraw a power, end it on a day. Each bites at the next request.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date, timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import no_sideways_scrolling
from tests.browser.hands import Pointer
from tests.browser.journey import LIST, Practice, come_in, pressed, sign_in
from tests.support.searching import traces

PHONE: dict[str, Any] = {"width": 390, "height": 844, "touch": True}

pytestmark = pytest.mark.timeout(900)


def test_patient_takes_statement_and_record_and_is_suspended_for_a_while(open_site, sites, console, axe, tmp_path):
    patient = sites.take("it")
    desk = sign_in(open_site(sites.practice_url), patient)
    desk.invite()
    page = open_site(sites.portal_url, **PHONE)
    come_in(page, Pointer(), sites.link_to(patient["email"]), sites)
    place = page.url
    paid, *unpaid = patient["numbers"]

    _sound(page, axe)
    statement = _text(pressed(page, Pointer(), page.locator('a[href*="/statement/"]').first, tmp_path))
    assert paid in statement
    assert not [number for number in unpaid if number in statement]

    for section in ("/accesses/", "/record/"):
        page.locator(f'nav a[href$="{section}"]').click()
        page.wait_for_url(f"**{section}")
        _sound(page, axe)
    known = _record(page, tmp_path)
    assert known["asked_by"] == "self"
    assert known["person"]["family_name"] == patient["family"]
    assert known["person"]["email"] == patient["email"]
    page.locator('nav a[href$="/accesses/"]').click()
    expect(page.locator(".deeds li")).not_to_have_count(0)

    _suspended(page, desk, console, place)
    assert traces(sites.needles(patient), sites.store()) == []


def test_parent_sees_the_child_under_powers_until_the_day_given(open_site, sites, console, axe, tmp_path):
    child = sites.take("ward")
    name = f"{child['given']} {child['family']}"
    desk = sign_in(open_site(sites.practice_url), child)
    _invite_parent(desk)
    page = open_site(sites.portal_url, **PHONE)
    come_in(page, Pointer(), sites.link_to(child["email"]), sites)
    place = page.url
    expect(page.locator("h1")).to_contain_text(name)
    expect(page.locator("input[name=paper]")).to_have_count(len(child["numbers"]))
    _sound(page, axe)
    paper = urljoin(place, page.locator("ul.inv a").first.get_attribute("href"))
    assert page.request.get(paper).body().startswith(b"%PDF")
    page.goto("/?all=1")
    expect(page.locator("main li")).to_contain_text(f"{_last_day_as_a_child(child):%d/%m/%Y}")
    page.goto(place.replace("/invoices/", "/record/"))
    known = _record(page, tmp_path)
    assert (known["asked_by"], known["person"]["family_name"]) == ("parent", child["family"])

    _withdraw(sites, child)
    page.goto(place)
    expect(page.locator("ul.inv, form#papers")).to_have_count(0)
    _names_no_paper(page, child)
    assert b"%PDF" not in page.request.get(paper).body()
    _sound(page, axe)
    page.goto(place.replace("/invoices/", "/record/"))
    assert _record(page, tmp_path, papers=0)["papers"] == []

    _end_yesterday(desk, child)
    console.expect("status of 403")
    assert page.goto(place).status == 403
    assert traces({name, child["family"], *child["numbers"]}, {page.url: page.content().encode()}) == []
    assert page.request.get(paper).status == 403
    _sound(page, axe)
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile(r"/\?all=1$"))
    expect(page.locator("main li")).to_have_count(1)
    expect(page.locator("main a[href*='/c/']")).to_have_count(0)
    assert traces(sites.needles(child), sites.store()) == []


def _suspended(page: Page, desk: Practice, console: Any, place: str) -> None:
    """The practice suspends the access from the list and takes that back: no new invitation is needed."""
    page.goto(place)
    paper = urljoin(place, page.locator("ul.inv a").first.get_attribute("href") or "")
    _press_in_list(desk, "/suspend/")
    expect(desk.row.locator(".chip.off")).to_be_visible()
    console.expect("status of 403")
    answer = page.reload()
    assert answer is not None
    assert answer.status == 403
    _names_no_paper(page, desk.patient)
    assert page.request.get(paper).status == 403
    _press_in_list(desk, "/resume/")
    expect(desk.row.locator(".beside.ok")).to_be_visible()
    page.goto(place)
    expect(page.locator("input[name=paper]")).to_have_count(len(desk.patient["numbers"]))


def _press_in_list(desk: Practice, deed: str) -> None:
    desk.page.goto(f"/{LIST}?q={desk.patient['family']}")
    desk.row.locator("details.menu summary").click()
    desk.row.locator(f'form[action*="{deed}"] button').click()


def _invite_parent(desk: Practice) -> None:
    """The list leads to the record of the child, where the one who acts for it is invited."""
    page = desk.page
    page.goto(f"/{LIST}?q={desk.patient['family']}")
    desk.row.locator("details.menu summary").click()
    desk.row.locator('a[href$="#access"]').click()
    page.locator(f'#access a[href*="/connect/{desk.patient["parent"]}/"]').click()
    page.locator("form.confirm button.btn-primary").click()
    expect(page.locator("#access .chip.wait")).to_be_visible()


def _withdraw(sites: Any, child: dict[str, Any]) -> None:
    """The practice's row says that the parent may not see invoices any more."""
    sites.practice.python(
        "from sportello.patients.models import Representative\n"
        f"rows = Representative.objects.filter(pk={child['parent']:d})\n"
        "print(json.dumps(rows.update(may_see_invoices=False)))"
    )


def _end_yesterday(desk: Practice, child: dict[str, Any]) -> None:
    page = desk.page
    page.goto(f"/{LIST}{child['id']}/")
    page.locator(f'a[href*="representatives/{child["parent"]}/end/"]').click()
    page.locator("input[name=until_on]").fill(f"{date.today() - timedelta(days=1):%d/%m/%Y}")
    page.locator("form.confirm button[type=submit]").click()
    expect(page.locator("#access")).to_be_visible()


def _last_day_as_a_child(child: dict[str, Any]) -> date:
    born_on = date.fromisoformat(child["born_on"])
    return born_on.replace(year=born_on.year + 18) - timedelta(days=1)


def _record(page: Page, folder: Any, papers: int = 3) -> dict[str, Any]:
    """Take along all that the practice knows: one text for programs, and each paper as it was issued."""
    content = pressed(page, Pointer(), page.locator("main form[method=post] button.btn-primary"), folder)
    packed = zipfile.ZipFile(io.BytesIO(content))
    assert packed.testzip() is None
    sheets = [each for each in packed.namelist() if each.endswith(".pdf")]
    assert len(sheets) == papers
    assert all(packed.read(each).startswith(b"%PDF") for each in sheets)
    known: dict[str, Any] = json.loads(packed.read("record.json"))
    assert len(known["papers"]) == papers
    return known


def _text(content: bytes) -> str:
    return "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(content)).pages)


def _names_no_paper(page: Page, patient: dict[str, Any]) -> None:
    expect(page.locator("h1")).to_be_visible()
    html = page.content()
    assert not [number for number in patient["numbers"] if number in html]


def _sound(page: Page, axe: Any) -> None:
    expect(page.locator("h1").first).to_be_visible()
    axe(page)
    no_sideways_scrolling(page)
