"""Sessions: noted, corrected, taken back, and put on a monthly invoice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from sportello.billing.models import Invoice, PerformedService
from sportello.billing.operations.sessions import SessionValues, save_session
from sportello.core.actors import System, acting
from sportello.parties.models import Membership
from sportello.patients.models import Patient
from tests.web.practice.conftest import text_of
from tests.world import DAY

pytestmark = pytest.mark.usefixtures("on_the_day")


def typed(world, **more) -> dict[str, str]:
    known = {
        "entity": world.studio.pk,
        "service": world.therapy.pk,
        "performed_on": "10/03/2026",
        "quantity": "1",
        "price": "",
        "paid_on": "10/03/2026",
        "payment_method": "MP08",
    }
    return {name: str(value) for name, value in (known | more).items()}


def noted(world, *, actor=None, patient=None, paid_on: date | None = DAY) -> PerformedService:
    house = world.bianchi if actor is world.olga else world.rossi
    return save_session(
        actor=actor or world.ada,
        values=SessionValues(
            entity_id=house.studio.pk,
            patient_id=(patient or world.bruno).pk,
            service_id=house.services["therapy"].pk,
            performed_on=DAY,
            quantity=Decimal(1),
            unit_price=Decimal("70.00"),
            paid_on=paid_on,
            payment_method="MP08" if paid_on else "",
        ),
    )


def sessions() -> list[PerformedService]:
    with acting(System("tests")):
        return list(PerformedService.objects.order_by("pk"))


def monthly(world, *ids: int, **more) -> dict[str, object]:
    return {"entity": world.studio.pk, "patient": world.bruno.pk, "session": list(ids)} | more


def test_session_is_noted_with_the_price_of_the_list(world, signed_in):
    address = reverse("practice:session_new", args=[world.bruno.pk])
    assert signed_in("ada").get(address).status_code == 200
    assert signed_in("ada").post(address, typed(world))["Location"] == reverse("practice:sessions")
    (row,) = sessions()
    assert (row.amount, row.paid_on) == (Decimal("70.00"), date(2026, 3, 10))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("performed_on", "ieri"),
        ("performed_on", ""),
        ("quantity", "0"),
        ("quantity", "-1"),
        ("quantity", "1000000000"),
        ("price", "settanta"),
        ("price", "-1"),
        ("payment_method", ""),
        ("service", "987654321"),
        ("entity", "x"),
    ],
)
def test_session_that_cannot_be_is_refused_and_still_there(world, signed_in, field, wrong):
    address = reverse("practice:session_new", args=[world.bruno.pk])
    response = signed_in("ada").post(address, typed(world, **{field: wrong}))
    assert response.status_code == 422
    assert "err-sum" in text_of(response)
    assert sessions() == []


@pytest.mark.parametrize("field", ["service", "entity"])
def test_session_with_a_thing_of_another_practice_is_refused(world, signed_in, field):
    foreign = {"service": world.bianchi.services["therapy"].pk, "entity": world.bianchi.studio.pk}
    address = reverse("practice:session_new", args=[world.bruno.pk])
    assert signed_in("ada").post(address, typed(world, **{field: foreign[field]})).status_code == 422
    assert sessions() == []


def test_session_is_corrected(world, signed_in):
    row = noted(world)
    address = reverse("practice:session", args=[row.pk])
    assert 'value="70,00"' in text_of(signed_in("ada").get(address))
    assert signed_in("ada").post(address, typed(world, price="80,00")).status_code == 302
    assert sessions()[0].amount == Decimal("80.00")


def test_session_is_taken_back(world, signed_in):
    row = noted(world)
    signed_in("ada").post(reverse("practice:session_delete", args=[row.pk]))
    assert sessions() == []


def test_list_groups_the_paid_ones_and_shows_the_others(world, signed_in):
    noted(world)
    noted(world, patient=world.mia, paid_on=None)
    noted(world, actor=world.olga, patient=world.twin)
    page = text_of(signed_in("ada").get(reverse("practice:sessions")))
    assert page.count('name="session"') == 1
    assert "Verdi Mia" in page
    assert "15/04/2026" in page


def test_list_without_sessions_says_so(world, signed_in):
    assert "pad sub" in text_of(signed_in("ada").get(reverse("practice:sessions")))


def test_list_takes_the_same_queries_for_3_sessions_and_for_30(world, signed_in, counted):
    client, address = signed_in("ada"), reverse("practice:sessions")
    for _ in range(3):
        noted(world)
    few = counted(client, address)
    for _ in range(27):
        noted(world)
    assert counted(client, address) == few


def test_list_for_a_collaborator_of_own_patients(world, signed_in):
    noted(world)
    noted(world, patient=world.mia)
    with acting(System("tests")):
        Membership.objects.filter(person=world.people["elena"]).update(own_patients_only=True)
        Patient.objects.filter(pk=world.mia.pk).update(followed_by=world.people["elena"])
    page = text_of(signed_in("elena").get(reverse("practice:sessions")))
    assert "Verdi Mia" in page
    assert "Verdi Bruno" not in page


def test_monthly_makes_one_draft_of_the_chosen(world, signed_in):
    first, second, other = noted(world), noted(world), noted(world)
    response = signed_in("ada").post(reverse("practice:sessions_monthly"), monthly(world, first.pk, second.pk))
    with acting(System("tests")):
        made = Invoice.objects.get(monthly_summary=True)
        assert made.lines.count() == 2
        assert PerformedService.objects.get(pk=other.pk).line_id is None
    assert response["Location"] == reverse("practice:invoice_edit", args=[made.pk])


def test_monthly_of_nothing_says_so(world, signed_in):
    response = signed_in("ada").post(reverse("practice:sessions_monthly"), monthly(world), follow=True)
    assert 'class="note bad"' in text_of(response)


@pytest.mark.parametrize("more", [{"entity": "x"}, {"patient": ""}, {"entity": "987654321"}])
def test_monthly_that_was_tampered_with_makes_nothing(world, signed_in, more):
    row = noted(world)
    response = signed_in("ada").post(reverse("practice:sessions_monthly"), monthly(world, row.pk, **more))
    assert response.status_code == 404
    with acting(System("tests")):
        assert not Invoice.objects.filter(monthly_summary=True).exists()


def test_monthly_with_a_session_of_another_practice_is_404(world, signed_in):
    own, foreign = noted(world), noted(world, actor=world.olga, patient=world.twin)
    response = signed_in("ada").post(reverse("practice:sessions_monthly"), monthly(world, own.pk, foreign.pk))
    assert response.status_code == 404


def test_monthly_pressed_twice_makes_one_draft(world, signed_in):
    row, client = noted(world), signed_in("ada")
    for _ in range(2):
        client.post(reverse("practice:sessions_monthly"), monthly(world, row.pk))
    with acting(System("tests")):
        assert Invoice.objects.filter(monthly_summary=True).count() == 1


def test_session_on_a_draft_cannot_be_changed_nor_taken_back(world, signed_in):
    row, client = noted(world), signed_in("ada")
    client.post(reverse("practice:sessions_monthly"), monthly(world, row.pk))
    assert client.post(reverse("practice:session", args=[row.pk]), typed(world)).status_code == 422
    client.post(reverse("practice:session_delete", args=[row.pk]))
    assert len(sessions()) == 1
