"""The list of invoices and its file: filters, what accountants and narrowed collaborators see of it, and its cost."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.core.actors import Switch, System, acting
from sportello.core.models import AuditEntry
from sportello.parties.models import Membership
from sportello.patients.models import Patient
from tests.billing.desk import issued, paid
from tests.web.practice.conftest import HTMX, text_of
from tests.world import DAY

pytestmark = pytest.mark.usefixtures("on_the_day")

LIST, CSV = "practice:invoices", "practice:invoices_csv"


def address(**query) -> str:
    return reverse(LIST, query=query) if query else reverse(LIST)


def cells(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig")), delimiter=";"))


def granted(world, name: str, **more) -> None:
    with acting(System("tests")):
        Membership.objects.filter(person=world.people[name]).update(**more)


@pytest.fixture
def papers(world):
    """Give a paid invoice, an unpaid one for Mia, and a credit note on a third."""
    third = issued(world)
    note = issue_credit_note(actor=world.ada, invoice_id=third.pk, values=NoteValues(), on=DAY, today=DAY)
    return {"paid": paid(world), "open": issued(world, patient=world.mia), "credited": third, "note": note}


def shown(page: str, row) -> bool:
    return f'href="{reverse("practice:invoice", args=[row.pk])}"' in page


@pytest.mark.parametrize(
    ("view", "names"),
    [
        ("all", {"paid", "open", "credited", "note"}),
        ("open", {"open"}),
        ("paid", {"paid"}),
        ("notes", {"note"}),
        ("refund", set()),
    ],
)
def test_list_shows_the_papers_of_a_filter(signed_in, papers, view, names):
    page = text_of(signed_in("ada").get(address(view=view)))
    assert {name for name, row in papers.items() if shown(page, row)} == names


def test_list_of_drafts_shows_what_each_would_come_to(world, signed_in):
    page = text_of(signed_in("ada").get(address(view="drafts")))
    assert shown(page, world.draft)
    assert not shown(page, world.twin_draft)
    assert "71,40" in page


def test_list_for_htmx_is_its_fragment(signed_in, papers):
    page = signed_in("ada").get(address(), headers=HTMX).content.decode().strip()
    assert page.startswith('<section class="box" id="list"')
    assert "<html" not in page


@pytest.mark.parametrize(
    "query",
    [{"view": "x"}, {"sort": "x"}, {"after": "x_y"}, {"before": "2026-99-99_1"}, {"year": "x"}, {"entity": "9" * 30}],
)
def test_list_takes_an_address_that_makes_no_sense(signed_in, papers, query):
    assert signed_in("ada").get(address(**query)).status_code == 200


def test_list_searches_a_name_that_stays_out_of_the_address(signed_in, papers):
    response = signed_in("ada").post(
        reverse("practice:search"), {"words": "Mia Verdi", "to": reverse(LIST)}, follow=True
    )
    assert shown(text_of(response), papers["open"])
    assert not shown(text_of(response), papers["paid"])
    assert "Mia" not in response.redirect_chain[0][0]


def test_list_of_nobody_yet_leads_to_the_first_invoice(world, signed_in):
    with acting(System("tests")):
        world.twin_draft.delete()
    page = text_of(signed_in("olga").get(address()))
    assert 'class="box emp"' in page or "emp" in page
    assert reverse("practice:invoice_for") in page


def test_list_takes_the_same_queries_for_3_rows_and_for_30(world, signed_in, counted):
    client = signed_in("ada")
    for _ in range(3):
        issued(world)
    few = counted(client, address())
    for _ in range(27):
        issued(world)
    assert counted(client, address()) == few
    assert few <= 16


def test_list_for_the_accountant_names_nobody_and_shows_no_draft(world, signed_in, papers):
    page = text_of(signed_in("carla").get(address()))
    assert shown(page, papers["paid"])
    assert "Verdi" not in page
    assert not shown(page, world.draft)
    drafts = text_of(signed_in("carla").get(address(view="drafts")))
    assert not shown(drafts, world.draft)


def test_list_for_the_accountant_holds_the_years_granted_alone(world, signed_in, papers):
    granted(world, "carla", years=[2025])
    page = text_of(signed_in("carla").get(address()))
    assert not any(shown(page, row) for row in papers.values())


def test_list_for_the_accountant_finds_nobody_by_name(signed_in, papers):
    response = signed_in("carla").post(reverse("practice:search"), {"words": "Verdi", "to": reverse(LIST)}, follow=True)
    assert not any(shown(text_of(response), row) for row in papers.values()), "a search tells whose paper it is"


def test_list_for_a_collaborator_of_another_entity_is_empty(world, signed_in, papers):
    granted(world, "elena", all_entities=False)
    with acting(System("tests")):
        Membership.objects.get(person=world.people["elena"]).entities.set([world.forfait])
    page = text_of(signed_in("elena").get(address()))
    assert not any(shown(page, row) for row in papers.values())


def test_list_for_a_collaborator_of_own_patients_holds_theirs_alone(world, signed_in, papers):
    granted(world, "elena", own_patients_only=True)
    with acting(System("tests")):
        Patient.objects.filter(pk=world.mia.pk).update(followed_by=world.people["elena"])
    page = text_of(signed_in("elena").get(address()))
    assert {name for name, row in papers.items() if shown(page, row)} == {"open"}


@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ([Switch.INVOICES], {"copy"}),
        ([Switch.INVOICES, Switch.PAYMENTS], {"copy", "payment"}),
        ([Switch.INVOICES, Switch.ISSUE], {"copy", "credit"}),
    ],
)
def test_row_offers_what_the_switches_allow(world, signed_in, switches, words):
    row = issued(world)
    granted(world, "elena", switches=[each.value for each in switches])
    page = text_of(signed_in("elena").get(address()))
    routes = {word: reverse(f"practice:invoice_{word}", args=[row.pk]) for word in ("copy", "payment", "credit")}
    assert {word for word, route in routes.items() if route in page} == words


def test_csv_holds_every_row_of_the_filter_and_is_audited(world, signed_in, papers):
    rows = cells(signed_in("ada").get(reverse(CSV)))
    assert len(rows) == 1 + len(papers)
    assert {row[0] for row in rows[1:]} == {row.printed_number for row in papers.values()}
    with acting(System("tests")):
        entry = AuditEntry.objects.get(action="invoice.export")
    assert entry.person_id == world.people["ada"].pk


def test_csv_for_the_accountant_names_nobody(signed_in, papers):
    rows = cells(signed_in("carla").get(reverse(CSV)))
    assert len(rows) == 1 + len(papers)
    assert {row[3] for row in rows[1:]} == {""}
    assert all("Verdi" not in cell for row in rows for cell in row)


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"])
def test_csv_has_no_cell_that_a_spreadsheet_would_run(world, signed_in, name):
    with acting(System("tests")):
        Patient.objects.filter(pk=world.bruno.pk).update(family_name=name)
    issued(world)
    rows = cells(signed_in("ada").get(reverse(CSV)))
    assert name.strip() in rows[1][3]
    assert not any(cell.startswith(("=", "+", "@", "\t", "-2")) for row in rows for cell in row)


def test_choice_of_whom_to_invoice_finds_patients_and_customers(world, signed_in):
    page = text_of(signed_in("ada").get(reverse("practice:invoice_for")))
    assert "Verdi Bruno" in page
    assert "Alfa Prova S.p.A." in page
    assert f"patient={world.twin.pk}" not in page
    assert f"patient={world.archived.pk}" not in page
