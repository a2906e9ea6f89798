"""Ways through Sistema TS that people take and that tables do not show: stale pages, long lists, stops, rights."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from sistemats.simulator import Fault, Rule
from sportello.accounts.models import Person
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.core.actors import Role, Switch, System, acting
from sportello.core.models import AuditEntry
from sportello.expenses.models import (
    CitizenRemark,
    Difference,
    Expense,
    ExpenseMapping,
    MonthlyReport,
    StsSettings,
    Transmission,
)
from sportello.expenses.operations.manual import resync, send_now
from sportello.parties.models import Membership
from sportello.parties.operations import edit_member
from sportello.parties.values import MemberValues
from tests.billing.desk import line, paid
from tests.expenses.counter import Counter, counter_at
from tests.web.practice.conftest import HTMX, text_of
from tests.world import DAY


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


@pytest.fixture(autouse=True)
def english(world):
    """Let everybody read English, so that sentences are those of the code."""
    Person.objects.update(language="en")


def due(counter: Counter, number: int = 1, **more):
    """Return paid invoices that wait to be sent."""
    world = counter.world
    papers = [paid(world, line("70.00", service_id=world.therapy.pk), **more) for _ in range(number)]
    counter.take_in()
    return papers


def refused(counter: Counter):
    """Return a paid invoice that the State refused for a mistyped code."""
    world = counter.world
    paper = paid(world, line("70.00", service_id=world.therapy.pk))
    with acting(System("tests")):
        world.bruno.codice_fiscale = "VRDBRN80E12A944X"
        world.bruno.save()
    counter.take_in()
    send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    assert counter.state(paper) == "REJECTED"
    return paper


def page_of(paper) -> str:
    return reverse("practice:sts_document", args=[paper.pk])


def deed(paper, way: str) -> str:
    return reverse("practice:sts_deed", args=[paper.pk, way])


def may_send(world, name: str, role: Role = Role.COLLABORATOR) -> None:
    """Give somebody the switch alone."""
    with acting(System("tests")):
        member = Membership.objects.get(person=world.people[name])
    values = MemberValues(role, switches=frozenset({Switch.STS}), entities=None, years=None)
    edit_member(actor=world.ada, membership_id=member.pk, values=values)


def stopped(counter: Counter, reason: str = "authentication") -> None:
    with acting(System("tests")):
        account = StsSettings.objects.get()
        account.stopped_at, account.stop_reason = datetime.now(UTC), reason
        account.save()


def there_instead(counter: Counter, paper, *, amount: str | None = None, cancelled: bool = False) -> None:
    """Change what the State holds of a paper, as another program would."""
    books = counter.simulator.ministry.books
    held = counter.held()[paper.printed_number]
    items = held.items if amount is None else (replace(held.items[0], amount=Decimal(amount)),)
    with counter.simulator.ministry.store.transaction():
        books.put(replace(held, items=items, cancelled=cancelled))


def remarked(world, number: int, *, read: int = 0) -> None:
    """Have citizens' remarks come, the last one last; the first of them were read."""
    with acting(System("tests")):
        for place in range(number):
            at = datetime(2026, 3, 1, 8, tzinfo=UTC) + timedelta(minutes=place)
            CitizenRemark.objects.create(
                practice=world.rossi.party,
                entity=world.studio,
                reference=f"remark-{place:03}",
                words="words",
                words_hash=f"{place}",
                fetched_at=at,
                seen_at=at if place < read else None,
            )


def differing(world, number: int, *, settled: int = 0) -> MonthlyReport:
    """Have a month's report with documents that our books do not have; the first of them are settled."""
    at = datetime(2026, 3, 10, 8, tzinfo=UTC)
    with acting(System("tests")):
        report = MonthlyReport.objects.create(
            practice=world.rossi.party, entity=world.studio, month=DAY.replace(day=1), asked_at=at, fetched_at=at
        )
        for place in range(number):
            Difference.objects.create(
                practice=world.rossi.party,
                entity=world.studio,
                report=report,
                kind="unknown_here",
                vat_number=world.studio.partita_iva,
                issued_on=DAY,
                number=f"{900 + place}/2026",
                theirs=Decimal("50.00"),
                resolved_at=at if place < settled else None,
                remedy="ignore" if place < settled else "",
            )
    return report


