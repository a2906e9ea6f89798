"""Sistema TS in a real browser: the sections that few open, each from the click to the State's books."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from sistemats.codes import Call
from sistemats.replies.files import read_receipt
from sistemats.simulator import Fault, Rule
from sportello.billing.operations.catalogue import ServiceValues, create_service
from sportello.billing.rules.treatments import ServiceNature, Treatment
from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry
from sportello.expenses import ministry
from sportello.expenses.documents import document_of
from sportello.expenses.operations.manual import send_now
from sportello.expenses.rules.content import Content
from sportello.parties.models import Membership
from tests.billing.desk import line, paid
from tests.browser.sts import PATIENCE, STS, due, signed_in, state_is, work
from tests.expenses.counter import Counter, counter_at
from tests.expenses.test_reports import remark_there
from tests.world import DAY

AUTOMATIC = "expenses.automatic"


@pytest.fixture
def counter(world, tmp_path) -> Iterator[Counter]:
    """Give the State's counter with Ada's account at it."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def at_desk(open_page, counter: Counter) -> Page:
    page = open_page(person=counter.world.people["ada"])
    page.set_default_timeout(PATIENCE)
    return page


def elsewhere(counter: Counter, paper, amount: str) -> None:
    """Have another program put an amount of its own under a paper's number at the State."""
    row = counter.expense(paper)
    content = Content.read(row.should)
    with on_line(counter) as client:
        put = client.change if row.number in counter.held() else client.insert
        put(document_of(content._replace(pieces=(content.pieces[0].of(Decimal(amount)),))))


def on_line(counter: Counter):
    return ministry.speaking(counter.account, now=counter.simulator.clock.now)


def amount_there(counter: Counter, paper) -> Decimal:
    held = counter.held()[counter.expense(paper).number]
    return sum((one.amount for one in held.items), Decimal(0))


def test_automatic_sending_has_the_worker_send_until_it_is_switched_off(open_page, counter, world):
    [first] = due(counter)
    page = signed_in(open_page)
    page.goto(f"{STS}/accounts/")
    expect(page.locator("main section .line")).to_have_count(2)
    page.locator("main").get_by_role("link", name=counter.account.entity.name).click()
    page.locator("#test button[type=submit]").click()
    expect(page.locator("#test .note.ok")).to_be_visible()
    work(AUTOMATIC)
    assert counter.state(first) == "READY"
    switch = page.locator("main form[action$='/automatic/']")
    switch.locator("button").click()
    expect(switch.locator("input[name=on]")).to_have_value("0")
    work(AUTOMATIC)
    assert list(counter.held()) == [counter.expense(first).number]
    state_is(page, first, "ok")
    page.goto(f"{STS}/?year={DAY.year}")
    page.locator(".head form[action$='/automatic/'] button").click()
    expect(page.locator(".head form[action$='/automatic/'] input[name=on]")).to_have_value("1")
    [second] = due(counter)
    work(AUTOMATIC)
    assert (counter.state(second), len(counter.held())) == ("READY", 1)


def test_service_that_is_new_is_flagged_until_its_type_is_chosen(open_page, counter, world):
    values = ServiceValues(
        "GRUPPO", "Gruppo di parola", Decimal("30.00"), Treatment.EXEMPT_HEALTH, ServiceNature.HEALTH
    )
    service = create_service(actor=world.ada, values=values, today=DAY)
    paper = paid(world, line("30.00", "Gruppo di parola", service_id=service.pk))
    counter.take_in()
    page = at_desk(open_page, counter)
    page.goto(f"{STS}/documents/{paper.pk}/")
    expect(page.locator(f"form[action$='/documents/{paper.pk}/send/']")).to_have_count(0)
    page.goto(f"{STS}/mapping/")
    entity = page.locator("main .line", has_text=counter.account.entity.name)
    expect(entity.locator(".chip.wait")).to_be_visible()
    entity.get_by_role("link").click()
    row = page.locator("tbody tr", has_text="Gruppo di parola")
    expect(row.locator(".chip.wait")).to_be_visible()
    expect(page.locator("tbody .chip.wait")).to_have_count(1)
    assert "SP" in page.locator(".legend-list dt").all_inner_texts()
    row.locator("select").select_option("SP")
    page.locator("main form button.btn-primary").click()
    expect(page.locator(".note.ok")).to_be_visible()
    expect(page.locator("tbody .chip.wait")).to_have_count(0)
    work()
    page.goto(f"{STS}/documents/{paper.pk}/")
    page.locator(f"form[action$='/documents/{paper.pk}/send/'] button").click()
    expect(page.locator("h1 .chip.ok")).to_be_visible()
    counter.assert_books_agree()


