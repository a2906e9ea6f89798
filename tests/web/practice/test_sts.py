"""Sistema TS as people see it: lists, one document, sendings, the year; who may, and what is never shown."""

from __future__ import annotations

import io
from zipfile import ZipFile

import pytest
from django.urls import reverse

from sistemats.replies.files import read_receipt
from sportello.core.actors import Role, Switch, System, acting
from sportello.core.models import AuditEntry, Job
from sportello.expenses import ministry, patience
from sportello.expenses.models import Difference, Expense, MonthlyReport, Transmission
from sportello.parties.models import Membership
from sportello.parties.operations import edit_member
from sportello.parties.values import MemberValues
from tests.billing.desk import line, paid
from tests.expenses.counter import Counter, counter_at
from tests.web.practice.conftest import HTMX, text_of


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def therapy(world, price="70.00"):
    """Return a line of the therapy of the price list."""
    return line(price, service_id=world.therapy.pk)


def due(counter: Counter, number: int = 1):
    """Return paid invoices that wait to be sent, and what the books say of them."""
    papers = [paid(counter.world, therapy(counter.world)) for _ in range(number)]
    counter.take_in()
    return papers


PAGES = ("sts", "sts_sendings", "sts_year", "sts_mapping", "sts_accounts")


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_for_the_owner(proved, counter, page):
    due(counter)
    response = proved("ada").get(reverse(f"practice:{page}"), follow=True)
    assert response.status_code == 200


def test_account_pages_open_for_the_owner(proved, counter, world):
    client = proved("ada")
    for page in ("account", "identity", "activation", "deactivation", "environment", "mapping_of"):
        assert client.get(reverse(f"practice:sts_{page}", args=[world.studio.pk])).status_code == 200, page


def test_list_shows_what_waits_and_sends_what_is_ticked(proved, counter):
    first, second, third = due(counter, 3)
    client = proved("ada")
    page = text_of(client.get(reverse("practice:sts")))
    assert first.printed_number in page
    assert 'action="/practice/sts/send/?' in page
    ids = [str(counter.expense(each).pk) for each in (first, second)]
    response = client.post(reverse("practice:sts_send"), {"row": ids}, follow=True)
    assert "2" in text_of(response)
    counter.run()
    assert [counter.state(each) for each in (first, second, third)] == ["ACCEPTED", "ACCEPTED", "READY"]


def test_one_ticked_document_is_sent_at_once_and_the_answer_shown(proved, counter):
    [paper] = due(counter)
    client = proved("ada")
    row = str(counter.expense(paper).pk)
    client.post(reverse("practice:sts_send"), {"row": [row]}, follow=True)
    assert counter.state(paper) == "ACCEPTED"
    page = text_of(client.get(reverse("practice:sts_document", args=[paper.pk])))
    assert counter.expense(paper).protocol in page


def test_everything_of_a_filter_is_sent(proved, counter):
    papers = due(counter, 3)
    proved("ada").post(reverse("practice:sts_send"), {"everything": "1"})
    counter.run()
    assert {counter.state(each) for each in papers} == {"ACCEPTED"}


def spoil(patient, code: str) -> None:
    """Give a patient a codice fiscale as somebody might have mistyped it in another program."""
    with acting(System("tests")):
        patient.codice_fiscale = code
        patient.save()


def test_rejected_document_says_why_and_leads_to_the_record(proved, counter, world):
    paper = paid(world, therapy(world))
    spoil(world.bruno, "VRDBRN80E12A944X")
    counter.take_in()
    client = proved("ada")
    client.post(reverse("practice:sts_deed", args=[paper.pk, "send"]))
    assert counter.state(paper) == "REJECTED"
    page = text_of(client.get(reverse("practice:sts_document", args=[paper.pk])))
    assert "S011, «" in page
    assert reverse("practice:patient_edit", args=[world.bruno.pk]) in page


def test_mended_document_returns_to_the_list_and_is_accepted(proved, counter, world):
    paper = paid(world, therapy(world))
    spoil(world.bruno, "VRDBRN80E12A944X")
    counter.take_in()
    client = proved("ada")
    client.post(reverse("practice:sts_deed", args=[paper.pk, "send"]))
    edit = reverse("practice:patient_edit", args=[world.bruno.pk])
    form = client.get(edit).context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    client.post(edit, values | {"codice_fiscale": "VRDBRN80E12A944U"})
    counter.take_in()
    assert counter.state(paper) == "READY"
    client.post(reverse("practice:sts_deed", args=[paper.pk, "send"]))
    assert counter.state(paper) == "ACCEPTED"


def test_list_takes_the_same_queries_for_one_and_for_many(proved, counter, counted):
    due(counter)
    client = proved("ada")
    few = counted(client, reverse("practice:sts"))
    due(counter, 9)
    assert counted(client, reverse("practice:sts")) == few


