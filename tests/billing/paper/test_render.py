"""The renderer: standards, sameness, strange texts, missing letters, logos."""

import hashlib
import io
import json
import logging
import re
import shutil
import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest
import typst
from fontTools.ttLib import TTFont
from PIL import Image

from sportello.billing.paper import glyphs, render
from sportello.billing.paper.content import Logo, Words
from sportello.billing.paper.render import Renderer, RenderFailed
from tests.billing.paper.papers import ARABIC, CHINESE, CREDIT, FLAT, LONG, MIXED, SIMPLE, UKRAINIAN

ROOT = Path(__file__).parents[3]
PAPERS = {
    "simple": SIMPLE,
    "mixed": MIXED,
    "flat": FLAT,
    "credit": CREDIT,
    "arabic": ARABIC,
    "chinese": CHINESE,
    "ukrainian": UKRAINIAN,
    "long": LONG,
}


def _reader(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf))


def _elements(node, found):
    node = node.get_object()
    if isinstance(node, list):
        for kid in node:
            _elements(kid, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found.append((str(node["/S"]), node))
        if "/K" in node:
            _elements(node["/K"], found)
    return found


def _tags(pdf):
    return _elements(_reader(pdf).trailer["/Root"]["/StructTreeRoot"]["/K"], [])


@pytest.mark.parametrize("name", PAPERS)
def test_render_claims_pdf_a_3a_and_pdf_ua_1(renderer, name):
    root = _reader(renderer.render(PAPERS[name])).trailer["/Root"]
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "it-IT"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"


@pytest.mark.parametrize("name", PAPERS)
def test_render_embeds_every_font_and_a_unicode_map(renderer, name):
    reader = _reader(renderer.render(PAPERS[name]))
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            assert "/ToUnicode" in font.get_object()
            descriptor = font.get_object()["/DescendantFonts"][0]["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_render_tags_one_title_the_sections_and_the_tables(renderer):
    kinds = [kind for kind, _ in _tags(renderer.render(SIMPLE))]
    assert kinds.count("/H1") == 1
    assert kinds.index("/H1") < kinds.index("/H2")
    assert kinds.count("/Table") == 2
    assert kinds.count("/TH") == 5 + 4


def test_render_marks_the_language_of_the_translation(renderer):
    languages = {str(node["/Lang"]) for _, node in _tags(renderer.render(ARABIC)) if "/Lang" in node}
    assert "ar" in languages


def test_render_tells_title_and_day_but_no_patient_in_its_metadata(renderer):
    pdf = renderer.render(SIMPLE)
    metadata = _reader(pdf).metadata
    assert metadata.title == "Fattura 79/2026"
    assert metadata.author == "Marta Bellandi"
    assert metadata.creation_date.date() == date(2026, 11, 10)
    assert b"Ferraro" not in pdf
    assert "Ferraro" not in _reader(pdf).trailer["/Root"]["/Metadata"].get_data().decode()


@pytest.mark.parametrize("name", PAPERS)
def test_render_gives_the_same_bytes_again_from_another_engine(renderer, name):
    first = renderer.render(PAPERS[name])
    assert renderer.render(PAPERS[name]) == first
    assert _other_renderer().render(PAPERS[name]) == first


_OTHER: list[Renderer] = []


def _other_renderer():
    if not _OTHER:
        _OTHER.append(Renderer())
    return _OTHER[0]


def test_render_does_not_depend_on_what_was_set_before(renderer):
    fresh = _other_renderer().render(UKRAINIAN)
    for content in (LONG, ARABIC, MIXED):
        renderer.render(content)
    assert renderer.render(UKRAINIAN) == fresh


def test_render_in_four_threads_gives_each_its_own_paper(renderer):
    wanted = {number: renderer.render(replace(SIMPLE, number=f"{number}/2026")) for number in range(4)}
    found = {}

    def work(number):
        found[number] = renderer.render(replace(SIMPLE, number=f"{number}/2026"))

    threads = [threading.Thread(target=work, args=(number,)) for number in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == wanted


HOSTILE = [
    "#panic()",
    '#read("/etc/passwd")',
    "$x^2$ *bold* _it_ `raw` <label> @ref",
    "]] ) } \\ \\u{41} // comment /* open",
    '"quoted" \' &amp; <b>x</b>',
    "= Heading - list + enum / term: x",
    "https://example.org ~ -- --- ...",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_render_prints_markup_as_it_was_typed(read, text):
    content = replace(
        SIMPLE,
        addressee=replace(SIMPLE.addressee, name=text),
        lines=(replace(SIMPLE.lines[0], description=text),),
        remarks=(Words(text),),
    )
    flat = re.sub(r"\s+", "", read(content).replace("\u200b", ""))
    assert flat.count(re.sub(r"\s+", "", text)) == 3


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Anna\x00\x07\x1b Rossi", "Anna Rossi"),
        ("Anna\nRossi\t\r\nx", "Anna Rossi x"),
        ("Anna\u2028Rossi", "Anna Rossi"),
        ("Anna \u202eissoR\u202c", "Anna issoR"),
        ("Anna \u2067Rossi", "Anna Rossi"),
        ("\ufeffAnna", "Anna"),
        ("Cafe\u0301", "Café"),
        ("a\ud800b", "a\ufffdb"),
    ],
)
def test_render_takes_out_what_would_disturb_the_line(read, typed, printed):
    content = replace(SIMPLE, addressee=replace(SIMPLE.addressee, name=typed))
    assert f"Intestatario\n{printed}\nVia dei Tigli" in read(content)


def test_render_replaces_letters_no_font_has_and_logs_no_name(read, caplog):
    name = "Zoë \U00010000\U0001f600 𝐁ianchi"
    with caplog.at_level(logging.WARNING):
        text = read(replace(SIMPLE, addressee=replace(SIMPLE.addressee, name=name)))
    assert "Zoë \ufffd\ufffd Bianchi" in text
    assert "€\N{NO-BREAK SPACE}93,80" in text
    assert "3 letters" in caplog.text
    assert "Zo" not in caplog.text
    assert "\U0001f600" not in caplog.text


def test_render_falls_back_to_plain_latin_when_the_fonts_do_not_suffice(read, monkeypatch, caplog):
    monkeypatch.setattr(glyphs, "repair", lambda sheet: (sheet, 0))
    with caplog.at_level(logging.WARNING):
        text = read(replace(SIMPLE, addressee=replace(SIMPLE.addressee, name="Zoë \U00010000")))
    assert "Zoë \ufffd" in text
    assert "plain Latin" in caplog.text


def test_render_that_cannot_be_saved_says_why_without_the_texts(renderer, monkeypatch):
    class Broken:
        def compile(self, **_):
            error = typst.TypstError("refused", "")
            error.message = 'the text `"Giulia Ferraro"` could not be displayed'
            raise error

    monkeypatch.setattr(renderer, "_engine", Broken())
    with pytest.raises(RenderFailed, match="cannot set this document: the text") as caught:
        renderer.render(SIMPLE)
    assert "Giulia" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("letters", ["ই", "हिन्दी", "ਪੰਜਾਬੀ", "සිංහල", "اردو ٹ ڈ", "Ελλάδα", "日本"])
def test_render_has_letters_for_the_languages_of_patients(read, caplog, letters):
    with caplog.at_level(logging.WARNING):
        read(replace(SIMPLE, addressee=replace(SIMPLE.addressee, name=letters)))
    assert not caplog.records


def test_render_repeats_the_head_of_the_table_and_counts_the_pages(renderer):
    pages = [page.extract_text() for page in _reader(renderer.render(LONG)).pages]
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        assert "Descrizione Data Q.tà" in page
        assert f"Pagina {number}/3" in page
        if number > 1:
            assert page.index("Fattura 80/E/2026 del 10/11/2026") < page.index("Descrizione")
    assert all(f"Seduta numero {number} " in "".join(pages) for number in range(1, 71))
    assert "Totale documento" in pages[-1]


def test_render_of_few_but_long_lines_counts_its_pages(renderer):
    line = replace(SIMPLE.lines[0], description="Un testo lungo che va a capo. " * 60)
    pages = [page.extract_text() for page in _reader(renderer.render(replace(SIMPLE, lines=(line,) * 5))).pages]
    assert len(pages) > 1
    assert all(f"Pagina {number}/{len(pages)}" in page for number, page in enumerate(pages, 1))


def test_render_of_no_lines_and_no_groups_is_a_paper_still(read):
    text = read(replace(SIMPLE, lines=(), groups=(), payments=(), paid_on=None, stamp=None))
    assert "Totale documento" in text


def test_render_keeps_everything_inside_the_page(look):
    long = "W" * 300
    content = replace(
        MIXED,
        number="12345678/LUNGA/2026",
        addressee=replace(MIXED.addressee, name=long, address=(long, "40121 Bologna")),
        issuer=replace(MIXED.issuer, name=long, register=long),
        lines=(replace(MIXED.lines[0], description=long, unit_price=Decimal("9999999.99"), net=Decimal("9999999.99")),),
        remarks=(Words(long),),
    )
    picture = look(content)
    margin = picture.width * 12 // 210
    for left in (0, picture.width - margin):
        assert picture.crop((left, 0, left + margin, picture.height)).getextrema() == (255, 255)


def test_render_survives_a_huge_text(renderer):
    pdf = renderer.render(replace(SIMPLE, remarks=(Words("parola " * 200_000),)))
    assert len(_reader(pdf).pages) < 10


def test_render_leaves_room_for_a_sticker_only_until_it_has_its_number(read):
    assert "Spazio per la marca da bollo" in read(FLAT)
    assert "Spazio per la marca da bollo" not in read(SIMPLE)


def test_render_marks_a_copy(read):
    assert "Copia" in read(LONG)
    assert "Copia" not in read(SIMPLE)


def _picture(kind, size=(600, 200), mode="RGB"):
    out = io.BytesIO()
    Image.new(mode, size, "teal").save(out, kind)
    return out.getvalue()


def _with_logo(data, media_type):
    return replace(SIMPLE, logo=Logo(hashlib.sha256(data).hexdigest(), media_type))


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("JPEG", "CMYK")]
)
def test_render_prints_the_logo_with_a_text_for_who_cannot_see_it(renderer, kind, mode):
    data = _picture(kind, mode=mode)
    pdf = renderer.render(_with_logo(data, f"image/{kind.lower()}"), data)
    assert len(_reader(pdf).pages[0].images) == 1
    figures = [node for kind, node in _tags(pdf) if kind == "/Figure"]
    assert [str(node["/Alt"]) for node in figures] == ["Logo Marta Bellandi"]


