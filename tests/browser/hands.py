"""Two ways to use a page: with a pointer, and with the keyboard alone."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page, expect

FARTHEST = 150
"""Presses of Tab after which something counts as out of reach."""


class Hand(Protocol):
    """What a person does to a page."""

    def press(self, target: Locator) -> None:
        """Follow a link or press a button."""

    def write(self, target: Locator, text: str) -> None:
        """Put a text into a field, in place of what is there."""

    def choose(self, target: Locator, label: str) -> None:
        """Choose an option of a select by its words."""

    def mark(self, box: Locator) -> None:
        """Mark a box that is not marked."""

    def open(self, menu: Locator) -> None:
        """Open a menu."""


class Pointer:
    """Mouse or finger."""

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def choose(self, target: Locator, label: str) -> None:
        target.select_option(label=label)

    def mark(self, box: Locator) -> None:
        box.check()

    def open(self, menu: Locator) -> None:
        menu.locator("summary").click()


class Keys:
    """Tab, letters, arrows, space and Enter: nothing else is touched, and nothing is focused by script."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def choose(self, target: Locator, label: str) -> None:
        self._reach(target)
        options = target.locator("option").all_inner_texts()
        now = target.evaluate("field => field.selectedIndex")
        wanted = [each.strip() for each in options].index(label)
        for _ in range(abs(wanted - now)):
            self.page.keyboard.press("ArrowDown" if wanted > now else "ArrowUp")
        expect(target.locator("option").nth(wanted)).to_have_js_property("selected", True)

    def mark(self, box: Locator) -> None:
        self._reach(box)
        self.page.keyboard.press("Space")
        expect(box).to_be_checked()

    def open(self, menu: Locator) -> None:
        self._reach(menu.locator("summary"))
        self.page.keyboard.press("Enter")

    def _reach(self, target: Locator) -> None:
        """Walk there with Tab, and see that the place can be seen."""
        expect(target).to_be_visible()
        for _ in range(FARTHEST):
            if target.evaluate("found => found === document.activeElement"):
                outline = target.evaluate("found => getComputedStyle(found).outlineStyle")
                assert outline != "none", f"no focus is shown on {target}"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")
