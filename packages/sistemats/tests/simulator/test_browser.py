"""The page in a real browser: its forms get through, nothing is logged, nothing overflows a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .cast import World

CHROMIUM = os.environ.get("SPORTELLO_CHROMIUM", "/usr/bin/chromium")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield opened
        opened.close()


def press(page: Any, name: str) -> None:
    """Press a button and wait for the page behind it."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def test_forms_get_through_and_a_phone_shows_it_all(world: World, browser: Any) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document()))
    said: list[str] = []
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.set_default_timeout(120_000)
    page.on("console", lambda message: said.append(message.text))
    page.goto(world.admin.base)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Set to (day or date and time)").fill("2026-04-01")
    press(page, "Set")
    page.get_by_label("Kind").select_option("ws99")
    page.get_by_label("Times").fill("1")
    press(page, "Add")
    press(page, "Stop it")
    assert page.url.endswith("/#done")
    assert "stopped" in page.inner_text("main")
    assert said == []
    assert world.admin.get("/clock")["today"] == "2026-04-01"
    [rule] = world.admin.get("/faults")["faults"]
    assert (rule["kind"], rule["times"]) == ("ws99", 1)
