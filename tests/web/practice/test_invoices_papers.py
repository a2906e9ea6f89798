"""An issued paper's pages: the summary before, the paper, its PDF, its money, credit notes and copies."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sportello.billing.models import Invoice, Payment
from sportello.billing.operations.drafts import save_draft
from sportello.core import runner
from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry, Job
from tests.billing.desk import draft, issued, line, paid, stored, values
from tests.web.practice.conftest import HTMX, text_of
from tests.world import DAY

pytestmark = pytest.mark.usefixtures("on_the_day")


def url(name: str, row) -> str:
    return reverse(f"practice:{name}", args=[row.pk])


def money(**more) -> dict[str, str]:
    return {"paid_on": "12/03/2026", "amount": "71,40", "method": "MP08", "payer": "patient"} | more


def payments(row) -> list[Payment]:
    with acting(System("tests")):
        return list(Payment.objects.filter(invoice=row).order_by("pk"))


def notes(row) -> list[Invoice]:
    with acting(System("tests")):
        return list(Invoice.objects.filter(corrects=row).order_by("pk"))


def test_summary_shows_figures_and_takes_no_number(world, signed_in):
    row = draft(world, line("90.00"))
    page = text_of(signed_in("ada").get(url("invoice_issue", row)))
    assert "93,80" in page
    assert "Bruno Verdi" in page
    assert stored(row).number is None


def test_issue_numbers_the_paper_and_leads_to_it(world, signed_in):
    row = draft(world)
    response = signed_in("ada").post(url("invoice_issue", row), {"version": row.version})
    assert response["Location"] == url("invoice", row)
    assert stored(row).printed_number == "1/2026"


def test_issue_pressed_twice_gives_one_number(world, signed_in):
    row, client = draft(world), signed_in("ada")
    for _ in range(2):
        assert client.post(url("invoice_issue", row), {"version": row.version})["Location"] == url("invoice", row)
    assert stored(row).number == 1
    assert issued(world).number == 2


def test_issue_opened_again_by_the_back_button_leads_to_the_paper(world, signed_in):
    row = issued(world)
    response = signed_in("ada").get(url("invoice_issue", row), follow=True)
    assert response.redirect_chain == [(url("invoice", row), 302)]


def test_issue_of_a_draft_changed_meanwhile_shows_it_again(world, signed_in):
    row = draft(world)
    seen = row.version
    save_draft(actor=world.ada, values=values(world, line("99.00")), invoice_id=row.pk)
    response = signed_in("ada").post(url("invoice_issue", row), {"version": seen})
    assert response.status_code == 409
    assert "100,98" in text_of(response)
    assert stored(row).state == "DRAFT"


@pytest.mark.parametrize("is_empty", [True, False])
def test_issue_of_what_comes_to_nothing_is_refused_with_its_reason(world, signed_in, is_empty):
    row = draft(world, line("0.00"))
    if is_empty:
        with acting(System("tests")):
            row.lines.all().delete()
    response = signed_in("ada").post(url("invoice_issue", row), {"version": row.version})
    assert response.status_code == 422
    assert "err-sum" in text_of(response)
    assert stored(row).number is None


def test_issue_before_the_last_paper_is_refused_with_the_day(world, signed_in):
    issued(world)
    row = draft(world, on=DAY - timedelta(days=2))
    response = signed_in("ada").post(url("invoice_issue", row), {"version": row.version})
    assert response.status_code == 422
    assert "12/03/2026" in text_of(response) or "12 mar" in text_of(response)


def test_paper_shows_what_it_holds_and_writes_down_who_read_it(world, signed_in):
    row = issued(world, line("90.00"))
    page = text_of(signed_in("ada").get(url("invoice", row)))
    for shown in ("1/2026", "Bruno Verdi", "93,80", "Colloquio psicologico"):
        assert shown in page
    with acting(System("tests")):
        assert AuditEntry.objects.filter(action="invoice.read", object_id=row.pk).count() == 1


def test_paper_asking_for_its_pdf_gets_the_box_alone_and_counts_as_no_reading(world, signed_in):
    row = issued(world)
    page = text_of(signed_in("ada").get(url("invoice", row), headers=HTMX))
    assert page.strip().startswith('<section class="box" id="documents-box"')
    assert "Verdi" not in page
    with acting(System("tests")):
        assert not AuditEntry.objects.filter(action="invoice.read").exists()


@pytest.mark.parametrize("section", ["summary", "payments", "documents", "corrections"])
def test_paper_opens_in_every_section(world, signed_in, section):
    assert signed_in("ada").get(f"{url('invoice', paid(world))}?section={section}").status_code == 200


def test_paper_in_a_section_that_is_none_is_404(world, signed_in):
    assert signed_in("ada").get(f"{url('invoice', issued(world))}?section=x").status_code == 404


def test_paper_of_a_draft_is_the_editor(world, signed_in):
    assert signed_in("ada").get(url("invoice", world.draft))["Location"] == url("invoice_edit", world.draft)


def test_paper_takes_the_same_queries_for_one_line_and_for_twenty(world, signed_in):
    client, few, many = signed_in("ada"), issued(world), issued(world, *(line() for _ in range(20)))
    found = []
    for row in (few, few, many):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url("invoice", row)).status_code == 200
        found.append(len(queries))
    assert found[1] == found[2] <= 40


def test_paper_for_the_accountant_names_nobody_and_offers_nothing(world, signed_in):
    row = issued(world)
    page = text_of(signed_in("carla").get(url("invoice", row)))
    assert "Verdi" not in page
    assert "Bruno" not in page
    for route in ("invoice_payment", "invoice_credit", "invoice_copy", "invoice_visibility"):
        assert url(route, row) not in page


def test_pdf_waits_then_is_the_bytes_that_were_kept(world, signed_in):
    row, client = issued(world), signed_in("ada")
    assert client.get(url("invoice_pdf", row))["Location"] == url("invoice", row)
    with acting(System("tests")):
        job = Job.objects.get(handler="billing.render_paper", object_id=row.pk)
    runner.run(job.pk)
    response = client.get(url("invoice_pdf", row) + "?download=1")
    assert response.content.startswith(b"%PDF-")
    assert response["Content-Disposition"] == 'attachment; filename="2026-03-12_A-1-2026.pdf"'
    assert client.get(url("invoice_pdf", row)).content == response.content


@pytest.mark.parametrize(("typed", "seen"), [("0", False), ("1", True)])
def test_visibility_is_changed(world, signed_in, typed, seen):
    row = issued(world)
    signed_in("ada").post(url("invoice_visibility", row), {"visible": typed})
    assert stored(row).portal_visible is seen


def test_payment_is_recorded(world, signed_in):
    row, client = issued(world), signed_in("ada")
    assert "71,40" in text_of(client.get(url("invoice_payment", row)))
    assert client.post(url("invoice_payment", row), money())["Location"] == url("invoice", row)
    assert stored(row).payment_state == "PAID"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("amount", "71,41"),
        ("amount", "0"),
        ("amount", "-5"),
        ("amount", "tutto"),
        ("amount", ""),
        ("paid_on", "13/03/2026"),
        ("paid_on", "ieri"),
        ("paid_on", ""),
        ("method", "MP99"),
        ("payer", "nobody"),
    ],
)
def test_payment_that_cannot_be_is_refused_and_still_there(world, signed_in, field, typed):
    row = issued(world)
    response = signed_in("ada").post(url("invoice_payment", row), money(reference="Ricevuta 7", **{field: typed}))
    page = text_of(response)
    assert response.status_code == 422
    assert 'value="Ricevuta 7"' in page
    assert "err-sum" in page
    assert payments(row) == []


def test_payment_in_cash_after_a_card_is_said_once_then_recorded(world, signed_in):
    row, client = issued(world), signed_in("ada")
    client.post(url("invoice_payment", row), money(amount="20,00"))
    response = client.post(url("invoice_payment", row), money(amount="51,40", method="MP01"))
    assert response.status_code == 200
    assert 'name="seen" value="on"' in text_of(response) or 'name="seen"' in text_of(response)
    assert len(payments(row)) == 1
    client.post(url("invoice_payment", row), money(amount="51,40", method="MP01", seen="on"))
    assert stored(row).payment_state == "PAID"


def test_payment_sent_twice_is_recorded_once(world, signed_in):
    row, client = issued(world), signed_in("ada")
    client.post(url("invoice_payment", row), money())
    assert client.post(url("invoice_payment", row), money()).status_code == 422
    assert len(payments(row)) == 1


@pytest.mark.parametrize("route", ["invoice_payment", "invoice_refund", "invoice_credit"])
def test_money_of_a_draft_is_404(world, signed_in, route):
    client = signed_in("ada")
    assert client.get(url(route, world.draft)).status_code == 404
    assert client.post(url(route, world.draft), money()).status_code == 404


def test_refund_of_nothing_due_is_refused(world, signed_in):
    response = signed_in("ada").post(url("invoice_refund", paid(world)), money())
    assert response.status_code == 422


def test_void_asks_for_the_reason_then_leaves_the_entry_visible(world, signed_in):
    row, client = paid(world), signed_in("ada")
    (entry,) = payments(row)
    assert client.post(url("payment_void", entry), {"reason": " "}).status_code == 422
    assert client.post(url("payment_void", entry), {"reason": "Doppia"})["Location"].startswith(url("invoice", row))
    assert stored(row).payment_state == "UNPAID"
    assert "Doppia" in text_of(client.get(url("invoice", row)))
    assert client.post(url("payment_void", entry), {"reason": "Ancora"}).status_code == 422


def whole(**more) -> dict[str, str]:
    return {"extent": "all", "on": "12/03/2026", "give_back_stamp": "on", "_issue": "1"} | more


def test_credit_shows_the_figures_before_it_issues(world, signed_in):
    row, client = issued(world, line("90.00")), signed_in("ada")
    typed = {"extent": "all", "on": "12/03/2026", "_check": "1"}
    response = client.post(url("invoice_credit", row), typed)
    assert response.status_code == 200
    assert "91,80" in text_of(response)
    assert notes(row) == []


def test_credit_of_everything_is_issued_and_closes_the_invoice(world, signed_in):
    row, client = issued(world, line("90.00")), signed_in("ada")
    response = client.post(url("invoice_credit", row), whole())
    (note,) = notes(row)
    assert response["Location"] == url("invoice", note)
    assert (note.total, stored(row).state) == (Decimal("93.80"), "CREDITED")
    assert client.get(url("invoice_credit", row))["Location"] == url("invoice", row)
    assert client.post(url("invoice_credit", row), whole())["Location"] == url("invoice", row)
    assert len(notes(row)) == 1


def test_credit_of_part_of_a_line(world, signed_in):
    row = issued(world, line("50.00", quantity=Decimal(2)))
    with acting(System("tests")):
        (first,) = row.lines.all()
    typed = whole(extent="part", **{f"line_{first.pk}": "1"})
    del typed["give_back_stamp"]
    signed_in("ada").post(url("invoice_credit", row), typed)
    (note,) = notes(row)
    assert note.services == Decimal("50.00")


@pytest.mark.parametrize("typed", ["3", "0", "-1", "uno", ""])
def test_credit_of_a_quantity_that_is_not_left_is_refused_and_still_there(world, signed_in, typed):
    row = issued(world, line("50.00", quantity=Decimal(2)))
    with acting(System("tests")):
        (first,) = row.lines.all()
    typed_form = whole(extent="part", reason="Errore", **{f"line_{first.pk}": typed})
    response = signed_in("ada").post(url("invoice_credit", row), typed_form)
    assert response.status_code == 422
    assert 'value="Errore"' in text_of(response)
    assert notes(row) == []


def test_credit_with_a_new_draft_leads_to_it(world, signed_in):
    row = issued(world)
    response = signed_in("ada").post(url("invoice_credit", row), whole(reissue="on"))
    with acting(System("tests")):
        again = Invoice.objects.get(reissues=row)
    assert response["Location"] == url("invoice_edit", again)


def test_copy_makes_a_draft_with_the_same_content(world, signed_in):
    row = issued(world, line("88.00"))
    response = signed_in("ada").post(url("invoice_copy", row), follow=True)
    assert 'value="88,00"' in text_of(response)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_reason_of_a_note_is_escaped(world, signed_in, name):
    row, client = issued(world), signed_in("ada")
    client.post(url("invoice_credit", row), whole(reason=name))
    for page in (url("invoice", row), url("invoice", notes(row)[0])):
        assert name not in client.get(page).content.decode()
