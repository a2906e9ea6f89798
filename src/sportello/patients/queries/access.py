"""What one connection opens, asked anew for each request of the portal: nothing is remembered between two."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime

from sportello.core.actors import System, acting
from sportello.core.ready import Ready
from sportello.core.violations import RuleViolation
from sportello.patients.connecting.people import day_of, may_act_for
from sportello.patients.models import Connection, Patient, Representative
from sportello.patients.powers import last_day
from sportello.patients.states import ConnectionState

_NAMED = Ready(Connection, lambda uid: Connection.objects.filter(uid=uid).select_related("patient", "representative"))


class NoAccess(RuleViolation):
    """The connection opens nothing: ``not_connected``, ``suspended``, or ``expired`` when the powers have ended."""


@dataclass(frozen=True, slots=True)
class Access:
    """
    Whose papers an account sees through a connection, and which.

    `relation` is `self` or a code of `RepresentativeRole`; `until_on` the last day of the powers, None for an open end.
    `person` is the name of the patient, `reader` of who looks.
    """

    connection_id: int
    practice_id: int
    patient_id: int
    representative_id: int | None
    relation: str
    may_see_invoices: bool
    may_see_documents: bool
    may_consent: bool
    until_on: date | None
    language: str
    second_factor_required: bool
    person: str = field(repr=False)
    reader: str = field(repr=False)


def access_of(uid: str, *, portal: str = "", now: datetime) -> Access:
    """
    Return what a connection opens at this instant, in one query.

    :param uid: as the portal names the connection; anything else is not connected
    :param portal: the portal that asks: it must be the one that accepted the invitation
    :raises NoAccess: with why
    """
    with acting(System("access of a connection")):
        row = _connection(uid)
    if row is None or row.portal != portal:
        raise NoAccess("not_connected")
    if row.state == ConnectionState.SUSPENDED:
        raise NoAccess("suspended")
    if row.state != ConnectionState.CONNECTED:
        raise NoAccess("not_connected")
    if row.representative is not None and not may_act_for(row.patient, row.representative, day_of(now)):
        raise NoAccess("expired")
    return _access(row, row.patient, row.representative)


def _connection(uid: str) -> Connection | None:
    try:
        wanted = uuid.UUID(uid)
    except ValueError:
        return None
    return _NAMED.first(wanted)


def _access(row: Connection, patient: Patient, representative: Representative | None) -> Access:
    reader = representative or patient
    return Access(
        connection_id=row.pk,
        practice_id=row.practice_id,
        patient_id=patient.pk,
        representative_id=row.representative_id,
        relation=representative.role if representative else "self",
        may_see_invoices=representative.may_see_invoices if representative else True,
        may_see_documents=representative.may_see_documents if representative else True,
        may_consent=representative.may_consent if representative else True,
        until_on=_until(patient, representative) if representative else None,
        language=reader.language,
        second_factor_required=row.second_factor_required,
        person=f"{patient.given_name} {patient.family_name}",
        reader=f"{reader.given_name} {reader.family_name}",
    )


def _until(patient: Patient, representative: Representative) -> date | None:
    return last_day(
        representative.role, since=representative.since_on, until=representative.until_on, born=patient.born_on
    )
