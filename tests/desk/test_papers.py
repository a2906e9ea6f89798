"""What a portal gets of a patient's papers: lists, sums, files; what others get: nothing."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pypdf
import pytest

from deskwire.messages import (
    By,
    ExportRecord,
    InvoicePaper,
    InvoicesCsv,
    InvoicesPdf,
    InvoicesZip,
    ListAccesses,
    ListInvoices,
    PaperKind,
    PaperState,
    Period,
    RefusalCode,
    Selection,
    SumInvoices,
    YearStatement,
)
from deskwire.signing import RefusedByDesk
from deskwire.streams import CutStream
from sportello.billing.models import Invoice
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.visibility import set_portal_visible
from sportello.billing.paper.render import shared_renderer
from sportello.billing.queries import portal as queries
from sportello.core import audit
from sportello.desk import answering, sending
from sportello.desk.answers import exports
from sportello.patients.operations.portal.standing import disconnect, suspend
from tests.billing.desk import draft, issued, paid
from tests.billing.paper.papers import SIMPLE
from tests.billing.papers_kept import keep_papers
from tests.desk.hands import audited, change, connection_row, now
from tests.world import DAY

YEAR = ListInvoices(By.ISSUE, date(2026, 1, 1), date(2026, 12, 31), "", 25)
EVERYTHING = Selection(all_of=Period(By.ISSUE, None, None))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return shared_renderer().render(SIMPLE)


def _papers(world, pdf, count=3, **more) -> list[Invoice]:
    papers = [issued(world, on=DAY + timedelta(days=at), **more) for at in range(count)]
    keep_papers(papers, pdf)
    return papers


def _refused(act):
    with pytest.raises(RefusedByDesk) as refused:
        act()
    return refused.value.refusal


def _stream_refused(portal, request, connection=""):
    with pytest.raises(AssertionError) as refused:
        portal.fetch(request, connection)
    return refused.value.args[0]


def _all_streams(paper_id: str):
    selection = Selection(ids=(paper_id,))
    return [
        InvoicePaper(paper_id),
        InvoicesPdf(selection, "it"),
        InvoicesZip(selection, "it"),
        InvoicesCsv(selection, "it"),
    ]


def test_list_gives_papers_newest_first_with_sums_and_writes_down_their_ids(portal, world, bruno, pdf):
    later = DAY + timedelta(days=1)
    first, second = issued(world), paid(world, on=later)
    note = issue_credit_note(actor=world.ada, invoice_id=first.pk, values=NoteValues(), on=later, today=later)
    draft(world)
    keep_papers([second], pdf)
    found = portal.ask(YEAR, bruno)
    assert [(row.number, row.state, row.kind, row.amount, row.ready) for row in found.rows] == [
        (note.printed_number, PaperState.REVERSED, PaperKind.CREDIT_NOTE, -note.total, False),
        (second.printed_number, PaperState.PAID, PaperKind.INVOICE, second.total, True),
        (first.printed_number, PaperState.REVERSED, PaperKind.INVOICE, first.total, False),
    ]
    assert (found.count, found.total, found.next, found.years) == (3, second.total, "", (2026,))
    entry = audited("portal.list")[-1]
    assert entry.details["ids"] == [row.id for row in found.rows]
    assert (entry.role, entry.patient_id, entry.person_id) == ("patient", world.bruno.pk, None)


def test_list_is_written_down_in_turn(portal, world, bruno, monkeypatch):
    issued(world)
    happened: list[str] = []

    @contextmanager
    def turn(name):
        happened.append(name)
        yield
        happened.append(f"{name} over")

    written = audit.record_alone

    def write(who, action, *about, **more):
        happened.append(action)
        return written(who, action, *about, **more)

    monkeypatch.setattr(answering, "turn_in_process", lambda: turn("process"))
    monkeypatch.setattr(answering, "write_turn", lambda: turn("write"))
    monkeypatch.setattr(audit, "record_alone", write)
    portal.ask(YEAR, bruno)
    assert happened == ["process", "write", "portal.list", "write over", "process over"]
    assert audited("portal.list")


def test_list_by_pages_carries_keys_that_tell_nothing(portal, world, bruno):
    papers = [issued(world) for _ in range(3)]
    one = portal.ask(ListInvoices(By.ISSUE, None, None, "", 2), bruno)
    two = portal.ask(ListInvoices(By.ISSUE, None, None, one.next, 2), bruno)
    assert uuid.UUID(one.next)
    assert [row.number for row in (*one.rows, *two.rows)] == [each.printed_number for each in papers[::-1]]
    assert two.next == ""


def test_list_needs_a_fixed_number_of_queries(portal, world, bruno, django_assert_num_queries):
    issued(world)
    portal.ask(YEAR, bruno)
    with django_assert_num_queries(10) as few:
        portal.ask(YEAR, bruno)
    for _ in range(4):
        issued(world)
    with django_assert_num_queries(len(few)):
        portal.ask(YEAR, bruno)


def test_totals_sum_a_selection_and_know_no_strange_paper(portal, world, bruno):
    papers = [issued(world), issued(world)]
    found = portal.ask(SumInvoices(tuple(str(each.uid) for each in papers)), bruno)
    assert (found.count, found.total) == (2, papers[0].total * 2)
    for wrong in (str(uuid.uuid4()), str(world.twin_draft.uid), "x", "1"):
        assert _refused(lambda wrong=wrong: portal.ask(SumInvoices((wrong,)), bruno)).code is RefusalCode.NOT_FOUND
    many = SumInvoices(tuple(str(uuid.uuid4()) for _ in range(501)))
    assert _refused(lambda: portal.ask(many, bruno)).code is RefusalCode.TOO_MANY


def test_paper_is_sent_byte_for_byte_under_a_name_of_nobody(portal, world, bruno, pdf):
    (paper,) = _papers(world, pdf, 1)
    assert portal.fetch(InvoicePaper(str(paper.uid)), bruno) == pdf
    assert audited("portal.paper")[-1].details["ids"] == [str(paper.uid)]


def test_paper_whose_pdf_is_not_made_yet_is_said_to_be_on_its_way(portal, world, bruno):
    paper = issued(world)
    for request in (InvoicePaper(str(paper.uid)), *_all_streams(str(paper.uid))[1:3]):
        assert _stream_refused(portal, request, bruno) is RefusalCode.NOT_READY
    assert audited("portal.paper") == []


def test_streams_of_hidden_drafted_strange_and_unknown_papers_are_not_found_alike(portal, world, bruno, pdf):
    (hidden,) = _papers(world, pdf, 1)
    set_portal_visible(actor=world.ada, invoice_id=hidden.pk, visible=False)
    (of_mia,) = _papers(world, pdf, 1, patient=world.mia)
    for uid in (hidden.uid, world.draft.uid, of_mia.uid, world.twin_draft.uid, uuid.uuid4(), "1"):
        for request in _all_streams(str(uid)):
            assert _stream_refused(portal, request, bruno) is RefusalCode.NOT_FOUND
    assert len(audited("access.denied")) == 24


def test_one_pdf_holds_the_papers_in_order_with_bookmarks(portal, world, bruno, pdf):
    papers = _papers(world, pdf)
    ids = tuple(str(each.uid) for each in reversed(papers[:2]))
    data = portal.fetch(InvoicesPdf(Selection(ids=ids), "de"), bruno)
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert [each.title for each in reader.outline] == [
        f"{each.issued_on:%d/%m/%Y} · Rechnung {each.printed_number}" for each in papers[:2]
    ]
    assert "VRDBRN80E12A944U" in reader.pages[0].extract_text()
    assert len(audited("portal.pdf")[-1].details["ids"]) == 2


def test_zip_of_a_period_says_its_size_and_holds_a_table(portal, world, bruno, pdf):
    papers = _papers(world, pdf)
    data = portal.fetch(InvoicesZip(EVERYTHING, "it"), bruno)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == len(papers) + 1
    assert audited("portal.zip")[-1].details["ids"] == [str(each.uid) for each in papers]
    payments = Selection(all_of=Period(By.PAYMENT, None, None))
    assert _stream_refused(portal, InvoicesZip(payments, "it"), bruno) is RefusalCode.NOT_FOUND


def test_csv_has_a_line_for_each_paper(portal, world, bruno):
    papers = [issued(world), issued(world)]
    lines = portal.fetch(InvoicesCsv(EVERYTHING, "it"), bruno).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert f";{papers[0].printed_number};2026-03-12;" in lines[1]


def test_exports_of_too_many_papers_are_refused_with_the_limit(portal, world, bruno, monkeypatch):
    monkeypatch.setattr(queries, "MOST_CHOSEN", 1)
    papers = [issued(world), issued(world)]
    ids = Selection(ids=tuple(str(each.uid) for each in papers))
    for make in (InvoicesPdf, InvoicesZip, InvoicesCsv):
        assert _stream_refused(portal, make(ids, "it"), bruno) is RefusalCode.TOO_MANY


def test_statement_of_a_year_is_a_pdf_about_the_patient(portal, world, bruno):
    paper = paid(world)
    data = portal.fetch(YearStatement(2026, "ar"), bruno)
    text = pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()
    assert "Spese pagate nel 2026" in text
    assert paper.printed_number in text
    assert audited("portal.statement")[-1].details["invoices"] == [paper.pk]
    assert "alcun pagamento" in pypdf.PdfReader(io.BytesIO(portal.fetch(YearStatement(2020, "it"), bruno))).pages[
        0
    ].extract_text().replace("\n", " ")
    assert _stream_refused(portal, YearStatement(0, "it"), bruno) is RefusalCode.NOT_FOUND


def test_downloads_end_without_their_tail_when_the_practice_disconnects(portal, world, bruno, pdf):
    _papers(world, pdf, 6)
    connection = connection_row(bruno)
    for request in (InvoicesZip(EVERYTHING, "it"), InvoicesPdf(EVERYTHING, "it"), ExportRecord("it")):
        change(connection, state="CONNECTED")
        with pytest.raises(CutStream):
            portal.fetch(request, bruno, between=lambda: change(connection, state="DISCONNECTED"))
    assert [entry.reason for entry in audited("portal.cut")] == ["not_connected"] * 3


def test_downloads_ask_before_each_paper_that_comes_after_a_pause(portal, world, bruno, pdf, monkeypatch):
    _papers(world, pdf, 4)
    asked: list[object] = []
    monkeypatch.setattr(exports, "still_open", asked.append)
    for pause, times in ((0.0, 4), (60.0, 1)):
        monkeypatch.setattr(exports, "PAUSE", pause)
        for request in (InvoicesZip(EVERYTHING, "it"), InvoicesPdf(EVERYTHING, "it"), ExportRecord("it")):
            asked.clear()
            portal.fetch(request, bruno)
            assert len(asked) == times


def test_one_long_paper_is_cut_within_a_second(portal, world, bruno, monkeypatch):
    (paper,) = _papers(world, b"%PDF-1.7\n" + b"x" * 900_000, 1)
    connection = connection_row(bruno)
    monkeypatch.setattr(sending, "EVERY", 0.0)
    with pytest.raises(CutStream):
        portal.fetch(
            InvoicePaper(str(paper.uid)),
            bruno,
            between=lambda: suspend(actor=world.ada, connection_id=connection.pk, now=now()),
        )


def test_everything_is_closed_after_disconnecting(portal, world, bruno, pdf):
    (paper,) = _papers(world, pdf, 1)
    disconnect(actor=world.ada, connection_id=connection_row(bruno).pk, now=now())
    assert _refused(lambda: portal.ask(YEAR, bruno)).code is RefusalCode.NOT_CONNECTED
    for request in [*_all_streams(str(paper.uid)), YearStatement(2026, "it"), ExportRecord("it")]:
        assert _stream_refused(portal, request, bruno) is RefusalCode.NOT_CONNECTED


def test_a_parent_sees_the_childs_papers_under_the_powers_alone(portal, world, gina, pdf):
    (paper,) = _papers(world, pdf, 1, patient=world.mia)
    (other,) = _papers(world, pdf, 1)
    assert [row.id for row in portal.ask(YEAR, gina).rows] == [str(paper.uid)]
    assert portal.fetch(InvoicePaper(str(paper.uid)), gina) == pdf
    assert _stream_refused(portal, InvoicePaper(str(other.uid)), gina) is RefusalCode.NOT_FOUND
    change(world.gina, may_see_invoices=False)
    assert _refused(lambda: portal.ask(YEAR, gina)).code is RefusalCode.NOT_FOUND
    for request in [*_all_streams(str(paper.uid)), YearStatement(2026, "it")]:
        assert _stream_refused(portal, request, gina) is RefusalCode.NOT_FOUND


def test_accesses_tell_who_did_what_in_the_practice_and_through_the_portal(portal, world, bruno, pdf):
    (paper,) = _papers(world, pdf, 1)
    portal.fetch(InvoicePaper(str(paper.uid)), bruno)
    rows = portal.ask(ListAccesses("", 50), bruno).rows
    seen = [(row.role, row.name, row.deed, row.paper) for row in rows]
    assert ("patient", "Bruno Verdi", "portal.paper", "") in seen
    assert ("owner", "Ada Rossi", "invoice.issue", paper.printed_number) in seen
    assert all(later.at >= earlier.at for later, earlier in pairwise(rows))


def test_accesses_by_pages_give_each_once_and_leave_out_refusals(portal, world, bruno):
    issued(world)
    _stream_refused(portal, InvoicePaper(str(uuid.uuid4())), bruno)
    whole = portal.ask(ListAccesses("", 100), bruno).rows
    assert "access.denied" not in {row.deed for row in whole}
    came, after = [], portal.ask(ListAccesses("", 1), bruno)
    while True:
        came += after.rows
        if not after.next:
            break
        after = portal.ask(ListAccesses(after.next, 1), bruno)
    assert [row.deed for row in came if row.deed != "portal.accesses"] == [
        row.deed for row in whole if row.deed != "portal.accesses"
    ]


def test_accesses_of_another_patient_stay_unseen(portal, world, bruno, gina):
    issued(world, patient=world.mia)
    deeds = {row.deed for row in portal.ask(ListAccesses("", 100), bruno).rows}
    assert "invoice.issue" not in deeds


def _record(portal, connection):
    archive = zipfile.ZipFile(io.BytesIO(portal.fetch(ExportRecord("uk"), connection)))
    assert archive.testzip() is None
    return archive, json.loads(archive.read("record.json"))


def test_record_holds_all_that_the_practice_keeps_and_may_show(portal, world, bruno, pdf):
    papers = _papers(world, pdf, 2)
    whole = paid(world, on=DAY + timedelta(days=3))
    archive, record = _record(portal, bruno)
    assert archive.namelist() == [
        "LEGGIMI.txt",
        "record.json",
        "papers/2026-03-12_A-1.pdf",
        "papers/2026-03-13_A-2.pdf",
    ]
    assert archive.read("papers/2026-03-12_A-1.pdf") == pdf
    assert (record["person"]["codice_fiscale"], record["person"]["phone"]) == ("VRDBRN80E12A944U", "+393330000001")
    assert [each["number"] for each in record["papers"]] == [each.printed_number for each in (*papers, whole)]
    assert record["papers"][2]["payments"][0]["amount"] == str(whole.payable)
    assert record["papers"][2]["file"] is None
    assert record["papers"][0]["content"]["totals"]["total"]
    assert record["connections"][0]["email"] == "bruno.verdi@posta.example"
    assert record["kept_but_not_shown"] == {"papers": 1}
    assert {"invoice.issue", "portal.export"} <= {each["deed"] for each in record["accesses"]}
    assert audited("portal.export")[-1].details["ids"][0] == str(papers[0].uid)


def test_record_for_a_parent_names_no_other_representative(portal, world, gina, pdf):
    _papers(world, pdf, 1, patient=world.mia)
    archive, record = _record(portal, gina)
    assert record["asked_by"] == "parent"
    assert [each["given_name"] for each in record["representatives"]] == ["Gina"]
    assert len(archive.namelist()) == 3
    change(world.gina, may_see_invoices=False)
    archive, record = _record(portal, gina)
    assert (record["papers"], record["sessions"]) == ([], [])
    assert archive.namelist() == ["LEGGIMI.txt", "record.json"]


def test_amounts_in_the_record_are_written_to_the_cent(portal, world, bruno):
    paper = issued(world)
    _, record = _record(portal, bruno)
    assert Decimal(record["papers"][0]["amount"]) == paper.total
    assert "." in record["papers"][0]["amount"]
