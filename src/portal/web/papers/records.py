"""Who has looked at one's data, and all that the practice knows of one, to take along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from deskwire.messages import AccessRow, ExportRecord, ListAccesses, Relation
from portal import wire
from portal.web import formats
from portal.web.http import PatientRequest, patient_view
from portal.web.papers import words
from portal.web.papers.sending import download

SIZE = 50


@dataclass(frozen=True, slots=True)
class Deed:
    """One access, in words."""

    at: datetime
    who: words.Text
    name: str
    what: words.Text
    paper: str


@patient_view
@require_safe
def accesses(request: PatientRequest) -> HttpResponse:
    """Show who has looked at the data, newest first."""
    after = request.GET.get("after", "")
    found = wire.ask(request.connection, ListAccesses(after if after.isascii() and after.isalnum() else "", SIZE))
    on_behalf = request.overview.relation != Relation.SELF
    values = {"deeds": [_deed(row, on_behalf) for row in found.rows], "after": found.next, "first": not after}
    return render(request, "papers/accesses.html", values)


@patient_view
@require_safe
def record(request: PatientRequest) -> HttpResponse:
    """Say what the practice keeps, how to take it along, and whom to ask for more."""
    return render(request, "papers/record.html")


@patient_view
@require_POST
def record_file(request: PatientRequest) -> HttpResponseBase:
    """Send all that the practice keeps and may show."""
    return download(request, ExportRecord(formats.language()))


def _deed(row: AccessRow, on_behalf: bool) -> Deed:
    return Deed(row.at, words.role(row.role, on_behalf=on_behalf), row.name, words.deed(row.deed), row.paper)
