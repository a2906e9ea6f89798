"""Sistema TS in a real browser against the simulator: what an owner and a secretary do, section by section."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from sistemats.documents import DocumentId
from sistemats.simulator import Fault, Rule
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.core.actors import System, acting
from sportello.expenses import ministry
from sportello.expenses.models import Expense, StsSettings
from sportello.expenses.operations.manual import send_now
from tests.billing.desk import line, paid
from tests.browser.conftest import no_sideways_scrolling
from tests.browser.sts import PATIENCE, STS, due, signed_in, state_is
from tests.expenses.counter import PASSWORD as STS_PASSWORD
from tests.expenses.counter import Counter, counter_at
from tests.world import BRUNO_CODE, DAY


@pytest.fixture
def counter(world, tmp_path) -> Iterator[Counter]:
    """Give the State's counter with Ada's account at it."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def spoiled(counter: Counter, code: str) -> None:
    """Give Bruno a code as another program might have mistyped it."""
    with acting(System("tests")):
        counter.world.bruno.codice_fiscale = code
        counter.world.bruno.save()


def addresses(counter: Counter, paper) -> list[str]:
    entity = counter.entity
    account = f"{STS}/accounts/{entity}"
    return [
        f"{STS}/",
        f"{STS}/sendings/",
        f"{STS}/months/",
        f"{STS}/year/",
        f"{STS}/remarks/",
        f"{STS}/mapping/{entity}/",
        f"{STS}/accounts/",
        f"{account}/",
        f"{account}/identity/",
        f"{account}/activation/",
        f"{account}/environment/",
        f"{STS}/opposition/?row={counter.expense(paper).pk}",
        f"{STS}/documents/{paper.pk}/",
        f"{STS}/documents/{paper.pk}/exclude/",
        f"/practice/invoices/{paper.pk}/",
        f"/practice/invoices/{paper.pk}/?section=sts",
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_pages_of_sistema_ts_are_sound(open_page, axe, counter, width, scheme):
    first, _second = due(counter, 2)
    send_now(actor=counter.world.ada, expense_id=counter.expense(first).pk)
    page = signed_in(open_page, width=width, scheme=scheme)
    for address in addresses(counter, first):
        page.goto(address)
        expect(page.locator("h1")).to_be_visible(timeout=PATIENCE)
        axe(page)
        no_sideways_scrolling(page)


def test_account_is_set_up_from_nothing_to_the_first_sending(open_page, counter, world):
    with acting(System("tests")):
        StsSettings.objects.all().delete()
    entity = world.studio.pk
    page = signed_in(open_page)
    page.goto(f"{STS}/accounts/{entity}/identity/")
    expect(page.locator("#id_username")).to_have_value("RSSDAA79H51A944U")
    page.locator("#id_password").fill(STS_PASSWORD)
    page.locator("#id_pin").fill("1234567890")
    page.locator("form[data-guard] button.btn-primary").click()
    expect(page.locator("#test-head")).to_be_visible(timeout=PATIENCE)
    page.goto(f"{STS}/accounts/{entity}/environment/")
    page.locator("input[name=environment][value=simulator]").check()
    page.locator("form button.btn-primary").click()
    page.locator("#test button[type=submit]").click()
    expect(page.locator("#test .note.ok")).to_be_visible(timeout=PATIENCE)
    page.goto(f"{STS}/mapping/{entity}/")
    page.locator("main form button.btn-primary").click()
    page.goto(f"{STS}/accounts/{entity}/activation/")
    page.locator("#id_since").fill("01/01/2026")
    page.locator("form button.btn-primary").click()
    expect(page.locator("#id_accepted-error")).to_be_visible(timeout=PATIENCE)
    page.locator("#id_accepted").check()
    page.locator("form button.btn-primary").click()
    expect(page.locator("h1 .chip.ok")).to_be_visible(timeout=PATIENCE)
    assert STS_PASSWORD not in page.content()


def test_expired_password_stops_and_a_new_one_lets_it_go_on(open_page, counter):
    [paper] = due(counter)
    counter.faults(Rule(Fault.EXPIRED_PASSWORD))
    page = signed_in(open_page)
    page.goto(f"{STS}/documents/{paper.pk}/")
    page.locator(f"form[action$='/documents/{paper.pk}/send/'] button").click()
    page.goto(f"{STS}/")
    expect(page.locator(".next.bad")).to_be_visible(timeout=PATIENCE)
    page.locator(".next.bad a.btn-primary").click()
    counter.faults()
    page.locator("#test button[type=submit]").click()
    expect(page.locator("#test .note.ok")).to_be_visible(timeout=PATIENCE)
    page.goto(f"{STS}/documents/{paper.pk}/")
    page.locator(f"form[action$='/documents/{paper.pk}/send/'] button").click()
    state_is(page, paper, "ok")


def test_rejected_document_is_mended_in_the_record_and_sent_again(open_page, axe, counter, world):
    paper = paid(world, line(service_id=world.therapy.pk))
    spoiled(counter, "VRDBRN80E12A944X")
    counter.take_in()
    send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    page = open_page(person=world.people["ada"])
    page.set_default_timeout(PATIENCE)
    page.goto(f"/practice/invoices/{paper.pk}/")
    expect(page.locator(".next.bad")).to_contain_text("S011, «")
    axe(page)
    page.locator(".next.bad a.btn-primary").click()
    page.locator("#id_codice_fiscale").fill(BRUNO_CODE)
    page.locator("form[data-guard] button.btn-primary").click()
    expect(page.locator("h1")).to_contain_text("Bruno", timeout=PATIENCE)
    counter.take_in()
    page.goto(f"{STS}/?view=to_send")
    page.locator("tbody input[name=row]").check()
    page.locator("[data-bulk] button.btn-primary").click()
    state_is(page, paper, "ok")


def test_selected_documents_leave_without_script(open_page, counter, world):
    papers = due(counter, 3)
    page = open_page(person=world.people["ada"], javascript=False)
    page.set_default_timeout(PATIENCE)
    page.goto(f"{STS}/")
    for box in page.locator("tbody input[name=row]").all():
        box.check()
    page.locator("[data-bulk] button.btn-primary").click()
    expect(page.locator(".note.ok").first).to_be_visible(timeout=PATIENCE)
    counter.run()
    assert {counter.state(each) for each in papers} == {"ACCEPTED"}


def test_double_click_sends_once(open_page, counter, world):
    [paper] = due(counter)
    page = open_page(person=world.people["ada"])
    page.set_default_timeout(PATIENCE)
    page.goto(f"{STS}/documents/{paper.pk}/")
    page.locator(f"form[action$='/documents/{paper.pk}/send/'] button").dblclick()
    expect(page.locator("h1 .chip.ok")).to_be_visible(timeout=PATIENCE)
    assert len(counter.held()) == 1
    with acting(System("tests")):
        assert Expense.objects.get(invoice_id=paper.pk).attempts.count() == 1


def test_objection_is_noted_for_all_that_are_ticked(open_page, counter, world):
    sent, waiting = due(counter, 2)
    send_now(actor=world.ada, expense_id=counter.expense(sent).pk)
    page = open_page(person=world.people["ada"])
    page.set_default_timeout(PATIENCE)
    page.goto(f"{STS}/")
    for paper in (sent, waiting):
        page.locator(f"tbody input[name=row][value='{counter.expense(paper).pk}']").check()
    page.locator("[data-bulk] button[formaction*='/opposition/']").click()
    expect(page.locator("#oppose")).to_be_checked()
    page.locator("main form button.btn-primary").dblclick()
    expect(page.locator("#list tbody tr")).to_have_count(2)
    counter.run()
    assert [counter.held()[counter.expense(sent).number].citizen, counter.expense(waiting).opposition] == [None, True]


def test_deadline_in_the_calendar_leads_to_what_is_missing(open_page, counter, world):
    due(counter, 2)
    page = open_page(person=world.people["ada"], width=390)
    page.set_default_timeout(PATIENCE)
    page.goto(f"{STS}/year/?year={DAY.year}&from=2027-01")
    page.locator(".small-month td.wait a").first.click()
    line = page.locator(".agenda li:target")
    expect(line).to_be_visible()
    line.locator("a.btn").click()
    expect(page.locator("#list tbody tr")).to_have_count(2)


def test_cancelling_there_asks_for_a_reason_and_leaves_the_invoice(open_page, counter, world):
    [paper] = due(counter)
    send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    page = open_page(person=world.people["ada"])
    page.set_default_timeout(PATIENCE)
    page.goto(f"{STS}/documents/{paper.pk}/cancel/")
    page.locator("#reason").fill("Inviata per errore")
    page.locator("form.confirm button[type=submit]").click()
    state_is(page, paper, "off")
    page.locator(f"form[action$='/documents/{paper.pk}/resync/'] button").click()
    state_is(page, paper, "off")
    assert counter.held() == {}


def test_document_cancelled_behind_our_back_is_found_by_resync_and_sent_again(open_page, counter, world):
    [paper] = due(counter)
    send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    row = counter.expense(paper)
    with acting(System("tests")), ministry.speaking(counter.account, now=counter.simulator.clock.now) as client:
        client.cancel(DocumentId(row.vat_number, row.issued_on, row.number, row.device))
    page = open_page(person=world.people["ada"])
    page.set_default_timeout(PATIENCE)
    state_is(page, paper, "ok")
    page.locator(f"form[action$='/documents/{paper.pk}/resync/'] button").click()
    state_is(page, paper, "wait")
    page.locator(f"form[action$='/documents/{paper.pk}/send/'] button").click()
    state_is(page, paper, "ok")
    assert list(counter.held()) == [row.number]


def test_credit_note_is_sent_as_a_refund(open_page, counter, world):
    [paper] = due(counter)
    send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    values = NoteValues(reason="Seduta non svolta")
    note = issue_credit_note(actor=world.ada, invoice_id=paper.pk, values=values, on=DAY, today=DAY)
    counter.take_in()
    page = open_page(person=world.people["ada"])
    page.set_default_timeout(PATIENCE)
    page.goto(f"{STS}/documents/{paper.pk}/")
    page.locator(f"a[href$='/documents/{paper.pk}/refund/']").click()
    page.locator("form.confirm button[type=submit]").click()
    state_is(page, note, "ok")
    assert counter.state(paper) == "REFUNDED"


def test_page_that_asks_again_by_itself_swaps_its_part_and_the_chip(open_page, counter):
    [paper] = due(counter)
    counter.faults(Rule(Fault.LOST_ANSWER))
    row = counter.expense(paper).pk
    send_now(actor=counter.world.ada, expense_id=row)
    page = signed_in(open_page)
    page.goto(f"{STS}/documents/{paper.pk}/")
    expect(page.locator("h1 .chip.wait")).to_be_visible(timeout=PATIENCE)
    counter.faults()
    counter.settle()
    expect(page.locator("h1 .chip.ok")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("main")).to_have_count(1)
