"""A patient, or who acts for one, reaches few kinds of rows, and of those only the patient's."""

import pytest
from django.apps import apps
from django.core.exceptions import EmptyResultSet

from sportello.billing.handlers import render_paper
from sportello.billing.models import Invoice, InvoiceLine
from sportello.billing.operations.visibility import set_portal_visible
from sportello.billing.permissions import may_download
from sportello.core import audit
from sportello.core.actors import MEMBER_ROLES, PATIENT_ROLES, Actor, Power, Role, Switch, System, acting
from sportello.core.models import AuditEntry, StoredFile
from sportello.core.outbox import Work
from sportello.core.scoping import ScopedManager
from sportello.parties.models import Party
from sportello.patients.models import Patient, Representative
from tests.billing.desk import draft, issued, stored
from tests.world import DAY

SHOWN = {
    "billing.Invoice",
    "billing.InvoiceGroup",
    "billing.InvoiceLine",
    "billing.Payment",
    "billing.StampRecord",
    "core.AuditEntry",
    "core.StoredFile",
    "parties.Party",
    "patients.Connection",
    "patients.Patient",
    "patients.Representative",
}
"""What some row of may be shown to a patient; of everything else there is nothing, whatever the filter."""


def patient_actor(patient, *powers):
    """Return a patient acting for himself."""
    return Actor(0, patient.practice_id, Role.PATIENT, patient_id=patient.pk, powers=frozenset(powers or Power))


def guardian_actor(representative, *powers):
    """Return a representative acting for the patient."""
    return Actor(
        0,
        representative.practice_id,
        Role.GUARDIAN,
        patient_id=representative.patient_id,
        representative_id=representative.pk,
        powers=frozenset(powers),
    )


def _shown_models(actor):
    scoped = [model for model in apps.get_models() if isinstance(model._meta.default_manager, ScopedManager)]
    with acting(actor):
        return {model._meta.label for model in scoped if _may_hold_rows(model._meta.default_manager.all())}


def _may_hold_rows(rows):
    """Tell whether the database would be asked at all: `none()` never gets so far."""
    try:
        str(rows.query)
    except EmptyResultSet:
        return False
    return True


def test_every_role_is_a_members_or_a_patients():
    assert set(MEMBER_ROLES) | PATIENT_ROLES == set(Role)
    assert not set(MEMBER_ROLES) & PATIENT_ROLES


def test_actor_with_a_patients_role_has_a_patient_and_no_other_has():
    with pytest.raises(ValueError, match="patient"):
        Actor(0, 1, Role.PATIENT)
    with pytest.raises(ValueError, match="patient"):
        Actor(1, 1, Role.OWNER, patient_id=5)
    with pytest.raises(ValueError, match="guardian"):
        Actor(0, 1, Role.GUARDIAN, patient_id=5)
    with pytest.raises(ValueError, match="guardian"):
        Actor(0, 1, Role.PATIENT, patient_id=5, representative_id=6)


def test_actor_of_a_patient_has_no_switch_and_powers_are_no_members(world):
    patient = patient_actor(world.bruno)
    assert not any(patient.has(switch) for switch in Switch)
    assert not any(world.ada.may(power) for power in Power)
    assert all(patient.may(power) for power in Power)


def test_patient_reaches_only_the_kinds_of_rows_that_say_so(world):
    assert _shown_models(patient_actor(world.bruno)) <= SHOWN
    assert _shown_models(guardian_actor(world.gina, *Power)) <= SHOWN


def test_patient_sees_his_practice_and_no_other(world):
    with acting(patient_actor(world.bruno)):
        assert list(Party.objects.all()) == [world.rossi.party]


def test_audit_of_a_patients_deed_names_no_member(world):
    entry = audit.record_alone(patient_actor(world.bruno), "invoice.download", world.bruno)
    assert (entry.person_id, entry.role, entry.patient_id) == (None, "patient", world.bruno.pk)
    audit.record_alone(world.ada, "patient.read", world.mia)
    with acting(patient_actor(world.bruno)):
        assert [each.pk for each in AuditEntry.objects.all()] == [entry.pk]


def test_representative_without_the_power_sees_no_invoice_and_opens_none(world):
    assert may_download(patient_actor(world.bruno, Power.INVOICES))
    assert may_download(guardian_actor(world.gina, Power.INVOICES))
    assert not may_download(guardian_actor(world.gina, Power.DOCUMENTS))
    assert not may_download(guardian_actor(world.gina))


@pytest.mark.django_db(transaction=True)
def test_patient_sees_his_issued_papers_that_are_shown_in_the_portal(world):
    shown, hidden = issued(world), issued(world)
    set_portal_visible(actor=world.ada, invoice_id=hidden.pk, visible=False)
    draft(world)
    with acting(patient_actor(world.bruno)):
        assert list(Invoice.objects.all()) == [shown]
        assert {line.invoice_id for line in InvoiceLine.objects.all()} == {shown.pk}
    for other in (
        patient_actor(world.mia),
        patient_actor(world.twin),
        patient_actor(world.bruno, Power.DOCUMENTS),
        guardian_actor(world.gina, *Power),
    ):
        with acting(other):
            assert not Invoice.objects.exists()
            assert not InvoiceLine.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_patient_opens_the_files_of_papers_that_are_shown_and_no_other(world):
    shown, hidden = issued(world), issued(world)
    with acting(System("tests")):
        for paper in (shown, hidden):
            render_paper(Work(1, "billing.render_paper", paper.pk, paper.practice_id, "", 1, False))
    set_portal_visible(actor=world.ada, invoice_id=hidden.pk, visible=False)
    with acting(patient_actor(world.bruno)):
        assert [file.pk for file in StoredFile.objects.all()] == [stored(shown).paper_id]
    with acting(patient_actor(world.twin)):
        assert not StoredFile.objects.exists()


def test_patient_and_representative_see_the_patient_and_not_each_others_rows(world):
    with acting(System("tests")):
        father = Representative.objects.create(
            practice=world.mia.practice,
            patient=world.mia,
            role="parent",
            family_name="Verdi",
            given_name="Ivo",
            since_on=DAY,
        )
    with acting(patient_actor(world.mia)):
        assert list(Patient.objects.all()) == [world.mia]
        assert set(Representative.objects.all()) == {world.gina, father}
    with acting(guardian_actor(world.gina)):
        assert list(Patient.objects.all()) == [world.mia]
        assert list(Representative.objects.all()) == [world.gina]
    with acting(patient_actor(world.bruno)):
        assert list(Patient.objects.all()) == [world.bruno]
        assert not Representative.objects.exists()
