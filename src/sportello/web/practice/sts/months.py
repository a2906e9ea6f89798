"""Riconciliazione: month by month, the State's report against our books; each difference with one button."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sportello.core.violations import RuleViolation
from sportello.expenses.operations.reconciling import Remedy, ask_report, remedy
from sportello.expenses.operations.remarks import ask_remarks, open_remark
from sportello.expenses.permissions import check_may_send
from sportello.expenses.queries.outlook import banners
from sportello.expenses.queries.reconciliation import (
    MonthShown,
    differences_of,
    month_of,
    months_of,
    remark_of,
    remarks,
    remarks_asked,
)
from sportello.expenses.queries.settings import entity_name
from sportello.web import formats
from sportello.web.http import PartyRequest
from sportello.web.parts import StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts.doing import told
from sportello.web.practice.sts.tabs import sections
from sportello.web.practice.sts.words import DIFFERENCES, REMEDIES, REPORT_STATES, TROUBLES
from sportello.web.sentences import sentence

HERE = "practice:sts_months"


@require_GET
@practice_view(check=check_may_send)
def months(request: PartyRequest) -> HttpResponse:
    """Show a year's months of one entity."""
    today = timezone.localdate()
    known = [each for each in banners(request.actor, today=today) if each.is_active]
    entity_id = _number(request.GET.get("entity", "")) or (known[0].entity_id if known else 0)
    if known and entity_id not in {each.entity_id for each in known}:
        raise Http404
    year = _number(request.GET.get("year", "")) or today.year
    rows = months_of(request.actor, entity_id, year) if known else []
    context = {
        "rows": [_row(each) for each in rows if each.month <= today],
        "known": known,
        "entity_id": entity_id,
        "year": year,
        "years": [
            StateLink(str(each), f"?year={each}&entity={entity_id}", None, each == year)
            for each in range(today.year, today.year - 3, -1)
        ],
        "under_way": any(each.state == "ASKED" for each in rows),
        "tabs": sections(request.actor, HERE),
    }
    name = "practice/sts/_months.html" if request.htmx else "practice/sts/months.html"
    return render(request, name, context)


@require_POST
@practice_view(check=check_may_send)
def ask(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Have a month's report fetched and compared."""
    name = entity_name(request.actor, entity_id)
    try:
        month = date.fromisoformat(request.POST.get("month", ""))
    except ValueError:
        raise Http404 from None
    try:
        ask_report(actor=request.actor, entity_id=entity_id, month=month)
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
    else:
        text = _("The report of %(month)s is asked for; the comparison follows by itself.")
        messages.success(request, text % {"month": f"{MONTHS[month.month]} {month.year}, {name}"})
    return redirect(f"{reverse(HERE)}?year={month.year}&entity={entity_id}")


@require_GET
@practice_view(check=check_may_send)
def month(request: PartyRequest, report_id: int) -> HttpResponse:
    """Show a month's differences, each explained and with its buttons."""
    entity_id, shown = month_of(request.actor, report_id)
    rows = differences_of(request.actor, report_id)
    context = {
        "month": shown,
        "name": _name(shown.month),
        "entity": entity_name(request.actor, entity_id),
        "entity_id": entity_id,
        "look": REPORT_STATES[shown.state],
        "trouble": TROUBLES.get(shown.trouble, shown.trouble),
        "rows": [
            (
                row,
                DIFFERENCES[row.kind],
                [(each.value, REMEDIES[each.value]) for each in row.remedies],
                REMEDIES.get(row.remedy),
            )
            for row in rows
        ],
        "tabs": sections(request.actor, HERE),
    }
    return render(request, "practice/sts/month.html", context)


@require_POST
@practice_view(check=check_may_send)
def settle(request: PartyRequest, report_id: int, difference_id: int) -> HttpResponse:
    """Do what was chosen about a difference."""
    month_of(request.actor, report_id)
    choice = request.POST.get("remedy", "")
    if choice not in set(Remedy):
        raise Http404
    try:
        result = remedy(actor=request.actor, difference_id=difference_id, choice=Remedy(choice))
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
    else:
        done = told(result) if result else None
        messages.success(request, done.text if done else _("The difference is settled."))
    return redirect("practice:sts_month", report_id)


@require_GET
@practice_view(check=check_may_send)
def remark_list(request: PartyRequest) -> HttpResponse:
    """Show citizens' remarks; their words are opened one by one."""
    context = {
        "rows": remarks(request.actor),
        "asked": remarks_asked(request.actor),
        "entities": [each for each in banners(request.actor, today=timezone.localdate()) if each.is_active],
        "tabs": sections(request.actor, HERE),
    }
    return render(request, "practice/sts/remarks.html", context)


@require_POST
@practice_view(check=check_may_send)
def remarks_ask(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Have citizens' remarks fetched."""
    entity_name(request.actor, entity_id)
    try:
        ask_remarks(actor=request.actor, entity_id=entity_id)
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("The Sistema TS is asked; what it has appears here by itself."))
    return redirect("practice:sts_remarks")


@require_GET
@practice_view(check=check_may_send)
def remark(request: PartyRequest, remark_id: int) -> HttpResponse:
    """Show what a citizen remarked, in the State's words."""
    words = open_remark(actor=request.actor, remark_id=remark_id)
    row = remark_of(request.actor, remark_id)
    context = {"row": row, "words": words, "tabs": sections(request.actor, HERE)}
    return render(request, "practice/sts/remark.html", context)


def _row(each: MonthShown) -> dict[str, object]:
    return {
        "month": each,
        "name": _name(each.month),
        "look": REPORT_STATES[each.state],
        "at": formats.moment(each.fetched_at) if each.fetched_at else "",
        "trouble": TROUBLES.get(each.trouble, each.trouble),
    }


def _name(month: date) -> str:
    return f"{str(MONTHS[month.month]).capitalize()} {month.year}"


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