def test_what_the_state_refused_goes_again_and_what_it_has_from_others_is_put_right(open_page, counter, world):
    refused, taken = due(counter, 2)
    counter.faults(Rule(Fault.UNKNOWN_CODE, operations=frozenset({Call.INSERT}), tipo="E"))
    send_now(actor=world.ada, expense_id=counter.expense(refused).pk)
    counter.faults()
    page = at_desk(open_page, counter)
    state_is(page, refused, "bad")
    page.locator(f"#deeds a[href$='/documents/{refused.pk}/send_again/']").click()
    page.locator("form.confirm button[type=submit]").click()
    state_is(page, refused, "ok")
    elsewhere(counter, taken, "11.00")
    page.goto(f"{STS}/documents/{taken.pk}/")
    page.locator(f"#deeds form[action$='/documents/{taken.pk}/send/'] button").click()
    state_is(page, taken, "wait")
    page.locator(f"#deeds form[action$='/documents/{taken.pk}/resync/'] button").click()
    state_is(page, taken, "bad")
    page.locator(f"#deeds form[action$='/documents/{taken.pk}/update/'] button").click()
    state_is(page, taken, "ok")
    assert amount_there(counter, taken) == counter.expense(taken).amount
    counter.assert_books_agree()


def test_month_that_differs_is_explained_and_put_right_and_a_remark_is_read(open_page, counter, world):
    agreed, changed = due(counter, 2)
    for paper in (agreed, changed):
        send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    elsewhere(counter, changed, "11.00")
    page = at_desk(open_page, counter)
    compare(page)
    page.locator("#list .line a").click()
    difference = page.locator(".says > li")
    expect(difference).to_contain_text(counter.expense(changed).number)
    expect(difference.locator(".theirs")).to_contain_text("11,00")
    difference.locator("button[name=remedy][value=resync]").click()
    expect(page.locator(".says button")).to_have_count(0)
    work()
    assert amount_there(counter, changed) == counter.expense(changed).amount
    compare(page)
    expect(page.locator(".line .chip.ok")).to_have_count(1)
    counter.assert_books_agree()
    remark_there(counter, counter.expense(agreed))
    page.goto(f"{STS}/remarks/")
    page.locator("form[action*='/remarks/ask/'] button").click()
    expect(page.locator("#list [role=status]")).to_be_visible()
    work()
    page.locator("#list .line a").click()  # it comes by itself
    expect(page.locator("main")).to_contain_text("La spesa non mi risulta»")
    page.locator(f".head a[href$='/documents/{agreed.pk}/']").click()
    expect(page.locator("#document .note.wait a[href$='/remarks/']")).to_be_visible()


def compare(page: Page) -> None:
    """Have the report of the tests' month compared, and see it on the page of the year."""
    page.goto(f"{STS}/months/?year={DAY.year}")
    month = date(DAY.year, DAY.month, 1).isoformat()
    page.locator(f"form:has(input[name=month][value='{month}']) button").click()
    expect(page.locator(".note.ok")).to_be_visible()
    work()
    page.goto(f"{STS}/months/?year={DAY.year}")


