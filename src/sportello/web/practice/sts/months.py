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
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sportello.core.violations import RuleViolation
from sportello.expenses.operations.reconciling import Remedy, ask_report, remedy
from sportello.expenses.permissions import check_may_send
from sportello.expenses.queries.outlook import banners, open_year
from sportello.expenses.queries.reconciliation import (
    DifferenceShown,
    MonthShown,
    Seen,
    difference_counts,
    difference_of,
    differences_of,
    month_of,
    months_of,
)
from sportello.expenses.queries.settings import entity_name
from sportello.web import formats
from sportello.web.http import PartyRequest
from sportello.web.parts import Page, StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts.doing import told
from sportello.web.practice.sts.tabs import sections
from sportello.web.practice.sts.words import DIFFERENCES, REMEDIES, REPORT_STATES, TROUBLES
from sportello.web.sentences import sentence

HERE = "practice:sts_months"
FIRST_YEAR = 2015
"""The Sistema TS knows no payment before."""
GRAVE = frozenset({Remedy.CANCEL_THERE})
"""What cannot be taken back: a page asks first."""


@require_GET
@practice_view(check=check_may_send)
def months(request: PartyRequest) -> HttpResponse:
    """Show a year's months of one entity."""
    today = timezone.localdate()
    known = [each for each in banners(request.actor, today=today) if each.is_active]
    entity_id = _number(request.GET.get("entity", "")) or (known[0].entity_id if known else 0)
    if known and entity_id not in {each.entity_id for each in known}:
        raise Http404
    year = _number(request.GET.get("year", ""))
    year = year if FIRST_YEAR <= year <= today.year else open_year(request.actor, today=today)
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
    numbers = difference_counts(report_id)
    seen = seen_of(request, Seen.OPEN if numbers[Seen.OPEN] else Seen.ALL)
    found = differences_of(report_id, seen, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    rows = [(row, DIFFERENCES[row.kind], _ways(row), REMEDIES.get(row.remedy)) for row in found.rows]
    context = {
        "month": shown,
        "name": _name(shown.month),
        "entity": entity_name(request.actor, entity_id),
        "entity_id": entity_id,
        "look": REPORT_STATES[shown.state],
        "trouble": TROUBLES.get(shown.trouble, shown.trouble),
        "page": Page(rows, numbers[seen], found.after, found.before),
        "states": _states(numbers, seen),
        "tabs": sections(request.actor, HERE),
    }
    return render(request, "practice/sts/month.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_send)
def settle(request: PartyRequest, report_id: int, difference_id: int) -> HttpResponse:
    """Do what was chosen about a difference; ask first where it cannot be taken back."""
    month_of(request.actor, report_id)
    found = difference_of(report_id, difference_id)
    choice = (request.POST if request.method == "POST" else request.GET).get("remedy", "")
    if choice not in set(Remedy):
        raise Http404
    if request.method == "GET":
        return _asked_first(request, report_id, found, Remedy(choice))
    try:
        result = remedy(actor=request.actor, difference_id=difference_id, choice=Remedy(choice))
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
    else:
        done = told(result) if result else None
        messages.success(request, done.text if done else _("The difference is settled."))
    return redirect("practice:sts_month", report_id)


def seen_of(request: PartyRequest, default: Seen) -> Seen:
    """Return which of the rows the address asks for."""
    view = request.GET.get("view", "")
    return Seen(view) if view in set(Seen) else default


def _asked_first(request: PartyRequest, report_id: int, found: DifferenceShown, choice: Remedy) -> HttpResponse:
    if choice not in GRAVE or choice not in found.remedies:
        return redirect("practice:sts_month", report_id)
    context = {
        "question": _("Cancel %(number)s at the Sistema TS?") % {"number": found.number},
        "consequence": _(
            "It disappears from the patient's tax return. Whether the Sistema TS takes the same number a second time "
            "is not certain."
        ),
        "row": found,
        "remedy": choice.value,
        "act_word": REMEDIES[choice.value],
        "back_url": reverse("practice:sts_month", args=[report_id]),
        "grave": True,
    }
    return render(request, "practice/sts/settle.html", context)


def _ways(row: DifferenceShown) -> list[tuple[str, object, bool]]:
    """Return the ways out of a difference: code, word, and whether a page asks first."""
    asking = {Remedy.CANCEL_THERE: _("Cancel it there…")}
    return [(each.value, asking.get(each, REMEDIES[each.value]), each in GRAVE) for each in row.remedies]


def _states(numbers: dict[Seen, int], seen: Seen) -> list[StateLink]:
    words = {
        Seen.ALL: pgettext("differences", "All"),
        Seen.OPEN: pgettext("differences", "Open"),
        Seen.DONE: pgettext("differences", "Settled"),
    }
    return [StateLink(word, f"?view={each.value}", numbers[each], each is seen) for each, word in words.items()]


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
