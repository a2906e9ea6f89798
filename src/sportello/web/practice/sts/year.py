"""The year at a glance: sent, missing and late by deadline, month by month, and a calendar of what falls when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sportello.billing.queries.editor import Choice, entity_choices
from sportello.core.money import total_of
from sportello.expenses.permissions import check_may_send, may_configure
from sportello.expenses.queries.agenda import agenda as happenings
from sportello.expenses.queries.outlook import MonthFigures, months, open_year, stretches, years
from sportello.web import icalendar
from sportello.web.http import PartyRequest
from sportello.web.parts import StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts import agenda
from sportello.web.practice.sts.tabs import sections

HERE = "practice:sts_year"


@dataclass(frozen=True, slots=True)
class Asked:
    """
    The year of payment, one billing entity or None for all, and the first month of the calendar as it was asked.

    `due_next` is the year of payment whose deadline is the next, with which the page begins.
    """

    year: int
    due_next: int
    entity_id: int | None
    begins: str

    def address(self, **other: Any) -> str:
        """Return the query of this page with some values replaced; None leaves one out."""
        found = {"year": self.year, "entity": self.entity_id, "from": self.begins or None} | other
        return f"?{urlencode({name: value for name, value in found.items() if value is not None})}"


@require_GET
@practice_view(check=check_may_send)
def year(request: PartyRequest) -> HttpResponse:
    """Show a year of payments."""
    today = timezone.localdate()
    asked = _asked(request, today)
    figures = months(request.actor, asked.year, entity_id=asked.entity_id)
    entities = entity_choices()
    context = {
        "year": asked.year,
        "today": today,
        "years": _links(asked, today.year),
        "entities": entities,
        "entity_word": next((each.name for each in entities if each.id == asked.entity_id), _("All entities")),
        "entity_links": _entity_links(asked, entities),
        "stretches": stretches(request.actor, asked.year, entity_id=asked.entity_id, today=today),
        "months": [_month(each, asked.year, today.year, today.month) for each in figures],
        "sums": [sum(getattr(each, name) for each in figures) for name in ("documents", "sent", "missing")],
        "amount": total_of(each.amount for each in figures),
        "tabs": sections(request.actor, HERE),
    }
    return render(request, "practice/sts/year.html", context | _calendar(request, asked))


@require_GET
@practice_view(check=check_may_send)
def deadlines_file(request: PartyRequest) -> HttpResponse:
    """Hand out what falls on which day as an iCalendar file, from this month on or as the page shows it."""
    window, items = _window_and_items(request, _asked(request, timezone.localdate()))
    body = icalendar.calendar(agenda.entries_of(items), name=_("Deadlines of Sistema TS"), stamp=timezone.now())
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="sistema-ts-{window.begins:%Y-%m}.ics"'
    return response


def _calendar(request: PartyRequest, asked: Asked) -> dict[str, Any]:
    window, items = _window_and_items(request, asked)
    return {
        "items": items,
        "small_months": agenda.months_of(window, items, timezone.localdate()),
        "weekdays": agenda.weekdays(),
        "window": window,
        "earlier": f"{asked.address(**{'from': window.moved(-agenda.SHOWN)})}#calendar",
        "later": f"{asked.address(**{'from': window.moved(agenda.SHOWN)})}#calendar",
        "file": f"{reverse('practice:sts_year_file')}{asked.address()}",
    }


def _window_and_items(request: PartyRequest, asked: Asked) -> tuple[agenda.Window, list[agenda.Item]]:
    today = timezone.localdate()
    window = agenda.window_of(asked.year, asked.begins, today, due_next=asked.due_next)
    found = happenings(request.actor, window.begins, window.ends, entity_id=asked.entity_id, now=timezone.now())
    several = len({name for each in found for name in each.entities}) > 1
    return window, agenda.items_of(found, several=several, may_configure=may_configure(request.actor), today=today)


def _asked(request: PartyRequest, today: date) -> Asked:
    """Return what the address asks for; what makes no sense is left out."""
    year, entity = request.GET.get("year", ""), request.GET.get("entity", "")
    due_next = open_year(request.actor, today=today)
    return Asked(
        year=int(year) if year.isdecimal() and 2014 < int(year) < 2200 else due_next,
        due_next=due_next,
        entity_id=int(entity) if entity.isdecimal() and len(entity) < 19 else None,
        begins=request.GET.get("from", "")[:7],
    )


def _links(asked: Asked, this: int) -> list[StateLink]:
    known = sorted({*years(), this, this - 1, asked.year}, reverse=True)[:6]
    address = {each: asked.address(year=each, **{"from": None}) for each in known}
    return [StateLink(str(each), address[each], None, each == asked.year) for each in known]


def _entity_links(asked: Asked, entities: Sequence[Choice]) -> list[tuple[str, str]]:
    every = [(_("All entities"), asked.address(entity=None))]
    return every + [(each.name, asked.address(entity=each.id)) for each in entities]


def _month(each: MonthFigures, year: int, this: int, now: int) -> dict[str, object]:
    return {
        "figures": each,
        "name": str(MONTHS[each.month]).capitalize(),
        "is_current": (year, each.month) == (this, now),
        "is_ahead": (year, each.month) > (this, now),
        "url": f"{reverse('practice:sts')}?year={year}",
        "state": _state(each),
    }


def _state(each: MonthFigures) -> tuple[str, str, str]:
    if not each.documents:
        return "off", "minus", _("Nothing")
    if each.missing:
        return "wait", "send", _("%(number)s missing") % {"number": each.missing}
    return "ok", "circle-check", _("All sent")
