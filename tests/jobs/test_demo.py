"""The demo is a house in which everything holds."""

from __future__ import annotations

import pytest

from sportello.billing.models import Invoice
from sportello.billing.verification import verify_numbers, verify_papers
from sportello.core import audit
from sportello.core.actors import System, acting
from sportello.jobs import demo
from sportello.jobs.demo.cast import PASSWORD, SIGN_INS, patients
from sportello.patients.models import Patient


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_load_when_empty_makes_a_house_in_which_everything_holds(capsys):
    assert demo.load_when_empty() == SIGN_INS
    with acting(System("test")):
        assert Patient.objects.filter(practice__name="Studio Ginestra").count() == 40
        assert {fault.code for fault in verify_papers(with_files=False)} == {"pdf_missing"}, "no worker ran here"
        assert all(series.report.is_clean for series in verify_numbers())
        assert list(audit.verify()) == []
        issued = Invoice.objects.exclude(number=None)
        assert issued.count() > 300
        assert {"PAID", "UNPAID", "REFUND_DUE"} <= set(issued.values_list("payment_state", flat=True))
        assert {"invoice", "credit_note"} == set(issued.values_list("kind", flat=True))
        assert len(set(issued.values_list("practice_id", flat=True))) == 2
    assert demo.load_when_empty() == SIGN_INS, "a second start changes nothing and tells the same"


def test_load_when_empty_leaves_other_people_alone(world):
    assert demo.load_when_empty() == []
    with acting(System("test")):
        assert not Patient.objects.filter(practice__name="Studio Ginestra").exists()


def test_cast_has_forty_patients_and_says_no_password():
    assert len(patients()) == 40
    assert len({(each.family_name, each.given_name) for each in patients()}) == 40
    assert PASSWORD not in repr(SIGN_INS)
