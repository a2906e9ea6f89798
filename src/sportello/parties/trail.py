"""The audit of a practice as its owner reads it: every entry, filtered, page by page, and as a stream for a file.

Source: practice specification 10. Entries are read by their place in the chain, so each page costs the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from sportello.core.models import AuditEntry
from sportello.parties.timeline import names_of

SIZE = 50


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What an owner asks of the audit; `kind` is the first word of the action (`invoice`, `patient`...)."""

    kind: str = ""
    person_id: int | None = None
    patient_id: int | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One entry of the audit."""

    sequence: int
    at: datetime
    who: str
    role: str
    action: str
    object_kind: str
    object_id: int | None
    patient_id: int | None
    result: str
    reason: str
    details: Mapping[str, Any]
    address: str
    hash: str


@dataclass(frozen=True, slots=True)
class TrailPage:
    """A page of entries, newest first; `before` is the place from which the next page goes on, 0 at the end."""

    rows: tuple[TrailRow, ...]
    before: int


def trail(asked: TrailFilter, *, before: int = 0) -> TrailPage:
    """Return a page of the audit of the current actor's party. Two queries."""
    rows = _filtered(asked)
    if before:
        rows = rows.filter(sequence__lt=before)
    found = list(rows.order_by("-sequence")[: SIZE + 1])
    names = names_of({row.person_id for row in found if row.person_id is not None})
    shown = found[:SIZE]
    return TrailPage(
        rows=tuple(_row(row, names) for row in shown),
        before=shown[-1].sequence if len(found) > SIZE else 0,
    )


def trail_stream(asked: TrailFilter) -> Iterator[TrailRow]:
    """Yield every entry of a filter, oldest first, without holding them all."""
    names: dict[int, str] = {}
    for row in _filtered(asked).order_by("sequence").iterator(1000):
        if row.person_id is not None and row.person_id not in names:
            names |= names_of({row.person_id})
        yield _row(row, names)


def _filtered(asked: TrailFilter) -> QuerySet[AuditEntry, AuditEntry]:
    rows = AuditEntry.objects.get_queryset()
    if asked.kind:
        rows = rows.filter(action__startswith=f"{asked.kind}.")
    if asked.person_id is not None:
        rows = rows.filter(person_id=asked.person_id)
    if asked.patient_id is not None:
        rows = rows.filter(patient_id=asked.patient_id)
    if asked.since is not None:
        rows = rows.filter(at__date__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(at__date__lte=asked.until)
    return rows


def _row(row: AuditEntry, names: Mapping[int, str]) -> TrailRow:
    return TrailRow(
        sequence=row.sequence,
        at=row.at,
        who=names.get(row.person_id or 0, ""),
        role=row.role,
        action=row.action,
        object_kind=row.object_kind,
        object_id=row.object_id,
        patient_id=row.patient_id,
        result=row.result,
        reason=row.reason,
        details=row.details,
        address=row.address,
        hash=row.hash,
    )
