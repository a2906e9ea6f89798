"""Elenco invii: every sending with its answer, as master and detail; on the phone two pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST
from zipstream import ZIP_STORED, ZipStream  # type: ignore[import-untyped]  # it has no types

from sportello.core import audit
from sportello.core.violations import RuleViolation
from sportello.expenses.operations.transmissions import look_again
from sportello.expenses.permissions import check_may_send
from sportello.expenses.queries.documents import Message
from sportello.expenses.queries.transmissions import (
    CarriedRow,
    Filter,
    TransmissionDetail,
    TransmissionRow,
    View,
    counts,
    page_of,
    receipt_files,
)
from sportello.expenses.queries.transmissions import detail as detail_of
from sportello.expenses.rules.asking import may_be_asked
from sportello.expenses.states import CallState
from sportello.web import looks
from sportello.web.http import PartyRequest
from sportello.web.inputs import DayField
from sportello.web.parts import Page, StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts.messages import Mend, meaning_of
from sportello.web.practice.sts.tabs import sections, wants_only
from sportello.web.practice.sts.words import OPERATIONS, OUTCOMES, TROUBLES
from sportello.web.sealed import search_words
from sportello.web.sentences import sentence
from sportello.web.spreadsheet import csv_response

HERE = "practice:sts_sendings"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list: how it looks, and what the second line says."""

    row: TransmissionRow
    look: str
    said: str


@require_GET
@practice_view(check=check_may_send)
def sendings(request: PartyRequest) -> HttpResponse:
    """Show the list, with the newest of it beside."""
    asked = asked_for(request)
    context = _list(request, asked)
    rows = context["page"].rows
    context["sending"] = shown(detail_of(request.actor, rows[0].row.id)) if rows else None
    context["first"] = True
    name = "practice/sts/_sendings.html" if request.htmx else "practice/sts/sendings.html"
    return render(request, name, context)


@require_GET
@practice_view(check=check_may_send)
def sending(request: PartyRequest, sending_id: int) -> HttpResponse:
    """Show one sending beside the list; to htmx the sending alone, which asks again while it is under way."""
    view = detail_of(request.actor, sending_id, after=_number(request.GET.get("from", "")))
    if wants_only(request, "sending"):
        return render(request, "practice/sts/_sending.html", {"sending": shown(view)})
    context = _list(request, asked_for(request)) | {"sending": shown(view), "first": False}
    return render(request, "practice/sts/sendings.html", context)


@require_GET
@practice_view(check=check_may_send)
def sendings_csv(request: PartyRequest) -> HttpResponse:
    """Hand out the filter as CSV."""
    asked = asked_for(request)
    audit.record_alone(request.actor, "sts.export", None, view="sendings", number=counts(asked)[asked.view])
    head = [
        _("Sent at"),
        _("Billing entity"),
        _("Operation"),
        _("State"),
        _("Protocol"),
        pgettext("documents", "Sent"),
        pgettext("documents", "Accepted"),
        _("With anomalies"),
        pgettext("documents", "Rejected"),
        _("By"),
    ]
    return csv_response("sistema-ts-invii", head, _cells(request, asked))


@require_GET
@practice_view(check=check_may_send)
def receipts(request: PartyRequest, sending_id: int) -> HttpResponse:
    """Hand out the ministry's own files of a sending in one ZIP."""
    files = receipt_files(sending_id)
    if not files:
        messages.info(request, _("The Sistema TS has given no receipt for this sending yet."))
        return redirect("practice:sts_sending", sending_id)
    audit.record_alone(request.actor, "sts.receipts", audit.Subject("transmission", sending_id))
    archive = ZipStream(compress_type=ZIP_STORED, sized=True)
    for name, data in files:
        archive.add(data, name)
    response = StreamingHttpResponse(archive, content_type="application/zip")
    response["Content-Length"] = str(len(archive))
    response["Content-Disposition"] = f'attachment; filename="ricevute-{sending_id}.zip"'
    return cast(HttpResponse, response)  # our views are typed by what they do with it, and that is the same


@require_POST
@practice_view(check=check_may_send)
def ask(request: PartyRequest, sending_id: int) -> HttpResponse:
    """Have the Sistema TS asked now what became of a sending."""
    try:
        look_again(actor=request.actor, transmission_id=sending_id)
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("The Sistema TS is asked; what it has appears here by itself."))
    return redirect("practice:sts_sending", sending_id)


def asked_for(request: PartyRequest) -> Filter:
    """Return the filter in the address; a day among the words searches that day."""
    get, words = request.GET, search_words(request)
    view, day = get.get("view", ""), _day(words)
    return Filter(
        view=View(view) if view in set(View) else View.ALL,
        words="" if day else words,
        entity_id=_number(get.get("entity", "")) or None,
        since=day,
        until=day,
    )


def look_of(row: TransmissionRow) -> str:
    """Return how a sending is shown: a name of the table of looks."""
    match row.state:
        case CallState.WRITTEN:
            return "LEAVING"
        case CallState.UNCERTAIN:
            return "UNCERTAIN"
        case CallState.NOT_SENT:
            return "NOT_SENT"
        case CallState.TAKEN:
            return "AT_WORK" if row.sts_state == AT_WORK else "WAITING"
    if row.trouble == "no_outcome":
        return "UNCERTAIN"
    if row.sts_state in REFUSED_WHOLE or (row.kind == "single" and row.outcome in {"refused", "conflict"}):
        return "REFUSED"
    if row.kind == "single" and row.outcome == "warned":
        return "WARNED"
    return "ERRORS" if row.refused or row.sts_state == WITH_ERRORS else "ACCEPTED"


