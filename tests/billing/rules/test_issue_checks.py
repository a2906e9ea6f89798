"""What stops a document from being issued, and what is only said."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sportello.billing.rules.addressee import PatientMarks
from sportello.billing.rules.issue_checks import (
    IssueFacts,
    IssueRefused,
    LineFacts,
    check_issue,
    figure_refusals,
    issue_findings,
)
from sportello.billing.rules.stamp import StampMode, StampProof
from sportello.billing.rules.totals import CustomerKind, DocumentInput, Regime, Treatment, compute
from sportello.billing.rules.treatments import ServiceNature
from tests.billing.rules.test_addressee import CLINIC, PATIENT
from tests.billing.rules.values import DAY, FLAT, TAXED, line, paper

THERAPY = LineFacts("Seduta", ServiceNature.HEALTH, Treatment.EXEMPT_HEALTH)
COURSE = LineFacts("Corso", ServiceNature.OTHER, Treatment.TAXABLE_22)


def facts(document: DocumentInput, *lines: LineFacts, **more: Any) -> IssueFacts:
    values: dict[str, Any] = {"addressee": PATIENT} | more
    return IssueFacts(DAY, DAY, None, compute(document), lines, **values)


def codes(given: IssueFacts) -> list[tuple[str, str]]:
    return [(refusal.code, refusal.field) for refusal in issue_findings(given).refusals]


FINE = facts(paper(line("60.00")), THERAPY)


def test_issue_findings_of_a_plain_session_are_none() -> None:
    assert issue_findings(FINE).refusals == ()
    assert check_issue(FINE) == ()


def test_issue_findings_refuse_a_day_of_the_future_or_of_the_past() -> None:
    assert codes(replace(FINE, on=date(2026, 3, 3))) == [("issue_date_in_the_future", "on")]
    assert codes(replace(FINE, latest_in_series=date(2026, 3, 3))) == [("issue_date_backwards", "on")]


def test_issue_findings_refuse_vat_of_a_flat_rate_issuer() -> None:
    document = paper(line("60.00", FLAT), line("10.00", TAXED), regime=Regime.FLAT_RATE)
    given = facts(document, THERAPY, COURSE)
    assert codes(given) == [("treatment_not_allowed_in_regime", "lines.1.treatment")]


def test_issue_findings_take_a_flat_rate_line_whatever_the_catalogue_says() -> None:
    assert codes(facts(paper(line("60.00", FLAT), regime=Regime.FLAT_RATE), THERAPY)) == []


def test_issue_findings_refuse_vat_on_care_without_a_reason() -> None:
    document = paper(line("60.00", TAXED))
    expected = [("treatment_reason_missing", "lines.0.treatment_reason")]
    assert codes(facts(document, THERAPY)) == expected
    assert codes(facts(document, replace(THERAPY, own_treatment=Treatment.TAXABLE_22))) == expected
    assert codes(facts(document, replace(THERAPY, own_treatment=None))) == expected
    assert codes(facts(document, replace(THERAPY, reason=" "))) == expected
    assert codes(facts(document, replace(THERAPY, reason="court order"))) == []


def test_issue_findings_refuse_another_treatment_than_the_service_s_without_a_reason() -> None:
    document = paper(line("60.00"))
    assert codes(facts(document, COURSE)) == [("treatment_reason_missing", "lines.0.treatment_reason")]
    assert codes(facts(document, replace(COURSE, reason="teaching of care"))) == []
    assert codes(facts(document, replace(COURSE, own_treatment=None))) == []
    vets = LineFacts("Visita", ServiceNature.TAXED_HEALTH, Treatment.TAXABLE_22)
    assert codes(facts(paper(line("60.00", TAXED)), vets)) == []
    assert codes(facts(paper(line("60.00", TAXED)), replace(vets, own_treatment=None))) == []


def test_issue_findings_refuse_an_empty_description() -> None:
    assert codes(facts(paper(line("60.00")), replace(THERAPY, description=" "))) == [
        ("description_missing", "lines.0.description")
    ]


def test_issue_findings_refuse_nothing_to_pay() -> None:
    assert codes(facts(paper(line("0.00")), THERAPY)) == [("total_must_be_positive", "lines")]
    assert codes(facts(paper())) == [("total_must_be_positive", "lines")]


@pytest.mark.parametrize(("regime", "vat"), [(Regime.ORDINARY, None), (Regime.FLAT_RATE, FLAT)])
def test_issue_findings_refuse_a_withheld_private_person(regime: Regime, vat: Any) -> None:
    document = paper(line("60.00", vat) if vat else line("60.00"), regime=regime, withholding_agent=True)
    assert codes(facts(document, THERAPY)) == [("withholding_from_private_person", "withholding_agent")]
    business = replace(document, customer=CustomerKind.COMPANY)
    assert list(figure_refusals(compute(business))) == []


def test_issue_findings_refuse_missing_addressee_data() -> None:
    assert codes(replace(FINE, addressee=replace(PATIENT, street=""))) == [("street_missing", "addressee.street")]


def test_issue_findings_refuse_a_patient_s_name_on_a_business_document_alone() -> None:
    ada = PatientMarks("Ada", "Prova")
    named = facts(paper(line("60.00")), replace(THERAPY, description="Seduta di Ada Prova"), patients=(ada,))
    assert codes(named) == []
    business = replace(named, addressee=CLINIC, notes=(("remarks", "FNTMRA80A01H501W"),))
    assert codes(business) == [("patient_named", "lines.0.description"), ("patient_code_named", "remarks")]


def test_issue_findings_look_at_the_stamp_only_when_one_is_due() -> None:
    proof = StampProof(StampMode.VIRTUAL_AUTHORISATION)
    due = facts(paper(line("90.00")), THERAPY, stamp=proof)
    assert codes(due) == [("stamp_authorisation_missing", "stamp.authorisation")]
    assert codes(replace(FINE, stamp=proof)) == []
    waiting = replace(due, stamp=StampProof(StampMode.PAPER))
    assert [notice.code for notice in check_issue(waiting)] == ["stamp_id_missing"]


def test_issue_findings_notice_what_only_should_be_seen() -> None:
    late = replace(FINE, paid_on=date(2026, 2, 1), addressee=replace(PATIENT, is_patient=False))
    assert [notice.code for notice in check_issue(late)] == ["issued_late", "addressee_is_not_patient"]
    summary = replace(FINE, paid_on=date(2026, 2, 1), monthly_summary=True)
    assert check_issue(summary) == ()


def test_check_issue_raises_every_refusal_at_once() -> None:
    wrong = replace(facts(paper(line("0.00")), replace(THERAPY, description="")), on=date(2026, 3, 3))
    with pytest.raises(IssueRefused) as caught:
        check_issue(wrong)
    assert [refusal.code for refusal in caught.value.refusals] == [
        "issue_date_in_the_future",
        "description_missing",
        "total_must_be_positive",
    ]
    assert (caught.value.code, caught.value.field) == ("issue_date_in_the_future", "on")
    assert caught.value.figures["today"] == DAY


def test_facts_do_not_show_what_is_printed() -> None:
    assert "Fintini" not in repr(FINE)
    assert "Seduta" not in repr(FINE)
