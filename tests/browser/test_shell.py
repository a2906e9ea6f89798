"""The shell and its parts in a real browser: axe, narrow and wide, light and dark, by keyboard, without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sportello.web.gallery.views import PAGES
from tests.browser.conftest import no_sideways_scrolling
from tests.world import PASSWORD

pytestmark = pytest.mark.urls("tests.web.doors")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 320])
def test_gallery_pages_are_sound(open_page, axe, width, scheme):
    page = open_page(width=width, scheme=scheme)
    for name in PAGES:
        page.goto(f"/_parts/{name}/?say=1")
        axe(page)
        no_sideways_scrolling(page)


@pytest.mark.parametrize("width", [1440, 320])
def test_gallery_pages_are_sound_from_right_to_left(open_page, axe, width):
    page = open_page(width=width)
    for name in PAGES:
        page.goto(f"/_parts/{name}/?rtl=1")
        assert page.locator("html").get_attribute("dir") == "rtl"
        axe(page)
        no_sideways_scrolling(page)


def test_gallery_pages_stay_inside_at_twice_the_text(open_page):
    page = open_page(width=640)
    for name in PAGES:
        page.goto(f"/_parts/{name}/")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        no_sideways_scrolling(page)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"])
@pytest.mark.parametrize("width", [1440, 320])
def test_sign_in_pages_are_sound(open_page, axe, path, width, db):
    page = open_page(width=width)
    page.goto(path)
    axe(page)
    no_sideways_scrolling(page)


OWN = ["/practice/", "/account/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/", "/choose/"]


@pytest.mark.parametrize("width", [1440, 320])
def test_own_pages_are_sound(open_page, axe, world, width):
    page = open_page(width=width, person=world.people["ada"])
    for path in OWN:
        page.goto(path)
        axe(page)
        no_sideways_scrolling(page)


def test_missing_page_keeps_the_menu_and_leads_home(open_page, axe, console, world):
    console.expect("404")
    page = open_page(person=world.people["ada"])
    page.goto(f"/door/patients/{world.twin.pk}/")
    axe(page)
    page.get_by_role("main").get_by_role("link").first.click()
    page.wait_for_url("**/practice/")


def test_person_signs_in_and_out_by_keyboard(open_page, world):
    page = open_page()
    page.goto("/")
    page.locator("#id_login").focus()
    page.keyboard.type("ada@posta.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/practice/")
    page.locator(".me form[action$='logout/'] button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/login/")


def test_person_signs_in_without_script(open_page, world):
    page = open_page(javascript=False)
    page.goto("/")
    page.fill("#id_login", "ada@posta.example")
    page.fill("#id_password", "wrong")
    page.locator("form[action$='login/'] button[type=submit]").first.click()
    expect(page.locator(".err-sum")).to_be_visible()
    expect(page.locator("#passkey_login")).to_be_hidden()
    page.fill("#id_password", PASSWORD)
    page.locator("form[action$='login/'] button[type=submit]").first.click()
    page.wait_for_url("**/practice/")


def test_skip_link_leads_to_the_content(page):
    page.goto("/_parts/home/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_drawer_opens_holds_the_focus_and_closes(phone):
    phone.goto("/_parts/home/")
    menu = phone.locator("#menu")
    expect(menu).to_be_hidden()
    phone.locator("[data-drawer]").click()
    expect(menu).to_be_visible()
    expect(menu.locator(".shut")).to_be_focused()
    for _ in range(30):
        phone.keyboard.press("Tab")
        assert phone.evaluate("document.activeElement === document.body || menu.contains(document.activeElement)")
    phone.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(phone.locator("[data-drawer]")).to_be_focused()


def test_drawer_opens_and_closes_without_script(open_page):
    page = open_page(width=390, javascript=False)
    page.goto("/_parts/home/")
    page.locator("[data-drawer]").click()
    expect(page.locator("#menu")).to_be_visible()
    page.locator("#menu .shut").click()
    expect(page.locator("#menu")).to_be_hidden()


def test_actions_menu_by_keyboard(page):
    page.goto("/_parts/patients/")
    menu = page.locator("details.menu").first
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.locator("ul")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(menu.locator("li a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu.locator("ul")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_actions_menu_closes_when_something_else_is_clicked(page):
    page.goto("/_parts/patients/")
    page.locator("details.menu summary").first.click()
    page.locator("details.menu summary").last.click()
    expect(page.locator("details.menu[open]")).to_have_count(1)
    page.locator("h1").click()
    expect(page.locator("details.menu[open]")).to_have_count(0)


def test_actions_menu_of_the_last_row_stays_in_the_window(open_page):
    page = open_page(width=390, height=700)
    page.goto("/_parts/patients/")
    last = page.locator("table details.menu").last
    last.scroll_into_view_if_needed()
    last.locator("summary").click()
    box = last.locator("ul").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_selection_counts_sums_and_knows_some_from_all(page):
    page.goto("/_parts/invoices/")
    bar = page.locator("[data-bulk]")
    expect(bar).to_be_hidden()
    rows = page.locator("input[name=row]:not([disabled])")
    rows.nth(0).check()
    rows.nth(1).check()
    expect(bar).to_contain_text("2 selected")
    expect(bar).to_contain_text("238,60")
    everyone = page.locator("[data-all]")
    assert everyone.evaluate("box => box.indeterminate")
    everyone.check()
    expect(bar).to_contain_text("5 selected")
    bar.locator("input[name=everything]").check()
    expect(bar).to_contain_text("231 selected")
    bar.locator("[data-clear]").click()
    expect(bar).to_be_hidden()
    assert not everyone.is_checked()


def test_selection_without_script_shows_its_acts(open_page):
    page = open_page(javascript=False)
    page.goto("/_parts/invoices/")
    expect(page.locator("[data-bulk]")).to_be_visible()
    expect(page.locator("[data-all]")).to_be_hidden()


def test_error_summary_is_focused_and_leads_to_its_field(page):
    page.goto("/_parts/form/")
    expect(page.locator(".err-sum")).to_be_focused()
    page.locator(".err-sum a").first.click()
    expect(page.locator("#id_fiscal_code")).to_be_focused()


def test_repair_fills_its_field_with_one_click(page):
    page.goto("/_parts/form/")
    page.locator("#id_fiscal_code-field .repair").click()
    expect(page.locator("#id_fiscal_code")).to_have_value("RSSMRA85T50A944G")
    expect(page.locator("#id_fiscal_code-field .msg")).to_have_count(0)
    expect(page.locator("#id_fiscal_code")).to_be_focused()


def test_leaving_a_form_half_filled_asks_first(page):
    page.goto("/_parts/form/")
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.fill("#id_given_name", "Marina")
    with page.expect_event("dialog"):
        page.evaluate("location.href = '/_parts/home/'")
    assert asked == ["beforeunload"]
    expect(page.locator("#id_given_name")).to_have_value("Marina")


def test_chart_is_drawn_and_follows_the_theme(open_page):
    page = open_page(scheme="light")
    page.goto("/_parts/home/")
    canvas = page.locator("#income canvas")
    expect(canvas).to_be_visible()
    before = canvas.evaluate("drawing => drawing.toDataURL()")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("before => document.querySelector('#income canvas').toDataURL() !== before", arg=before)


def test_chart_without_script_leaves_its_table(open_page):
    page = open_page(javascript=False)
    page.goto("/_parts/home/")
    expect(page.locator("#income")).to_be_hidden()
    expect(page.locator(".mt")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_theme_and_language_are_chosen_from_the_menu(open_page, world, javascript):
    page = open_page(person=world.people["ada"], javascript=javascript)
    page.goto("/account/")
    page.locator("main button[value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.locator("main button[value=fr]").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def test_search_as_one_types_keeps_names_out_of_the_address(open_page, world):
    page = open_page(person=world.people["ada"])
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto("/_parts/patients/")
    page.locator("#search-words").press_sequentially("Verdi", delay=30)
    page.wait_for_url("**search=*")
    assert all("erdi" not in url for url in [*sent, page.url])
    expect(page.locator("#search-words")).to_be_focused()
    expect(page.locator("#search-words")).to_have_value("Verdi")


def test_passkey_is_added_and_opens_the_account(open_page, world):
    page = open_page(person=None)
    page.goto("/accounts/login/")
    _virtual_key(page)
    page.fill("#id_login", "ada@posta.example")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/practice/")
    page.goto("/accounts/2fa/webauthn/add/")
    page.fill("#id_name", "Tastiera")
    page.check("#id_passwordless")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/**")
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("Tastiera")).to_be_visible()
    page.locator(".me form[action$='logout/'] button").click()
    page.wait_for_url("**/accounts/login/")
    page.click("#passkey_login")
    page.wait_for_url("**/practice/")


def _virtual_key(page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_request_without_a_server_says_so_and_keeps_what_was_typed(open_page, console, world):
    console.expect("ERR_FAILED")
    console.expect("Failed to fetch")
    page = open_page(person=world.people["ada"])
    page.goto("/_parts/patients/")
    page.route("**/practice/search/", lambda route: route.abort())
    page.locator("#search-words").press_sequentially("Verdi")
    expect(page.locator("#messages [role=alert]")).to_be_visible()
    expect(page.locator("#search-words")).to_have_value("Verdi")


def test_request_that_is_refused_leaves_the_page_as_it_was(open_page, console, world):
    console.expect("status of 403")
    page = open_page(person=world.people["ada"])
    page.goto("/_parts/patients/")
    page.context.clear_cookies()
    page.locator("#search-words").press_sequentially("Verdi")
    expect(page.locator("#messages [role=alert]")).to_be_visible()
    expect(page.locator("table.list")).to_be_visible()


def test_fragment_that_changes_something_carries_the_token(open_page, world):
    page = open_page(person=world.people["ada"])
    page.goto("/_parts/patients/")
    page.evaluate(
        """() => {
            const button = document.createElement("button");
            button.id = "act";
            button.setAttribute("hx-post", "/door/says/");
            button.setAttribute("hx-target", "#list");
            button.textContent = "Act";
            document.querySelector("main").append(button);
            htmx.process(button);
        }"""
    )
    page.locator("#act").click()
    expect(page.locator("#messages")).to_contain_text("Payment recorded.")
    expect(page.locator("#list")).to_have_text("row")
