"""Papers joined into one file: whole, in order, with bookmarks, marked as copies, and early."""

import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pikepdf
import pypdf
import pytest
from PIL import Image

from sportello.billing.paper.content import Content
from sportello.billing.paper.joined import PaperUnreadable, Part, join
from sportello.billing.paper.render import Renderer
from tests.billing.paper.papers import SIMPLE

poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="needs poppler's pdftoppm")


@pytest.fixture(scope="module")
def papers(renderer: Renderer) -> list[bytes]:
    """Give five papers, the third of several pages."""
    contents: list[Content] = [replace(SIMPLE, number=f"{number}/2026") for number in range(1, 6)]
    contents[2] = replace(contents[2], lines=SIMPLE.lines * 60)
    return [renderer.render(content) for content in contents]


def _joined(papers: list[bytes], **more) -> bytes:
    parts = [Part(f"Fattura {at} (12/03/2026) \\ عربي", partial(bytes, data)) for at, data in enumerate(papers, 1)]
    return b"".join(join(parts, title=more.pop("title", "Copie"), **more))


def test_join_gives_every_page_in_order_with_a_bookmark_for_each_paper(papers: list[bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(_joined(papers)), strict=True)
    lengths = [len(pypdf.PdfReader(io.BytesIO(each)).pages) for each in papers]
    assert lengths[2] > 1
    assert len(reader.pages) == sum(lengths)
    starts = [reader.get_destination_page_number(each) for each in reader.outline]  # type: ignore[arg-type]  # flat
    assert starts == [sum(lengths[:at]) for at in range(len(papers))]
    assert [each.title for each in reader.outline] == [f"Fattura {at} (12/03/2026) \\ عربي" for at in range(1, 6)]
    for start, number in zip(starts, range(1, 6), strict=True):
        assert f"Fattura {number}/2026" in reader.pages[start].extract_text()


@poppler
def test_join_is_a_sound_file_for_qpdf_and_poppler(papers: list[bytes], tmp_path) -> None:
    data = _joined(papers, cover=papers[0], mark=papers[1])
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert pdf.Root.PageMode == "/UseOutlines"
        assert pdf.docinfo["/Title"] == "Copie"
    (tmp_path / "joined.pdf").write_bytes(data)
    done = subprocess.run(
        ["pdftoppm", "-r", "20", "-png", "joined.pdf", "page"], cwd=tmp_path, capture_output=True, check=True
    )
    assert done.stderr == b""
    assert len(list(tmp_path.glob("page*.png"))) == len(pypdf.PdfReader(io.BytesIO(data)).pages)


@poppler
def test_join_draws_a_page_as_the_single_paper_does(papers: list[bytes], look_at: Callable[..., Image.Image]) -> None:
    alone, together = look_at(papers[3], 1), look_at(_joined([papers[3]]), 1)
    assert alone.tobytes() == together.tobytes()


@poppler
def test_join_marks_every_page_of_the_papers_and_not_the_cover(papers: list[bytes], look_at) -> None:
    mark = _black_mark()
    data = _joined(papers[:2], cover=papers[0], mark=mark)
    corner = (505, 12, 535, 20)  # in points from the upper left, within the mark
    assert [_darkness(look_at(data, page), corner) for page in (1, 2, 3)] == [0, 255, 255]


def test_join_writes_what_is_the_same_only_once(papers: list[bytes]) -> None:
    once, twice = _joined(papers[:1]), _joined([papers[0], papers[0]])
    assert len(twice) < len(once) * 1.1


def test_join_gives_its_first_bytes_before_it_reads_a_paper(papers: list[bytes]) -> None:
    read: list[int] = []

    def reading(at: int) -> bytes:
        read.append(at)
        return papers[0]

    pieces = join((Part(str(at), partial(reading, at)) for at in range(20)), title="Copie")
    assert next(pieces).startswith(b"%PDF-")
    assert read == []
    for expected in range(20):
        next(pieces)
        assert read == list(range(expected + 1))


def test_join_of_nothing_but_a_cover_opens(papers: list[bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(_joined([], cover=papers[0])), strict=True)
    assert (len(reader.pages), reader.outline) == (1, [])


@pytest.mark.parametrize("wrong", [b"", b"%PDF-1.7\nnonsense", b"hello"])
def test_join_refuses_what_is_no_paper_without_showing_it(wrong: bytes) -> None:
    with pytest.raises(PaperUnreadable, match=r"^a paper cannot be read as a PDF$"):
        _joined([wrong])


def test_join_keeps_strings_that_look_like_references(papers: list[bytes]) -> None:
    pdf = pikepdf.open(io.BytesIO(papers[0]))
    odd = "1 0 R ) (7 0 R \\"
    pdf.pages[0].obj.Resources["/Odd"] = pdf.make_indirect(
        pikepdf.Dictionary({"/Text": odd, "/A#20 1 0 R": pikepdf.Name("/12 0 R"), "/Bytes": b"\x00 3 0 R\xff"})
    )
    out = io.BytesIO()
    pdf.save(out)
    with pikepdf.open(io.BytesIO(_joined([out.getvalue()]))) as joined:
        kept = joined.pages[0].obj.Resources["/Odd"]
        assert str(kept["/Text"]) == odd
        assert bytes(kept["/Bytes"]) == b"\x00 3 0 R\xff"
        assert kept["/A#20 1 0 R"] == pikepdf.Name("/12 0 R")


def test_join_takes_what_a_page_has_from_the_tree_above_it(papers: list[bytes]) -> None:
    pdf = pikepdf.open(io.BytesIO(papers[0]))
    page = pdf.pages[0].obj
    pdf.Root.Pages["/Resources"], pdf.Root.Pages["/MediaBox"] = page.Resources, page.MediaBox
    del page["/Resources"], page["/MediaBox"]
    out = io.BytesIO()
    pdf.save(out)
    reader = pypdf.PdfReader(io.BytesIO(_joined([out.getvalue()])), strict=True)
    assert "Fattura 1/2026" in reader.pages[0].extract_text()
    assert round(float(reader.pages[0].mediabox.height)) == 842


@pytest.fixture
def look_at(tmp_path) -> Callable[[bytes, int], Image.Image]:
    """Return a page as poppler draws it, one pixel a point."""

    def picture(data: bytes, page: int) -> Image.Image:
        (tmp_path / "look.pdf").write_bytes(data)
        command = ["pdftoppm", "-r", "72", "-gray", "-f", str(page), "-l", str(page), "-singlefile", "look.pdf", "look"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        return Image.open(tmp_path / "look.pgm").copy()

    return picture


def _black_mark() -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(60, 12))
    page.obj.Contents = pdf.make_stream(b"0 g 0 0 60 12 re f")
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def _darkness(picture: Image.Image, box: tuple[int, int, int, int]) -> int:
    """Return how dark the lightest point of a box is, 0 (white) to 255."""
    return 255 - int(picture.crop(box).getextrema()[1])  # type: ignore[arg-type]  # one band
