"""What happened to a thing, from the audit: who, what, when. The words are the web's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from sportello.accounts.models import Person
from sportello.core.models import AuditEntry

LONGEST = 60
"""Deeds shown on a page, the newest first."""


@dataclass(frozen=True, slots=True)
class Deed:
    """
    One entry as a timeline shows it.

    :ivar who: name of the person, "" when the software itself acted
    :ivar action: stored code, such as `patient.edit`
    :ivar details: field names, amounts and states; never personal data
    """

    at: datetime
    who: str
    role: str
    action: str
    object_kind: str
    object_id: int | None
    result: str
    reason: str
    details: Mapping[str, Any]


def deeds_of_patient(patient_id: int, *, limit: int = LONGEST) -> list[Deed]:
    """Return what was done with a patient's data, newest first. The caller knows that the actor meets the patient."""
    return _deeds(AuditEntry.objects.get_queryset().filter(patient_id=patient_id), limit)


def deeds_about(kind: str, object_id: int, *, limit: int = LONGEST) -> list[Deed]:
    """Return what was done with one object, newest first. The caller knows that the actor sees it."""
    return _deeds(AuditEntry.objects.get_queryset().filter(object_kind=kind, object_id=object_id), limit)


def deeds_of_entity(entity_id: int, *, limit: int = LONGEST) -> list[Deed]:
    """Return what was done with a billing entity's settings, newest first; papers have their own timelines."""
    kinds = ("billingentity", "fiscalterms", "series", "bankaccount", "entitywording")
    rows = AuditEntry.objects.get_queryset().filter(entity_id=entity_id, object_kind__in=kinds)
    return _deeds(rows, limit)


def _deeds(entries: QuerySet[AuditEntry], limit: int) -> list[Deed]:
    rows = list(entries.exclude(action="access.denied").order_by("-at", "-sequence")[:limit])
    names = names_of({row.person_id for row in rows if row.person_id is not None})
    return [
        Deed(
            at=row.at,
            who=names.get(row.person_id or 0, ""),
            role=row.role,
            action=row.action,
            object_kind=row.object_kind,
            object_id=row.object_id,
            result=row.result,
            reason=row.reason,
            details=row.details,
        )
        for row in rows
    ]


def names_of(person_ids: set[int]) -> dict[int, str]:
    """Return the full names of people by id."""
    return {person.pk: person.get_full_name() for person in Person.objects.filter(pk__in=person_ids)}
