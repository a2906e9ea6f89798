"""Writing patients. An audit entry names the fields that changed, never what stood in them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from sportello.core import audit, marks
from sportello.core.actors import Actor, System, acting
from sportello.core.refusals import Refused
from sportello.core.violations import RuleViolation
from sportello.parties.models import Membership
from sportello.patients.checks import checked_patient
from sportello.patients.codes import code_hash
from sportello.patients.folding import folded_name
from sportello.patients.models import Customer, Patient
from sportello.patients.permissions import (
    check_may_archive_patients,
    check_may_edit_patients,
    check_may_see_patients,
    check_may_set_opposition,
)
from sportello.patients.values import PatientValues


class PossibleDuplicate(RuntimeError):
    """Somebody of this name was born on this day already. `patient_ids` are those that the actor may open."""

    def __init__(self, patient_ids: tuple[int, ...]) -> None:
        super().__init__("a patient of this name and birth date exists")
        self.patient_ids = patient_ids


CODE_CHANGED = "patients.code"
"""The topic of marks: the codice fiscale of a patient is another one than before."""


def create_patient(*, actor: Actor, values: PatientValues, today: date, is_another: bool = False) -> Patient:
    """
    Add a patient to the practice and return it.

    A collaborator who meets only own patients follows the new one.

    :param is_another: the actor has seen that the name and birth date are taken, and means another person
    :raises MayNot: the switch `patients` is off (or `sts`, to note an opposition)
    :raises Refused: with every reason; ``patient_code_taken`` names the other patient's id, when the actor may open it
    :raises PossibleDuplicate: same name and birth date, and `is_another` is off
    :raises DoesNotExist: the follower is no member, or the customer not one of the practice
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_patients(actor)
        checked = checked_patient(values, today=today)
        checked.found.stop()
        patient = Patient(practice_id=actor.party_id)
        if actor.own_patients_only:
            patient.followed_by_id = actor.person_id
        _write(actor, patient, checked.values)
        _check_code_is_free(actor, patient)
        if not is_another:
            _check_nobody_alike(actor, patient)
        _save(patient)
        audit.record(actor, "patient.create", patient)
    return patient


def edit_patient(*, actor: Actor, patient_id: int, values: PatientValues, today: date) -> Patient:
    """
    Change a patient's data and return it; nothing is recorded when nothing changes.

    :raises Patient.DoesNotExist: no such patient for this actor
    :raises MayNot: the switch `patients` is off (or `sts`, to change the opposition)
    :raises Refused: as for `create_patient`
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_patients(actor)
        patient = Patient.objects.select_for_update(of=("self",)).get(pk=patient_id)
        checked = checked_patient(values, today=today)
        checked.found.stop()
        before = _fields(patient)
        _write(actor, patient, checked.values)
        changed = sorted(name for name, value in _fields(patient).items() if before[name] != value)
        if changed:
            _check_code_is_free(actor, patient)
            _save(patient)
            audit.record(actor, "patient.edit", patient, fields=changed)
        if "codice_fiscale" in changed:
            marks.note(CODE_CHANGED, patient.practice_id, patient.pk)
    return patient


def archive_patient(*, actor: Actor, patient_id: int) -> None:
    """
    Put a patient out of the lists. Papers stay; nothing is deleted while fiscal keeping runs.

    :raises Patient.DoesNotExist: no such patient for this actor
    :raises MayNot: only the owner may
    """
    _move(actor, patient_id, archived=True)


def restore_patient(*, actor: Actor, patient_id: int) -> None:
    """
    Take an archived patient back.

    :raises Patient.DoesNotExist: no such patient for this actor
    :raises MayNot: only the owner may
    """
    _move(actor, patient_id, archived=False)


def open_patient(*, actor: Actor, patient_id: int) -> None:
    """
    Write down that somebody looked at a patient's page (SPEC practice 10: reads are audited).

    :raises Patient.DoesNotExist: no such patient for this actor
    :raises MayNot: the switch `patients` is off
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_see_patients(actor)
        audit.record(actor, "patient.read", Patient.objects.only("practice_id").get(pk=patient_id))


