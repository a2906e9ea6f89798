"""The menu of the practice: few nouns, a count only where something waits, no entry that leads nowhere.

An entry is added here when its pages exist; `count` is one query that starts with the party.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sportello.billing.models import Invoice
from sportello.billing.permissions import may_download, may_record_payment
from sportello.core.actors import Actor
from sportello.patients.permissions import may_see_customers, may_see_patients


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


def _unpaid(actor: Actor) -> int:
    """Return how many invoices wait for money, to those who record it."""
    return Invoice.objects.filter(open__gt=0).exclude(state="DRAFT").count() if may_record_payment(actor) else 0


def _customers_apart(actor: Actor) -> bool:
    """Customers are a tab beside the patients; who may not see those finds them in the menu."""
    return may_see_customers(actor) and not may_see_patients(actor)


ENTRIES: tuple[Entry, ...] = (
    Entry(_("Home"), "home", "practice:home"),
    Entry(_("Patients"), "users", "practice:patients", may_see_patients),
    Entry(_("Customers"), "building", "practice:customers", _customers_apart),
    Entry(_("Invoices"), "file-invoice", "practice:invoices", may_download, _unpaid),
    Entry(_("Settings"), "settings", "practice:settings"),
)
SEARCH: tuple[str, Callable[[Actor], bool]] | None = ("practice:patients", may_see_patients)
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