def test_receipts_are_downloaded_as_the_state_gave_them(open_page, counter, world):
    due(counter, 3)
    counter.run(many=3, automatic=True)
    counter.settle()
    papers = [paid(world, line("70.00"), patient=one) for one in (world.mia, world.mia, world.bruno)]
    with acting(System("tests")):
        world.mia.codice_fiscale = "VRDMIA18P45A944A"
        world.mia.save(update_fields=["codice_fiscale"])
    counter.run(many=3, automatic=True)
    counter.settle()
    assert [counter.state(one) for one in papers] == ["REJECTED", "REJECTED", "ACCEPTED"]
    page = at_desk(open_page, counter)
    for place, tables in ((0, 1), (1, 0)):
        page.goto(f"{STS}/sendings/")
        page.locator("ul.sends a").nth(place).click()
        found = downloaded(page)
        pdfs = {name: data for name, data in found.items() if name.endswith(".pdf")}
        csvs = [data for name, data in found.items() if name.endswith(".csv")]
        [(name, receipt)] = pdfs.items()
        assert receipt == receipt_of(counter, name.removeprefix("ricevuta-").removesuffix(".pdf"))
        assert len(PdfReader(io.BytesIO(receipt)).pages) >= 1
        assert len(csvs) == tables == len(found) - 1
        assert all(data.count(b"S011") == 2 for data in csvs)


def downloaded(page: Page) -> dict[str, bytes]:
    """Press the button for the receipts and return what the ZIP holds, by name."""
    with page.expect_download() as coming:
        page.locator("#sending a[href$='/receipts/']").click()
    with zipfile.ZipFile(coming.value.path()) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def receipt_of(counter: Counter, protocol: str) -> bytes:
    with on_line(counter) as client:
        return read_receipt(client.receipt(protocol).pdf or b"")


def test_switches_of_a_collaborator_bite_in_the_window_that_is_open(open_page, console, counter, world):
    first, second = due(counter, 2)
    console.expect("status of 403")
    owner, elena = signed_in(open_page), open_page(person=world.people["elena"])
    elena.goto("/practice/invoices/")
    expect(elena.locator("#list tbody tr").first).to_be_visible()
    expect(elena.locator(f"#menu a[href='{STS}/']")).to_have_count(0)
    switch(owner, world, sts=True)
    elena.reload()
    elena.locator(f"#menu a[href='{STS}/']").click()
    elena.goto(f"{STS}/documents/{first.pk}/")
    elena.locator(f"#deeds form[action$='/documents/{first.pk}/send/'] button").click()
    expect(elena.locator("h1 .chip.ok")).to_be_visible()
    elena.goto(f"{STS}/documents/{second.pk}/")
    switch(owner, world, sts=False)
    denied(elena, elena.locator(f"#deeds form[action$='/documents/{second.pk}/send/'] button"))
    assert list(counter.held()) == [counter.expense(first).number]
    elena.goto("/practice/invoices/")
    switch(owner, world, invoices=False)
    denied(elena, elena.locator("#list tbody td a").first)
    switch(owner, world, invoices=True)
    elena.goto("/practice/invoices/")
    expect(elena.locator("#list tbody tr").first).to_be_visible()
    with acting(System("tests")):
        edits = AuditEntry.objects.filter(action="member.edit", person_id=world.people["ada"].pk).order_by("pk")
        assert ["switches" in entry.details["changes"] for entry in edits] == [True] * 4


def switch(page: Page, world, **wanted: bool) -> None:
    """Have the owner give a collaborator switches, or take them."""
    with acting(System("tests")):
        member = Membership.objects.get(person=world.people["elena"])
    page.goto(f"/practice/settings/people/{member.pk}/")
    for name, on in wanted.items():
        page.locator(f"input[name=switches][value={name}]").set_checked(on)
    page.locator("form[data-guard] button.btn-primary").click()
    expect(page.locator(".note.ok")).to_be_visible()


def denied(page: Page, target) -> None:
    """Press something and see that the server says no."""
    with page.expect_response(lambda answer: answer.status == 403):
        target.click()
