"""What pages look like where a script finds out: letters of our own fonts, and the pages of the second step."""

import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.utils import timezone
from fontTools.ttLib import TTFont
from playwright.sync_api import Page, expect

from portal.accounts import factors
from portal.accounts.models import Factor
from tests.portal.conftest import PASSWORD, account, connected
from tests.portal.desk import overview

PERIOD = 30
SC = finders.find("vendor/noto/NotoSansSC_400Regular.woff")
CHINESE = range(0x3000, 0xA000)


def _sign_in(page: Page) -> None:
    page.goto("/sign-in/")
    page.locator("#id_address").fill("bruno.neri@example.org")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile(r"/(c/.*invoices/|sign-in/code/)$"))


def _families(page: Page) -> dict[str, bool]:
    """Return the fonts that a page is really written in, and whether it brought each of them itself."""
    page.evaluate("document.fonts.ready.then(() => 1)")
    tools = page.context.new_cdp_session(page)
    tools.send("DOM.enable")
    tools.send("CSS.enable")
    root = tools.send("DOM.getDocument", {"depth": -1})["root"]["nodeId"]
    nodes = tools.send("DOM.querySelectorAll", {"nodeId": root, "selector": "body, body *"})["nodeIds"]
    used = [font for node in nodes for font in tools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]]
    tools.detach()
    return {font["familyName"]: font["isCustomFont"] for font in used}


def _missing(page: Page) -> set[str]:
    """Return the Chinese letters of a page that the font we cut down for it has not."""
    with TTFont(SC) as font:
        known = set(font.getBestCmap())
    shown = {ord(letter) for letter in page.locator("body").inner_text()}
    return {chr(code) for code in shown - known if code in CHINESE}


@pytest.mark.parametrize(
    ("language", "family"), [("ar", "Noto Sans Arabic"), ("zh-hans", "Noto Sans SC"), ("uk", "Inter")]
)
def test_every_letter_comes_from_a_font_that_the_page_brings(open_page, practice, language, family):
    connected(account(language=language), practice)
    page = open_page(width=390)
    page.goto("/language/")
    assert all(_families(page).values()), _families(page)
    assert not _missing(page)
    _sign_in(page)
    for path in (page.url, "/account/second-step/"):
        page.goto(path)
        found = _families(page)
        assert family in found
        assert all(found.values()), f"{path}: {found}"
        assert not _missing(page)


def test_app_is_set_up_and_asked_for_and_a_recovery_code_lets_in(open_page, practice, sound):
    connected(account(language="it"), practice)
    page = open_page(width=390)
    _sign_in(page)
    page.goto("/account/second-step/app/")
    _type(page, "000000")
    expect(page.locator(".err-sum")).to_be_focused()
    sound(page)
    secret = page.locator(".secret").inner_text().replace(" ", "")
    _type(page, _code(secret))
    codes = page.locator(".keys li")
    expect(codes).to_have_count(10)
    sound(page)
    kept = codes.first.inner_text()
    page.locator("main .btn-primary").click()
    assert Factor.objects.get().kind == "totp"

    _sign_out(page)
    _sign_in(page)
    page.wait_for_url(re.compile(r"/sign-in/code/"))
    expect(page.locator("header form")).to_have_count(0)
    sound(page)
    _type(page, "123456")
    expect(page.locator(".err-sum")).to_be_focused()
    sound(page)
    _type(page, kept)
    page.wait_for_url(re.compile(r"/c/.*/invoices/$"))
    page.goto("/account/")
    expect(page.locator("li:has(a[href*=recovery]) .sub")).to_contain_text(re.compile(r"\b9\b"))

    _sign_out(page)
    _sign_in(page)
    _type(page, kept)
    expect(page.locator(".err-sum")).to_be_focused()
    page.goto("/account/")
    page.wait_for_url(re.compile(r"/sign-in/"))


@pytest.mark.parametrize("language", ["it", "ar"])
def test_pages_of_a_passkey_are_sound(open_page, practice, sound, language):
    connected(account(language=language), practice)
    page = open_page(width=320)
    tools, device = _authenticator(page)
    _sign_in(page)
    page.goto("/account/second-step/passkey/")
    page.locator("main .btn-primary").click()
    expect(page.locator(".keys li")).to_have_count(10)
    sound(page)
    _sign_out(page)
    _sign_in(page)
    sound(page)
    page.locator("main a.btn-primary").click()
    page.wait_for_url(re.compile(r"/sign-in/passkey/"))
    sound(page)
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.locator("main .btn-primary").click()
    expect(page.locator("#passkey-failed")).to_be_visible()
    sound(page)


def test_practice_that_asks_for_a_second_step_shows_nothing_before(open_page, practice, sound):
    practice.answers["overview"] = lambda asked: overview(second_factor_required=True)
    connected(account(language="it"), practice)
    page = open_page(width=390)
    page.goto("/sign-in/")
    page.locator("#id_address").fill("bruno.neri@example.org")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile(r"/account/second-step/\?asked=1$"))
    expect(page.locator(".note.wait")).to_be_visible()
    sound(page)
    page.locator('main a[href$="/app/"]').click()
    _type(page, _code(page.locator(".secret").inner_text().replace(" ", "")))
    expect(page.locator(".keys li")).to_have_count(10)
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile(r"/c/.*/invoices/$"))
    expect(page.get_by_text("84/2026")).to_be_visible()


def _type(page: Page, code: str) -> None:
    page.locator("#id_code").fill(code)
    page.locator("main form:has(#id_code) button").click()


def _code(secret: str) -> str:
    return factors.code_at(secret, int(timezone.now().timestamp()) // PERIOD)


def _sign_out(page: Page) -> None:
    page.locator(".ptop form button").click()
    page.wait_for_url(re.compile("/signed-out/$"))


def _authenticator(page: Page) -> tuple[Any, str]:
    """Give the browser a device that makes passkeys; return the line to its tools, and what they call the device."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return tools, made["authenticatorId"]