def test_render_makes_a_large_logo_small(renderer):
    data = _picture("PNG", (5000, 3000))
    pdf = renderer.render(_with_logo(data, "image/png"), data)
    assert _reader(pdf).pages[0].images[0].image.size[0] <= 1200


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"PK\x03\x04" + b"\0" * 1000, "image/png"),
        (_picture("JPEG"), "image/png"),
        (_picture("PNG")[:200], "image/png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 3_000_000, "image/png"),
    ],
)
def test_render_leaves_out_a_logo_that_is_no_picture_and_says_so(renderer, caplog, data, media_type):
    with caplog.at_level(logging.WARNING):
        pdf = renderer.render(_with_logo(data, media_type), data)
    assert len(_reader(pdf).pages[0].images) == 0
    assert "logo left out" in caplog.text


@pytest.mark.parametrize("given", [None, b"another file"])
def test_render_without_the_logo_it_was_issued_with_fails(renderer, given):
    with pytest.raises(RenderFailed, match="logo"):
        renderer.render(_with_logo(_picture("PNG"), "image/png"), given)


def test_render_with_no_room_for_the_logo_fails_and_works_again_later(monkeypatch):
    ours = Renderer()
    data = _picture("PNG", (123, 45))
    content = _with_logo(data, "image/png")
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(RenderFailed, match="No space left"):
            ours.render(content, data)
    assert len(_reader(ours.render(content, data)).pages[0].images) == 1


