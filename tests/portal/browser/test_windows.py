"""Two windows, two clicks and the button "back": what people do besides what they should; a practice that is away."""

import re

import pytest
from playwright.sync_api import Page, expect

from deskwire import messages as say
from portal.accounts.models import Account, Session
from portal.connections.models import Connection
from tests.portal.conftest import PASSWORD, account, connected, paired
from tests.portal.desk import shown

GOOD = "quattro gatti sul tetto"
LIST = re.compile(r"/c/[0-9a-f-]{36}/invoices/$")
NUMBER = "84/2026"


@pytest.fixture
def single(practice, link):
    """The link of an invitation that is good for one use, as a practice's server keeps it."""
    used: list[object] = []

    def accept(asked):
        if used:
            return say.Refusal(say.RefusalCode.DEAD)
        used.append(asked)
        return say.InvitationAccepted("c-9", "it")

    practice.answers["invitation.accept"] = accept
    practice.answers["invitation.show"] = lambda asked: shown(
        language="en", state=say.InvitationState.USED if used else say.InvitationState.OPEN
    )
    return link


def _second_window(page: Page) -> Page:
    other = page.context.new_page()
    other.set_default_timeout(60_000)
    return other


def _sign_in(page: Page) -> None:
    page.locator("#id_address").fill("bruno.neri@example.org")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main .btn-primary").click()


def test_invitation_in_two_windows_with_two_clicks_opens_one_access(open_page, single):
    page = open_page(locale="en")
    other, elsewhere = _second_window(page), open_page(width=390, locale="en")
    for each in (page, other, elsewhere):
        each.goto(single)
        each.locator("#id_password").fill(GOOD)
    page.locator("main .btn-primary").dblclick()
    page.wait_for_url(LIST)
    expect(page.get_by_text(NUMBER)).to_be_visible()

    other.locator("main .btn-primary").click()
    elsewhere.locator("main .btn-primary").click()
    for late in (other, elsewhere):
        expect(late.locator("h1")).to_have_text("This link was used")
        expect(late.locator("input[type=password]")).to_have_count(0)
    other.locator("main .btn-primary").click()
    other.wait_for_url(LIST)
    elsewhere.locator("main .btn-primary").click()
    elsewhere.wait_for_url(re.compile(r"/sign-in/"))

    page.go_back()
    expect(page.locator("h1")).to_have_text("This link was used")
    assert Account.objects.count() == Connection.objects.count() == 1
    assert Session.objects.count() == 1


def test_two_clicks_without_script_open_one_access(open_page, single):
    page = open_page(javascript=False, locale="en")
    page.goto(single)
    page.locator("#id_password").fill(GOOD)
    page.locator("main .btn-primary").dblclick()
    expect(page.locator("input[type=password]")).to_have_count(0)
    expect(page.locator("h1")).to_have_text(re.compile("This link was used|Your invoices"))
    assert Account.objects.count() == Connection.objects.count() == 1


def test_signing_in_and_out_in_two_windows_never_ends_at_a_wall(open_page, practice):
    connected(account(language="en"), practice)
    page = open_page(locale="en")
    other = _second_window(page)
    for each in (page, other):
        each.goto("/sign-in/")
    _sign_in(page)
    page.wait_for_url(LIST)
    _sign_in(other)
    other.wait_for_url(LIST)
    page.go_back()
    page.wait_for_url(LIST)

    page.locator(".ptop form button").click()
    page.wait_for_url(re.compile("/signed-out/$"))
    other.locator(".ptop form button").click()
    other.wait_for_url(re.compile("/signed-out/$"))
    other.go_back()
    other.wait_for_url(re.compile("/sign-in/"))
    expect(other.get_by_text(NUMBER)).to_have_count(0)
    assert not Session.objects.exists()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_practice_that_is_away_shows_a_plain_page_and_nothing_stale(open_page, practice, sound, javascript):
    connected(account(language="en"), practice)
    page = open_page(width=390, javascript=javascript, locale="en")
    page.goto("/sign-in/")
    _sign_in(page)
    page.wait_for_url(LIST)
    expect(page.get_by_text(NUMBER)).to_be_visible()
    place = page.url

    practice.away = True
    for again in (page.reload, lambda: page.goto(place.replace("invoices", "accesses"))):
        answer = again()
        assert answer.status == 503
        assert answer.headers["cache-control"] == "no-store, private"
        expect(page.locator("h1")).to_have_text("The practice cannot be reached now")
        _knows_nothing(page)
    if javascript:
        sound(page)
    page.go_back()
    _knows_nothing(page)
    page.goto("/?all=1")
    expect(page.locator("main li")).to_have_count(1)
    _knows_nothing(page)
    page.goto("/account/")
    expect(page.locator("main")).to_contain_text("bruno.neri@example.org")

    page.goto(place)
    practice.away = False
    page.locator("main .btn-primary").click()
    page.wait_for_url(LIST)
    expect(page.get_by_text(NUMBER)).to_be_visible()


def test_invitation_of_a_practice_that_is_away_can_be_opened_later(open_page, single, practice):
    practice.away = True
    page = open_page(locale="en")
    page.goto(single)
    expect(page.locator("input[type=password]")).to_have_count(0)
    practice.away = False
    page.locator("main .btn-primary").click()
    page.locator("#id_password").fill(GOOD)
    practice.away = True
    page.locator("main .btn-primary").click()
    expect(page.locator("h1")).to_be_visible()
    assert not Connection.objects.filter(state="CONNECTED").exists()
    practice.away = False
    page.goto(single)
    page.locator("#id_password").fill(GOOD)
    page.locator("main .btn-primary").click()
    page.wait_for_url(LIST)
    assert Account.objects.count() == Connection.objects.count() == 1


def test_suspended_access_is_named_and_opens_again_by_itself(open_page, practice, other_desk, sound):
    bruno = account(language="en")
    paired(other_desk)
    connected(bruno, practice)
    held = practice.answers["overview"]
    page = open_page(width=390, locale="en")
    page.goto("/sign-in/")
    _sign_in(page)
    page.wait_for_url(LIST)
    place = page.url
    practice.refuse("overview", say.RefusalCode.SUSPENDED)
    answer = page.reload()
    assert answer.status == 403
    expect(page.locator("h1")).to_have_text("This access is suspended")
    _knows_nothing(page)
    sound(page)
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile(r"/\?all=1$"))
    expect(page.locator("main li")).to_have_count(1)
    sound(page)
    practice.answers["overview"] = held
    page.goto(place)
    expect(page.get_by_text(NUMBER)).to_be_visible()


def _knows_nothing(page: Page) -> None:
    expect(page.locator("h1")).to_be_visible()
    html = page.content()
    for word in (NUMBER, "71,40", "Ginestra", "Bruno Neri"):
        assert word not in html
