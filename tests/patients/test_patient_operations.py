from dataclasses import replace
from datetime import date

import pytest

from sportello.core.actors import MayNot, Switch, System, acting
from sportello.core.models import AuditEntry
from sportello.parties.contacts import Address
from sportello.parties.models import Membership
from sportello.patients.models import Customer, Patient
from sportello.patients.operations import (
    PossibleDuplicate,
    Refused,
    archive_patient,
    create_patient,
    edit_patient,
    open_patient,
    record_patient_export,
    restore_patient,
)
from sportello.patients.queries import patient_values
from sportello.patients.values import PatientValues
from tests.world import BRUNO_CODE, DAY, only

ZOE = PatientValues(
    family_name=" Prova  ",
    given_name="Zoë",
    born_on=date(1990, 6, 1),
    codice_fiscale="prvzoe90h41 a944z",
    address=Address("Via Inventata 1", "40100", "Bologna", "bo"),
    email="Zoe@Posta.Example",
    phone="333 000 0009",
)


def _create(actor, values=ZOE, **more):
    return create_patient(actor=actor, values=values, today=DAY, **more)


def _entries(action):
    with acting(System("test")):
        return list(AuditEntry.objects.filter(action=action).order_by("pk"))


def _stored(patient):
    with acting(System("test")):
        return Patient.objects.get(pk=patient.pk)


def _codes(refused):
    return {(each.field, each.code) for each in refused.value.refusals}


@pytest.fixture
def zoe_code():
    from stdnum.it.codicefiscale import calc_check_digit

    return "PRVZOE90H41A944" + calc_check_digit("PRVZOE90H41A944")


@pytest.fixture
def zoe(zoe_code):
    return replace(ZOE, codice_fiscale=zoe_code.lower()[:6] + " " + zoe_code.lower()[6:])


def test_create_patient_keeps_what_was_typed_forgiving_its_form(world, zoe, zoe_code):
    patient = _stored(_create(world.ada, zoe))
    assert (patient.practice_id, patient.family_name, patient.codice_fiscale) == (world.ada.party_id, "Prova", zoe_code)
    assert (patient.email, patient.phone, patient.province) == ("Zoe@posta.example", "+393330000009", "BO")
    assert patient.folded_name == "prova zoe"


def test_create_patient_takes_sex_and_place_from_the_code(world, zoe):
    patient = _stored(_create(world.ada, zoe))
    assert (patient.sex, patient.birth_place, patient.birth_place_code) == ("F", "Bologna", "A944")


def test_create_patient_is_audited_without_the_data(world, zoe, zoe_code):
    patient = _create(world.ada, zoe)
    (entry,) = _entries("patient.create")
    assert (entry.person_id, entry.party_id, entry.patient_id) == (world.ada.person_id, world.ada.party_id, patient.pk)
    assert "Prova" not in str(entry.details)
    assert zoe_code not in str(entry.details)


def test_create_patient_without_the_switch_may_not(world, zoe):
    with pytest.raises(MayNot, match="patients"):
        _create(only(world.elena, Switch.INVOICES), zoe)


def test_create_patient_by_the_accountant_may_not(world, zoe):
    with pytest.raises(MayNot, match="patients"):
        _create(world.carla, zoe)


def test_create_patient_gathers_every_reason(world):
    bad = PatientValues(
        family_name="",
        given_name="Zoë",
        born_on=date(2027, 1, 1),
        codice_fiscale="PRVZOE90H41A944A",
        address=Address("Via", "401", "Bologna", "Bologna", "IT"),
        email="zoe@",
        phone="call me",
        language="xx",
    )
    with pytest.raises(Refused) as refused:
        _create(world.ada, bad)
    assert _codes(refused) == {
        ("family_name", "text_missing"),
        ("born_on", "born_in_future"),
        ("codice_fiscale", "codice_fiscale_check_character"),
        ("postal_code", "postal_code_form"),
        ("province", "province_form"),
        ("email", "email_domain_missing"),
        ("phone", "phone_form"),
        ("language", "choice_unknown"),
    }
    with acting(world.ada):
        assert not Patient.objects.filter(given_name="Zoë").exists()


def test_create_patient_with_a_code_of_another_names_the_other(world):
    with pytest.raises(Refused) as refused:
        _create(world.ada, replace(ZOE, codice_fiscale=BRUNO_CODE))
    assert (refused.value.code, refused.value.figures["patient_id"]) == ("patient_code_taken", world.bruno.pk)


def test_create_patient_with_a_code_of_a_hidden_patient_does_not_name_it(world):
    with pytest.raises(Refused) as refused:
        _create(replace(world.elena, own_patients_only=True), replace(ZOE, codice_fiscale=BRUNO_CODE))
    assert refused.value.figures["patient_id"] is None


def test_create_patient_with_a_code_of_another_practice_is_fine(world):
    with acting(System("test")):
        Patient.objects.filter(pk=world.twin.pk).update(codice_fiscale_hash="")
    patient = create_patient(actor=world.olga, values=replace(ZOE, codice_fiscale=BRUNO_CODE), today=DAY)
    assert patient.practice_id == world.olga.party_id


def test_create_patient_with_name_and_birth_date_of_another_asks_first(world):
    twin = replace(ZOE, family_name="VERDI", given_name="bruno", born_on=world.bruno.born_on, codice_fiscale="")
    with pytest.raises(PossibleDuplicate) as found:
        _create(world.ada, twin)
    assert found.value.patient_ids == (world.bruno.pk,)
    assert _create(world.ada, twin, is_another=True).pk != world.bruno.pk


