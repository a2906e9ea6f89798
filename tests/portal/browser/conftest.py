"""A real browser on the portal's live server, with a practice's server behind it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deskwire import messages as say
from tests.portal.conftest import paired
from tests.portal.desk import Desk, shown

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
GRAVE = {"serious", "critical"}
PATIENCE = 60_000
TOKEN = "t" * 43
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each test has its own cookies."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's loop is in this thread, alone with the tests' queries
    with sync_playwright() as playwright:
        path = os.environ.get("SPORTELLO_CHROMIUM") or shutil.which("chromium")
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What pages complained about; anything but a refusal that a test provokes fails it at its end."""
    found: list[str] = []
    yield found
    assert not [line for line in found if "status of 4" not in line and "status of 503" not in line], found


@pytest.fixture
def open_page(browser: Browser, live_server: Any, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Give a function that opens an empty page: `open_page(width=390, locale="ar", javascript=False)`."""
    contexts = []

    def open_one(*, width: int = 1440, locale: str = "it-IT", scheme: Any = "light", javascript: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            locale=locale,
            color_scheme=scheme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            timezone_id="Europe/Rome",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def sound(browser: Browser) -> Callable[[Page], None]:
    """Give a function that fails when axe finds anything grave, when a page scrolls sideways or a target is small."""
    source = AXE.read_text(encoding="utf-8")

    def check(page: Page) -> None:
        page.evaluate(source)
        found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
        grave = [f"{rule['id']}: {rule['nodes'][0]['target']}" for rule in found if rule["impact"] in GRAVE]
        assert not grave, f"{page.url}: {grave}"
        wide, window = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= window, f"{page.url} is {wide} pixels wide in a window of {window}"
        small = page.evaluate(
            "() => [...document.querySelectorAll('.btn, .form-control, nav a, .pfoot .links a, summary')]"
            ".filter((each) => each.offsetParent && each.getBoundingClientRect().height < 43.5)"
            ".map((each) => each.outerHTML.slice(0, 90))"
        )
        assert not small, f"{page.url}: lower than 44 pixels: {small}"

    return check


@pytest.fixture
def practice(transactional_db: None, desk: Desk) -> Desk:
    """A practice's server that is paired, has invited Bruno and shows one invoice."""
    paired(desk)
    row = say.InvoiceRow(
        id="00000000-0000-4000-8000-000000000084",
        number="A 84/2026",
        issued_on=date(2026, 11, 18),
        paid_on=date(2026, 11, 19),
        state=say.PaperState.PAID,
        kind=say.PaperKind.INVOICE,
        amount=Decimal("71.40"),
        currency="EUR",
        ready=True,
    )
    desk.answers |= {
        "invitation.show": lambda asked: shown(),
        "invitation.accept": lambda asked: say.InvitationAccepted("c-9", "it"),
        "invitation.renew": lambda asked: say.Done(),
        "invoices.list": lambda asked: say.InvoiceRows((row,), Decimal("71.40"), 1, "", (2026,)),
        "accesses.list": lambda asked: say.AccessRows((), ""),
    }
    return desk


@pytest.fixture
def link(practice: Desk) -> str:
    """The link that Bruno got by mail."""
    return f"/i/{practice.signer.id}/{TOKEN}"
