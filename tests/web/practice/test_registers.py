"""The registers an accountant takes, the register of stamps and the check of the numbers."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from sportello.billing.models import StampRecord
from sportello.billing.queries.registers import Register
from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry
from sportello.parties.models import Membership
from sportello.patients.models import Patient
from tests.billing.desk import issued, line, paid
from tests.web.practice.conftest import text_of

pytestmark = pytest.mark.usefixtures("on_the_day")


def file_of(register: Register, **query) -> str:
    return reverse("practice:register_csv", args=[register.value], query=query or None)


def cells(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig")), delimiter=";"))


@pytest.fixture
def papers(world):
    """Give one paid invoice with a stamp and one unpaid for a company that withholds."""
    return paid(world, line("90.00")), issued(world, line("1000.00"), customer=world.company, patient=None)


@pytest.mark.parametrize("register", list(Register))
@pytest.mark.parametrize("who", ["ada", "carla"])
def test_register_is_handed_out_and_audited(world, signed_in, papers, register, who):
    rows = cells(signed_in(who).get(file_of(register, year="2026", entity=world.studio.pk)))
    assert len({len(row) for row in rows}) == 1
    with acting(System("tests")):
        entry = AuditEntry.objects.get(action="register.export")
    assert entry.person_id == world.people[who].pk


@pytest.mark.parametrize("register", list(Register))
def test_register_for_the_accountant_names_nobody(world, signed_in, papers, register):
    text = signed_in("carla").get(file_of(register, year="2026")).getvalue().decode()
    assert "Verdi" not in text
    assert "Alfa Prova" not in text


@pytest.mark.parametrize("register", [Register.ISSUED, Register.OPEN, Register.FUND])
@pytest.mark.parametrize("name", ["=1+1", "+1+1", "@x", "-1+1"])
def test_register_has_no_cell_that_a_spreadsheet_would_run(world, signed_in, register, name):
    with acting(System("tests")):
        Patient.objects.filter(pk=world.bruno.pk).update(family_name=name)
    issued(world)
    rows = cells(signed_in("ada").get(file_of(register, year="2026", entity=world.studio.pk)))
    assert any(name in cell for cell in rows[1])
    assert not any(cell.startswith(name[0]) for cell in rows[1])


def test_sum_on_the_page_is_the_sum_of_the_file(world, signed_in, papers):
    page = text_of(signed_in("ada").get(reverse("practice:registers")))
    rows = cells(signed_in("ada").get(file_of(Register.ISSUED, year="2026", entity=world.studio.pk)))
    assert len(rows) == 3
    assert "1.115,80" in page or str(sum(float(row[-1]) for row in rows[1:])).replace(".", ",") in page.replace(".", "")


@pytest.mark.parametrize("query", [{"entity": "x"}, {"entity": "987654321"}])
@pytest.mark.parametrize("route", ["page", "file"])
def test_entity_that_is_none_is_404(world, signed_in, query, route):
    address = file_of(Register.ISSUED, **query) if route == "file" else reverse("practice:registers", query=query)
    assert signed_in("ada").get(address).status_code == 404


def test_entity_of_another_practice_and_not_granted_is_404(world, signed_in):
    foreign = file_of(Register.ISSUED, entity=world.bianchi.studio.pk)
    assert signed_in("ada").get(foreign).status_code == 404
    assert signed_in("carla").get(file_of(Register.ISSUED, entity=world.forfait.pk)).status_code == 404


@pytest.mark.parametrize("year", ["x", "99999", "0000", "1"])
def test_year_that_is_none_is_taken_calmly(signed_in, papers, year):
    assert signed_in("ada").get(reverse("practice:registers", query={"year": year})).status_code == 200


def test_register_that_is_none_is_404(world, signed_in):
    assert signed_in("ada").get(reverse("practice:register_csv", args=["nothing"])).status_code == 404


def test_accountant_without_the_year_sees_empty_registers(world, signed_in, papers):
    with acting(System("tests")):
        Membership.objects.filter(person=world.people["carla"]).update(years=[2025])
    for register in Register:
        assert len(cells(signed_in("carla").get(file_of(register, year="2026")))) == 1, register


def test_registers_take_the_same_queries_for_3_papers_and_for_30(world, signed_in, counted):
    client, address = signed_in("ada"), reverse("practice:registers")
    for _ in range(3):
        paid(world)
    few = counted(client, address)
    for _ in range(27):
        paid(world)
    assert counted(client, address) == few


def test_stamp_is_noted_with_its_number(world, signed_in, papers):
    client = signed_in("ada")
    assert papers[0].printed_number in text_of(client.get(reverse("practice:register_stamps")))
    address = reverse("practice:register_stamp", args=[papers[0].pk])
    assert client.get(address).status_code == 200
    typed = {"identifier": "90817263544536", "stamped_on": "12/03/2026"}
    assert client.post(address, typed)["Location"] == reverse("practice:register_stamps")
    with acting(System("tests")):
        assert StampRecord.objects.get(invoice=papers[0]).identifier == "90817263544536"


@pytest.mark.parametrize("typed", [{"stamped_on": "13/03/2026"}, {"stamped_on": "ieri"}, {"identifier": "1" * 30}])
def test_stamp_that_cannot_be_is_refused_and_still_there(world, signed_in, papers, typed):
    address = reverse("practice:register_stamp", args=[papers[0].pk])
    sent = {"identifier": "90817263544536", "stamped_on": "12/03/2026"} | typed
    response = signed_in("ada").post(address, sent)
    assert response.status_code == 422
    assert all(f'value="{value}"' in text_of(response) for value in sent.values())
    with acting(System("tests")):
        assert StampRecord.objects.get(invoice=papers[0]).identifier == ""
