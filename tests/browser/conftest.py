"""A real browser on a real server: pages that fail on any console error, people signed in, axe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from sportello.accounts.models import Person
from tests.support.installation import Installation, eventually
from tests.support.patients import HEAVY, WARD
from tests.support.searching import traces
from tests.support.sites import Sites, running

ROOT = Path(__file__).resolve().parents[2]
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
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LANGUAGES = ["it"] * 5 + ["ar"] * 4 + ["zh-hans"] * 4 + [HEAVY, WARD]
"""Of the patients of `sites`, who have no access yet: a test takes one, and no other takes that one."""
GRAVE = {"serious", "critical"}
IN_DATABASE = {"db", "transactional_db"}
"""Fixtures of the tests that have tables in this process."""
PATIENCE = 60_000
"""Milliseconds to wait for what a page should come to; a busy machine needs many of them."""

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that `-m "not browser"` leaves them out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Console:
    """What the pages of one test complained about; a test says beforehand which complaints it provokes."""

    found: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        """Let complaints pass that contain this text, such as `status of 404` where a missing page is opened."""
        self.expected.append(part)

    def surprises(self) -> list[str]:
        """Return the complaints nobody expected."""
        return [line for line in self.found if not any(part in line for part in self.expected)]

    def watch(self, page: Page) -> None:
        """Collect errors and warnings of the console, uncaught exceptions, and answers that failed."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.found.append(f"uncaught: {error}"))
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.found.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.found.append(f"status of {response.status}: {response.url}")


@dataclass(frozen=True)
class Look:
    """How a page is opened. Widths in CSS pixels; 320 is the narrowest phone the product promises."""

    width: int = 1440
    height: int = 900
    javascript: bool = True
    scheme: Literal["light", "dark"] = "light"
    locale: str = "it-IT"
    touch: bool = False


Open = Callable[..., Page]


def chromium_path() -> str | None:
    """Return the browser to test with: SPORTELLO_CHROMIUM, else the first one on the path, else playwright's own."""
    chosen = os.environ.get("SPORTELLO_CHROMIUM")
    return chosen or next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each test has its own cookies."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # playwright runs a loop in this thread; the tests' queries are still alone in it
    )
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def console() -> Iterator[Console]:
    """Fail the test at its end when a page complained and the test did not expect it."""
    complaints = Console()
    yield complaints
    assert not complaints.surprises(), "\n".join(complaints.surprises())


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer, console: Console) -> Iterator[Open]:
    """
    Give a function that opens an empty page: `open_page(width=320)`, `open_page(javascript=False, person=ada)`.

    It takes the fields of `Look`, and `person`: who is signed in already.
    """
    contexts: list[BrowserContext] = []

    def open_one(*, person: Person | None = None, **look: Any) -> Page:
        context = browser.new_context(**_context(Look(**look), live_server.url))
        contexts.append(context)
        if person is not None:
            context.add_cookies([_session(person, live_server.url)])  # type: ignore[list-item]
        return _page(context, console)

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def sites(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """
    A practice and a portal, running and paired, with patients who have papers.

    Once it is over, nothing of the patients may be found in anything that the portal has written.
    """
    if any(IN_DATABASE.intersection(getattr(item, "fixturenames", ())) for item in request.session.items):
        request.getfixturevalue("django_db_setup")  # there is a database to copy; alone, these tests migrate their own
    folder = tmp_path_factory.mktemp("sites")
    with running(folder, _patients) as both:
        eventually(lambda: both.practice.python(f"{_HANDS}; print(json.dumps(patients.wait_for_papers()))"))
        yield both
    assert traces(both.needles(), both.store()) == []


_HANDS = "from tests.support import patients"


def _patients(practice: Installation) -> dict[str, Any]:
    found: dict[str, Any] = practice.python(f"{_HANDS}; print(json.dumps(patients.write({LANGUAGES!r})))")
    return found


@pytest.fixture
def open_site(browser: Browser, sites: Sites, console: Console) -> Iterator[Open]:
    """Give a function that opens an empty page of a site: `open_site(sites.portal_url, width=320)`; see `Look`."""
    contexts: list[BrowserContext] = []

    def open_one(url: str, **look: Any) -> Page:
        context = browser.new_context(**_context(Look(**look), url))
        contexts.append(context)
        return _page(context, console)

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: Open) -> Page:
    """A desktop page, nobody signed in."""
    return open_page()


@pytest.fixture
def phone(open_page: Open) -> Page:
    """A page 320 pixels wide, nobody signed in."""
    return open_page(width=320, height=640, touch=True)


@pytest.fixture
def plain_page(open_page: Open) -> Page:
    """A page without JavaScript, nobody signed in."""
    return open_page(javascript=False)


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """Give a function that fails when axe finds anything serious on a page, and says what and where."""
    source = AXE.read_text(encoding="utf-8")

    def check(page: Page) -> None:
        page.evaluate(source)
        found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        grave = [rule for rule in found["violations"] if rule["impact"] in GRAVE]
        assert not grave, "\n".join(_told(page.url, rule) for rule in grave)

    return check


def no_sideways_scrolling(page: Page) -> None:
    """Fail when a page is wider than its window: nothing may hide beyond the edge of a phone."""
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"{page.url} is {wide} pixels wide in a window of {window}"


def _context(look: Look, url: str) -> dict[str, Any]:
    return {
        "base_url": url,
        "viewport": {"width": look.width, "height": look.height},
        "java_script_enabled": look.javascript,
        "color_scheme": look.scheme,
        "locale": look.locale,
        "timezone_id": "Europe/Rome",
        "has_touch": look.touch,
        "reduced_motion": "reduce",
    }


def _page(context: BrowserContext, console: Console) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    console.watch(page)
    return page


def _session(person: Person, url: str) -> dict[str, str]:
    client = Client()
    client.force_login(person)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}


def _told(url: str, rule: dict[str, Any]) -> str:
    places = "; ".join(f"{node['target']} {node.get('failureSummary', '')}" for node in rule["nodes"][:5])
    return f"{url}: {rule['id']} ({rule['impact']}): {rule['help']} — {places}"