def walked(client, address: str, name) -> list[str]:
    """Return the names of all rows of a list, page after page, and see that the way back is the same."""
    pages: list[list[str]] = []
    key: dict[str, str] = {}
    while True:
        page = client.get(address, key).context["page"]
        pages.append([name(row) for row in page.rows])
        if len(pages) > 1:
            back = client.get(address, {"before": page.before}).context["page"]
            assert [name(row) for row in back.rows] == pages[-2]
        if not page.after:
            return [each for page in pages for each in page]
        key = {"after": page.after}


def test_remarks_come_in_pages_newest_first(proved, counter, world):
    remarked(world, 60)
    client = proved("ada")
    address = reverse("practice:sts_remarks")
    first = client.get(address).context["page"]
    assert (len(first.rows), first.total) == (25, 60)
    assert walked(client, address, lambda row: row.reference) == [f"remark-{place:03}" for place in reversed(range(60))]


def test_remarks_are_filtered_by_whether_they_were_read(proved, counter, world):
    remarked(world, 5, read=2)
    client = proved("ada")
    address = reverse("practice:sts_remarks")
    read = client.get(f"{address}?view=done").context["page"]
    assert [row.reference for row in read.rows] == ["remark-001", "remark-000"]
    response = client.get(f"{address}?view=open")
    assert [row.seen_at for row in response.context["page"].rows] == [None] * 3
    assert [each.count for each in response.context["states"]] == [5, 3, 2]


def test_differences_of_a_long_month_come_in_pages_those_that_wait_first(proved, counter, world):
    report = differing(world, 60, settled=10)
    client = proved("ada")
    address = reverse("practice:sts_month", args=[report.pk])
    numbers = walked(client, address, lambda row: row[0].number)
    assert numbers == [f"{900 + place}/2026" for place in range(10, 60)]
    done = client.get(f"{address}?view=done").context["page"]
    assert [row[0].number for row in done.rows] == [f"{900 + place}/2026" for place in range(10)]


def test_cancelling_what_our_books_do_not_have_is_asked_first(proved, counter, world):
    report = differing(world, 1)
    with acting(System("tests")):
        difference = Difference.objects.get()
    client = proved("ada")
    settle = reverse("practice:sts_settle", args=[report.pk, difference.pk])
    page = text_of(client.get(reverse("practice:sts_month", args=[report.pk])))
    assert f'href="{settle}?remedy=cancel_there"' in page
    assert 'value="cancel_there"' not in page
    question = client.get(settle, {"remedy": "cancel_there"})
    assert "Cancel 900/2026 at the Sistema TS?" in text_of(question)
    assert not counter.journal("cancel")
    assert client.get(settle, {"remedy": "ignore"}).status_code == 302
    assert client.get(settle, {"remedy": "nonsense"}).status_code == 404
    client.post(settle, {"remedy": "cancel_there"})
    assert [line["operation"] for line in counter.journal("cancel")] == ["cancel"]


def test_difference_of_another_report_is_not_found(proved, counter, world):
    report = differing(world, 1)
    with acting(System("tests")):
        difference = Difference.objects.get()
        other = MonthlyReport.objects.create(
            practice=world.rossi.party, entity=world.studio, month=DAY.replace(month=1, day=1), asked_at=report.asked_at
        )
    settle = reverse("practice:sts_settle", args=[other.pk, difference.pk])
    assert proved("ada").post(settle, {"remedy": "ignore"}).status_code == 404