def record_patient_export(*, actor: Actor, which: str, searched: bool, rows: int) -> None:
    """
    Write down that a list of patients was taken out as CSV: which filter, whether searched, how many.

    :raises MayNot: the switch `patients` is off
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_see_patients(actor)
        audit.record(actor, "patient.export", filter=which, searched=searched, rows=rows)


def _move(actor: Actor, patient_id: int, *, archived: bool) -> None:
    with acting(actor), transaction.atomic(durable=True):
        patient = Patient.objects.select_for_update(of=("self",)).get(pk=patient_id)
        check_may_archive_patients(actor)
        if (patient.archived_at is not None) == archived:
            return
        patient.archived_at = datetime.now(UTC) if archived else None
        patient.save(update_fields=["archived_at", "updated_at"])
        audit.record(actor, "patient.archive" if archived else "patient.restore", patient)


_PLAIN = (
    "family_name",
    "given_name",
    "sex",
    "born_on",
    "birth_place",
    "birth_place_code",
    "codice_fiscale",
    "no_code_reason",
    "foreign_id",
    "email",
    "phone",
    "language",
    "stamp_policy",
    "portal_allowed",
)
_ADDRESS = ("street", "postal_code", "city", "province", "country")


def _write(actor: Actor, patient: Patient, values: PatientValues) -> None:
    for name in _PLAIN:
        setattr(patient, name, getattr(values, name))
    for name in _ADDRESS:
        setattr(patient, name, getattr(values.address, name))
    patient.no_italian_code = bool(values.no_code_reason)
    patient.codice_fiscale_hash = code_hash(patient.practice_id, values.codice_fiscale)
    patient.folded_name = folded_name(values.family_name, values.given_name)
    if patient.opposes_sts != values.opposes_sts:
        check_may_set_opposition(actor)
        patient.opposes_sts = values.opposes_sts
    if not actor.own_patients_only:
        patient.followed_by_id = _member(values.followed_by_id)
    patient.default_customer_id = _customer(values.default_customer_id)


def _member(person_id: int | None) -> int | None:
    if person_id is not None:
        Membership.objects.only("pk").get(person_id=person_id)
    return person_id


def _customer(customer_id: int | None) -> int | None:
    if customer_id is not None:
        Customer.objects.only("pk").get(pk=customer_id)
    return customer_id


def _fields(patient: Patient) -> dict[str, Any]:
    names = (*_PLAIN, *_ADDRESS, "opposes_sts", "followed_by_id", "default_customer_id")
    return {name.removesuffix("_id"): getattr(patient, name) for name in names}


def _check_code_is_free(actor: Actor, patient: Patient) -> None:
    """Refuse a code that another patient of the practice has, met by this actor or not."""
    if not patient.codice_fiscale_hash:
        return
    with acting(System("is the code free", actor.party_id)):
        same = Patient.objects.filter(
            practice_id=actor.party_id, codice_fiscale_hash=patient.codice_fiscale_hash
        ).exclude(pk=patient.pk)
        other = same.values_list("pk", flat=True).first()
    if other is not None:
        seen = Patient.objects.filter(pk=other).exists()
        raise Refused.because(
            RuleViolation("patient_code_taken", field="codice_fiscale", patient_id=other if seen else None)
        )


def _save(patient: Patient) -> None:
    """Save; a code that another transaction took a moment ago is refused by the database itself."""
    try:
        with transaction.atomic():
            patient.save()
    except IntegrityError as error:
        if "patient_code_unique" not in str(error) and "codice_fiscale_hash" not in str(error):
            raise
        raise Refused.because(RuleViolation("patient_code_taken", field="codice_fiscale")) from None


def _check_nobody_alike(actor: Actor, patient: Patient) -> None:
    if patient.born_on is None:
        return
    alike = Patient.objects.filter(folded_name=patient.folded_name, born_on=patient.born_on)
    found = tuple(alike.order_by("pk").values_list("pk", flat=True)[:5])
    if found:
        raise PossibleDuplicate(found)
