"""The list of invoices, its CSV, and the choice of whom to invoice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from sportello.billing.permissions import check_may_download, check_may_draft, may_draft, may_issue, may_record_payment
from sportello.billing.queries.beginning import beginning
from sportello.billing.queries.editor import entity_choices
from sportello.billing.queries.invoices import Filter, InvoiceRow, Order, View, counts, page_of, stream
from sportello.billing.queries.people import people_to_invoice
from sportello.core import audit
from sportello.web import looks
from sportello.web.http import PartyRequest
from sportello.web.parts import Page, StateLink, Step
from sportello.web.practice.http import practice_view
from sportello.web.sealed import search_words
from sportello.web.spreadsheet import csv_response


@require_GET
@practice_view(check=check_may_download)
def invoices(request: PartyRequest) -> HttpResponse:
    """Show the list of invoices."""
    asked = asked_for(request)
    found = page_of(request.actor, asked, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    numbers = counts(asked)
    context = {
        "page": Page(found.rows, found.total, found.after, found.before, found.amount),
        "states": _state_links(request, asked, numbers),
        "words": asked.words,
        "view": asked.view.value,
        "year": asked.since.year if asked.since else None,
        "years": _years(request),
        "all_years": f"?{urlencode({key: value for key, value in request.GET.items() if key not in _PERIOD})}",
        "period": _("Year %(year)s") % {"year": asked.since.year} if asked.since else _("All years"),
        "entities": entity_choices(),
        "entity_id": asked.entity_id,
        "csv": f"{reverse('practice:invoices_csv')}?{request.GET.urlencode()}",
        "may_draft": may_draft(request.actor),
        "may_issue": may_issue(request.actor),
        "may_pay": may_record_payment(request.actor),
        "steps": _first_steps(request) if not any(numbers.values()) and not asked.words else (),
    }
    name = "practice/invoices/_list.html" if request.htmx else "practice/invoices/list.html"
    return render(request, name, context)


@require_GET
@practice_view(check=check_may_download)
def invoices_csv(request: PartyRequest) -> HttpResponse:
    """Hand out what the list shows, every page of it, as CSV."""
    asked = asked_for(request)
    audit.record_alone(request.actor, "invoice.export", None, view=asked.view.value, number=counts(asked)[asked.view])
    head = [
        _("Number"),
        _("Document"),
        _("Issued on"),
        _("Made out to"),
        _("State"),
        _("Paid on"),
        _("Total"),
        _("Open"),
    ]
    return csv_response("invoices", head, _cells(stream(request.actor, asked)))


@require_GET
@practice_view(check=check_may_draft)
def invoice_for(request: PartyRequest) -> HttpResponse:
    """Show patients and customers to choose from for a new invoice."""
    words = search_words(request)
    context = {"words": words, "people": people_to_invoice(words)}
    name = "practice/invoices/_people.html" if request.htmx else "practice/invoices/people.html"
    return render(request, name, context)


def asked_for(request: PartyRequest) -> Filter:
    """Return the filter in the address; what makes no sense is left out."""
    get = request.GET
    view, order = get.get("view", ""), get.get("sort", "-day")
    year = get.get("year", "")
    whole = int(year) if year.isdecimal() and 1900 < int(year) < 2200 else None
    return Filter(
        view=View(view) if view in set(View) else View.ALL,
        words=search_words(request),
        entity_id=_id(get.get("entity", "")),
        patient_id=_id(get.get("patient", "")),
        customer_id=_id(get.get("customer", "")),
        since=date(whole, 1, 1) if whole else None,
        until=date(whole, 12, 31) if whole else None,
        order=Order(order.lstrip("-")) if order.lstrip("-") in set(Order) else Order.DAY,
        descending=order.startswith("-"),
    )


def _id(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _state_links(request: PartyRequest, asked: Filter, numbers: dict[View, int]) -> list[StateLink]:
    words = {
        View.ALL: pgettext("invoices", "All"),
        View.OPEN: _("To collect"),
        View.PAID: _("Paid"),
        View.REFUND: _("To refund"),
        View.NOTES: _("Credit notes"),
        View.DRAFTS: _("Drafts"),
    }
    links = []
    for view, word in words.items():
        if view is View.DRAFTS and not may_draft(request.actor):
            continue
        query = request.GET.copy()
        for stale in ("after", "before", "view"):
            query.pop(stale, None)
        if view is not View.ALL:
            query["view"] = view.value
        links.append(StateLink(word, f"?{query.urlencode()}", numbers[view], view is asked.view))
    return links


_PERIOD = frozenset({"year", "after", "before"})


def _years(request: PartyRequest) -> list[tuple[int, str]]:
    """Return the last five years with the address of each."""
    this = timezone.localdate().year
    found = []
    for year in range(this, this - 5, -1):
        query = {key: value for key, value in request.GET.items() if key not in _PERIOD}
        found.append((year, f"?{urlencode({**query, 'year': year})}"))
    return found


def _first_steps(request: PartyRequest) -> tuple[Step, ...]:
    """Return what a new practice does before its first invoice; the first thing missing is the next."""
    if not may_draft(request.actor):
        return ()
    found = beginning(timezone.localdate())
    asked = [
        (
            bool(found.entity),
            _("Who issues, and how it is taxed"),
            found.entity or _("Name, partita IVA, regime and fund of a billing entity"),
            reverse("practice:settings_entities"),
            _("Look at it") if found.entity else _("Add the billing entity"),
        ),
        (
            found.has_service,
            _("A service in the price list"),
            _("Its name, price and VAT treatment"),
            reverse("practice:settings_services"),
            _("Look at it") if found.has_service else _("Add a service"),
        ),
        (
            found.has_addressee,
            _("A patient"),
            _("Name and codice fiscale are enough"),
            reverse("practice:patients") if found.has_addressee else reverse("practice:patient_new"),
            _("Look at it") if found.has_addressee else _("Add a patient"),
        ),
        (
            False,
            _("The first invoice"),
            _("The price list fills it in, and the total explains itself."),
            reverse("practice:invoice_for"),
            _("New invoice"),
        ),
    ]
    missing = next(place for place, (done, *_rest) in enumerate(asked) if not done)
    return tuple(
        Step(title, note, "DONE" if done else "NEXT" if place == missing else "LATER", url, action)
        for place, (done, title, note, url, action) in enumerate(asked)
    )


def _cells(rows: Iterator[InvoiceRow]) -> Iterator[list[str]]:
    for row in rows:
        yield [
            row.number,
            _("Credit note") if row.is_note else _("Invoice"),
            row.issued_on.isoformat() if row.issued_on else "",
            row.name,
            "" if row.is_note else str(looks.look("invoice_payment", row.payment_state).word),
            row.paid_on.isoformat() if row.paid_on else "",
            str(row.signed_total),
            str(row.open),
        ]
