"""Chosen papers as one PDF, as a ZIP, as a table; the statement of a year."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pypdf
import pytest
from zipstream import ZipStream  # type: ignore[import-untyped]  # it has no types

from sportello.billing import downloads
from sportello.billing.compilations import Heading, cover, year_statement
from sportello.billing.downloads import Entry
from sportello.billing.models import Invoice
from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.billing.operations.payments import record_payment, record_refund
from sportello.billing.paper.listing import Tongue, set_listing, set_mark, words
from sportello.billing.paper.render import shared_renderer
from sportello.billing.paper.sheet import labels
from sportello.billing.queries import portal
from sportello.billing.queries.portal import Chosen, Period
from sportello.billing.queries.statement import statement
from sportello.billing.rules.payments import Method
from sportello.billing.rules.portal import Standing
from sportello.core.actors import System, acting
from sportello.core.files import keeping
from sportello.core.languages import FIRST
from tests.billing.desk import issued, line, paid
from tests.billing.paper.papers import SIMPLE
from tests.billing.papers_kept import keep_paper
from tests.world import DAY, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _reader():
    with acting(System("a patient reads")):
        yield


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return shared_renderer().render(SIMPLE)


def _heading(language: str = "it") -> Heading:
    return Heading(("Studio Rossi", "Via della Prova 1"), ("Bruno Verdi", "VRDBRN80E12A944U"), language, DAY)


def _chosen(world: World) -> list[Chosen]:
    return portal.chosen_by_period(world.rossi.party.pk, world.bruno.pk, Period())


def _papers(world: World, pdf: bytes, count: int = 3) -> list[Invoice]:
    papers = [issued(world, on=DAY + timedelta(days=at)) for at in range(count)]
    for paper in papers:
        keep_paper(paper, pdf)
    return papers


def _text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_joined_pdf_has_cover_bookmarks_and_every_paper(world: World, pdf: bytes) -> None:
    papers = _papers(world, pdf)
    data = b"".join(downloads.joined_pdf(_chosen(world), _heading("ar")))
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    assert len(reader.pages) == 4
    assert [each.title for each in reader.outline] == [
        f"{paper.issued_on:%d/%m/%Y} · فاتورة {paper.printed_number}" for paper in papers
    ]
    first = reader.pages[0].extract_text()
    assert "Copie dei documenti" in first
    assert all(f"Fattura {paper.printed_number}" in first for paper in papers)
    assert "COPIA" in reader.pages[1].extract_text()


def test_joined_pdf_and_zip_leave_out_what_is_not_ready_and_say_so(world: World, pdf: bytes) -> None:
    _papers(world, pdf)
    waiting = issued(world, on=DAY + timedelta(days=5))
    data = b"".join(downloads.joined_pdf(_chosen(world), _heading()))
    first = pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text().replace("\n", " ")
    assert f"non è ancora pronto, perciò qui manca: {waiting.printed_number}" in first
    with _unzipped(_chosen(world)) as archive:
        assert len(archive.namelist()) == 4
        rows = _rows(archive.read("elenco.csv"))
    assert [row[-1] for row in rows[1:]][-1] == ""


def test_joined_pdf_of_nothing_ready_is_refused(world: World) -> None:
    issued(world)
    with pytest.raises(downloads.NothingReady):
        downloads.joined_pdf(_chosen(world), _heading())
    with pytest.raises(downloads.NothingReady):
        downloads.zipped_papers(_chosen(world), "it")


def _unzipped(chosen: list[Chosen]) -> zipfile.ZipFile:
    size, pieces = downloads.zipped_papers(chosen, "ro")
    data = b"".join(pieces)
    assert len(data) == size
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def _rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))


def test_zipped_papers_hold_the_bytes_as_issued_under_names_of_nobody(world: World, pdf: bytes) -> None:
    papers = _papers(world, pdf)
    note = issue_credit_note(actor=world.ada, invoice_id=papers[0].pk, values=NoteValues(), on=DAY, today=DAY)
    keep_paper(note, pdf)
    with _unzipped(_chosen(world)) as archive:
        assert archive.namelist() == [
            "elenco.csv",
            "2026-03-12_A-1.pdf",
            "2026-03-12_NC-1.pdf",
            "2026-03-13_A-2.pdf",
            "2026-03-14_A-3.pdf",
        ]
        assert all(archive.read(name) == pdf for name in archive.namelist()[1:])
        rows = _rows(archive.read("elenco.csv"))
    assert rows[0][0] == "Documento / Document"
    assert rows[2] == [
        "Nota di credito / Notă de credit",
        note.printed_number,
        "2026-03-12",
        "",
        "Nota di credito / Notă de credit",
        f"-{note.total}",
        "EUR",
        "2026-03-12_NC-1.pdf",
    ]


def test_zipped_papers_of_two_entities_with_one_number_keep_both(world: World, pdf: bytes) -> None:
    _papers(world, pdf, 1)
    keep_paper(issued(world, line(treatment=None), entity=world.forfait), pdf)
    with _unzipped(_chosen(world)) as archive:
        assert archive.namelist()[1:] == ["2026-03-12_A-1.pdf", "2026-03-12_A-1_2.pdf"]


def test_zipped_papers_break_off_when_bytes_were_altered(world: World, pdf: bytes) -> None:
    _papers(world, pdf)
    chosen = _chosen(world)
    kept = chosen[1].kept
    file = chosen[1].file
    assert kept is not None
    assert file is not None
    altered = ["0" * 64 if each == file.sha256 else each for each in kept]
    chosen[1] = replace(chosen[1], kept=tuple(altered))
    _, pieces = downloads.zipped_papers(chosen, "it")
    with pytest.raises(keeping.FileDamaged):
        list(pieces)


@pytest.mark.parametrize("count", [0, 1, 3, 500])
def test_zip_size_is_that_of_the_bytes(count: int) -> None:
    entries = [Entry(f"spese/perché-{at}.pdf", at * 7, [b"x" * at] * 7) for at in range(count)]
    size, pieces = downloads.zipped(entries)
    assert size == len(b"".join(pieces))


def test_zip_size_of_what_needs_long_numbers_is_the_librarys() -> None:
    entries = [Entry("a.pdf", 5 << 30, ()), Entry("b.pdf", 7, ())]
    archive = ZipStream(sized=True)
    for each in entries:
        archive.add(iter(()), each.name, size=each.size)
    assert downloads.zip_size(entries) == len(archive) > sum(each.size for each in entries) + 2 * (30 + 46 + 16) + 22


def test_zipped_takes_no_paper_before_its_turn() -> None:
    taken: list[int] = []

    def data(at: int) -> Iterator[bytes]:
        taken.append(at)
        yield b"x" * downloads.PIECE

    _, pieces = downloads.zipped([Entry(f"{at}.pdf", downloads.PIECE, data(at)) for at in range(3)])
    first = next(pieces)
    assert first.startswith(b"PK")
    assert taken == []


def test_downloads_ask_before_each_paper_and_end_where_they_may_not_go_on(world: World, pdf: bytes) -> None:
    _papers(world, pdf)

    class Ended(Exception):
        pass

    for make in (
        lambda ask: downloads.joined_pdf(_chosen(world), _heading(), before_each=ask),
        lambda ask: downloads.zipped_papers(_chosen(world), "it", before_each=ask)[1],
    ):
        asked: list[int] = []

        def ask(asked: list[int] = asked) -> None:
            asked.append(1)
            if len(asked) == 3:
                raise Ended

        with pytest.raises(Ended):
            list(make(ask))
        assert len(asked) == 3


def test_gathered_gives_the_first_piece_at_once_and_larger_ones_after() -> None:
    taken: list[int] = []

    def pieces():
        for at in range(300):
            taken.append(at)
            yield b"x" * 1000

    found = downloads.gathered(pieces())
    assert next(found) == b"x" * 1000
    assert taken == [0]
    rest = list(found)
    assert sum(map(len, rest)) == 299_000
    assert len(rest) == 3


def test_table_has_no_cell_that_a_spreadsheet_would_run(world: World) -> None:
    paper = issued(world)
    issue_credit_note(actor=world.ada, invoice_id=paper.pk, values=NoteValues(), on=DAY, today=DAY)
    rows = _rows(b"".join(downloads.table(_chosen(world), "it")))
    assert rows[0] == ["Documento", "Numero", "Data", "Pagata il", "Stato", "Importo", "Valuta"]
    assert [row[5] for row in rows[1:]] == [f"{paper.total}", f"-{paper.total}"]


def test_cover_of_many_papers_lists_none_of_them(world: World, pdf: bytes, monkeypatch) -> None:
    monkeypatch.setattr("sportello.billing.compilations.MOST_LISTED", 2)
    _papers(world, pdf)
    assert cover(_chosen(world), _heading()).sections == ()


def test_year_statement_prints_payments_refunds_trace_and_sums(world: World) -> None:
    card = paid(world, line("100.00"))
    issue_credit_note(actor=world.ada, invoice_id=card.pk, values=NoteValues(), on=DAY, today=DAY)
    record_refund(actor=world.ada, invoice_id=card.pk, on=DAY, amount=card.payable, method=Method.TRANSFER, today=DAY)
    cash = issued(world)
    record_payment(actor=world.ada, invoice_id=cash.pk, on=DAY, amount=Decimal("71.40"), method=Method.CASH, today=DAY)
    found = statement(world.rossi.party.pk, world.bruno.pk, 2026)
    text = (
        _text(set_listing(year_statement(found, _heading("de")), archive=True)).replace("\xa0", " ").replace("\n", " ")
    )
    for expected in (
        "Spese pagate nel 2026",
        "Im Jahr",
        "Bruno Verdi",
        "VRDBRN80E12A944U",
        "Emesso da: Dott.ssa Ada Rossi · P. IVA 01234560371",
        f"{card.printed_number} del 12/03/2026",
        "Bonifico (rimborso)",
        "Contanti",
        "−€ 104,00",
        "Spesa dell'anno",
        "€ 71,40",
        "Di cui in modo tracciabile, tolti i rimborsi: € 0,00",
    ):
        assert expected in text, expected


def test_year_statement_of_a_year_without_payments_says_so(world: World) -> None:
    found = statement(world.rossi.party.pk, world.bruno.pk, 2019)
    text = _text(set_listing(year_statement(found, _heading()), archive=True))
    assert "Nell'anno non risulta alcun pagamento." in text.replace("\n", " ")


@pytest.mark.parametrize("language", [each.code for each in FIRST])
def test_words_of_lists_are_complete_in_every_language(language: str) -> None:
    assert words()[language].keys() == words()["it"].keys()
    assert all(text.strip() for text in words()[language].values())
    assert {key for key, text in words()[language].items() if "{year}" in text} == {"statement"}
    assert set(Standing) <= words()[language].keys()
    assert set(words()) == set(labels())
    assert set_mark(language).startswith(b"%PDF-")


def test_listing_in_a_language_that_papers_do_not_know_is_italian_alone() -> None:
    assert Tongue("tl").pair("yes") == ("sì",)


def test_heading_shows_nobody_in_its_repr() -> None:
    assert "Verdi" not in repr(_heading())


def test_statement_day_is_given_and_not_the_clock(world: World) -> None:
    found = statement(world.rossi.party.pk, world.bruno.pk, 2026)
    once, twice = (set_listing(year_statement(found, _heading()), archive=True) for _ in range(2))
    assert once == twice