def test_sendings_take_the_same_queries_for_one_and_for_many(proved, counter, counted):
    client = proved("ada")
    [paper] = due(counter)
    client.post(reverse("practice:sts_deed", args=[paper.pk, "send"]))
    few = counted(client, reverse("practice:sts_sendings"))
    for paper in due(counter, 6):
        client.post(reverse("practice:sts_deed", args=[paper.pk, "send"]))
    assert counted(client, reverse("practice:sts_sendings")) == few


def test_sending_shows_protocol_and_document(proved, counter):
    [paper] = due(counter)
    client = proved("ada")
    client.post(reverse("practice:sts_deed", args=[paper.pk, "send"]))
    with acting(System("tests")):
        sending = Transmission.objects.get()
    page = text_of(client.get(reverse("practice:sts_sending", args=[sending.pk])))
    assert sending.protocol in page
    assert paper.printed_number in page


def test_receipts_are_the_files_as_the_ministry_gave_them(proved, counter, world):
    papers = [paid(world, therapy(world), patient=one) for one in (world.bruno, world.mia, world.mia, world.mia)]
    spoil(world.mia, "VRDMIA18P45A944A")
    counter.run(automatic=True, many=3)
    counter.settle()
    assert [counter.state(each) for each in papers] == ["ACCEPTED", "REJECTED", "REJECTED", "REJECTED"]
    with acting(System("tests")):
        sending = Transmission.objects.get(kind="batch")
    with ministry.speaking(counter.account, now=counter.simulator.clock.now) as client:
        given = client.receipt(sending.protocol), client.errors(sending.protocol)
    response = proved("ada").get(reverse("practice:sts_receipts", args=[sending.pk]))
    body = response.getvalue()
    assert response["Content-Type"] == "application/zip"
    assert int(response["Content-Length"]) == len(body)
    with ZipFile(io.BytesIO(body)) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    receipt = read_receipt(given[0].pdf or b"")
    with ZipFile(io.BytesIO(given[1].archive or b"")) as packed:
        [table] = [packed.read(name) for name in packed.namelist()]
    assert receipt.startswith(b"%PDF-")
    assert table.count(b"S011") == 3
    assert kept == {f"ricevuta-{sending.protocol}.pdf": receipt, f"errori-{sending.protocol}.csv": table}
    with acting(System("tests")):
        assert AuditEntry.objects.filter(action="sts.receipts", object_id=sending.pk).count() == 1


def test_receipts_of_a_sending_without_any_lead_back_with_a_word(proved, counter):
    [paper] = due(counter)
    client = proved("ada")
    client.post(reverse("practice:sts_deed", args=[paper.pk, "send"]))
    with acting(System("tests")):
        Transmission.objects.update(receipt=None)
        sending = Transmission.objects.get()
    address = reverse("practice:sts_receipts", args=[sending.pk])
    response = client.get(address)
    assert response.url == reverse("practice:sts_sending", args=[sending.pk])
    assert proved("olga").get(address).status_code == 404
    assert proved("elena").get(address).status_code == 403


def test_collaborator_needs_the_switch_and_it_bites_at_once(proved, counter, world):
    [paper] = due(counter)
    client = proved("elena")
    address = reverse("practice:sts_document", args=[paper.pk])
    assert client.get(address).status_code == 403
    with acting(System("tests")):
        member = Membership.objects.get(person=world.people["elena"])
        member.switches = [*member.switches, "sts"]
        member.save()
    assert client.get(address).status_code == 200
    assert client.get(reverse("practice:sts_accounts")).status_code == 403
    with acting(System("tests")):
        Membership.objects.filter(pk=member.pk).update(switches=["patients", "invoices"])
    assert client.get(address).status_code == 403


def test_documents_of_another_practice_are_not_found(proved, counter, world):
    [paper] = due(counter)
    client = proved("olga")
    assert client.get(reverse("practice:sts_document", args=[paper.pk])).status_code == 404
    assert client.post(reverse("practice:sts_deed", args=[paper.pk, "send"])).status_code == 404
    with acting(System("tests")):
        assert Expense.objects.get(invoice_id=paper.pk).state == "READY"


def test_list_fragment_is_the_list_of_the_page(proved, counter):
    due(counter, 2)
    client = proved("ada")
    whole, part = client.get(reverse("practice:sts")), client.get(reverse("practice:sts"), headers=HTMX)
    assert text_of(part).strip()[:200] in text_of(whole)


def test_csv_holds_every_document_of_the_filter(proved, counter):
    papers = due(counter, 2)
    text = proved("ada").get(reverse("practice:sts_csv")).getvalue().decode()
    assert all(paper.printed_number in text for paper in papers)


def test_progress_of_a_long_sending_survives_a_reload(proved, counter):
    ids = [str(counter.expense(each).pk) for each in due(counter, 4)]
    client = proved("ada")
    assert "<progress" not in text_of(client.get(reverse("practice:sts")))
    client.post(reverse("practice:sts_send"), {"row": ids})
    assert '<progress class="meter" value="0" max="4"' in text_of(client.get(reverse("practice:sts")))
    counter.run()
    assert "<progress" not in text_of(client.get(reverse("practice:sts")))


