"""One patient's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sportello.core.actors import Actor, acting
from sportello.parties.contacts import Address, spoken_phone
from sportello.parties.timeline import names_of
from sportello.patients.checks import ADULT, birthday, is_minor
from sportello.patients.codes import code_hash
from sportello.patients.models import Patient, Representative
from sportello.patients.permissions import check_may_see_patients
from sportello.patients.values import PatientValues


@dataclass(frozen=True, slots=True, repr=False)
class RepresentativeShown:
    """Somebody who acts for a patient, on the patient's page."""

    id: int
    role: str
    family_name: str
    given_name: str
    codice_fiscale: str
    address: Address
    email: str
    phone: str
    may_consent: bool
    may_see_documents: bool
    may_see_invoices: bool
    since_on: date
    until_on: date | None
    is_current: bool
    has_evidence: bool

    @property
    def name(self) -> str:
        """Return the name as people say it."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True, repr=False)
class PatientDetail:
    """A patient's page."""

    id: int
    values: PatientValues
    is_minor: bool
    adult_on: date | None
    followed_by: str
    default_customer: str
    representatives: Sequence[RepresentativeShown]
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """Return the name as people say it."""
        return f"{self.values.given_name} {self.values.family_name}"


def patient_detail(actor: Actor, patient_id: int, *, today: date) -> PatientDetail:
    """
    Return a patient's page.

    :raises Patient.DoesNotExist: no such patient for this actor
    :raises MayNot: the switch `patients` is off
    """
    check_may_see_patients(actor)
    with acting(actor):
        patient = Patient.objects.get_queryset().select_related("default_customer").get(pk=patient_id)
        people = names_of({patient.followed_by_id}) if patient.followed_by_id else {}
        rows = list(Representative.objects.filter(patient_id=patient.pk).order_by("since_on", "pk"))
    shown = [_representative(row, today) for row in rows]
    return PatientDetail(
        id=patient.pk,
        values=patient_values(patient),
        is_minor=is_minor(patient.born_on, today),
        adult_on=birthday(patient.born_on, ADULT) if patient.born_on else None,
        followed_by=people.get(patient.followed_by_id or 0, ""),
        default_customer=patient.default_customer.name if patient.default_customer else "",
        representatives=sorted(shown, key=lambda each: not each.is_current),
        archived_at=patient.archived_at,
        created_at=patient.created_at,
        updated_at=patient.updated_at,
    )


def patient_values(patient: Patient) -> PatientValues:
    """Return a stored patient as a form shows it."""
    return PatientValues(
        family_name=patient.family_name,
        given_name=patient.given_name,
        sex=patient.sex,
        born_on=patient.born_on,
        birth_place=patient.birth_place,
        birth_place_code=patient.birth_place_code,
        codice_fiscale=patient.codice_fiscale,
        no_code_reason=patient.no_code_reason,
        foreign_id=patient.foreign_id,
        address=Address(patient.street, patient.postal_code, patient.city, patient.province, patient.country),
        email=patient.email,
        phone=spoken_phone(patient.phone),
        language=patient.language,
        stamp_policy=patient.stamp_policy,
        portal_allowed=patient.portal_allowed,
        opposes_sts=patient.opposes_sts,
        followed_by_id=patient.followed_by_id,
        default_customer_id=patient.default_customer_id,
    )


def _representative(row: Representative, today: date) -> RepresentativeShown:
    return RepresentativeShown(
        id=row.pk,
        role=row.role,
        family_name=row.family_name,
        given_name=row.given_name,
        codice_fiscale=row.codice_fiscale,
        address=Address(row.street, row.postal_code, row.city, row.province, row.country),
        email=row.email,
        phone=spoken_phone(row.phone) if row.phone else "",
        may_consent=row.may_consent,
        may_see_documents=row.may_see_documents,
        may_see_invoices=row.may_see_invoices,
        since_on=row.since_on,
        until_on=row.until_on,
        is_current=row.since_on <= today and (row.until_on is None or today <= row.until_on),
        has_evidence=row.evidence_id is not None,
    )


def holder_of_code(actor: Actor, code: str, *, but: int = 0) -> int | None:
    """Return the id of another patient of the actor's with this normalised code, None when there is none."""
    if not code:
        return None
    with acting(actor):
        rows = Patient.objects.filter(codice_fiscale_hash=code_hash(actor.party_id, code)).exclude(pk=but)
        return rows.values_list("pk", flat=True).first()