@pytest.mark.parametrize("year", ["99999", "0", "1", "2014", "2999", "²", "-1", "x"])
def test_months_of_an_impossible_year_are_those_of_this_one(proved, counter, year):
    response = proved("ada").get(reverse("practice:sts_months"), {"year": year})
    assert (response.status_code, response.context["year"]) == (200, DAY.year)


@pytest.mark.parametrize("room", ["documents", "sendings", "months", "remarks", "mapping", "accounts"])
def test_an_id_beyond_all_columns_is_not_found(proved, counter, room):
    client = proved("ada")
    base = reverse("practice:sts")
    assert client.get(f"{base}{room}/{'9' * 18}/").status_code == 404
    assert client.get(f"{base}{room}/{'9' * 25}/").status_code == 404


def test_refusal_of_a_stale_page_keeps_the_reason_that_was_typed(proved, counter):
    [paper] = due(counter)
    send_now(actor=counter.world.ada, expense_id=counter.expense(paper).pk)
    client = proved("ada")
    page = text_of(client.post(deed(paper, "exclude"), {"reason": "Paid twice by mistake"}))
    assert counter.state(paper) == "ACCEPTED"
    assert 'value="Paid twice by mistake"' in page
    client.post(deed(paper, "cancel"), {"reason": "Paid twice by mistake"})
    again = text_of(client.post(deed(paper, "cancel"), {"reason": "Issued to the wrong person"}))
    for words in ('value="Issued to the wrong person"', 'role="alert"', "What you typed is still in its place."):
        assert words in again
    assert 'class="btn grave"' not in again
    assert len(counter.journal("cancel")) == 1


def test_refusal_while_a_call_is_under_way_keeps_the_reason(proved, counter):
    [paper] = due(counter)
    send_now(actor=counter.world.ada, expense_id=counter.expense(paper).pk)
    with acting(System("tests")):
        Expense.objects.update(carrier=Transmission.objects.get(), state="QUEUED")
    page = text_of(proved("ada").post(deed(paper, "cancel"), {"reason": "Paid twice by mistake"}))
    assert 'value="Paid twice by mistake"' in page
    assert "A sending is under way already: its answer comes first." in page
    assert 'class="btn grave"' in page
    assert not counter.journal("cancel")


def test_refusal_while_sending_is_stopped_keeps_the_reason(proved, counter):
    [paper] = due(counter)
    send_now(actor=counter.world.ada, expense_id=counter.expense(paper).pk)
    client = proved("ada")
    assert 'name="reason"' in text_of(client.get(deed(paper, "cancel")))
    stopped(counter)
    page = text_of(client.post(deed(paper, "cancel"), {"reason": "Paid twice by mistake"}))
    assert 'value="Paid twice by mistake"' in page
    assert "Sending is stopped: see to the reason first." in page
    assert counter.state(paper) == "ACCEPTED"


def test_page_that_asks_offers_nothing_that_is_not_possible_any_more(proved, counter):
    [paper] = due(counter)
    page = text_of(proved("ada").get(deed(paper, "cancel")))
    assert "This is not possible any more" in page
    assert 'class="btn grave"' not in page


def test_document_says_why_nothing_leaves_and_offers_no_sending(proved, counter, world):
    [paper] = due(counter)
    client = proved("ada")
    send = f'action="{deed(paper, "send")}"'
    assert send in text_of(client.get(page_of(paper)))
    stopped(counter)
    page = text_of(client.get(page_of(paper)))
    assert send not in page
    assert "sending is stopped: user or password were refused" in page
    assert reverse("practice:sts_account", args=[world.studio.pk]) in page
    assert deed(paper, "exclude") in page


def test_collaborator_is_told_who_can_put_the_account_right(proved, counter, world):
    [paper] = due(counter)
    stopped(counter)
    may_send(world, "elena")
    client = proved("elena")
    for address in (page_of(paper), reverse("practice:sts")):
        page = text_of(client.get(address))
        assert "Only the owner can do it: let them know." in page
        assert reverse("practice:sts_account", args=[world.studio.pk]) not in page