def test_sending_is_asked_about_at_once_and_only_while_there_is_something_to_ask(proved, counter, world):
    due(counter, 2)
    client = proved("ada")
    with patience.arranged(clock=counter.simulator.clock.now):
        counter.run(automatic=True, many=1)
        with acting(System("tests")):
            call = Transmission.objects.get()
            assert call.state == "taken"
            assert call.next_poll_at
            assert call.next_poll_at > patience.now()
        page, ask = reverse("practice:sts_sending", args=[call.pk]), reverse("practice:sts_sending_ask", args=[call.pk])
        assert ask in text_of(client.get(page))
        assert client.post(ask)["Location"] == page
        with acting(System("tests")):
            call.refresh_from_db()
            assert call.next_poll_at
            assert call.next_poll_at <= patience.now()
        counter.wait_for_files()
        counter.run()
        counter.run()
        with acting(System("tests")):
            call.refresh_from_db()
            assert (call.state, call.receipt_id is not None) == ("done", True)
    assert ask not in text_of(client.get(page))
    before = call.next_poll_at
    assert "non ha altro da dire" in text_of(client.post(ask, follow=True))
    with acting(System("tests")):
        call.refresh_from_db()
    assert call.next_poll_at == before
    assert client.get(ask).status_code == 405


def test_month_is_compared_and_a_difference_settled(proved, counter, world):
    [paper] = due(counter)
    client = proved("ada")
    client.post(reverse("practice:sts_ask_report", args=[world.studio.pk]), {"month": "2026-03-01"})
    with acting(System("tests")):
        report = MonthlyReport.objects.get()
        report.fetched_at, report.ours = report.asked_at, 1
        report.save()
        difference = Difference.objects.create(
            practice=world.rossi.party,
            entity=world.studio,
            report=report,
            expense=counter.expense(paper),
            kind="missing_there",
            vat_number=world.studio.partita_iva,
            number=paper.printed_number,
        )
    address = reverse("practice:sts_month", args=[report.pk])
    assert paper.printed_number in text_of(client.get(address))
    client.post(reverse("practice:sts_settle", args=[report.pk, difference.pk]), {"remedy": "ignore"})
    with acting(System("tests")):
        assert Difference.objects.get().remedy == "ignore"
    response = client.get(address)
    assert 'name="remedy"' not in text_of(response)
    assert response.context["month"].state == "SETTLED"


def test_remarks_that_were_asked_for_are_waited_for(proved, counter, world):
    client = proved("ada")
    assert "hx-trigger" not in text_of(client.get(reverse("practice:sts_remarks")))
    client.post(reverse("practice:sts_remarks_ask", args=[world.studio.pk]))
    assert "hx-trigger" in text_of(client.get(reverse("practice:sts_remarks")))
    with acting(System("tests")):
        Job.objects.filter(handler="expenses.remarks").delete()
    assert "hx-trigger" not in text_of(client.get(reverse("practice:sts_remarks")))


def test_list_sorts_by_day_of_payment_both_ways_over_its_pages(proved, counter, monkeypatch):
    papers = [each.printed_number for each in due(counter, 5)]
    monkeypatch.setattr("sportello.expenses.queries.paging.page.__kwdefaults__", {"after": "", "before": "", "size": 2})
    client = proved("ada")

    def walk(**asked: str) -> list[str]:
        pages: list[list[str]] = []
        key: dict[str, str] = {}
        while True:
            page = client.get(reverse("practice:sts"), asked | key).context["page"]
            pages.append([each.row.number for each in page.rows])
            if not page.after:
                back = client.get(reverse("practice:sts"), asked | {"before": page.before}).context["page"]
                assert [each.row.number for each in back.rows] == pages[-2]
                return [number for page in pages for number in page]
            key = {"after": page.after}

    assert walk(sort="day") == papers
    assert walk() == papers[::-1]


def test_sending_names_what_was_refused_first(proved, counter, world):
    papers = [paid(world, therapy(world), patient=one) for one in (world.bruno, world.bruno, world.mia)]
    spoil(world.mia, "VRDMIA18P45A944A")
    counter.run(automatic=True, many=3)
    counter.settle()
    with acting(System("tests")):
        sending = Transmission.objects.get(kind="batch")
    page = text_of(proved("ada").get(reverse("practice:sts_sending", args=[sending.pk])))
    said = page[page.index('class="says"') :]
    assert said.index("S011") < said.index("000")
    assert papers[2].printed_number in said


def test_accountant_with_the_switch_sends_and_sees_outcomes(proved, counter, world):
    [paper] = due(counter)
    client = proved("carla")
    address = reverse("practice:sts_document", args=[paper.pk])
    assert client.get(address).status_code == 403
    values = MemberValues(Role.ACCOUNTANT, switches=frozenset({Switch.STS}), entities=None, years=None)
    with acting(System("tests")):
        member = Membership.objects.get(person=world.people["carla"])
    edit_member(actor=world.ada, membership_id=member.pk, values=values)
    client.post(reverse("practice:sts_deed", args=[paper.pk, "send"]))
    assert counter.state(paper) == "ACCEPTED"
    assert "Verdi" not in text_of(client.get(address))
