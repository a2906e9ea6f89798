"""What a patient does, in a real browser: without scripts, by keyboard, on a narrow phone, in three scripts."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from deskwire import messages as say
from portal.accounts import factors
from portal.accounts.models import Account, Factor
from tests.portal.conftest import PASSWORD, account, connected
from tests.portal.desk import shown

GOOD = "quattro gatti sul tetto"
LANGUAGES = ("it", "ar", "zh-hans")


def _sign_in(page, language="it"):
    page.goto("/language/")
    page.locator(f'button[value="{language}"]').click()
    page.goto("/sign-in/")
    page.locator("#id_address").fill("bruno.neri@example.org")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile(r"/(c/.*invoices/|)$"))


@pytest.mark.parametrize("javascript", [True, False])
def test_first_access_is_three_screens_and_one_typed_field(open_page, link, practice, javascript):
    page = open_page(width=390, javascript=javascript)
    screens = []
    page.on("framenavigated", lambda frame: screens.append(frame.url))
    page.goto(link)
    fields = page.locator("main input:visible:not([readonly])")
    expect(fields).to_have_count(1)
    fields.fill(GOOD)
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile(r"/c/.*/invoices/$"))
    expect(page.get_by_text("84/2026")).to_be_visible()
    assert len({url.partition("?")[0] for url in screens}) <= 3
    page.locator(".ptop form button").click()
    page.wait_for_url(re.compile("/signed-out/$"))
    page.go_back()
    expect(page.get_by_text("84/2026")).to_have_count(0)


def test_first_access_by_keyboard_alone_in_arabic(open_page, link, practice):
    practice.answers["invitation.show"] = lambda asked: shown(language="ar")
    page = open_page(width=390)
    page.goto(link)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "id_password":
            break
    page.keyboard.type(GOOD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/c/.*/invoices/$"))
    assert Account.objects.get().language == "ar"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1440, "dark")])
def test_pages_before_signing_in_are_sound(open_page, link, practice, sound, language, width, scheme):
    page = open_page(width=width, scheme=scheme)
    page.goto("/language/")
    sound(page)
    page.locator(f'button[value="{language}"]').click()
    for path in ("/sign-in/", "/forgot/", "/forgot/sent/", "/whom-to-ask/", "/signed-out/", "/nowhere", link):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        sound(page)
    page.locator("#id_password").fill("corto")
    page.locator("main .btn-primary").click()
    expect(page.locator(".err-sum")).to_be_focused()
    sound(page)
    practice.answers["invitation.show"] = lambda asked: shown(state=say.InvitationState.DEAD, email="", language="")
    page.goto(link)
    sound(page)
    practice.away = True
    page.goto(link)
    sound(page)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1440, "dark")])
def test_pages_of_the_account_are_sound(open_page, practice, other_desk, sound, language, width, scheme):
    bruno = account(language=language)
    connected(bruno, practice)
    connected(bruno, other_desk, "c-2")
    setup = factors.new_setup(bruno, timezone.now())
    page = open_page(width=width, scheme=scheme)
    _sign_in(page, language)
    sound(page)
    code = factors.code_at(setup.secret, int(timezone.now().timestamp()) // 30)
    factors.add_app(bruno, setup, code, timezone.now(), link="http://x/")
    for path in (
        "/account/",
        "/account/history/",
        "/account/password/",
        "/account/confirm/",
        "/account/second-step/",
        "/account/second-step/app/",
        "/account/second-step/passkey/",
        "/account/second-step/recovery/",
        "/whom-to-ask/",
        "/language/",
    ):
        page.goto(path)
        sound(page)


def test_passkey_is_added_and_lets_in(open_page, practice):
    connected(account(language="en"), practice)
    page = open_page()
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    _sign_in(page, "en")
    page.goto("/account/second-step/passkey/")
    page.locator("main .btn-primary").click()
    expect(page.locator(".keys li")).to_have_count(10)
    assert Factor.objects.get().kind == "passkey"
    page.locator(".ptop form button").click()
    page.wait_for_url(re.compile("/signed-out/$"))
    page.goto("/sign-in/")
    page.locator("#id_address").fill("bruno.neri@example.org")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile("/sign-in/code/$"))
    page.get_by_role("link", name="Use the passkey").click()
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile(r"/c/.*/invoices/$"))


def test_passkey_of_nobody_does_not_let_in(open_page, practice):
    bruno = account(language="en")
    setup = factors.new_setup(bruno, timezone.now())
    code = factors.code_at(setup.secret, int(timezone.now().timestamp()) // 30)
    factors.add_app(bruno, setup, code, timezone.now(), link="http://x/")
    page = open_page()
    page.goto("/sign-in/")
    page.locator("#id_address").fill("bruno.neri@example.org")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile("/sign-in/code/$"))
    page.goto("/sign-in/passkey/")
    page.evaluate(
        "() => { const form = document.getElementById('passkey'); form.elements.answer.value = '{}'; form.submit(); }"
    )
    expect(page.locator(".note.bad")).to_be_visible()
    page.goto("/account/")
    page.wait_for_url(re.compile("/sign-in/"))


def test_password_can_be_looked_at(open_page, link):
    page = open_page()
    page.goto(link)
    page.locator("#id_password").fill(GOOD)
    page.locator("button[data-show]").click()
    expect(page.locator("#id_password")).to_have_attribute("type", "text")
    page.locator("main .btn-primary").click()
    page.wait_for_url(re.compile(r"/c/.*/invoices/$"))
