"""The list of patients, its CSV, and the places that a field offers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from sportello.billing.permissions import may_draft
from sportello.billing.queries.standing import patient_standing
from sportello.core.actors import Actor
from sportello.core.languages import language
from sportello.patients.operations import record_patient_export
from sportello.patients.permissions import (
    check_may_edit_patients,
    check_may_see_patients,
    may_archive_patients,
    may_connect,
    may_edit_patients,
)
from sportello.patients.places import find_places
from sportello.patients.queries import (
    PatientCounts,
    PatientFilter,
    PatientRow,
    PatientSort,
    patient_counts,
    patient_page,
    patient_rows,
)
from sportello.patients.queries.marks import access_marks
from sportello.web import formats, looks
from sportello.web.http import PartyRequest
from sportello.web.parts import Page, StateLink, Step
from sportello.web.practice.http import practice_view
from sportello.web.practice.patients.access_acts import mark_shown
from sportello.web.practice.patients.forms import shown_place
from sportello.web.practice.patients.tabs import room_tabs
from sportello.web.practice.patients.words import NO_CODE
from sportello.web.sealed import search_words
from sportello.web.spreadsheet import csv_response

BATCH = 500
"""Rows of a CSV whose access is asked for at once."""


@require_GET
@practice_view(check=check_may_see_patients)
def patients(request: PartyRequest) -> HttpResponse:
    """Show the list of patients."""
    today, words = timezone.localdate(), search_words(request)
    which, sort = _which(request), _sort(request)
    found = patient_page(
        request.actor,
        today=today,
        which=which,
        words=words,
        sort=sort,
        after=_key(request, "after"),
        before=_key(request, "before"),
    )
    counts = patient_counts(request.actor, today=today)
    standing = patient_standing(request.actor, [row.id for row in found.rows])
    marks, connects = access_marks(request.actor, [row.id for row in found.rows]), may_connect(request.actor)
    rows = [(row, standing.get(row.id), mark_shown(row, marks.get(row.id), may_connect=connects)) for row in found.rows]
    context = {
        "page": Page(rows, found.total, _text(found.after), _text(found.before)),
        "states": _state_links(request, counts, which),
        "which": which.value,
        "words": words,
        "count": _count(counts),
        "csv": f"{reverse('practice:patients_csv')}?{request.GET.urlencode()}",
        "tabs": room_tabs(request, "patients"),
        "may_edit": may_edit_patients(request.actor),
        "may_archive": may_archive_patients(request.actor),
        "may_draft": may_draft(request.actor),
        "may_connect": connects,
        "chosen_url": _chosen_url(request),
        "steps": _first_steps(request) if not counts.all and not counts.archived else (),
    }
    name = "practice/patients/_list.html" if request.htmx else "practice/patients/list.html"
    return render(request, name, context)


@require_GET
@practice_view(check=check_may_see_patients)
def patients_csv(request: PartyRequest) -> HttpResponse:
    """Hand out what the list shows, every page of it, as CSV; written down in the audit."""
    today, words, which = timezone.localdate(), search_words(request), _which(request)
    total = patient_page(request.actor, today=today, which=which, words=words, size=1).total
    record_patient_export(actor=request.actor, which=which.value, searched=bool(words), rows=total)
    head = [
        _("Family name"),
        _("Given name"),
        _("Codice fiscale"),
        _("No Italian code"),
        _("Birth date"),
        _("E-mail"),
        _("Telephone"),
        _("Language"),
        _("Portal"),
        _("Archived"),
    ]
    rows = patient_rows(request.actor, today=today, which=which, words=words, sort=_sort(request))
    return csv_response("patients", head, _cells(request.actor, rows))


@require_POST
@practice_view(check=check_may_edit_patients)
def places(request: PartyRequest) -> HttpResponse:
    """Answer with the places whose name begins as typed, for the field's list."""
    typed = request.POST.get("birth_place", "")
    found = find_places(typed, limit=12) if len(typed.strip()) > 1 else []
    offered = [shown_place(place.name, place.code, place.province) for place in found]
    return render(request, "practice/patients/_places.html", {"places": list(dict.fromkeys(offered))})


def _which(request: PartyRequest) -> PatientFilter:
    asked = request.GET.get("view", "")
    return PatientFilter(asked) if asked in set(PatientFilter) else PatientFilter.ALL


def _sort(request: PartyRequest) -> PatientSort:
    asked = request.GET.get("sort", "")
    return PatientSort(asked) if asked in set(PatientSort) else PatientSort.NAME


def _key(request: PartyRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _text(key: int) -> str:
    return str(key) if key else ""


def _count(counts: PatientCounts) -> str:
    people = ngettext("%(people)s person", "%(people)s people", counts.all) % {"people": formats.whole(counts.all)}
    connected = ngettext(
        "%(connected)s connected to the portal", "%(connected)s connected to the portal", counts.connected
    )
    return f"{people}, {connected % {'connected': formats.whole(counts.connected)}}"


def _chosen_url(request: PartyRequest) -> str:
    """Return where a choice of rows goes, with the filter and the sealed words that tell which are all of them."""
    query = request.GET.copy()
    for stale in ("after", "before", "sort"):
        query.pop(stale, None)
    address = reverse("practice:patients_connect")
    return f"{address}?{query.urlencode()}" if query else address


def _state_links(request: PartyRequest, counts: PatientCounts, which: PatientFilter) -> list[StateLink]:
    words = {
        PatientFilter.ALL: pgettext("patients", "All"),
        PatientFilter.CONNECTED: pgettext("patients", "Connected"),
        PatientFilter.PENDING: pgettext("patients", "Waiting"),
        PatientFilter.TO_FIX: pgettext("patients", "To fix"),
        PatientFilter.NOT_CONNECTED: pgettext("patients", "Not connected"),
        PatientFilter.MINORS: _("Minors"),
        PatientFilter.WITHOUT_CODE: _("Without a code"),
        PatientFilter.ARCHIVED: pgettext("patients", "Archived"),
    }
    links = []
    for each, word in words.items():
        query = request.GET.copy()
        for stale in ("after", "before", "view"):
            query.pop(stale, None)
        if each is not PatientFilter.ALL:
            query["view"] = each.value
        links.append(StateLink(word, f"?{query.urlencode()}", counts.of(each), each is which))
    return links


def _first_steps(request: PartyRequest) -> tuple[Step, ...]:
    if not may_edit_patients(request.actor):
        return ()
    return (
        Step(
            _("Add your first patient"),
            _("A name and a codice fiscale are enough; the rest can wait."),
            "NEXT",
            reverse("practice:patient_new"),
            _("New patient"),
        ),
    )


def _cells(actor: Actor, rows: Iterator[PatientRow]) -> Iterator[list[str]]:
    while batch := list(islice(rows, BATCH)):
        marks = access_marks(actor, [row.id for row in batch])
        for row in batch:
            mark = marks.get(row.id)
            yield [
                row.family_name,
                row.given_name,
                row.codice_fiscale,
                str(NO_CODE[row.no_code_reason]) if row.no_code_reason else "",
                row.born_on.isoformat() if row.born_on else "",
                row.email,
                row.phone,
                language(row.language).native,
                str(looks.look("connection", mark.state if mark else "NOT_CONNECTED").word),
                _("yes") if row.is_archived else _("no"),
            ]