def test_accountant_is_told_who_can_put_a_code_right(proved, counter, world):
    paper = refused(counter)
    may_send(world, "carla", Role.ACCOUNTANT)
    page = text_of(proved("carla").get(page_of(paper)))
    assert "Who keeps the patients' records here can do it." in page
    assert "/patients/" not in page


def test_service_without_a_type_leads_only_the_owner_to_the_types(proved, counter, world):
    with acting(System("tests")):
        Expense.objects.all().delete()
    [paper] = due(counter)
    with acting(System("tests")):
        Expense.objects.update(problem="unmapped")
    mapping = reverse("practice:sts_mapping_of", args=[world.studio.pk])
    assert mapping in text_of(proved("ada").get(page_of(paper)))
    may_send(world, "elena")
    page = text_of(proved("elena").get(page_of(paper)))
    assert mapping not in page
    assert "Only the owner can do it: let them know." in page


def test_something_else_that_the_state_holds_is_named_with_the_way_out(proved, counter):
    first, second = due(counter, 2)
    ada = counter.world.ada
    for paper in (first, second):
        send_now(actor=ada, expense_id=counter.expense(paper).pk)
    there_instead(counter, first, amount="10.00")
    with acting(System("tests")):
        Expense.objects.filter(invoice_id=first.pk).update(
            held="other", state="REJECTED", known_amount=Decimal("10.00")
        )
    page = text_of(proved("ada").get(page_of(first)))
    assert "decide what the Sistema TS should hold" in page
    assert "10.00" in page
    assert f'action="{deed(first, "update")}"' in page


def test_cancelled_document_that_is_not_taken_again_leads_to_the_next_device(proved, counter):
    counter.simulator.change_settings({"reinsert_after_cancel": False})
    [paper] = due(counter)
    ada, row = counter.world.ada, counter.expense(paper).pk
    send_now(actor=ada, expense_id=row)
    there_instead(counter, paper, cancelled=True)
    resync(actor=ada, expense_id=row)
    send_now(actor=ada, expense_id=row)
    counter.settle()
    page = text_of(proved("ada").get(page_of(paper)))
    assert counter.state(paper) == "REJECTED"
    assert "send it under the next device number" in page
    assert f'href="{deed(paper, "renew")}"' in page


def test_refund_whose_invoice_is_not_there_says_what_it_waits_for(proved, counter, world):
    [paper] = due(counter)
    note = issue_credit_note(actor=world.ada, invoice_id=paper.pk, values=NoteValues(), on=DAY, today=DAY)
    counter.take_in()
    client = proved("ada")
    assert "Goes by itself once its invoice is there" in text_of(client.get(reverse("practice:sts")))
    assert "This refund goes by itself once the State has the invoice" in text_of(client.get(page_of(note)))
    send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    assert "This refund goes by itself once the State has the invoice" not in text_of(client.get(page_of(note)))


def test_fragment_of_a_document_brings_its_state_along(proved, counter):
    [paper] = due(counter)
    client = proved("ada")
    whole = text_of(client.get(page_of(paper)))
    assert whole.count('id="document-chip"') == 1
    assert "hx-swap-oob" not in whole
    part = text_of(client.get(page_of(paper), headers=HTMX | {"HX-Target": "div#document"}))
    assert 'id="document-chip" hx-swap-oob="true"' in part
    assert "<html" not in part


def test_fragment_of_a_sending_is_the_sending_alone(proved, counter):
    [paper] = due(counter)
    send_now(actor=counter.world.ada, expense_id=counter.expense(paper).pk)
    with acting(System("tests")):
        address = reverse("practice:sts_sending", args=[Transmission.objects.get().pk])
    client = proved("ada")
    part = text_of(client.get(address, headers=HTMX | {"HX-Target": "section#sending"}))
    assert 'id="sending"' in part
    assert "<html" not in part
    assert "<html" in text_of(client.get(address, headers=HTMX | {"HX-Target": "section#list"}))


