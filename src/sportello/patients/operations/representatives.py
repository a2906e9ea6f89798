"""Who acts for a patient: added with powers, ended by a date, never deleted."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.files.content import Purpose
from sportello.core.files.keeping import keep, write
from sportello.core.refusals import Refused
from sportello.core.violations import RuleViolation
from sportello.patients.checks import checked_representative
from sportello.patients.models import Patient, Representative
from sportello.patients.permissions import check_may_edit_patients
from sportello.patients.values import RepresentativeValues


def add_representative(*, actor: Actor, patient_id: int, values: RepresentativeValues) -> Representative:
    """
    Note who acts for a patient, by what title, with which powers, and return the row.

    :raises Patient.DoesNotExist: no such patient for this actor
    :raises MayNot: the switch `patients` is off
    :raises Refused: with every reason
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_patients(actor)
        patient = Patient.objects.only("practice_id").get(pk=patient_id)
        checked, found = checked_representative(values)
        found.stop()
        row = Representative(
            practice_id=patient.practice_id,
            patient=patient,
            role=checked.role,
            family_name=checked.family_name,
            given_name=checked.given_name,
            codice_fiscale=checked.codice_fiscale,
            street=checked.address.street,
            postal_code=checked.address.postal_code,
            city=checked.address.city,
            province=checked.address.province,
            country=checked.address.country,
            email=checked.email,
            phone=checked.phone,
            language=checked.language,
            may_consent=checked.may_consent,
            may_see_documents=checked.may_see_documents,
            may_see_invoices=checked.may_see_invoices,
            since_on=checked.since_on,
            until_on=checked.until_on,
        )
        row.save()
        powers = [name for name in ("may_consent", "may_see_documents", "may_see_invoices") if getattr(checked, name)]
        audit.record(actor, "representative.add", row, role=row.role, powers=powers, since=row.since_on)
    return row


def end_representative(*, actor: Actor, representative_id: int, on: date) -> None:
    """
    Say that somebody acts for the patient until a day, that day included.

    :raises Representative.DoesNotExist: no such row for this actor
    :raises MayNot: the switch `patients` is off
    :raises Refused: ``period_backwards``, the day is before the first
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_patients(actor)
        row = Representative.objects.select_for_update(of=("self",)).get(pk=representative_id)
        if on < row.since_on:
            raise Refused.because(RuleViolation("period_backwards", field="until_on", since=row.since_on))
        row.until_on = on
        row.save(update_fields=["until_on"])
        audit.record(actor, "representative.end", row, until=on)


def attach_evidence(*, actor: Actor, representative_id: int, content: bytes, name: str) -> Representative:
    """
    Keep the paper that proves somebody's title (a court's order, a declaration); a newer one takes its place.

    :raises Representative.DoesNotExist: no such row for this actor
    :raises MayNot: the switch `patients` is off
    :raises FileRefused: empty, too large, neither PDF nor picture by its content
    :raises StorageFull: no room for it
    """
    with acting(actor):
        check_may_edit_patients(actor)
        Representative.objects.only("pk").get(pk=representative_id)
        written = write(content, party_id=actor.party_id, purpose=Purpose.ATTACHMENT, name=name)
        with transaction.atomic(durable=True):
            row = Representative.objects.select_for_update(of=("self",)).get(pk=representative_id)
            row.evidence = keep(written)
            row.save(update_fields=["evidence"])
            audit.record(actor, "representative.evidence", row, sha256=written.sha256, size=written.size)
    return row
