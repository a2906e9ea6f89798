"""The practice's home page: what waits today, how the year goes, and what happened last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import get_month_names
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sportello.billing.permissions import may_download, may_draft, may_record_payment
from sportello.billing.queries.home import HomeFigures, Waiting, home_figures, standing_counts
from sportello.billing.queries.invoices import View
from sportello.core.money import ZERO, total_of
from sportello.web import looks
from sportello.web.http import PartyRequest
from sportello.web.parts import BarChart, Series, Slice, Todo
from sportello.web.practice.http import practice_view
from sportello.web.practice.patients.waiting import access_todos
from sportello.web.practice.sts.waiting import sts_todos


@dataclass(frozen=True, slots=True)
class Month:
    """One row of the table beside the chart (EUR; None: nothing to say yet)."""

    name: str
    now: Decimal | None
    before: Decimal
    is_current: bool

    @property
    def gap(self) -> Decimal | None:
        """This year less the last, for months that are over."""
        return None if self.now is None or self.is_current else self.now - self.before


@require_GET
@practice_view
def home(request: PartyRequest) -> HttpResponse:
    """Show what waits for the person today."""
    today = timezone.localdate()
    context: dict[str, Any] = {"today": today, "name": request.user.get_short_name(), "todos": [], "waiting": 0}
    if may_download(request.actor):
        context |= _figures(request, today)
    at_the_door = access_todos(request.actor)
    context["todos"] = [*at_the_door, *context["todos"]]
    context["waiting"] += sum(todo.count for todo in at_the_door)
    return render(request, "practice/home.html", context)


def _figures(request: PartyRequest, today: date) -> dict[str, Any]:
    found = home_figures(today)
    todos = list(_todos(request, found, today))
    months = _months(found.income, today)
    now, before = (total_of(getattr(month, name) or ZERO for month in months) for name in ("now", "before"))
    return {
        "todos": todos,
        "waiting": sum(todo.count for todo in todos),
        "months": months,
        "sums": (now, before, now - before),
        "chart": _chart(months, today),
        "slices": list(_slices(today)),
        "this_month": found.issued.get((today.year, today.month), ZERO),
        "income_month": found.income.get((today.year, today.month), ZERO),
        "issued_year": total_of(value for (year, _month), value in found.issued.items() if year == today.year),
        "may_draft": may_draft(request.actor),
        "may_pay": may_record_payment(request.actor),
        "open_url": _list(View.OPEN),
        "last_year": today.year - 1,
    }


def _todos(request: PartyRequest, found: HomeFigures, today: date) -> Iterator[Todo]:
    """Yield what waits, nothing that does not."""
    if found.unpaid.number:
        title = ngettext("Unpaid invoice", "Unpaid invoices", found.unpaid.number)
        yield Todo(found.unpaid.number, title, _age(found.unpaid, today), _list(View.OPEN), found.unpaid.amount)
    if found.to_refund.number:
        title = ngettext("Invoice to refund", "Invoices to refund", found.to_refund.number)
        note = _("A credit note left money to give back")
        yield Todo(found.to_refund.number, title, note, _list(View.REFUND), found.to_refund.amount)
    yield from sts_todos(request.actor, today)
    if not may_draft(request.actor):
        return
    if found.to_issue.number:
        title = ngettext("Paid session to invoice", "Paid sessions to invoice", found.to_issue.number)
        url = reverse("practice:sessions")
        yield Todo(found.to_issue.number, title, _age(found.to_issue, today), url, found.to_issue.amount)
    if found.drafts.number:
        title = ngettext("Draft to issue", "Drafts to issue", found.drafts.number)
        yield Todo(found.drafts.number, title, _age(found.drafts, today), _list(View.DRAFTS))
    if found.stamps_without_id:
        title = ngettext("Stamp without its number", "Stamps without their number", found.stamps_without_id)
        url = reverse("practice:register_stamps")
        yield Todo(found.stamps_without_id, title, _("Note them in the register of stamps"), url)


def _age(pile: Waiting, today: date) -> str:
    if pile.oldest is None or pile.oldest >= today:
        return _("The oldest is of today")
    days = (today - pile.oldest).days
    return ngettext("The oldest is %(days)s day old", "The oldest is %(days)s days old", days) % {"days": days}


def _list(view: View) -> str:
    return f"{reverse('practice:invoices')}?view={view.value}"


def _months(income: Mapping[tuple[int, int], Decimal], today: date) -> list[Month]:
    return [
        Month(
            name=str(MONTHS[month]),
            now=income.get((today.year, month), ZERO) if month <= today.month else None,
            before=income.get((today.year - 1, month), ZERO),
            is_current=month == today.month,
        )
        for month in range(1, 13)
    ]


def _chart(months: list[Month], today: date) -> BarChart:
    short = get_month_names("abbreviated", locale=get_language())  # Django says "jui" of June and July in French
    return BarChart(
        id="income",
        title=_("Income by month"),
        labels=[month.name for month in months],
        short_labels=[short[place].rstrip(".") for place in range(1, 13)],
        series=[
            Series(str(today.year), [month.now for month in months]),
            Series(str(today.year - 1), [month.before for month in months]),
        ],
    )


def _slices(today: date) -> Iterator[Slice]:
    """Yield this year's invoices by where their money stands, each with the list behind it."""
    counts = standing_counts(today.year)
    views = {"UNPAID": View.OPEN, "PARTIALLY_PAID": View.OPEN, "PAID": View.PAID, "REFUND_DUE": View.REFUND}
    for code, look in looks.INVOICE_PAYMENT.items():
        if counts.get(code):
            url = f"{_list(views[code])}&year={today.year}" if code in views else ""
            yield Slice(look.word, counts[code], look.family.value, look.icon, url)
