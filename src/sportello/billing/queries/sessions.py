"""Sessions that wait for an invoice, grouped as one monthly invoice would take them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from sportello.billing.models import PerformedService
from sportello.billing.rules.dates import latest_issue_date
from sportello.core.money import total_of

MOST = 500
"""Rows shown at once: more than a practice has waiting in a month."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session on no paper yet (EUR)."""

    id: int
    patient_id: int
    patient: str
    entity_id: int
    service: str
    performed_on: date
    paid_on: date | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SessionGroup:
    """The paid sessions of a patient and a month, which may go on one invoice by `latest`."""

    patient_id: int
    patient: str
    entity_id: int
    year: int
    month: int
    sessions: tuple[SessionRow, ...]
    latest: date

    @property
    def amount(self) -> Decimal:
        """What the services come to (EUR, before fund and stamp)."""
        return total_of(row.amount for row in self.sessions)

    @property
    def first(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)


@dataclass(frozen=True, slots=True)
class SessionsToInvoice:
    """What waits: the paid ones by patient and month, and those not paid yet."""

    paid: tuple[SessionGroup, ...]
    unpaid: tuple[SessionRow, ...]


def sessions_to_invoice() -> SessionsToInvoice:
    """Return the sessions on no paper, as the current actor sees them. One query."""
    rows = PerformedService.objects.filter(line=None).select_related("patient", "service")
    found = [_row(each) for each in rows.order_by("patient__folded_name", "patient_id", "performed_on", "pk")[:MOST]]
    return SessionsToInvoice(
        paid=tuple(_groups(row for row in found if row.paid_on)),
        unpaid=tuple(row for row in found if row.paid_on is None),
    )


def _row(each: PerformedService) -> SessionRow:
    return SessionRow(
        id=each.pk,
        patient_id=each.patient_id,
        patient=f"{each.patient.family_name} {each.patient.given_name}",
        entity_id=each.entity_id,
        service=each.service.name,
        performed_on=each.performed_on,
        paid_on=each.paid_on,
        amount=each.amount,
    )


def _groups(rows: Iterable[SessionRow]) -> list[SessionGroup]:
    def place(row: SessionRow) -> tuple[str, int, int, int, int]:
        assert row.paid_on is not None
        return row.patient, row.patient_id, row.entity_id, row.paid_on.year, row.paid_on.month

    found = []
    for (patient, patient_id, entity_id, year, month), each in groupby(sorted(rows, key=place), key=place):
        latest = latest_issue_date(date(year, month, 1), monthly_summary=True)
        found.append(SessionGroup(patient_id, patient, entity_id, year, month, tuple(each), latest))
    return found