def test_document_that_goes_by_itself_is_looked_at_again(proved, counter):
    [paper] = due(counter)
    client = proved("ada")
    assert "every 15s" not in text_of(client.get(page_of(paper)))
    with acting(System("tests")):
        Expense.objects.update(state="TO_UPDATE")
    assert "every 15s" in text_of(client.get(page_of(paper)))
    stopped(counter)
    assert "every 15s" not in text_of(client.get(page_of(paper)))


def test_mended_document_says_that_the_refusal_was_about_before(proved, counter, world):
    paper = refused(counter)
    client = proved("ada")
    said = "It was changed since, and can be sent again."
    assert said not in text_of(client.get(page_of(paper)))
    edit = reverse("practice:patient_edit", args=[world.bruno.pk])
    form = client.get(edit).context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    client.post(edit, values | {"codice_fiscale": "VRDBRN80E12A944U"})
    counter.take_in()
    assert said in text_of(client.get(page_of(paper)))


def test_document_names_citizens_remarks(proved, counter, world):
    [paper] = due(counter)
    remarked(world, 1)
    client = proved("ada")
    assert "remarked on this expense" not in text_of(client.get(page_of(paper)))
    with acting(System("tests")):
        CitizenRemark.objects.update(expense=counter.expense(paper))
    assert "A citizen remarked on this expense." in text_of(client.get(page_of(paper)))


def test_single_sending_with_an_anomaly_is_shown_as_one(proved, counter):
    counter.faults(Rule(Fault.UNKNOWN_CITIZEN))
    [paper] = due(counter)
    send_now(actor=counter.world.ada, expense_id=counter.expense(paper).pk)
    client = proved("ada")
    response = client.get(reverse("practice:sts_sendings"), {"view": "with_errors"})
    assert [row.look for row in response.context["page"].rows] == ["WARNED"]
    assert not client.get(reverse("practice:sts_sendings"), {"view": "good"}).context["page"].rows


def test_what_was_asked_for_is_not_said_to_be_on_its_way_while_stopped(proved, counter):
    due(counter, 2)
    with acting(System("tests")):
        Expense.objects.update(wanted=True)
    client = proved("ada")
    moving, waiting = "2 documents are on their way", "2 documents were asked for: they leave once sending goes on."
    assert moving in text_of(client.get(reverse("practice:sts")))
    stopped(counter)
    page = text_of(client.get(reverse("practice:sts"), headers=HTMX))
    assert waiting in page
    assert moving not in page


def test_list_offers_no_sending_while_it_is_stopped(proved, counter):
    due(counter)
    client = proved("ada")
    button = "Send to the Sistema TS</button>"
    assert button in text_of(client.get(reverse("practice:sts")))
    stopped(counter)
    page = text_of(client.get(reverse("practice:sts")))
    assert button not in page
    assert "Objection…</button>" in page


def test_who_sent_by_hand_is_written_down(proved, counter, world):
    [paper] = due(counter)
    client = proved("ada")
    client.post(deed(paper, "send"))
    client.post(deed(paper, "send"))
    with acting(System("tests")):
        [entry] = AuditEntry.objects.filter(action="sts.send")
    assert (entry.person_id, entry.details["deed"]) == (world.people["ada"].pk, "send")
    assert "Sent to the Sistema TS" in text_of(client.get(reverse("practice:invoice", args=[paper.pk])))


def test_paper_is_offered_only_to_who_may_open_it(proved, counter, world):
    [paper] = due(counter)
    opens = f'href="{reverse("practice:invoice", args=[paper.pk])}"'
    assert opens in text_of(proved("ada").get(page_of(paper)))
    may_send(world, "elena")
    assert opens not in text_of(proved("elena").get(page_of(paper)))


