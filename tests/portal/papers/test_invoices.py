"""The page of invoices, and what is taken along from it."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from deskwire.messages import By, InvoiceTotals, PaperState, Period, Power, RefusalCode, Relation
from deskwire.streams import BrokenStream, StreamHead
from portal.web.papers import words
from portal.web.papers.invoices import _live
from tests.portal.conftest import account, connected
from tests.portal.desk import File, overview
from tests.portal.papers.conftest import ROWS, row, rows

pytestmark = pytest.mark.django_db(transaction=True)
ZIP = File(StreamHead("application/zip", "fatture-2026.zip", 6), [b"PK", b"1234"])


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-22T10:00:00Z", tick=True):
        yield


def _page(browser, his, query=""):
    return browser.get(reverse("papers:invoices", args=[his.uid]) + query)


def _choose(browser, his, **given):
    return browser.post(reverse("papers:chosen", args=[his.uid]), given)


def _asked(desk):
    return desk.asked[-1].message


def test_invoices_cost_three_queries_and_two_questions(signed_in, his, desk, papers, django_assert_num_queries):
    _page(signed_in, his)
    before = len(desk.asked)
    with django_assert_num_queries(3):  # session, account, connection with its desk
        assert _page(signed_in, his).status_code == 200
    assert len(desk.asked) == before + 2


def test_invoices_are_this_years_by_day_of_issue_at_first(signed_in, his, desk, papers):
    page = _page(signed_in, his)
    assert page.status_code == 200
    asked = _asked(desk)
    assert (asked.by, asked.since, asked.until) == (By.ISSUE, date(2026, 1, 1), date(2026, 12, 31))
    text = page.content.decode()
    for each in ROWS:
        assert each.number in text
    assert "€1,234.50" in text
    assert "\N{MINUS SIGN}€71.40" in text
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize(
    ("query", "by", "since", "until"),
    [
        ("?year=2025", By.ISSUE, date(2025, 1, 1), date(2025, 12, 31)),
        ("?year=2025&by=payment", By.PAYMENT, date(2025, 1, 1), date(2025, 12, 31)),
        ("?period=dates&since=2026-02-01&until=2026-02-28", By.ISSUE, date(2026, 2, 1), date(2026, 2, 28)),
        ("?period=dates&until=2026-02-28&by=payment", By.PAYMENT, None, date(2026, 2, 28)),
        ("?period=dates", By.ISSUE, None, None),
        ("?year=99999", By.ISSUE, date(2026, 1, 1), date(2026, 12, 31)),
        ("?year=٢٠٢٥", By.ISSUE, date(2026, 1, 1), date(2026, 12, 31)),
        ("?year=2027&by=nonsense", By.ISSUE, date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_invoices_of_a_period_are_asked_for_as_the_address_says(signed_in, his, desk, papers, query, by, since, until):
    _page(signed_in, his, query)
    asked = _asked(desk)
    assert (asked.by, asked.since, asked.until) == (by, since, until)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("?period=dates&since=2026-03-01&until=2026-02-01", "The last day is before the first one."),
        ("?period=dates&since=soon", "This is no day"),
    ],
)
def test_invoices_of_a_wrong_period_say_what_is_wrong_and_ask_nothing(signed_in, his, desk, query, text):
    page = _page(signed_in, his, query)
    assert page.status_code == 200
    assert text in page.content.decode()
    assert "invoices.list" not in desk.kinds()


def test_invoices_page_by_a_key_that_only_the_desk_reads(signed_in, his, desk):
    key = str(uuid.uuid4())
    desk.answers["invoices.list"] = lambda asked: rows(row(2), next=key, count=101)
    text = _page(signed_in, his, "?year=2026").content.decode()
    assert f"year=2026&amp;after={key}" in text
    assert "Mark all 101 of this period" in text
    _page(signed_in, his, f"?year=2026&after={key}")
    assert _asked(desk).after == key
    _page(signed_in, his, "?after=12/2026")
    assert _asked(desk).after == ""


def test_invoices_say_what_there_is_when_a_period_has_none(signed_in, his, desk):
    desk.answers["invoices.list"] = lambda asked: rows(years=(2024,))
    text = _page(signed_in, his).content.decode()
    assert "There are no invoices in this period." in text
    assert "?year=2024" in text
    desk.answers["invoices.list"] = lambda asked: rows(years=())
    assert "it appears here by itself" in _page(signed_in, his).content.decode()


def test_invoices_that_are_not_ready_cannot_be_ticked_or_opened(signed_in, his, papers):
    text = _page(signed_in, his).content.decode()
    waiting = next(each for each in ROWS if not each.ready)
    assert "the PDF is being made" in text
    assert reverse("papers:paper", args=[his.uid, waiting.id]) not in text
    assert text.count("disabled") == 1


def test_invoices_for_a_child_name_the_child(signed_in, his, desk, papers):
    desk.answers["overview"] = lambda asked: overview(person="Mia Verdi", relation=Relation.PARENT)
    assert "The invoices of Mia Verdi" in _page(signed_in, his).content.decode()


def test_invoices_without_the_power_are_said_to_be_closed_and_not_asked_for(signed_in, his, desk):
    desk.answers["overview"] = lambda asked: overview(relation=Relation.PARENT, may=(Power.DOCUMENTS,))
    page = _page(signed_in, his)
    assert page.status_code == 200
    assert "The invoices are not open to you" in page.content.decode()
    assert desk.kinds() == ["overview"]


@pytest.mark.parametrize(("wish", "kind"), [("pdf", "invoices.pdf"), ("zip", "invoices.zip"), ("csv", "invoices.csv")])
def test_chosen_papers_are_asked_for_by_their_ids(signed_in, his, desk, wish, kind):
    desk.answers[kind] = lambda asked: ZIP
    answer = _choose(signed_in, his, do=wish, paper=[ROWS[0].id, ROWS[3].id])
    assert b"".join(answer.streaming_content) == b"PK1234"
    asked = _asked(desk)
    assert desk.kinds()[-1] == kind
    assert (asked.selection.ids, asked.selection.all_of) == ((ROWS[3].id, ROWS[0].id), None)
    assert asked.language == "en"


def test_chosen_all_of_a_period_is_asked_for_as_the_period(signed_in, his, desk):
    desk.answers["invoices.pdf"] = lambda asked: ZIP
    answer = _choose(signed_in, his, do="pdf", all="1", paper=[ROWS[0].id], year="2025", by="payment")
    b"".join(answer.streaming_content)
    wanted = _asked(desk).selection
    assert wanted.ids == ()
    assert wanted.all_of == Period(By.PAYMENT, date(2025, 1, 1), date(2025, 12, 31))


def test_chosen_download_has_its_name_type_size_and_is_kept_nowhere(signed_in, his, desk):
    desk.answers["invoices.zip"] = lambda asked: File(StreamHead("text/html", '../a"b\n.zip', 6), [b"PK1234"])
    answer = _choose(signed_in, his, do="zip", all="1")
    b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == 'attachment; filename="_a_b_.zip"'
    assert answer["Content-Length"] == "6"
    assert "no-store" in answer["Cache-Control"]


def test_chosen_download_that_is_cut_never_ends_well(signed_in, his, desk):
    def cut():
        yield b"x" * 300_000
        raise RuntimeError("the practice disconnected")

    desk.answers["invoices.zip"] = lambda asked: File(StreamHead("application/zip", "a.zip", 600_000), cut())
    answer = _choose(signed_in, his, do="zip", all="1")
    with pytest.raises(BrokenStream):
        list(answer.streaming_content)


def test_chosen_nothing_says_so_and_keeps_the_period(signed_in, his, desk, papers):
    page = _choose(signed_in, his, do="pdf", year="2025")
    assert page.status_code == 422
    assert "Nothing is marked yet" in page.content.decode()
    assert _asked(desk).since == date(2025, 1, 1)


def test_chosen_csv_of_nothing_marked_is_of_the_period(signed_in, his, desk):
    desk.answers["invoices.csv"] = lambda asked: File(StreamHead("text/csv", "a.csv", 1), [b"x"])
    b"".join(_choose(signed_in, his, do="csv").streaming_content)
    assert _asked(desk).selection.all_of is not None


def test_chosen_total_is_added_up_by_the_practice_and_keeps_the_marks(signed_in, his, desk, papers):
    desk.answers["invoices.totals"] = lambda asked: InvoiceTotals(2, Decimal("1305.90"))
    page = _choose(signed_in, his, do="total", paper=[ROWS[0].id, ROWS[3].id])
    text = page.content.decode()
    assert "2 papers marked" in text
    assert "€1,305.90" in text
    assert text.count(" checked") == 2


def test_chosen_total_of_everything_is_that_of_the_period(signed_in, his, desk, papers):
    text = _choose(signed_in, his, do="total", all="1").content.decode()
    assert "4 papers marked" in text
    assert "invoices.totals" not in desk.kinds()


@pytest.mark.parametrize(
    "ids", [["1"], ["x" * 36], [str(uuid.uuid4()).upper()], [str(uuid.UUID(int=n)) for n in range(501)]]
)
def test_chosen_of_what_is_no_selection_is_not_found(signed_in, his, desk, ids):
    assert _choose(signed_in, his, do="pdf", paper=ids).status_code == 404
    assert "invoices.pdf" not in desk.kinds()


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (RefusalCode.NOT_FOUND, 404),
        (RefusalCode.TOO_MANY, 413),
        (RefusalCode.NOT_READY, 503),
        (RefusalCode.NOT_CONNECTED, 403),
        (RefusalCode.SUSPENDED, 403),
        (RefusalCode.EXPIRED, 403),
        (RefusalCode.BROKEN, 503),
    ],
)
def test_downloads_that_a_desk_refuses_are_a_plain_page(signed_in, his, desk, code, status):
    for kind in ("invoices.pdf", "invoices.paper", "invoices.statement", "record.export"):
        desk.refuse(kind, code)
    places = [
        signed_in.get(reverse("papers:paper", args=[his.uid, uuid.uuid4()])),
        signed_in.get(reverse("papers:statement", args=[his.uid, 2025])),
        signed_in.post(reverse("papers:record-file", args=[his.uid])),
        _choose(signed_in, his, do="pdf", all="1"),
    ]
    assert [page.status_code for page in places] == [status] * 4


def test_paper_and_statement_are_passed_on(signed_in, his, desk):
    desk.answers["invoices.paper"] = lambda asked: File(
        StreamHead("application/pdf", "2026-03-02_A-2.pdf", 3), [b"%PD"]
    )
    desk.answers["invoices.statement"] = desk.answers["invoices.paper"]
    paper = signed_in.get(reverse("papers:paper", args=[his.uid, ROWS[3].id]))
    assert b"".join(paper.streaming_content) == b"%PD"
    assert _asked(desk).id == ROWS[3].id
    with translation.override("en"):
        b"".join(signed_in.get(reverse("papers:statement", args=[his.uid, 2025])).streaming_content)
    assert (_asked(desk).year, _asked(desk).language) == (2025, "en")
    assert signed_in.get(reverse("papers:statement", args=[his.uid, 2027])).status_code == 404


def test_pages_of_somebody_else_are_not_found_and_ask_no_desk(signed_in, desk):
    theirs = connected(account("olga.blu@example.org"), desk, "c-2")
    gets = ["papers:invoices", "papers:accesses", "papers:record"]
    pages = [signed_in.get(reverse(name, args=[theirs.uid])) for name in gets]
    pages += [signed_in.get(reverse("papers:paper", args=[theirs.uid, uuid.uuid4()]))]
    pages += [signed_in.get(reverse("papers:statement", args=[theirs.uid, 2025]))]
    pages += [signed_in.post(reverse(name, args=[theirs.uid])) for name in ("papers:chosen", "papers:record-file")]
    assert {page.status_code for page in pages} == {404}
    assert desk.kinds() == []


def test_pages_without_signing_in_lead_to_the_door(client, his, desk):
    page = client.get(reverse("papers:invoices", args=[his.uid]))
    assert page.status_code == 302
    assert page["Location"].startswith("/sign-in/")
    assert desk.kinds() == []


def test_invoices_of_a_practice_that_is_away_show_nothing_old(signed_in, his, desk, papers):
    assert _page(signed_in, his).status_code == 200
    desk.away = True
    page = _page(signed_in, his)
    assert page.status_code == 503
    assert ROWS[0].number not in page.content.decode()


@pytest.mark.parametrize("language", ["it", "en", "ro", "sq", "ar", "zh-hans", "uk", "es", "fr", "de"])
def test_live_sums_are_written_as_the_page_writes_them(language):
    from portal.web import formats

    with translation.override(language):
        live = _live(rows(*ROWS))
        for cents in (0, 7, 7140, 123450, 1234567, 123456789, -7140):
            assert _as_the_script_does(live, cents) == formats.money(Decimal(cents) / 100)
        rule = formats.locale(language).plural_form
        assert {rule(number) for number in range(200)} <= set(live["forms"])
        assert all("{n}" in text for form, text in live["forms"].items() if form not in {"zero", "one", "two"})


def _as_the_script_does(live, cents):
    whole, rest = divmod(abs(cents), 100)
    digits = f"{whole:,}".replace(",", live["group"]) if len(str(whole)) >= live["least"] else str(whole)
    sign = live["minus"] if cents < 0 else ""
    return sign + live["money"].replace("{n}", f"{digits}{live['decimal']}{rest:02}")


def test_looks_cover_every_state():
    assert set(words.STATES) == set(PaperState)
