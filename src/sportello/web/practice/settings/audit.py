"""The audit of the practice: what was done, by whom, when; only the owner reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from sportello.core import audit
from sportello.parties.queries import members
from sportello.parties.trail import TrailFilter, TrailRow, trail, trail_stream
from sportello.web.http import PartyRequest
from sportello.web.parts import StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.settings.deeds import OBJECTS, WORDS
from sportello.web.practice.settings.tabs import sections
from sportello.web.sentences import sentence_alone
from sportello.web.spreadsheet import csv_response

KINDS = {
    "": gettext_lazy("All"),
    "invoice": gettext_lazy("Invoices"),
    "payment": gettext_lazy("Payments"),
    "patient": gettext_lazy("Patients"),
    "account": gettext_lazy("Sign-ins"),
    "member": gettext_lazy("People"),
    "sts": gettext_lazy("Sistema TS"),
    "access": gettext_lazy("Refusals"),
}
RESULTS = {
    "failed": gettext_lazy("Failed"),
    "refused": gettext_lazy("Refused"),
    "not_found": gettext_lazy("Not found"),
}


@require_GET
@practice_view(owner=True)
def trail_page(request: PartyRequest) -> HttpResponse:
    """Show the audit, newest first."""
    asked = _asked(request)
    before = request.GET.get("before", "")
    found = trail(asked, before=int(before) if before.isdecimal() and len(before) < 19 else 0)
    audit.record_alone(request.actor, "audit.read", None, kind=asked.kind)
    context = {
        "tabs": sections(request.actor, "practice:settings_audit"),
        "rows": found.rows,
        "words": WORDS,
        "objects": OBJECTS,
        "outcomes": {row.sequence: _outcome(row) for row in found.rows},
        "before": found.before,
        "kinds": [StateLink(word, _with(request, kind=kind), None, kind == asked.kind) for kind, word in KINDS.items()],
        "people": [(each.person_id, each.name) for each in members(request.actor)],
        "person_id": asked.person_id,
        "csv": f"{reverse('practice:settings_audit_csv')}?{request.GET.urlencode()}",
    }
    return render(request, "practice/settings/audit.html", context)


@require_GET
@practice_view(owner=True, fresh=True)
def trail_csv(request: PartyRequest) -> HttpResponse:
    """Hand out the filtered audit as CSV, the hash of each entry included."""
    asked = _asked(request)
    audit.record_alone(request.actor, "audit.export", None, kind=asked.kind)
    place = [_("Place in the chain"), _("Instant"), _("Who"), _("Role")]
    head = [*place, _("Deed"), _("Object"), _("Patient"), _("Result"), _("Details"), _("Hash")]
    return csv_response("audit", head, _cells(trail_stream(asked)))


def _outcome(row: TrailRow) -> str:
    """Return how a deed ended and why, "" where it went well; a reason that has no sentence stays its code."""
    if row.result == "ok":
        return ""
    why = sentence_alone(row.reason) or row.reason
    return ": ".join(part for part in (str(RESULTS.get(row.result, row.result)), why) if part)


def _asked(request: HttpRequest) -> TrailFilter:
    get = request.GET
    kind, person = get.get("kind", ""), get.get("person", "")
    return TrailFilter(
        kind=kind if kind in KINDS else "",
        person_id=int(person) if person.isdecimal() and len(person) < 19 else None,
        patient_id=_number(get.get("patient", "")),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _with(request: HttpRequest, **changed: str) -> str:
    query = {key: value for key, value in request.GET.items() if key != "before"} | changed
    return f"?{urlencode({key: value for key, value in query.items() if value})}"


def _cells(rows: Iterator[TrailRow]) -> Iterator[list[str]]:
    for row in rows:
        yield [
            str(row.sequence),
            row.at.isoformat(),
            row.who,
            row.role,
            row.action,
            f"{row.object_kind} {row.object_id or ''}".strip(),
            str(row.patient_id or ""),
            f"{row.result} {row.reason}".strip(),
            json.dumps(row.details, ensure_ascii=False, sort_keys=True),
            row.hash,
        ]
