"""The sections of Sistema TS, as tabs over their pages and as lines of the menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sportello.core.actors import Actor
from sportello.expenses.permissions import may_configure, may_send
from sportello.web.http import PartyRequest
from sportello.web.parts import Tab


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its word, its first page, and who may open it."""

    word: Promise
    route: str
    may: Callable[[Actor], bool]


SECTIONS: tuple[Section, ...] = (
    Section(_("Fiscal documents to send"), "practice:sts", may_send),
    Section(_("Sendings"), "practice:sts_sendings", may_send),
    Section(_("Reconciliation"), "practice:sts_months", may_send),
    Section(_("Deadlines"), "practice:sts_year", may_send),
    Section(_("Expense types"), "practice:sts_mapping", may_configure),
    Section(_("Account"), "practice:sts_accounts", may_configure),
)


def sections(actor: Actor, here: str) -> list[Tab]:
    """Return the sections this actor may open; `here` is the route of the one shown."""
    return [Tab(each.word, reverse(each.route), current=each.route == here) for each in SECTIONS if each.may(actor)]


def wants_only(request: PartyRequest, part: str) -> bool:
    """Tell whether htmx asks for one part of a page, by its id; it names its target as element and id."""
    return bool(request.htmx) and (request.htmx.target or "").rpartition("#")[2] == part
