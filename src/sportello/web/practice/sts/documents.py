"""Fiscal documents to send: the list with its filters, and sending what was selected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET

from sportello.billing.queries.editor import Choice, entity_choices
from sportello.core import audit
from sportello.expenses.permissions import check_may_send, may_configure
from sportello.expenses.queries.documents import (
    DocumentRow,
    Filter,
    View,
    counts,
    page_of,
    sendable_count,
    stream,
    waits_for_its_invoice,
)
from sportello.expenses.queries.outlook import Banner, banners, deadline_of, on_their_way, open_year, years
from sportello.web import formats, looks
from sportello.web.http import PartyRequest
from sportello.web.parts import Page, StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts.messages import meaning_of
from sportello.web.practice.sts.tabs import sections
from sportello.web.practice.sts.words import PROBLEMS, STOPS, WHY_NOT
from sportello.web.sealed import search_words
from sportello.web.spreadsheet import csv_response

HERE = "practice:sts"
ALWAYS = (View.ALL, View.TO_SEND, View.UNDER_WAY, View.ACCEPTED, View.WARNINGS, View.REJECTED)
"""Filters that are shown also while they are empty."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the list with the words beside its chip and the button that mends it."""

    row: DocumentRow
    said: str
    action: str
    url: str

    @property
    def may_tick(self) -> bool:
        """Whether something can be done with it together with others."""
        return self.row.can_send or self.row.can_oppose

    @property
    def cents(self) -> int:
        """The amount in cents, for the sum of what is ticked."""
        return int(self.row.signed * 100)


