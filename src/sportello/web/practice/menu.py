"""The menu of the practice: few nouns, a count only where something waits, no entry that leads nowhere.

An entry is added here when its pages exist; `count` is one query that starts with the party.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sportello.core.actors import Actor


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the menu: its word, icon and route, who sees it, and what waits there."""

    word: Promise
    icon: str
    route: str
    may: Callable[[Actor], bool] | None = None
    count: Callable[[Actor], int] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as one person sees it now."""

    word: Promise
    icon: str
    url: str
    current: bool
    count: int


ENTRIES: tuple[Entry, ...] = (Entry(_("Home"), "home", "practice:home"),)
SEARCH: tuple[str, Callable[[Actor], bool]] | None = None
"""Where the magnifier of the phone's bar leads, and who sees it; None while there is nothing to search."""


def shown(actor: Actor, path: str) -> list[Shown]:
    """Return the entries this actor may open; the current one is the longest address that begins the path."""
    allowed = [(entry, reverse(entry.route)) for entry in ENTRIES if entry.may is None or entry.may(actor)]
    here = max((url for _entry, url in allowed if path.startswith(url)), key=len, default="")
    return [
        Shown(entry.word, entry.icon, url, url == here, entry.count(actor) if entry.count else 0)
        for entry, url in allowed
    ]


def search_url(actor: Actor) -> str:
    """Return where the actor searches, or nothing."""
    if SEARCH is None or not SEARCH[1](actor):
        return ""
    return reverse(SEARCH[0])