def figures(row: TransmissionRow) -> tuple[int, int, int, int]:
    """Return how many documents were sent, accepted, with an anomaly, rejected: the State's counts, or the call's."""
    if row.sent is not None:
        return row.sent, row.accepted or 0, row.warned or 0, row.refused or 0
    done = row.kind == "single" and row.state is CallState.DONE
    refused = int(done and row.outcome in {"refused", "conflict"})
    return row.count, int(done and not refused), int(done and row.outcome == "warned"), refused


def shown(view: TransmissionDetail) -> dict[str, Any]:
    """Return what the page of a sending shows: the ministry's words with ours beside them."""
    row = view.row
    said = [_message(each, None) for each in view.messages if row.kind == "batch" or not view.documents]
    for carried in view.documents:
        said += [_message(each, carried) for each in carried.messages if each.kind or len(view.documents) == 1]
    said.sort(key=lambda one: _FIRST.get(one["each"].kind, len(_FIRST)))
    return {
        "view": view,
        "row": row,
        "look": look_of(row),
        "figures": figures(row),
        "messages": said,
        "carried": [(each, OPERATIONS[each.operation], OUTCOMES[each.outcome]) for each in view.documents],
        "trouble": TROUBLES.get(row.trouble, ""),
        "head": _head(row),
        "no_protocol": _protocol(row),
        "may_ask": may_be_asked(row.state, row.protocol, has_receipt=row.has_receipt),
        "ask_word": _("Ask now") if row.state is CallState.TAKEN else _("Ask for the receipt"),
        "awaits_receipt": row.state is CallState.DONE and view.next_look_at is not None,
        "under_way": row.state in {CallState.WRITTEN, CallState.TAKEN, CallState.UNCERTAIN},
    }


_FIRST = {"E": 0, "W": 1}
"""What blocks stands before what warns, and that before the rest."""
AT_WORK, WITH_ERRORS, REFUSED_WHOLE = 1, 3, (5, 9)
"""Numbers of the State for a file (PROTOCOL 8)."""


def _head(row: TransmissionRow) -> str:
    if row.stray:
        return _("Cancellation of %(number)s, which is not in our books") % {"number": row.number}
    return _("File of documents") if row.kind == "batch" else str(OPERATIONS.get(row.operation, ""))


def _message(each: Message, carried: CarriedRow | None) -> dict[str, Any]:
    meaning = meaning_of(each.code, each.kind)
    family = {"E": ("bad", "circle-x", _("Rejected")), "W": ("wait", "alert-triangle", _("Anomaly"))}
    return {
        "each": each,
        "meaning": meaning,
        "look": family.get(each.kind, ("ok", "circle-check", _("Said"))),
        "url": reverse("practice:sts_document", args=[carried.document.invoice_id]) if carried else "",
        "number": carried.document.number if carried else "",
        "action": _("Mend") if each.kind == "E" and meaning.mend is not Mend.NOTHING else pgettext("document", "Open"),
    }


def _list(request: PartyRequest, asked: Filter) -> dict[str, Any]:
    found = page_of(request.actor, asked, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    numbers = counts(asked)
    query = request.GET.urlencode()
    rows = [Line(row, look_of(row), row.protocol or _protocol(row)) for row in found.rows]
    return {
        "page": Page(rows, found.total, found.after, found.before),
        "states": _links(request, asked, numbers),
        "words": search_words(request),
        "csv": f"{reverse('practice:sts_sendings_csv')}?{query}",
        "query": f"?{query}" if query else "",
        "nothing_yet": not numbers[View.ALL] and not search_words(request),
        "tabs": sections(request.actor, HERE),
    }


def _protocol(row: TransmissionRow) -> str:
    over = row.state in {CallState.DONE, CallState.NOT_SENT}
    return _("Without a protocol") if over else _("No protocol yet")


def _links(request: PartyRequest, asked: Filter, numbers: dict[View, int]) -> list[StateLink]:
    words = {
        View.ALL: pgettext("sendings", "All"),
        View.UNDER_WAY: _("Under way"),
        View.GOOD: _("Accepted"),
        View.WITH_ERRORS: _("With errors or anomalies"),
        View.UNCERTAIN: _("Unknown"),
        View.NOT_SENT: _("Not sent"),
    }
    links = []
    url = reverse(HERE)
    for view, word in words.items():
        kept = {key: value for key, value in request.GET.items() if key not in {"after", "before", "view", "from"}}
        more = {} if view is View.ALL else {"view": view.value}
        links.append(StateLink(word, f"{url}?{urlencode({**kept, **more})}", numbers[view], view is asked.view))
    return links


def _day(words: str) -> date | None:
    """Return the day that was typed, None for a protocol or a number: a day has both of its strokes."""
    if sum(words.count(stroke) for stroke in "/.-") != 2:
        return None
    try:
        return DayField().to_python(words)
    except ValidationError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _cells(request: PartyRequest, asked: Filter) -> Iterator[list[str]]:
    """Yield every row of the filter, a page at a time."""
    after = ""
    while True:
        found = page_of(request.actor, asked, after=after)
        for row in found.rows:
            sent, accepted, warned, refused = figures(row)
            yield [
                timezone.localtime(row.attempted_at).isoformat(timespec="seconds"),
                row.entity,
                _head(row),
                str(looks.look("transmission", look_of(row)).word),
                row.protocol,
                str(sent),
                str(accepted),
                str(warned),
                str(refused),
                row.by,
            ]
        if not found.after:
            return
        after = found.after