def test_sending_without_an_answer_says_when_the_state_is_asked(proved, counter):
    counter.faults(Rule(Fault.LOST_ANSWER))
    [paper] = due(counter)
    send_now(actor=counter.world.ada, expense_id=counter.expense(paper).pk)
    with acting(System("tests")):
        call = Transmission.objects.get()
    address, said = reverse("practice:sts_sending", args=[call.pk]), "the Sistema TS is asked what became of it"
    client = proved("ada")
    assert call.state == "uncertain"
    assert said in text_of(client.get(address))
    counter.faults()
    counter.settle()
    assert said not in text_of(client.get(address))


def test_reason_is_kept_without_signs_that_no_database_takes(proved, counter):
    [paper] = due(counter)
    proved("ada").post(deed(paper, "exclude"), {"reason": "Paid\x00 twice\tby mistake"})
    assert counter.expense(paper).exclusion_reason == "Paid twice by mistake"


@pytest.mark.parametrize(("month", "said"), [("0001-01-01", "before 2015"), ("9999-12-31", "has not begun yet")])
def test_month_that_no_report_can_be_of_is_refused(proved, counter, world, month, said):
    response = proved("ada").post(
        reverse("practice:sts_ask_report", args=[world.studio.pk]), {"month": month}, follow=True
    )
    assert said in text_of(response)
    with acting(System("tests")):
        assert not MonthlyReport.objects.exists()


@pytest.mark.parametrize("field", ["username", "password"])
def test_sign_in_of_an_absurd_length_is_refused_and_the_rest_kept(proved, counter, world, field):
    client = proved("ada")
    address = reverse("practice:sts_identity", args=[world.studio.pk])
    form = client.get(address).context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    response = client.post(address, values | {field: "A" * 500, "delegate_name": "Studio Conti"})
    assert list(response.context["form"].errors) == [field]
    assert 'value="Studio Conti"' in text_of(response)


def test_type_of_a_service_that_was_sent_is_changed_only_when_that_is_confirmed(proved, counter, world):
    papers = due(counter, 2)
    for paper in papers:
        send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    client = proved("ada")
    address = reverse("practice:sts_mapping_of", args=[world.studio.pk])
    asked = {f"service-{world.therapy.pk}": "-", "since": ""}
    page = text_of(client.post(address, asked))
    assert "The State holds 2 documents with these services" in page
    assert 'name="sure" value="2"' in page
    assert '<option value="-" selected>' in page
    with acting(System("tests")):
        assert ExpenseMapping.objects.get(service=world.therapy).expense_type == "SP"
    assert client.post(address, asked | {"sure": "1"}).status_code == 200
    assert client.post(address, asked | {"sure": "2"}).status_code == 302
    with acting(System("tests")):
        assert ExpenseMapping.objects.get(service=world.therapy).expense_type == ""


def test_type_of_a_service_is_changed_at_once_where_nothing_held_changes(proved, counter, world):
    [paper] = due(counter)
    address = reverse("practice:sts_mapping_of", args=[world.studio.pk])
    asked = {f"service-{world.therapy.pk}": "-"}
    client = proved("ada")
    send_now(actor=world.ada, expense_id=counter.expense(paper).pk)
    later = f"{DAY + timedelta(days=1):%d/%m/%Y}"
    assert client.post(address, {f"service-{world.therapy.pk}": "SP", "since": ""}).status_code == 302
    assert client.post(address, asked | {"since": later}).status_code == 302


def test_way_back_from_a_sending_keeps_the_filter(proved, counter):
    [paper] = due(counter)
    send_now(actor=counter.world.ada, expense_id=counter.expense(paper).pk)
    with acting(System("tests")):
        address = reverse("practice:sts_sending", args=[Transmission.objects.get().pk])
    client = proved("ada")
    for headers in ({}, HTMX | {"HX-Target": "section#sending"}):
        page = text_of(client.get(f"{address}?view=good&from=0", headers=headers))
        assert f'href="{reverse("practice:sts_sendings")}?view=good"' in page