def test_render_forgets_old_logos_and_still_prints_them(monkeypatch):
    ours = Renderer()
    monkeypatch.setattr(render, "_LOGOS_KEPT", 2)
    for width in (10, 20, 30, 10):
        data = _picture("PNG", (width, 10))
        assert len(_reader(ours.render(_with_logo(data, "image/png"), data)).pages[0].images) == 1
    assert len(list(ours._root.glob("*.png"))) <= 2


def test_render_works_on_after_its_temporary_files_were_tidied_away():
    ours = Renderer()
    data = _picture("PNG", (77, 33))
    content = _with_logo(data, "image/png")
    first = ours.render(content, data)
    for picture in ours._root.glob("*.png"):
        picture.unlink()
    assert ours.render(content, data) == first
    shutil.rmtree(ours._root)
    assert ours.render(content, data) == first


def test_fonts_are_the_ones_the_install_copies_and_the_template_names():
    assets = json.loads((ROOT / "script" / "assets.json").read_text("utf-8"))
    copied = assets["folders"]["src/sportello/billing/paper/fonts"]
    assert {name for name in copied if name.endswith(".ttf")} == set(glyphs.FONT_FILES)
    template = render.TEMPLATE.read_text("utf-8")
    for path in glyphs.font_files():
        family = TTFont(path)["name"].getDebugName(16) or TTFont(path)["name"].getDebugName(1)
        assert f'"{family}"' in template


def test_renderer_without_its_fonts_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setattr(glyphs, "FOLDER", tmp_path)
    monkeypatch.setattr(render, "_fonts_of", lambda _: render._load_fonts())  # as in a process that has none yet
    with pytest.raises(RenderFailed, match="script/assets"):
        Renderer()


def test_renderer_with_spoiled_fonts_refuses_to_print_blank_papers(monkeypatch, tmp_path):
    for name in glyphs.FONT_FILES:
        (tmp_path / name).write_bytes(b"no font")
    monkeypatch.setattr(glyphs, "FOLDER", tmp_path)
    monkeypatch.setattr(render, "_fonts_of", lambda _: render._load_fonts())  # as in a process that has none yet
    with pytest.raises(RenderFailed, match="cannot be read"):
        Renderer()


def test_renderer_removes_its_temporary_files():
    ours = Renderer()
    folder = ours._root
    assert folder.is_dir()
    del ours
    assert not folder.exists()


def test_shared_renderer_is_one_a_process():
    assert render.shared_renderer() is render.shared_renderer()
