"""The page of invoices: choose a period, mark papers, see what they come to, take them along."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from deskwire.messages import (
    MOST_PAPERS,
    InvoicePaper,
    InvoiceRows,
    InvoicesCsv,
    InvoicesPdf,
    InvoicesZip,
    InvoiceTotals,
    ListInvoices,
    Power,
    Selection,
    SumInvoices,
    YearStatement,
)
from portal import wire
from portal.web import formats
from portal.web.http import PatientRequest, patient_view
from portal.web.papers import periods, rows, words
from portal.web.papers.periods import Asked, DatesForm
from portal.web.papers.sending import download

SIZE = 100
"""Rows of a page: a year of weekly sessions fits."""

_FILES: Mapping[str, Callable[[Selection, str], InvoicesPdf | InvoicesZip | InvoicesCsv]] = {
    "pdf": InvoicesPdf,
    "zip": InvoicesZip,
    "csv": InvoicesCsv,
}


@dataclass(frozen=True, slots=True)
class Marked:
    """What is marked: some papers, or all of the period; and what they come to, where that was asked."""

    ids: frozenset[str] = frozenset()
    everything: bool = False
    totals: InvoiceTotals | None = None
    nothing: bool = False

    @property
    def selection(self) -> tuple[str, ...]:
        """Their ids in an order that does not change."""
        return tuple(sorted(self.ids))


NONE = Marked()


@patient_view
@require_safe
def invoices(request: PatientRequest) -> HttpResponse:
    """Show the papers of a period, this year's at first; who may not see invoices is told so."""
    if Power.INVOICES not in request.overview.may:
        return render(request, "papers/closed.html")
    asked, form = periods.read(request.GET, timezone.localdate())
    return _page(request, asked, form, NONE)


@patient_view
@require_POST
def chosen(request: PatientRequest) -> HttpResponseBase:
    """Send what was marked as a file, or say what it comes to. A table of nothing marked is one of the period."""
    asked, form = periods.read(request.POST, timezone.localdate())
    wish, marked = request.POST.get("do", ""), _marked(request)
    if wish == "csv" and not marked.ids:
        marked = Marked(everything=True)
    if form.errors or not (marked.ids or marked.everything):
        return _page(request, asked, form, Marked(nothing=True))
    if wish in _FILES:
        return download(request, _FILES[wish](_selection(asked, marked), formats.language()))
    if marked.everything:
        return _page(request, asked, form, marked)
    sums = wire.ask(request.connection, SumInvoices(marked.selection))
    return _page(request, asked, form, Marked(ids=marked.ids, totals=sums))


@patient_view
@require_GET
def paper(request: PatientRequest, paper: UUID) -> HttpResponseBase:
    """Send one paper as it was issued."""
    return download(request, InvoicePaper(str(paper)))


@patient_view
@require_GET
def statement(request: PatientRequest, year: int) -> HttpResponseBase:
    """Send the statement of what was paid in a year."""
    if not periods.OLDEST <= year <= timezone.localdate().year:
        raise Http404
    return download(request, YearStatement(year, formats.language()))


def _marked(request: PatientRequest) -> Marked:
    if request.POST.get("all"):
        return Marked(everything=True)
    ids = frozenset(request.POST.getlist("paper"))
    if len(ids) > MOST_PAPERS or any(not _is_id(each) for each in ids):
        raise Http404
    return Marked(ids=ids)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _selection(asked: Asked, marked: Marked) -> Selection:
    return Selection(all_of=asked.period) if marked.everything else Selection(ids=marked.selection)


def _page(request: PatientRequest, asked: Asked, form: DatesForm, marked: Marked) -> HttpResponse:
    found = None if form.errors else _found(request, asked)
    today = timezone.localdate()
    return render(
        request,
        "papers/invoices.html",
        {
            "asked": asked,
            "form": form,
            "found": found,
            "rows": _rows(request, found, marked) if found else "",
            "marked": marked,
            "totals": _totals(marked, found),
            "said": _said(_totals(marked, found)),
            "live": json.dumps(_live(found)) if found else "",
            "years": _years(asked, found, today),
            "other_day": asked.by_other_day(),
            "statement_year": asked.year or today.year,
            "statement_years": [year for year in _known_years(found, today) if year != (asked.year or today.year)],
            "after": request.POST.get("after", "") or request.GET.get("after", ""),
            "this_year": today.year,
        },
        status=422 if request.method == "POST" and (form.errors or marked.nothing) else 200,
    )


def _found(request: PatientRequest, asked: Asked) -> InvoiceRows:
    after = request.POST.get("after", "") or request.GET.get("after", "")
    return wire.ask(
        request.connection,
        ListInvoices(asked.by, asked.since, asked.until, after if _is_id(after) else "", SIZE),
    )


def _rows(request: PatientRequest, found: InvoiceRows, marked: Marked) -> SafeString:
    return rows.drawn(found.rows, request.connection.uid, marked=marked.ids, everything=marked.everything)


def _totals(marked: Marked, found: InvoiceRows | None) -> InvoiceTotals:
    """Return what is marked comes to: of the whole period, as the desk said, or nothing."""
    if marked.everything and found is not None:
        return InvoiceTotals(found.count, found.total)
    return marked.totals or InvoiceTotals(0, Decimal("0.00"))


def _said(totals: InvoiceTotals) -> str:
    return _count(totals.count)


def _count(count: int) -> str:
    return ngettext("%(count)s paper marked", "%(count)s papers marked", count) % {"count": count}


def _live(found: InvoiceRows) -> dict[str, Any]:
    """Return what the script needs to say the sum of a selection as this page would."""
    sample, written = formats.money(Decimal("12345.50")), formats.figures(formats.language())
    digits = sample.strip("€\N{NO-BREAK SPACE} ")
    return {
        "money": sample.replace(digits, "{n}"),
        "minus": formats.MINUS,
        "group": written.group,
        "least": written.least,
        "decimal": written.decimal,
        "forms": words.plural_forms(_count),
        "count": found.count,
        "cents": int(found.total * 100),
    }


def _known_years(found: InvoiceRows | None, today: date) -> list[int]:
    years = set(found.years if found else ()) | {today.year, today.year - 1}
    return sorted((year for year in years if periods.OLDEST <= year <= today.year), reverse=True)


def _years(asked: Asked, found: InvoiceRows | None, today: date) -> list[Asked]:
    """Return the periods that are one press away: this year and last; the year that is shown, if it is another."""
    near = [today.year, today.year - 1]
    if asked.year is not None and asked.year not in near:
        near.append(asked.year)
    return [asked.of_year(year) for year in near]
