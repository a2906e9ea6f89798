"""The calendar of the year view: small months with what falls on their days, the same as a list, and as a file."""

from __future__ import annotations

import calendar as weeks
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse
from django.utils.dates import MONTHS, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sportello.expenses.queries.agenda import Happening, Kind
from sportello.expenses.queries.settings import CERTIFICATE_WARNING
from sportello.expenses.rules.deadlines import REMIND_BEFORE
from sportello.expenses.watching import WARN_PASSWORD
from sportello.web import formats
from sportello.web.icalendar import Entry

SHOWN = 12
"""Months on the page."""
_FAMILIES = ("bad", "wait", "move", "ok", "off")
_ICONS = {
    Kind.SEND: "calendar-due",
    Kind.CHANGE: "pencil",
    Kind.OBJECT: "user-x",
    Kind.PASSWORD: "key",
    Kind.SEALING: "certificate",
    Kind.AUTHORITY: "certificate",
    Kind.SIGN_IN: "certificate",
}


@dataclass(frozen=True, slots=True)
class Item:
    """Something that falls on a day, in words; `state` is family, icon and word of its chip, empty for none."""

    happening: Happening
    anchor: str
    icon: str
    family: str
    title: str
    note: str
    state: tuple[str, str, str] | None
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a small month: `items` begin on it, `family` tints it, also inside a span of days."""

    day: date
    is_today: bool
    items: tuple[Item, ...]
    family: str

    @property
    def said(self) -> str:
        """What falls on it, for who does not see the tint."""
        return "; ".join(each.title for each in self.items)


@dataclass(frozen=True, slots=True)
class Month:
    """A small month: weeks of days, None where a week begins or ends in another month."""

    name: str
    is_quiet: bool
    rows: tuple[tuple[Day | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """The months that the page shows: from the first day of one to the last of another."""

    begins: date
    ends: date

    def moved(self, number: int) -> str:
        """Return the first month of the window that lies some months away, as addresses write it."""
        return f"{shifted(self.begins, number):%Y-%m}"


def window_of(year: int, asked: str, today: date, *, due_next: int) -> Window:
    """
    Return the months to show: those asked for (``2026-11``), else what lies ahead.

    Of another year of payment than this one and that of the next deadline, the months from July on, in which its
    deadlines fall.
    """
    ahead = year in (today.year, due_next)
    begins = _month(asked) or (today.replace(day=1) if ahead else date(year, 7, 1))
    return Window(begins, shifted(begins, SHOWN) - timedelta(days=1))


def shifted(first: date, number: int) -> date:
    """Return the first day of the month that lies some months away."""
    years, month = divmod(first.month - 1 + number, 12)
    return date(first.year + years, month + 1, 1)


def items_of(found: Sequence[Happening], *, several: bool, may_configure: bool, today: date) -> list[Item]:
    """Return what falls on which day, in words."""
    return [_item(each, place, several, may_configure, today) for place, each in enumerate(found)]


def months_of(window: Window, items: Sequence[Item], today: date) -> list[Month]:
    """Return the small months of a window; weeks begin on Monday."""
    begin: dict[date, list[Item]] = {}
    tints: dict[date, str] = {}
    for item in items:
        begin.setdefault(max(item.happening.day, window.begins), []).append(item)
        for day in _span(item.happening, window):
            tints[day] = min(item.family, tints.get(day, "off"), key=_FAMILIES.index)
    firsts = [shifted(window.begins, number) for number in range(SHOWN)]
    return [_small(first, begin, tints, today) for first in firsts]


def weekdays() -> list[tuple[str, str]]:
    """Return the days of the week, their first letter and whole, Monday first."""
    return [(str(WEEKDAYS_ABBR[number])[:1].upper(), str(WEEKDAYS[number])) for number in range(7)]


def entries_of(items: Sequence[Item]) -> list[Entry]:
    """Return what falls on which day for a calendar program: no name of anybody, not even of the practice."""
    return [
        Entry(
            uid=f"{each.happening.uid}@sportello",
            day=each.happening.day,
            last=each.happening.last,
            summary=_("Sistema TS: %(what)s") % {"what": _lower(_title(each.happening))},
            alarms=REMIND_BEFORE if each.happening.kind is not Kind.OBJECT else (),
        )
        for each in items
    ]


def _item(each: Happening, place: int, several: bool, may_configure: bool, today: date) -> Item:
    left = each.days_left(today)
    family = _family(each, left)
    names = ", ".join(each.entities) if several else ""
    url, action = _place(each, may_configure)
    notes = [part for part in (_note(each), names) if part]
    state = _state(each, left)
    return Item(each, f"day-{place}", _ICONS[each.kind], family, _title(each), " · ".join(notes), state, url, action)


def _title(each: Happening) -> str:
    facts = {"year": each.year}
    match each.kind:
        case Kind.SEND:
            return _("Last day to send what was paid in %(year)s") % facts
        case Kind.CHANGE:
            return _("Last day to correct what was paid in %(year)s") % facts
        case Kind.OBJECT:
            return _("Citizens may object to what was paid in %(year)s") % facts
        case Kind.PASSWORD:
            return _("The password of Sistema TS runs out by our count")
        case Kind.SEALING:
            return _("The certificate SanitelCF ends")
        case Kind.AUTHORITY:
            return _("The certificate of the test host's authority ends")
    return _("The certificate to sign in with ends")


def _note(each: Happening) -> str:
    match each.kind:
        case Kind.OBJECT:
            return _("until %(day)s, on the portal of Sistema TS") % {"day": formats.day(each.last)}
        case Kind.PASSWORD:
            return _("Set a new one on the portal, then write it here.")
        case Kind.SEALING:
            return _("The new one is in the official kit.")
    return ""


def _family(each: Happening, left: int) -> str:
    if each.kind is Kind.SEND:
        if not each.missing:
            return "ok"
        return "bad" if left < 0 else "wait"
    warns = {Kind.CHANGE: 0, Kind.OBJECT: 0, Kind.PASSWORD: WARN_PASSWORD}.get(each.kind, CERTIFICATE_WARNING)
    if not warns:
        return "move"
    return "bad" if left < 0 else "wait" if left <= warns else "off"


def _state(each: Happening, left: int) -> tuple[str, str, str] | None:
    """Return the chip: what is missing for a deadline, else how many days are left where that is few."""
    if each.kind is Kind.SEND:
        if not each.missing:
            return "ok", "circle-check", _("Nothing missing")
        text = ngettext("%(missing)s missing", "%(missing)s missing", each.missing) % {"missing": each.missing}
        return ("bad", "hourglass-off", text) if left < 0 else ("wait", "send", text)
    family = _family(each, left)
    if family == "bad":
        return "bad", "hourglass-off", _("Passed")
    if family != "wait":
        return None
    return "wait", "hourglass", ngettext("%(days)s day left", "%(days)s days left", left) % {"days": left}


def _place(each: Happening, may_configure: bool) -> tuple[str, str]:
    if each.kind is Kind.SEND and each.missing:
        return f"{reverse('practice:sts')}?year={each.year}&view=to_send", _("See what is missing")
    if each.kind in {Kind.SEND, Kind.CHANGE, Kind.OBJECT} or not may_configure:
        return "", ""
    page = reverse("practice:sts_account", args=[each.entity_id])
    if each.kind is Kind.PASSWORD:
        return reverse("practice:sts_identity", args=[each.entity_id]), _("Write the new password")
    return f"{page}#certificates", _("Look at the account")


def _small(first: date, begin: Mapping[date, list[Item]], tints: Mapping[date, str], today: date) -> Month:
    def cell(number: int) -> Day | None:
        if not number:
            return None
        day = first.replace(day=number)
        return Day(day, day == today, tuple(begin.get(day, ())), tints.get(day, ""))

    rows = tuple(tuple(cell(number) for number in week) for week in weeks.monthcalendar(first.year, first.month))
    busy = any(each is not None and each.family for row in rows for each in row)
    is_now = (first.year, first.month) == (today.year, today.month)
    return Month(f"{str(MONTHS[first.month]).capitalize()} {first.year}", not (busy or is_now), rows)


def _span(each: Happening, window: Window) -> list[date]:
    """Return the days of the window that it covers."""
    begins, ends = max(each.day, window.begins), min(each.last, window.ends)
    return [begins + timedelta(days=number) for number in range((ends - begins).days + 1)]


def _month(text: str) -> date | None:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if 2014 < found.year < 2200 else None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
