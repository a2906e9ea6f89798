"""The year at a glance: sent, missing and late by deadline, month by month, and the deadlines ahead."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sportello.billing.queries.editor import entity_choices
from sportello.core.money import total_of
from sportello.expenses.permissions import check_may_send
from sportello.expenses.queries.outlook import MonthFigures, months, stretches, years
from sportello.web.http import PartyRequest
from sportello.web.parts import StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts.tabs import sections

HERE = "practice:sts_year"


@require_GET
@practice_view(check=check_may_send)
def year(request: PartyRequest) -> HttpResponse:
    """Show a year of payments."""
    today = timezone.localdate()
    asked, entity_id = _year(request, today.year), _entity(request)
    figures = months(request.actor, asked, entity_id=entity_id)
    context = {
        "year": asked,
        "today": today,
        "years": _links(request, asked, today.year),
        "entities": entity_choices(),
        "entity_id": entity_id,
        "stretches": stretches(request.actor, asked, entity_id=entity_id, today=today),
        "months": [_month(each, asked, entity_id, today.year, today.month) for each in figures],
        "sums": [sum(getattr(each, name) for each in figures) for name in ("documents", "sent", "missing")],
        "amount": total_of(each.amount for each in figures),
        "tabs": sections(request.actor, HERE),
    }
    return render(request, "practice/sts/year.html", context)


def _year(request: PartyRequest, this: int) -> int:
    text = request.GET.get("year", "")
    return int(text) if text.isdecimal() and 2014 < int(text) < 2200 else this


def _entity(request: PartyRequest) -> int | None:
    text = request.GET.get("entity", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _links(request: PartyRequest, asked: int, this: int) -> list[StateLink]:
    entity = request.GET.get("entity", "")
    more = f"&entity={entity}" if entity.isdecimal() else ""
    known = sorted({*years(), this, this - 1, asked}, reverse=True)[:6]
    return [StateLink(str(each), f"?year={each}{more}", None, each == asked) for each in known]


def _month(each: MonthFigures, year: int, entity_id: int | None, this: int, now: int) -> dict[str, object]:
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
