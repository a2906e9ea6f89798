"""The editor of a draft: what is saved, what is refused with all that was typed, and what happens with two tabs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from sportello.billing.models import Invoice, InvoiceLine
from sportello.billing.operations.drafts import save_draft
from sportello.core.actors import Switch, System, acting
from sportello.parties.models import Membership
from tests.billing.desk import draft, issued, line, stored, values
from tests.web.practice.conftest import HTMX, text_of

pytestmark = pytest.mark.usefixtures("on_the_day")


def posted(world, **more) -> dict[str, str]:
    """Return the editor as a person of Rossi sends it: one session of therapy for Bruno."""
    typed = {
        "entity": world.studio.pk,
        "patient": world.bruno.pk,
        "addressee": "patient",
        "lines-TOTAL_FORMS": 1,
        "lines-INITIAL_FORMS": 0,
        "lines-0-service": world.therapy.pk,
        "lines-0-quantity": "1",
        "lines-0-price": "70,00",
    }
    return {name: str(value) for name, value in (typed | more).items()}


def new_for(world, **query) -> str:
    return reverse("practice:invoice_new", query={"patient": world.bruno.pk} | query)


def drafts() -> list[Invoice]:
    with acting(System("tests")):
        return list(Invoice.objects.filter(state="DRAFT").order_by("pk"))


def saved(world) -> Invoice:
    """Return the draft that was added last."""
    return drafts()[-1]


def test_new_without_anybody_leads_to_the_choice(world, signed_in):
    response = signed_in("ada").get(reverse("practice:invoice_new"))
    assert response["Location"] == reverse("practice:invoice_for")


def test_new_shows_the_patient_the_services_and_the_next_number(world, signed_in):
    page = text_of(signed_in("ada").get(new_for(world)))
    assert "Verdi Bruno" in page
    assert "Colloquio psicologico" in page
    assert "1/2026" in page


def test_new_saves_a_draft_and_goes_on_with_it(world, signed_in):
    before = len(drafts())
    response = signed_in("ada").post(new_for(world), posted(world))
    assert len(drafts()) == before + 1
    made = saved(world)
    assert response["Location"] == reverse("practice:invoice_edit", args=[made.pk])
    assert (made.patient_id, made.total) == (world.bruno.pk, Decimal("71.40"))


def test_new_saved_to_be_issued_leads_to_the_summary(world, signed_in):
    response = signed_in("ada").post(new_for(world), posted(world, _issue="1"))
    assert response["Location"] == reverse("practice:invoice_issue", args=[saved(world).pk])


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("lines-0-price", "settanta"),
        ("lines-0-quantity", "1,2345"),
        ("lines-0-discount", "120"),
        ("on", "31/02/2026"),
        ("paid_on", "ieri"),
        ("stamp_bought_on", "domani"),
        ("bonus_share", "1.2.3,4"),
    ],
)
def test_wrong_input_is_refused_and_still_there(world, signed_in, field, typed):
    before = len(drafts())
    response = signed_in("ada").post(new_for(world), posted(world, **{field: typed, "remarks": "Da dire a voce"}))
    page = text_of(response)
    assert response.status_code == 422
    assert len(drafts()) == before
    assert "err-sum" in page
    assert f'value="{typed}"' in page
    assert "Da dire a voce" in page


@pytest.mark.parametrize("typed", ["0", "-1"])
def test_quantity_of_nothing_is_refused_beside_its_field(world, signed_in, typed):
    response = signed_in("ada").post(new_for(world), posted(world, **{"lines-0-quantity": typed, "_issue": "1"}))
    if response.status_code == 302:
        page = text_of(signed_in("ada").get(response["Location"]))
        assert "err-sum" in page
    else:
        assert response.status_code == 422
        assert f'value="{typed}"' in text_of(response)


def test_line_at_22_percent_in_the_flat_rate_scheme_is_not_offered_and_refused(world, signed_in):
    typed = posted(world, entity=world.forfait.pk, **{"lines-0-treatment": "TAXABLE_22"})
    response = signed_in("ada").post(new_for(world), typed)
    assert response.status_code == 422


FOREIGN = {
    "lines-0-service": lambda world: world.bianchi.services["therapy"].pk,
    "series": lambda world: world.bianchi.series["A"].pk,
    "account": lambda world: world.bianchi.account.pk,
    "addressee": lambda world: f"customer:{world.twin_company.pk}",
}


@pytest.mark.parametrize("field", FOREIGN)
def test_thing_of_another_practice_cannot_be_chosen(world, signed_in, field):
    before = len(drafts())
    response = signed_in("ada").post(new_for(world), posted(world, **{field: FOREIGN[field](world)}))
    assert response.status_code == 422
    assert len(drafts()) == before


@pytest.mark.parametrize("name", ["patient", "customer"])
def test_new_for_somebody_of_another_practice_is_404(world, signed_in, name):
    pk = {"patient": world.twin.pk, "customer": world.twin_company.pk}[name]
    address = f"{reverse('practice:invoice_new')}?{name}={pk}"
    unknown = f"{reverse('practice:invoice_new')}?{name}=987654321"
    client = signed_in("ada")
    assert client.get(address).status_code == client.get(unknown).status_code == 404
    assert client.post(address, posted(world)).status_code == 404


@pytest.mark.parametrize("route", ["practice:invoice_new", "practice:invoice_totals", "practice:invoice_lines"])
def test_entity_of_another_practice_is_404(world, signed_in, route):
    typed = posted(world, entity=world.bianchi.studio.pk)
    address = reverse(route) + (f"?patient={world.bruno.pk}" if route.endswith("new") else "")
    assert signed_in("ada").post(address, typed).status_code == 404


@pytest.mark.parametrize("route", ["practice:invoice_totals", "practice:invoice_lines"])
def test_patient_of_another_practice_is_404_for_live_totals(world, signed_in, route):
    typed = posted(world, patient=world.twin.pk)
    assert signed_in("ada").post(reverse(route), typed, headers=HTMX).status_code == 404


def test_totals_follow_what_is_typed_with_the_reason_of_the_stamp(world, signed_in):
    response = signed_in("ada").post(
        reverse("practice:invoice_totals"), posted(world, **{"lines-0-quantity": "2"}), headers=HTMX
    )
    page = text_of(response)
    assert "144,80" in page
    assert "142,80" in page
    assert "77,47" in page
    assert "<html" not in page


def test_totals_follow_while_something_is_wrong(world, signed_in):
    typed = posted(world, paid_on="ieri", **{"lines-0-quantity": "2"})
    assert "144,80" in text_of(signed_in("ada").post(reverse("practice:invoice_totals"), typed, headers=HTMX))


def test_totals_of_nothing_stay_calm(world, signed_in):
    typed = posted(world, **{"lines-TOTAL_FORMS": 0})
    assert signed_in("ada").post(reverse("practice:invoice_totals"), typed, headers=HTMX).status_code == 200


@pytest.mark.parametrize("broken", ["", "x", "-1", "99999999999999999999"])
def test_management_form_that_was_tampered_with_is_refused_calmly(world, signed_in, broken):
    typed = posted(world, **{"lines-TOTAL_FORMS": broken})
    client = signed_in("ada")
    assert client.post(new_for(world), typed).status_code in {302, 422}
    assert client.post(reverse("practice:invoice_totals"), typed).status_code == 200
    assert client.post(reverse("practice:invoice_lines"), typed | {"_add": "1"}).status_code == 200


def test_lines_bring_price_and_text_of_another_service(world, signed_in):
    typed = posted(world, _service="0", **{"lines-0-service": world.rossi.services["consulting"].pk})
    page = text_of(signed_in("ada").post(reverse("practice:invoice_lines"), typed, headers=HTMX))
    assert 'value="1.000,00"' in page
    assert 'value="Consulenza aziendale"' in page


@pytest.mark.parametrize("route", ["lines", "new"])
def test_add_gives_one_line_more_and_keeps_the_rest(world, signed_in, route):
    address = reverse("practice:invoice_lines") if route == "lines" else new_for(world)
    page = text_of(signed_in("ada").post(address, posted(world, _add="1", **{"lines-0-description": "Seduta"})))
    assert 'name="lines-1-price"' in page
    assert 'name="lines-2-price"' not in page
    assert 'value="Seduta"' in page


@pytest.mark.parametrize("route", ["lines", "new"])
def test_remove_takes_the_line_and_moves_the_next_up(world, signed_in, route):
    address = reverse("practice:invoice_lines") if route == "lines" else new_for(world)
    second = {"lines-TOTAL_FORMS": 2, "lines-1-price": "33,00", "lines-1-quantity": "3", "_remove": "0"}
    page = text_of(signed_in("ada").post(address, posted(world, **second)))
    assert 'name="lines-1-price"' not in page
    assert 'value="33,00"' in page
    assert 'value="70,00"' not in page


def test_recount_shows_the_totals_and_saves_nothing(world, signed_in):
    before = len(drafts())
    response = signed_in("ada").post(new_for(world), posted(world, _recount="1", **{"lines-0-quantity": "2"}))
    assert response.status_code == 200
    assert "144,80" in text_of(response)
    assert len(drafts()) == before


def test_edit_changes_the_draft(world, signed_in):
    row = draft(world)
    typed = posted(world, version=row.version, **{"lines-0-price": "80,00"})
    response = signed_in("ada").post(reverse("practice:invoice_edit", args=[row.pk]), typed)
    assert response.status_code == 302
    assert stored(row).services == Decimal("80.00")


def test_edit_of_what_another_tab_saved_is_409_with_what_was_typed(world, signed_in):
    row = draft(world)
    client, address = signed_in("ada"), reverse("practice:invoice_edit", args=[row.pk])
    save_draft(actor=world.ada, values=values(world, line("99.00")), invoice_id=row.pk, version=row.version)
    typed = posted(world, version=row.version, **{"lines-0-price": "55,00"})
    response = client.post(address, typed)
    page = text_of(response)
    assert response.status_code == 409
    assert 'value="55,00"' in page
    assert stored(row).services == Decimal("99.00")
    again = typed | {"version": str(stored(row).version)}
    assert f'name="version" value="{stored(row).version}"' in page
    assert client.post(address, again).status_code == 302
    assert stored(row).services == Decimal("55.00")


def test_edit_of_an_issued_paper_leads_to_the_paper(world, signed_in):
    row = issued(world)
    address = reverse("practice:invoice_edit", args=[row.pk])
    client = signed_in("ada")
    for response in (client.get(address), client.post(address, posted(world))):
        assert response["Location"] == reverse("practice:invoice", args=[row.pk])
    assert stored(row).services == Decimal("70.00")


def test_edit_keeps_the_patient_of_the_draft_whatever_is_sent(world, signed_in):
    row = draft(world)
    typed = posted(world, version=row.version, patient=world.mia.pk)
    signed_in("ada").post(reverse("practice:invoice_edit", args=[row.pk]), typed)
    assert stored(row).patient_id == world.bruno.pk


def test_split_makes_a_draft_of_each_line(world, signed_in):
    row = draft(world, line("70.00"), line("70.00"))
    response = signed_in("ada").post(reverse("practice:invoice_split", args=[row.pk]))
    assert response["Location"].endswith("?view=drafts")
    with acting(System("tests")):
        assert InvoiceLine.objects.filter(invoice__in=drafts(), unit_price=Decimal("70.00")).count() >= 2


def test_split_of_one_line_says_why_not(world, signed_in):
    row = draft(world)
    response = signed_in("ada").post(reverse("practice:invoice_split", args=[row.pk]), follow=True)
    assert 'class="note bad"' in text_of(response)


def test_discard_asks_then_deletes(world, signed_in):
    row = draft(world)
    address, client = reverse("practice:invoice_discard", args=[row.pk]), signed_in("ada")
    assert client.get(address).status_code == 200
    assert row.pk in {each.pk for each in drafts()}
    assert client.post(address)["Location"] == reverse("practice:invoices")
    assert row.pk not in {each.pk for each in drafts()}
    assert client.get(address).status_code == 404


def test_discard_of_an_issued_paper_changes_nothing(world, signed_in):
    row = issued(world)
    response = signed_in("ada").post(reverse("practice:invoice_discard", args=[row.pk]))
    assert response["Location"] == reverse("practice:invoice", args=[row.pk])
    assert stored(row).state == "ISSUED"


def test_editor_for_a_collaborator_without_issue_hides_the_way_to_it(world, signed_in):
    with acting(System("tests")):
        Membership.objects.filter(person=world.people["elena"]).update(switches=[Switch.INVOICES.value])
    page = text_of(signed_in("elena").get(new_for(world)))
    assert 'name="_issue"' not in page
    assert 'name="_save"' in page


def test_editor_takes_the_same_queries_for_one_line_and_for_ten(world, signed_in, counted):
    client = signed_in("ada")
    one, ten = draft(world), draft(world, *(line() for _ in range(10)))
    addresses = [reverse("practice:invoice_edit", args=[each.pk]) for each in (one, ten)]
    few, many = (counted(client, each) for each in addresses)
    assert few == many
    assert many <= 45


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}"])
def test_text_of_a_line_is_escaped_wherever_it_is_shown(world, signed_in, text):
    row = draft(world, line(text=text))
    client = signed_in("ada")
    for route in ("invoice_edit", "invoice_issue"):
        page = client.get(reverse(f"practice:{route}", args=[row.pk])).content.decode()
        assert text not in page or text.startswith("{{")
        assert "<script>alert" not in page