def test_create_patient_with_placeholder_id_is_refused(world):
    foreign = replace(ZOE, codice_fiscale="", no_code_reason="foreign_resident", foreign_id="0000")
    with pytest.raises(Refused) as refused:
        _create(world.ada, foreign)
    assert _codes(refused) == {("foreign_id", "foreign_id_placeholder")}


def test_create_patient_with_code_and_reason_is_refused(world, zoe):
    with pytest.raises(Refused, match="code_and_reason"):
        _create(world.ada, replace(zoe, no_code_reason="refused"))


def test_create_patient_from_abroad_keeps_the_own_id(world):
    foreign = replace(
        ZOE,
        codice_fiscale="",
        no_code_reason="foreign_resident",
        foreign_id="X-77 1",
        address=Address("Rue Inventée 1", "69000", "Lyon", "", "FR"),
    )
    patient = _stored(_create(world.ada, foreign))
    assert (patient.foreign_id, patient.country, patient.no_italian_code) == ("X-77 1", "FR", True)


def test_create_patient_of_a_member_with_own_patients_follows_them(world, zoe):
    own = replace(world.elena, own_patients_only=True)
    patient = _create(own, zoe)
    with acting(own):
        assert Patient.objects.get(pk=patient.pk).followed_by_id == world.elena.person_id


def test_create_patient_followed_by_an_outsider_is_not_found(world, zoe):
    with pytest.raises(Membership.DoesNotExist):
        _create(world.ada, replace(zoe, followed_by_id=world.people["olga"].pk))


def test_create_patient_with_a_customer_of_another_practice_is_not_found(world, zoe):
    with pytest.raises(Customer.DoesNotExist):
        _create(world.ada, replace(zoe, default_customer_id=world.twin_company.pk))


def test_create_patient_opposed_needs_the_switch_sts(world, zoe):
    with pytest.raises(MayNot, match="sts"):
        _create(world.elena, replace(zoe, opposes_sts=True))


def test_edit_patient_names_the_fields_that_changed(world):
    values = replace(patient_values(_stored(world.bruno)), email="altro@posta.example", given_name="Brunò")
    edit_patient(actor=world.elena, patient_id=world.bruno.pk, values=values, today=DAY)
    (entry,) = _entries("patient.edit")
    assert entry.details == {"fields": ["email", "given_name"]}
    assert _stored(world.bruno).folded_name == "verdi bruno"


def test_edit_patient_without_a_change_writes_nothing(world):
    before = _stored(world.bruno).updated_at
    edit_patient(actor=world.ada, patient_id=world.bruno.pk, values=patient_values(_stored(world.bruno)), today=DAY)
    assert _entries("patient.edit") == []
    assert _stored(world.bruno).updated_at == before


def test_edit_patient_of_another_practice_is_not_found(world):
    with pytest.raises(Patient.DoesNotExist):
        edit_patient(actor=world.olga, patient_id=world.bruno.pk, values=ZOE, today=DAY)


def test_edit_patient_without_the_switch_may_not(world):
    with pytest.raises(MayNot, match="patients"):
        edit_patient(actor=only(world.elena), patient_id=world.bruno.pk, values=ZOE, today=DAY)


def test_edit_patient_of_somebody_else_with_own_patients_only_is_not_found(world):
    with pytest.raises(Patient.DoesNotExist):
        edit_patient(
            actor=replace(world.elena, own_patients_only=True), patient_id=world.bruno.pk, values=ZOE, today=DAY
        )


def test_edit_patient_to_a_taken_code_is_refused(world):
    values = replace(patient_values(_stored(world.mia)), codice_fiscale=BRUNO_CODE)
    with pytest.raises(Refused, match="patient_code_taken"):
        edit_patient(actor=world.ada, patient_id=world.mia.pk, values=values, today=DAY)


def test_archive_patient_and_restore_it(world):
    archive_patient(actor=world.ada, patient_id=world.bruno.pk)
    archive_patient(actor=world.ada, patient_id=world.bruno.pk)
    assert _stored(world.bruno).archived_at is not None
    restore_patient(actor=world.ada, patient_id=world.bruno.pk)
    assert _stored(world.bruno).archived_at is None
    assert [len(_entries(action)) for action in ("patient.archive", "patient.restore")] == [1, 1]


def test_archive_patient_by_a_collaborator_may_not(world):
    with pytest.raises(MayNot, match="owner"):
        archive_patient(actor=world.elena, patient_id=world.bruno.pk)


def test_archive_patient_of_another_practice_is_not_found(world):
    with pytest.raises(Patient.DoesNotExist):
        archive_patient(actor=world.olga, patient_id=world.bruno.pk)


def test_open_patient_leaves_a_trace(world):
    open_patient(actor=world.elena, patient_id=world.bruno.pk)
    (entry,) = _entries("patient.read")
    assert (entry.person_id, entry.patient_id) == (world.elena.person_id, world.bruno.pk)


def test_open_patient_of_another_practice_is_not_found(world):
    with pytest.raises(Patient.DoesNotExist):
        open_patient(actor=world.olga, patient_id=world.bruno.pk)


def test_record_patient_export_says_which_and_how_many(world):
    record_patient_export(actor=world.ada, which="minors", searched=True, rows=3)
    (entry,) = _entries("patient.export")
    assert entry.details == {"filter": "minors", "searched": True, "rows": 3}


def test_record_patient_export_by_the_accountant_may_not(world):
    with pytest.raises(MayNot):
        record_patient_export(actor=world.carla, which="all", searched=False, rows=3)