@require_GET
@practice_view(check=check_may_send)
def documents(request: PartyRequest) -> HttpResponse:
    """Show the list of documents."""
    asked = asked_for(request)
    found = page_of(request.actor, asked, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    numbers = counts(asked)
    today = timezone.localdate()
    known = banners(request.actor, today=today)
    rows, to_send = [shown(row) for row in found.rows], sendable_count(asked)
    entities = entity_choices()
    going = {each.entity_id for each in known if each.is_active and not each.reason}
    context = {
        "page": Page(rows, found.total, found.after, found.before, found.amount),
        "states": _state_links(request, asked, numbers),
        "words": asked.words,
        "asked": asked,
        "year": asked.year,
        "years": _years(request, asked),
        "all_years": _without(request, "year"),
        "period": _("Paid in %(year)s") % {"year": asked.year} if asked.year else _("All years"),
        "to_send": to_send,
        "every": _every(to_send, asked.view),
        "may_send_some": any(each.row.can_send and each.row.entity_id in going for each in rows),
        "may_tick_some": any(each.may_tick for each in rows),
        "active": any(each.is_active for each in known),
        "entities": entities,
        "entity_word": next((each.name for each in entities if each.id == asked.entity_id), _("All entities")),
        "entity_links": _entity_links(request, entities),
        "deadline": deadline_of(request.actor, asked.year or open_year(request.actor, today=today), today=today),
        "banners": [(each, STOPS.get(each.reason)) for each in known],
        "automatic": _automatic(known),
        "csv": f"{reverse('practice:sts_csv')}?{request.GET.urlencode()}",
        "may_configure": may_configure(request.actor),
        "is_new": not any(numbers.values()) and not any(counts(Filter()).values()),
        "tabs": sections(request.actor, HERE),
        "query": request.GET.urlencode(),
        "progress": on_their_way(),
        "stopped": any(each.is_active and each.reason for each in known),
    }
    name = "practice/sts/_list.html" if request.htmx else "practice/sts/list.html"
    return render(request, name, context)


@require_GET
@practice_view(check=check_may_send)
def documents_csv(request: PartyRequest) -> HttpResponse:
    """Hand out what the list shows, every page of it, as CSV."""
    asked = asked_for(request)
    audit.record_alone(request.actor, "sts.export", None, view=asked.view.value, number=counts(asked)[asked.view])
    head = [
        _("Number"),
        _("Document"),
        _("Patient"),
        _("Paid on"),
        _("Expense type"),
        _("State"),
        _("Reason"),
        _("Protocol"),
        _("Traceable"),
        _("Amount"),
    ]
    return csv_response("sistema-ts", head, _cells(stream(request.actor, asked)))


def asked_for(request: PartyRequest) -> Filter:
    """Return the filter in the address; what makes no sense is left out. It begins with the year that is due next."""
    get = request.GET
    view, year = get.get("view", ""), get.get("year")
    if year is None:
        year = str(open_year(request.actor, today=timezone.localdate()))
    return Filter(
        view=View(view) if view in set(View) else View.ALL,
        words=search_words(request),
        entity_id=_id(get.get("entity", "")),
        year=int(year) if year.isdecimal() and 2000 < int(year) < 2200 else None,
        newest_first=get.get("sort", "") != "day",
    )


def shown(row: DocumentRow) -> Shown:
    """Return a row with what is said beside its state, and where it is mended."""
    reason = reverse("practice:sts_document", args=[row.invoice_id])
    if row.state == "REJECTED":
        return Shown(row, said_of(row), _("Mend"), reason)
    if row.problem:
        return Shown(row, str(PROBLEMS[row.problem][0]), _("Mend"), reason)
    if row.state in {"ACCEPTED_WITH_WARNINGS", "UNCERTAIN"}:
        return Shown(row, said_of(row), _("Look"), reason)
    return Shown(row, said_of(row), "", "")


def said_of(row: DocumentRow) -> str:
    """Return the few words beside a document's state."""
    match row.state:
        case "NOT_APPLICABLE":
            return str(WHY_NOT.get(row.why_not, ""))
        case "REJECTED" | "ACCEPTED_WITH_WARNINGS":
            return _message(row)
        case "READY":
            return _ready(row)
        case "UNCERTAIN":
            return _("The Sistema TS is asked what it holds")
        case "TO_UPDATE" | "TO_DELETE":
            return _("Goes by itself, at once")
    return (
        _("since %(at)s") % {"at": formats.moment(row.said_at)} if row.said_at and row.state in _MOVING else _when(row)
    )


_MOVING = frozenset({"QUEUED", "TAKEN_IN_CHARGE"})


def _when(row: DocumentRow) -> str:
    return formats.moment(row.said_at) if row.said_at else ""


def _ready(row: DocumentRow) -> str:
    if waits_for_its_invoice(row):
        return _("Goes by itself once its invoice is there")
    if row.opposed:
        return _("Objection: goes without the codice fiscale")
    if row.traceable is False:
        return _("In cash: the patient cannot deduct it")
    return _("Sent before, to be sent again") if row.sent_once else _("Never sent")


def _message(row: DocumentRow) -> str:
    wanted = "E" if row.state == "REJECTED" else "W"
    if row.cancelled and wanted == "E" and not any(each.kind == "E" for each in row.messages):
        return _("Cancelled there: goes only under another device number")
    ordered = sorted(row.messages, key=lambda each: each.kind != wanted)
    if not ordered:
        return ""
    first = ordered[0]
    said = str(meaning_of(first.code, first.kind).title)
    theirs = first.code and first.text  # a code of ours stands for what the State did not say, and says nothing itself
    return f"{first.code}, {said[:1].lower()}{said[1:]}" if theirs else said


def _id(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _state_links(request: PartyRequest, asked: Filter, numbers: dict[View, int]) -> list[StateLink]:
    words = {
        View.ALL: pgettext("expenses", "All"),
        View.TO_SEND: _("To send"),
        View.UNDER_WAY: _("Taken in charge"),
        View.ACCEPTED: _("Accepted"),
        View.WARNINGS: _("With anomalies"),
        View.REJECTED: _("Rejected"),
        View.UNCERTAIN: _("Unknown"),
        View.CLOSED: _("Cancelled or refunded"),
        View.NO_CODE: _("Without a code"),
        View.EXCLUDED: _("Left out"),
    }
    links = []
    for view, word in words.items():
        if view in ALWAYS or numbers[view] or view is asked.view:
            query = {} if view is View.ALL else {"view": view.value}
            links.append(StateLink(word, _with(request, query, "view"), numbers[view], view is asked.view))
    return links


def _with(request: PartyRequest, more: dict[str, Any], *stale: str) -> str:
    kept = {key: value for key, value in request.GET.items() if key not in {"after", "before", *stale}}
    return f"?{urlencode({**kept, **more})}"


def _without(request: PartyRequest, *stale: str) -> str:
    return _with(request, {"year": "all"}, *stale)


def _years(request: PartyRequest, asked: Filter) -> list[tuple[int, str]]:
    this = timezone.localdate().year
    known = sorted({*years(), this, this - 1}, reverse=True)
    return [(year, _with(request, {"year": year}, "year")) for year in known]


def _entity_links(request: PartyRequest, entities: Sequence[Choice]) -> list[tuple[str, str]]:
    every = [(_("All entities"), _with(request, {}, "entity"))]
    return every + [(each.name, _with(request, {"entity": each.id}, "entity")) for each in entities]


def _every(number: int, view: View) -> str:
    """Return the sentence that selects all that can be sent, or sent once more, "" where nothing can."""
    if not number:
        return ""
    if view is View.REJECTED:
        text = ngettext(
            "Select the %(number)s rejected document that can be sent again",
            "Select all %(number)s rejected documents that can be sent again",
            number,
        )
    else:
        text = ngettext(
            "Select the %(number)s document to send of this filter",
            "Select all %(number)s documents to send of this filter",
            number,
        )
    return text % {"number": number}


def _automatic(known: list[Banner]) -> Banner | None:
    """Return the one entity whose switch stands in the head, None where there are several, or none is active."""
    active = [each for each in known if each.is_active]
    return active[0] if len(active) == 1 else None


def _cells(rows: Iterator[DocumentRow]) -> Iterator[list[str]]:
    for row in rows:
        yield [
            row.number,
            _("Credit note") if row.is_refund else _("Invoice"),
            row.name,
            row.paid_on.isoformat(),
            " ".join(row.types),
            str(looks.look("sts", row.state).word),
            said_of(row),
            row.protocol,
            "" if row.traceable is None else _("yes") if row.traceable else _("no"),
            str(row.signed),
        ]
