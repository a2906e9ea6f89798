"""Who stands on the document, and who must not."""

from dataclasses import replace
from typing import Any

import pytest

from sportello.billing.rules.addressee import (
    Addressee,
    PatientMarks,
    addressee_notices,
    addressee_refusals,
    named_patients,
)
from sportello.billing.rules.totals import CustomerKind

PATIENT = Addressee(
    CustomerKind.PRIVATE, "Mario Fintini", "Via Prova 1", "00100", "Roma", codice_fiscale="FNTMRA80A01H501W"
)
ABROAD = Addressee(
    CustomerKind.PRIVATE, "Jane Provason", "1 Test Lane", "", "Leeds", "GB", no_code_reason="tourist", foreign_id="P1"
)
CLINIC = Addressee(
    CustomerKind.COMPANY,
    "Clinica Prova",
    "Via Prova 2",
    "20100",
    "Milano",
    partita_iva="00000190017",
    sdi_code="ABC1234",
)
SCHOOL = Addressee(
    CustomerKind.PA, "Scuola Prova", "Via Prova 3", "10100", "Torino", codice_fiscale="00000190017", sdi_code="UF1234"
)


def codes(addressee: Addressee, **changes: Any) -> list[str]:
    return [refusal.code for refusal in addressee_refusals(replace(addressee, **changes))]


@pytest.mark.parametrize("addressee", [PATIENT, ABROAD, CLINIC, SCHOOL])
def test_addressee_refusals_of_complete_data_are_none(addressee: Addressee) -> None:
    assert addressee_refusals(addressee) == ()


@pytest.mark.parametrize("field", ["name", "street", "city", "country"])
def test_addressee_refusals_name_the_missing_field(field: str) -> None:
    blank: dict[str, Any] = {field: " "}
    (refusal,) = [each for each in addressee_refusals(replace(PATIENT, **blank)) if each.field == field]
    assert refusal.code == f"{field}_missing"


def test_addressee_refusals_check_the_italian_postcode_alone() -> None:
    assert codes(PATIENT, postcode="1234") == ["postcode_form"]
    assert codes(PATIENT, postcode="") == ["postcode_form"]
    assert codes(ABROAD, postcode="LS1 1AA") == []


def test_addressee_refusals_want_a_code_or_the_reason_why_there_is_none() -> None:
    assert codes(PATIENT, codice_fiscale="") == ["codice_fiscale_missing"]
    assert codes(PATIENT, codice_fiscale="", no_code_reason="just born") == []
    assert codes(ABROAD, no_code_reason=" ") == ["codice_fiscale_missing"]
    assert codes(PATIENT, no_code_reason="tourist") == ["code_and_no_code"]


@pytest.mark.parametrize("placeholder", ["0000", "00000000000", "XXXXXX00X00X000X"])
def test_addressee_refusals_take_no_placeholder_for_a_code(placeholder: str) -> None:
    (code,) = codes(PATIENT, codice_fiscale=placeholder)
    assert code.startswith("codice_fiscale_")


def test_addressee_refusals_of_a_business_want_a_code() -> None:
    assert codes(CLINIC, partita_iva="") == ["business_code_missing"]
    assert codes(CLINIC, partita_iva="", codice_fiscale="00000190017") == []
    assert codes(CLINIC, partita_iva="00000190018") == ["partita_iva_check_digit"]
    assert codes(CLINIC, codice_fiscale="00000190018") == ["codice_fiscale_check_digit"]
    assert codes(CLINIC, partita_iva="", foreign_id="DE1") == ["business_code_missing"]


def test_addressee_refusals_of_a_business_want_an_electronic_address() -> None:
    assert codes(CLINIC, sdi_code="") == ["sdi_address_missing"]
    assert codes(CLINIC, sdi_code="", pec="clinica@pec.example") == []
    assert codes(CLINIC, sdi_code="ABC123") == ["sdi_code_form"]
    assert codes(CLINIC, sdi_code="ABC12345") == ["sdi_code_form"]
    assert codes(CLINIC, sdi_code="0000000") == []


def test_addressee_refusals_of_a_public_body_want_its_office() -> None:
    assert codes(SCHOOL, sdi_code="") == ["sdi_address_missing"]
    assert codes(SCHOOL, sdi_code="", pec="scuola@pec.example") == ["sdi_address_missing"]
    assert codes(SCHOOL, sdi_code="ABC1234") == ["sdi_code_form"]


def test_addressee_refusals_of_a_foreign_business_want_its_own_identity_alone() -> None:
    firm = replace(CLINIC, country="DE", partita_iva="", sdi_code="", foreign_id="DE1")
    assert codes(firm) == []
    assert codes(firm, foreign_id="") == ["business_code_missing"]
    assert codes(firm, partita_iva="DE999", foreign_id="") == []
    assert codes(firm, codice_fiscale="anything") == []


def test_addressee_notices_of_a_private_person() -> None:
    assert addressee_notices(PATIENT) == ()
    assert [each.code for each in addressee_notices(replace(PATIENT, is_patient=False))] == ["addressee_is_not_patient"]
    assert [each.code for each in addressee_notices(ABROAD)] == ["not_sent_with_code"]
    bare = addressee_notices(replace(ABROAD, foreign_id=""))
    assert [each.code for each in bare] == ["not_sent_with_code", "foreign_id_missing"]
    assert addressee_notices(replace(CLINIC, is_patient=False)) == ()


ADA = PatientMarks("Ada Zoë", "De Prova")


@pytest.mark.parametrize(
    "text",
    ["Seduta di Ada De Prova", "seduta: DE PROVA, ADA", "de prova zoe", "per De  Prova (Zoë)", "Ada\nDe Próva"],
)
def test_named_patients_finds_the_name_in_either_order(text: str) -> None:
    (refusal,) = named_patients({"notes": text}, [PatientMarks("Xena", "Altra"), ADA])
    assert (refusal.code, refusal.field) == ("patient_named", "notes")


@pytest.mark.parametrize(
    "text", ["", "Ada", "De Prova", "Ada e poi De Prova", "Ade Prova Ada", "De Provato Ada", "Zoë, terapia De Prova"]
)
def test_named_patients_leaves_other_words_alone(text: str) -> None:
    assert named_patients({"notes": text}, [ADA]) == ()


@pytest.mark.parametrize(
    "text", ["CF FNTMRA80A01H501W", "fntmra80a01h501w", "FNT MRA 80A01 H501W.", "x: FNTMRA80A01HRLMU"]
)
def test_named_patients_finds_anybody_s_code(text: str) -> None:
    (refusal,) = named_patients({"lines.0.description": text}, [])
    assert (refusal.code, refusal.field) == ("patient_code_named", "lines.0.description")


@pytest.mark.parametrize("text", ["FNTMRA80A01H501X", "AFNTMRA80A01H501W", "00000190017", "Perizia n. 80A01 H501"])
def test_named_patients_leaves_other_codes_alone(text: str) -> None:
    assert named_patients({"notes": text}, []) == ()


def test_named_patients_ignores_a_patient_without_a_family_name() -> None:
    assert named_patients({"notes": "Ada Ada"}, [PatientMarks("Ada", "")]) == ()


def test_nothing_here_shows_a_person() -> None:
    assert "Fintini" not in repr(PATIENT)
    assert "Prova" not in repr(ADA)
