"""What a patient sees of the papers, against the pure filter that says it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sportello.billing.models import Invoice, Payment
from sportello.billing.models.payments import Payer
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.payments import record_payment, record_refund, void_payment
from sportello.billing.operations.visibility import set_portal_visible
from sportello.billing.queries import portal
from sportello.billing.queries.portal import Period
from sportello.billing.queries.statement import statement
from sportello.billing.rules.payments import Method
from sportello.billing.rules.portal import By, PortalDocument, Standing, shown
from sportello.billing.states import DocumentState
from sportello.core.actors import Actor, Power, Role, System, acting
from tests.billing.desk import draft, issued, line, paid, stored
from tests.world import DAY, World

pytestmark = pytest.mark.django_db(transaction=True)
ALWAYS = Period()
LAST_YEAR = date(2025, 12, 10)


@pytest.fixture(autouse=True)
def _reader():
    with acting(System("a patient reads")):
        yield


def _page(world: World, period: Period = ALWAYS, **more) -> portal.PortalPage:
    return portal.page(world.rossi.party.pk, world.bruno.pk, period, **more)


def _numbers(page: portal.PortalPage) -> list[str]:
    return [row.number for row in page.rows]


def _reversed(world: World, paper: Invoice) -> Invoice:
    return issue_credit_note(actor=world.ada, invoice_id=paper.pk, values=NoteValues(), on=DAY, today=DAY)


def test_page_shows_issued_and_credited_papers_and_never_drafts_or_hidden_ones(world: World) -> None:
    first, second, third = issued(world), issued(world), issued(world)
    draft(world)
    set_portal_visible(actor=world.ada, invoice_id=second.pk, visible=False)
    note = _reversed(world, third)
    found = _page(world)
    assert {row.id for row in found.rows} == {str(first.uid), str(third.uid), str(note.uid)}
    assert found.count == 3
    assert found.total == first.total + third.total - note.total
    assert {row.number: row.standing for row in found.rows} == {
        first.printed_number: Standing.UNPAID,
        third.printed_number: Standing.CREDITED,
        note.printed_number: Standing.CREDIT_NOTE,
    }


def test_page_of_another_patient_or_practice_is_empty(world: World) -> None:
    paper = issued(world)
    other = portal.page(world.rossi.party.pk, world.mia.pk, Period())
    elsewhere = portal.page(world.bianchi.party.pk, world.bruno.pk, Period())
    assert (other.rows, other.count, other.total, other.years) == ((), 0, Decimal("0.00"), ())
    assert elsewhere.rows == ()
    for practice, patient in ((world.rossi.party, world.mia), (world.bianchi.party, world.bruno)):
        with pytest.raises(Invoice.DoesNotExist):
            portal.totals(practice.pk, patient.pk, [str(paper.uid)])
        with pytest.raises(Invoice.DoesNotExist):
            portal.chosen_by_id(practice.pk, patient.pk, [str(paper.uid)])
        with pytest.raises(Invoice.DoesNotExist):
            portal.chosen_by_period(practice.pk, patient.pk, Period())


@pytest.mark.parametrize("by", list(By))
def test_page_and_chosen_agree_with_the_pure_filter_for_any_period(world: World, by: By) -> None:
    draw = random.Random(7)
    papers = []
    for step in range(9):
        paper = (paid if step % 3 else issued)(world, on=DAY + timedelta(days=step // 2))
        papers.append(stored(paper))
    set_portal_visible(actor=world.ada, invoice_id=papers[4].pk, visible=False)
    known = [
        PortalDocument(f"{each.number:05}", each.issued_on, each.paid_on, DocumentState(each.state), at != 4)
        for at, each in enumerate(papers)
    ]
    number_of = {str(each.uid): f"{each.number:05}" for each in papers}
    for _ in range(12):
        ends = [draw.choice([None, DAY + timedelta(days=draw.randrange(-1, 6))]) for _ in range(2)]
        expected = [each.number for each in shown(known, by, since=ends[0], until=ends[1])]
        period = Period(by, *ends)
        assert [number_of[row.id] for row in _page(world, period).rows] == expected[::-1]
        if expected:
            chosen = portal.chosen_by_period(world.rossi.party.pk, world.bruno.pk, period)
            assert [number_of[each.paper.id] for each in chosen] == expected


def test_page_by_keys_gives_every_paper_once_in_few_queries(world: World, django_assert_num_queries) -> None:
    papers = [issued(world, on=DAY + timedelta(days=at // 3)) for at in range(7)]
    seen: list[str] = []
    after = ""
    while True:
        with django_assert_num_queries(3 if after else 2):
            found = _page(world, after=after, size=3)
        seen += _numbers(found)
        assert found.count == 7
        after = found.following
        if not after:
            break
    assert seen == [each.printed_number for each in reversed(papers)]


@pytest.mark.parametrize(
    "period", [ALWAYS, Period(By.ISSUE, LAST_YEAR, DAY), Period(By.PAYMENT), Period(By.PAYMENT, LAST_YEAR, DAY)]
)
def test_page_goes_through_the_patients_papers_alone(world: World, period: Period) -> None:
    patient = Actor(0, world.rossi.party.pk, Role.PATIENT, patient_id=world.bruno.pk, powers=frozenset(Power))
    with acting(patient), CaptureQueriesContext(connection) as asked:
        _page(world, period)
    if connection.vendor != "sqlite":
        return  # PostgreSQL keeps statistics and chooses by them
    with connection.cursor() as cursor:
        for each in asked.captured_queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {each['sql']}")
            plan = " ".join(row[3] for row in cursor.fetchall())
            assert "(patient_id=?" in plan


def test_page_sums_the_period_and_names_the_years_of_everything(world: World) -> None:
    issued(world, on=LAST_YEAR)
    paper = issued(world, line("90.00"))
    found = _page(world, Period(By.ISSUE, date(2026, 1, 1), date(2026, 12, 31)))
    assert (found.count, found.total, found.years) == (1, paper.total, (2026, 2025))


def test_page_with_a_key_that_makes_no_sense_is_the_first(world: World) -> None:
    issued(world)
    for key in ("x", str(world.draft.uid), str(world.twin_draft.uid)):
        assert len(_page(world, after=key).rows) == 1


def test_page_tells_the_years_by_the_day_that_counts(world: World) -> None:
    old = issued(world, on=LAST_YEAR)
    record_payment(
        actor=world.ada, invoice_id=old.pk, on=date(2026, 1, 9), amount=old.payable, method=Method.CARD, today=DAY
    )
    assert _page(world).years == (2025,)
    assert _page(world, Period(By.PAYMENT)).years == (2026,)


def test_totals_subtract_credit_notes_and_refuse_an_unknown_id(world: World, django_assert_num_queries) -> None:
    paper = issued(world)
    note = _reversed(world, paper)
    other = issued(world, line("90.00"))
    with django_assert_num_queries(1):
        found = portal.totals(world.rossi.party.pk, world.bruno.pk, [str(each.uid) for each in (paper, note, other)])
    assert found == (3, other.total)
    for wrong in ("no id", str(world.draft.uid)):
        with pytest.raises(Invoice.DoesNotExist):
            portal.totals(world.rossi.party.pk, world.bruno.pk, [str(paper.uid), wrong])


def test_chosen_by_id_is_ordered_and_named_by_day_series_and_number(world: World, django_assert_num_queries) -> None:
    papers = [issued(world, on=DAY + timedelta(days=at)) for at in range(3)]
    ids = [str(each.uid) for each in reversed(papers)]
    with django_assert_num_queries(1):
        chosen = portal.chosen_by_id(world.rossi.party.pk, world.bruno.pk, ids)
    assert [each.file_name for each in chosen] == [
        "2026-03-12_A-1.pdf",
        "2026-03-13_A-2.pdf",
        "2026-03-14_A-3.pdf",
    ]
    assert all(each.file is None and not each.paper.ready for each in chosen)


def test_chosen_refuses_more_than_one_download_holds(world: World, monkeypatch) -> None:
    monkeypatch.setattr(portal, "MOST_CHOSEN", 2)
    papers = [issued(world) for _ in range(3)]
    with pytest.raises(portal.TooManyPapers) as refused:
        portal.chosen_by_period(world.rossi.party.pk, world.bruno.pk, Period(), most=2)
    assert refused.value.found == 3
    with pytest.raises(portal.TooManyPapers):
        portal.chosen_by_id(world.rossi.party.pk, world.bruno.pk, [str(each.uid) for each in papers])
    assert len(portal.chosen_by_period(world.rossi.party.pk, world.bruno.pk, Period(), most=None)) == 3


def test_statement_counts_what_was_paid_in_the_year_and_takes_refunds_off(world: World) -> None:
    old = issued(world, on=LAST_YEAR)
    for on in (LAST_YEAR, date(2026, 1, 9)):
        record_payment(actor=world.ada, invoice_id=old.pk, on=on, amount=old.payable / 2, method=Method.CARD, today=DAY)
    whole = paid(world, line("100.00"))
    _reversed(world, whole)
    record_refund(actor=world.ada, invoice_id=whole.pk, on=DAY, amount=whole.payable, method=Method.TRANSFER, today=DAY)
    found = statement(world.rossi.party.pk, world.bruno.pk, 2026)
    assert [(each.number, each.signed) for each in found.sections[0].lines] == [
        (old.printed_number, old.payable / 2),
        (whole.printed_number, whole.payable),
        (whole.printed_number, -whole.payable),
    ]
    assert found.sums.net == found.sums.net_traceable == old.payable / 2
    assert found.sums.refunded == whole.payable
    assert statement(world.rossi.party.pk, world.bruno.pk, 2025).sums.net == old.payable / 2
    assert statement(world.rossi.party.pk, world.bruno.pk, 2024).sections == ()


def test_statement_knows_cash_voids_inps_and_papers_of_others(world: World) -> None:
    mixed = issued(world, line("100.00"))
    for method in (Method.CARD, Method.CASH):
        record_payment(actor=world.ada, invoice_id=mixed.pk, on=DAY, amount=Decimal("20.00"), method=method, today=DAY)
    void_payment(actor=world.ada, payment_id=paid(world).payments.get().pk, reason="Errore")
    bonus = issued(world)
    record_payment(
        actor=world.ada,
        invoice_id=bonus.pk,
        on=DAY,
        amount=Decimal("50.00"),
        method=Method.TRANSFER,
        today=DAY,
        payer=Payer.INPS,
    )
    paid(world, customer=world.company, patient=world.bruno)
    found = statement(world.rossi.party.pk, world.bruno.pk, 2026)
    assert found.sums.untraceable == Decimal("40.00")
    assert found.sums.traceable == Decimal("0.00")
    assert found.sums.by_inps == Decimal("50.00")
    assert [each.mixed for each in found.sections[0].lines] == [True, False, False]
    assert found.charged_to_others == 1
    assert Payment.objects.filter(invoice_id__in=found.invoice_ids).count() == 3


def test_statement_asks_the_database_twice(world: World, django_assert_num_queries) -> None:
    for _ in range(4):
        paid(world)
    with django_assert_num_queries(2):
        statement(world.rossi.party.pk, world.bruno.pk, 2026)
