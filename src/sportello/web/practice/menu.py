"""The menu of the practice: few nouns, a count only where something waits, no entry that leads nowhere.

An entry is added here when its pages exist; `count` is one query that starts with the party.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sportello.billing.models import Invoice
from sportello.billing.permissions import may_download, may_record_payment
from sportello.core.actors import Actor
from sportello.expenses.permissions import may_configure, may_send
from sportello.expenses.queries.outlook import waiting_count
from sportello.patients.permissions import may_see_customers, may_see_patients


@dataclass(frozen=True, slots=True)
class Line:
    """
    A page below an entry, shown while the entry is open: its word, its route, and who sees it.

    `within` is the part of the address under the entry's own that belongs to it, where the route is the entry's.
    """

    word: Promise
    route: str
    may: Callable[[Actor], bool] | None = None
    within: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the menu: its word, icon and route, who sees it, what waits there, and the pages below it."""

    word: Promise
    icon: str
    route: str
    may: Callable[[Actor], bool] | None = None
    count: Callable[[Actor], int] | None = None
    below: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line below an entry as one person sees it now."""

    word: Promise
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as one person sees it now; `below` is filled while one of its pages is open."""

    word: Promise
    icon: str
    url: str
    current: bool
    count: int
    below: tuple[ShownLine, ...] = ()


def _unpaid(actor: Actor) -> int:
    """Return how many invoices wait for money, to those who record it."""
    return Invoice.objects.filter(open__gt=0).exclude(state="DRAFT").count() if may_record_payment(actor) else 0


def _customers_apart(actor: Actor) -> bool:
    """Customers are a tab beside the patients; who may not see those finds them in the menu."""
    return may_see_customers(actor) and not may_see_patients(actor)


_STS = (
    Line(_("Fiscal documents to send"), "practice:sts", within="documents/"),
    Line(_("Sendings"), "practice:sts_sendings"),
    Line(_("Account"), "practice:sts_accounts", may_configure),
)
ENTRIES: tuple[Entry, ...] = (
    Entry(_("Home"), "home", "practice:home"),
    Entry(_("Patients"), "users", "practice:patients", may_see_patients),
    Entry(_("Customers"), "building", "practice:customers", _customers_apart),
    Entry(_("Invoices"), "file-invoice", "practice:invoices", may_download, _unpaid),
    Entry(_("Sistema TS"), "building-bank", "practice:sts", may_send, waiting_count, _STS),
    Entry(_("Settings"), "settings", "practice:settings"),
)
SEARCH: tuple[str, Callable[[Actor], bool]] | None = ("practice:patients", may_see_patients)
"""Where the magnifier of the phone's bar leads, and who sees it; None while there is nothing to search."""


def shown(actor: Actor, path: str) -> list[Shown]:
    """Return the entries this actor may open; the current one is the longest address that begins the path."""
    allowed = [(entry, reverse(entry.route)) for entry in ENTRIES if entry.may is None or entry.may(actor)]
    here = max((url for _entry, url in allowed if path.startswith(url)), key=len, default="")
    return [
        Shown(
            entry.word,
            entry.icon,
            url,
            url == here,
            entry.count(actor) if entry.count else 0,
            tuple(_below(entry, actor, path)) if url == here else (),
        )
        for entry, url in allowed
    ]


def _below(entry: Entry, actor: Actor, path: str) -> Iterator[ShownLine]:
    """Yield the lines of an open entry, with the one whose page is shown."""
    for line in entry.below:
        if line.may is None or line.may(actor):
            url = reverse(line.route)
            yield ShownLine(line.word, url, path == url or path.startswith(f"{url}{line.within}"))


def search_url(actor: Actor) -> str:
    """Return where the actor searches, or nothing."""
    if SEARCH is None or not SEARCH[1](actor):
        return ""
    return reverse(SEARCH[0])
