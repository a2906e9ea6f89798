"""What this practice knows of a patient: a ZIP of one JSON text and the papers as they were issued.

Source: GDPR art. 15 and 20, practice specification 6 and 7. It holds what the practice keeps and may show: drafts and
papers that the practice keeps hidden are counted, not shown. A representative gets what the powers open, and no data of
other representatives.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model

from deskwire.messages import ExportRecord
from sportello.billing import downloads
from sportello.billing.downloads import Entry
from sportello.billing.models import Invoice, Payment, PerformedService
from sportello.billing.paper.listing import Tongue
from sportello.billing.queries import portal
from sportello.billing.queries.portal import Chosen
from sportello.core.actors import Power, System, acting
from sportello.core.models import AuditEntry
from sportello.desk.answering import Asked, Paper, sends
from sportello.desk.answers.accesses import access_rows
from sportello.desk.answers.exports import asking
from sportello.desk.answers.invoices import whose
from sportello.parties.models import Party
from sportello.patients.contact import contact_of
from sportello.patients.models import Connection, Patient, Representative

FORMAT = "sportello-record/1"
_OF_PERSON = (
    "family_name",
    "given_name",
    "sex",
    "born_on",
    "birth_place",
    "birth_place_code",
    "codice_fiscale",
    "no_italian_code",
    "no_code_reason",
    "foreign_id",
    "street",
    "postal_code",
    "city",
    "province",
    "country",
    "email",
    "phone",
    "language",
    "stamp_policy",
    "portal_allowed",
    "opposes_sts",
    "created_at",
    "updated_at",
    "archived_at",
)
_OF_REPRESENTATIVE = (
    "role",
    "family_name",
    "given_name",
    "codice_fiscale",
    "street",
    "postal_code",
    "city",
    "province",
    "country",
    "email",
    "phone",
    "language",
    "may_consent",
    "may_see_documents",
    "may_see_invoices",
    "since_on",
    "until_on",
)
_OF_CONNECTION = ("email", "state", "since_at", "second_factor_required", "created_at")
_OF_PAYMENT = ("direction", "paid_on", "amount", "method", "traceable", "payer", "reference", "recorded_at")
_OF_SESSION = ("performed_on", "quantity", "unit_price", "amount", "paid_on", "payment_method", "created_at")


@sends(ExportRecord)
def export_record(asked: Asked, request: ExportRecord) -> Paper:
    """Send all that the practice keeps of this patient and may show."""
    chosen = _chosen(asked)
    entries, names = downloads.papers_entries(chosen, "papers", before_each=asking(asked))
    asked.record("portal.export", ids=[each.paper.id for each in chosen])
    record = json.dumps(_record(asked, chosen, names), ensure_ascii=False, indent=1, default=str).encode()
    words = Tongue(request.language).pair("record_lead")
    read_me = "\n\n".join(words).encode()
    first = [Entry("LEGGIMI.txt", len(read_me), [read_me]), Entry("record.json", len(record), [record])]
    size, pieces = downloads.zipped([*first, *entries])
    return Paper(f"dati-{asked.today.isoformat()}.zip", pieces, size)


def _chosen(asked: Asked) -> list[Chosen]:
    if not asked.actor.may(Power.INVOICES):
        return []
    try:
        return portal.chosen_by_period(*whose(asked), portal.Period(), most=None)
    except Invoice.DoesNotExist:
        return []


def _record(asked: Asked, chosen: list[Chosen], names: Mapping[int, str]) -> dict[str, Any]:
    patient = Patient.objects.get(pk=asked.access.patient_id)
    entries = list(AuditEntry.objects.filter(result="ok").order_by("-at", "-sequence"))
    return {
        "format": FORMAT,
        "made_at": asked.now,
        "asked_by": asked.access.relation,
        "practice": _practice(asked),
        "person": _plain(patient, _OF_PERSON),
        "representatives": [_plain(row, _OF_REPRESENTATIVE) for row in Representative.objects.order_by("pk")],
        "connections": [_plain(row, _OF_CONNECTION) for row in Connection.objects.order_by("pk")],
        "papers": _papers(chosen, names),
        "sessions": _sessions(asked),
        "kept_but_not_shown": {"papers": _hidden(asked)},
        "accesses": [
            {"at": row.at, "role": row.role, "name": row.name, "deed": row.deed, "paper": row.paper}
            for row in access_rows(asked, entries)
        ],
    }


def _practice(asked: Asked) -> dict[str, Any]:
    with acting(System("contact of a practice", asked.access.practice_id)):
        found = contact_of(Party.objects.get(pk=asked.access.practice_id))
    return {"name": found.name, "address": list(found.lines), "phone": found.phone, "email": found.email}


def _papers(chosen: list[Chosen], names: Mapping[int, str]) -> list[dict[str, Any]]:
    keys = [each.key for each in chosen]
    contents = {row.pk: row.snapshot for row in Invoice.objects.filter(pk__in=keys).iterator(200)}
    payments: dict[int, list[dict[str, Any]]] = {}
    for row in Payment.objects.filter(invoice_id__in=keys, voided_at=None).order_by("paid_on", "pk"):
        payments.setdefault(row.invoice_id, []).append(_plain(row, _OF_PAYMENT))
    return [
        {
            "number": each.paper.number,
            "kind": each.paper.kind,
            "state": each.paper.standing,
            "issued_on": each.paper.issued_on,
            "paid_on": each.paper.paid_on,
            "amount": each.paper.amount,
            "currency": "EUR",
            "payments": payments.get(each.key, []),
            "file": names.get(each.key),
            "sha256": each.file.sha256 if each.file else None,
            "content": json.loads(contents[each.key]),
        }
        for each in chosen
    ]


def _sessions(asked: Asked) -> list[dict[str, Any]]:
    """Return the sessions that were noted, to who may see what they cost."""
    if not asked.actor.may(Power.INVOICES):
        return []
    with acting(System("sessions of a patient", asked.access.practice_id)):
        rows = PerformedService.objects.filter(
            practice_id=asked.access.practice_id, patient_id=asked.access.patient_id
        ).select_related("service")
        return [{"service": row.service.name} | _plain(row, _OF_SESSION) for row in rows.order_by("performed_on", "pk")]


def _hidden(asked: Asked) -> int:
    """Return how many papers the practice keeps of this patient beyond those it shows."""
    with acting(System("count of papers", asked.access.practice_id)):
        rows = Invoice.objects.filter(practice_id=asked.access.practice_id, patient_id=asked.access.patient_id)
        every = rows.count()
        return every - portal.count(asked.access.practice_id, asked.access.patient_id)


def _plain(row: Model, fields: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields}
