"""Which expense type each service of the price list is, for one entity."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from sportello.core.refusals import Refused
from sportello.expenses.operations.mapping import map_services
from sportello.expenses.permissions import check_may_configure
from sportello.expenses.queries.mapping import MappingView, ServiceMapped, held_with, mapping_view
from sportello.expenses.queries.settings import accounts
from sportello.expenses.values import MappingValues
from sportello.web.http import PartyRequest
from sportello.web.inputs import DayField
from sportello.web.practice.http import practice_view
from sportello.web.practice.settings.words import NATURES
from sportello.web.practice.sts.tabs import sections
from sportello.web.practice.sts.words import ACCOUNT_STATES, CATEGORIES, EXPENSE_TYPES
from sportello.web.sentences import sentence

HERE = "practice:sts_mapping"
NOT_SENT = "-"
"""How the form says that a service is no health expense; nothing chosen is the empty text."""


@require_GET
@practice_view(check=check_may_configure)
def mapping(request: PartyRequest) -> HttpResponse:
    """Choose the entity; a practice with one goes straight to it."""
    rows = accounts(request.actor, today=timezone.localdate())
    if len(rows) == 1:
        return redirect("practice:sts_mapping_of", rows[0].entity_id)
    context = {
        "rows": [(row, ACCOUNT_STATES[row.state]) for row in rows],
        "tabs": sections(request.actor, HERE),
        "mapping": True,
    }
    return render(request, "practice/sts/accounts.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_configure)
def mapping_of(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Show the price list with its types, and take changes."""
    today = timezone.localdate()
    view = mapping_view(request.actor, entity_id, today=today)
    problems: dict[int, str] = {}
    concerned = 0
    if request.method == "POST" and view.has_account:
        concerned = _concerned(request, view)
    if request.method == "POST" and view.has_account and not concerned:
        problems, done = _save(request, view)
        if done is not None:
            text = ngettext("%(number)s service was mapped.", "%(number)s services were mapped.", done)
            if done:
                said = _("The documents concerned are looked at again.")
                messages.success(request, f"{text % {'number': done}} {said}")
            else:
                messages.info(request, _("Nothing was changed."))
            return redirect("practice:sts_mapping_of", entity_id)
    asked = request.POST if request.method == "POST" else {}
    context = {
        "view": view,
        "rows": [_row(row, view, asked, problems.get(row.service_id, "")) for row in view.rows],
        "legend": [(code, EXPENSE_TYPES[code]) for code, _flag in view.types],
        "category": CATEGORIES[view.category],
        "concerned": concerned,
        "problems": bool(problems),
        "since_problem": problems.get(0, ""),
        "since": asked.get("since", ""),
        "several": len(accounts(request.actor, today=today)) > 1,
        "tabs": sections(request.actor, HERE),
        "account_url": reverse("practice:sts_identity", args=[entity_id]),
    }
    return render(request, "practice/sts/mapping.html", context)


def _concerned(request: PartyRequest, view: MappingView) -> int:
    """Return how many documents that the State holds would change, 0 for none or where that number was confirmed."""
    since, asked, problems = _wished(request, view)
    if problems:
        return 0
    rows = {row.service_id: row for row in view.rows}
    changed = {each.service_id: day for each in asked if (day := _reaches(rows[each.service_id], each, since))}
    number = held_with(view.entity_id, changed)
    return 0 if request.POST.get("sure") == str(number) else number


def _reaches(row: ServiceMapped, asked: MappingValues, since: date | None) -> date | None:
    """Return the first day on which a service is another than before; None where nobody had said what it is."""
    if row.since is None:
        return None
    if asked.since is not None and (asked.expense_type, asked.flag) == (row.expense_type, row.flag):
        return min(asked.since, row.since)
    return asked.since or since or row.since


def _wished(request: PartyRequest, view: MappingView) -> tuple[date | None, list[MappingValues], dict[int, str]]:
    """Return the day for all, what was said of services, and what is wrong by service (0: the day for all)."""
    problems: dict[int, str] = {}
    since = _day(request, "since", 0, problems)
    asked = [each for row in view.rows if (each := _asked(request, row, problems))]
    return since, asked, problems


def _save(request: PartyRequest, view: MappingView) -> tuple[dict[int, str], int | None]:
    """Return what is wrong by service (0: the day), or how many services changed."""
    since, asked, problems = _wished(request, view)
    if problems:
        return problems, None
    try:
        done = map_services(actor=request.actor, entity_id=view.entity_id, values=asked, since=since)
    except Refused as refusal:
        return {int(each.field.partition("-")[2]): sentence(each) for each in refusal.refusals}, None
    return {}, done


def _asked(request: PartyRequest, row: ServiceMapped, problems: dict[int, str]) -> MappingValues | None:
    """Return what was said of a service, None where it stays what it is, whatever day is said for others."""
    chosen = request.POST.get(f"service-{row.service_id}", "")
    day = _day(request, f"from-{row.service_id}", row.service_id, problems) if _is_dated(row) else None
    moved = day if day != row.since else None
    if chosen == "" or (row.is_mapped and chosen == _value(row.expense_type, row.flag) and moved is None):
        return None
    code, _colon, flag = chosen.partition(":")
    return MappingValues(row.service_id, "" if code == NOT_SENT else code, flag, moved)


def _day(request: PartyRequest, name: str, place: int, problems: dict[int, str]) -> date | None:
    try:
        found: date | None = DayField().clean(request.POST.get(name, ""))
    except ValidationError as problem:
        problems[place] = " ".join(problem.messages)
        return None
    return found


def _is_dated(row: ServiceMapped) -> bool:
    """Tell whether a service has its type from a day on, another one before, and no other after."""
    others = [each.valid_from for each in row.changes]
    return row.since is not None and bool(others) and max(others) < row.since


def _row(row: ServiceMapped, view: MappingView, asked: Any, problem: str) -> dict[str, Any]:
    chosen = asked.get(f"service-{row.service_id}", _value(row.expense_type, row.flag))
    return {
        "row": row,
        "nature": str(NATURES[row.nature]).partition(":")[0],
        "problem": problem,
        "since": asked.get(f"from-{row.service_id}", DayField().prepare_value(row.since)) if _is_dated(row) else None,
        "choices": [(value, word, value == chosen) for value, word in _choices(row, view)],
    }


def _value(code: str, flag: str) -> str:
    return f"{code or NOT_SENT}:{flag}" if flag else code or NOT_SENT


def _choices(row: ServiceMapped, view: MappingView) -> list[tuple[str, str]]:
    if row.nature == "OTHER":
        return [(NOT_SENT, _name(NOT_SENT))]
    types = [(code, _name(code)) for code, _flag in view.types]
    marked = [(f"{code}:{flag}", _name(f"{code}:{flag}")) for code, flag in view.types if flag]
    return [*types, *marked, (NOT_SENT, _name(NOT_SENT))]


def _name(value: str) -> str:
    code, _colon, flag = value.partition(":")
    if code == NOT_SENT:
        return _("Not sent")
    marks = {"1": _("TK, emergency room"), "2": _("SR, intramoenia")}
    return marks[flag] if flag else code
