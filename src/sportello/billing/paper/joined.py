"""Many papers become one file that is read from its first page on, while the last ones are still on the disk.

A joiner that builds a document in memory gives its first byte after its last paper and holds them all. This one copies
the objects of one paper at a time under new numbers and forgets it; the tree of pages, the bookmarks and the table of
objects follow at the end, where the format allows them. Streams and objects that are the same in several papers are
written once. Reading a paper is qpdf's (through pikepdf), writing is plain.

Joining drops the tags for screen readers, the archive mark, attachments and any seal: the single files are the
originals, and every page bears the mark of a copy (practice specification 7).
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pikepdf

# What qpdf writes: strings and names are passed over whole, so that nothing in them is taken for a reference.
_TOKEN = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f]*>|/[^\s()<>\[\]{}/%]*|(\d+) \d+ R\b", re.DOTALL)
_OF_PAGE = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Group")
_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_DEEPEST = 60
_CATALOG, _PAGES, _OUTLINES, _INFO = 1, 2, 3, 4
_MARK = b"/SportelloCopy"
_EDGE_X, _EDGE_Y = 56.7, 11.0
"""How far the mark stands from the right and the upper edge, in points."""

BoxNumbers = tuple[float, float, float, float]


class PaperUnreadable(ValueError):
    """A paper that is to be joined is no PDF, or one that makes no sense; the message never says what it holds."""


@dataclass(frozen=True, slots=True)
class Part:
    """
    One paper of the joined file.

    :ivar bookmark: what its bookmark says
    :ivar read: gives its bytes, asked when its turn comes
    """

    bookmark: str = field(repr=False)
    read: Callable[[], bytes]


def join(
    parts: Iterable[Part], *, title: str, cover: bytes | None = None, mark: bytes | None = None, language: str = "it-IT"
) -> Iterator[bytes]:
    """
    Yield the joined file, one piece for each paper.

    :param title: title of the document, as a reader's window shows it
    :param cover: a PDF whose pages come first, without mark and without bookmark
    :param mark: a PDF whose first page is drawn into the upper right corner of every page of the parts
    :param language: of the document, as PDF names it
    :raises PaperUnreadable: a part, the cover or the mark cannot be read
    """
    book = _Book()
    yield book.taken()
    if mark is not None:
        with _opened(mark) as pdf:
            book.keep_mark(pdf)
    if cover is not None:
        with _opened(cover) as pdf:
            book.add_pages(pdf, marked=False)
        yield book.taken()
    for part in parts:
        with _opened(part.read()) as pdf:
            first = book.add_pages(pdf, marked=True)
        book.bookmarks.append((part.bookmark, first))
        yield book.taken()
    book.close(title, language)
    yield book.taken()


def _opened(data: bytes) -> pikepdf.Pdf:
    try:
        return pikepdf.open(io.BytesIO(data))
    except pikepdf.PdfError:
        raise PaperUnreadable("a paper cannot be read as a PDF") from None


class _Book:
    """The joined file while it is written: what was put and not yet taken, and where each object lies."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"]
        self._length = len(self._waiting[0])
        self._places: list[int] = [0] * (_INFO + 1)
        self._known: dict[bytes, int] = {}
        self._pages: list[int] = []
        self._mark: tuple[int, float, float] | None = None
        self._open_state = 0
        self.bookmarks: list[tuple[str, int]] = []

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        piece = b"".join(self._waiting)
        self._waiting.clear()
        return piece

    def add(self, body: bytes) -> int:
        """Write an object unless the same is there already, and return its number."""
        digest = hashlib.sha256(body).digest()[:20]
        number = self._known.get(digest)
        if number is None:
            number = self._known[digest] = self._next()
            self._put(number, body)
        return number

    def keep_mark(self, pdf: pikepdf.Pdf) -> None:
        """Write the first page of a document as a picture that every page may draw."""
        form = pdf.pages[0].as_form_xobject()
        left, bottom, right, top = (float(side) for side in form.stream_dict["/BBox"])
        number = self.add(_Copier(self, pdf).stream(form))
        self._mark = (number, right - left, top - bottom)
        self._open_state = self.add(_stream(b"q\n"))

    def add_pages(self, pdf: pikepdf.Pdf, *, marked: bool) -> int:
        """Write the pages of a document and return the number of the first."""
        copier, first = _Copier(self, pdf), 0
        for page in pdf.pages:
            number = self._next()
            self._put(number, self._page(copier, page.obj, marked=marked))
            self._pages.append(number)
            first = first or number
        if not first:
            raise PaperUnreadable("a paper has no page")
        return first

    def close(self, title: str, language: str) -> None:
        """Write the tree of pages, the bookmarks, the catalogue and the table of objects."""
        kids = b" ".join(b"%d 0 R" % number for number in self._pages)
        self._put(_PAGES, b"<< /Type /Pages /Count %d /Kids [ %b ] >>" % (len(self._pages), kids))
        self._put(_INFO, b"<< /Title %b /Producer (Sportello) >>" % _text(title))
        self._put_bookmarks()
        self._put(
            _CATALOG,
            b"<< /Type /Catalog /Pages %d 0 R /Outlines %d 0 R /PageMode /UseOutlines /Lang %b"
            b" /ViewerPreferences << /DisplayDocTitle true >> >>" % (_PAGES, _OUTLINES, _text(language)),
        )
        start, count = self._length, len(self._places)
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        self._write(b"".join(b"%010d 00000 n \n" % place for place in self._places[1:]))
        identity = hashlib.sha256(b"".join(sorted(self._known))).digest()[:16].hex().encode()
        self._write(
            b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [ <%b> <%b> ] >>\nstartxref\n%d\n%%%%EOF\n"
            % (count, _CATALOG, _INFO, identity, identity, start)
        )

    def _put_bookmarks(self) -> None:
        numbers = [self._next() for _ in self.bookmarks]
        for at, (text, page) in enumerate(self.bookmarks):
            previous = b" /Prev %d 0 R" % numbers[at - 1] if at else b""
            following = b" /Next %d 0 R" % numbers[at + 1] if at + 1 < len(numbers) else b""
            self._put(
                numbers[at],
                b"<< /Title %b /Parent %d 0 R%b%b /Dest [ %d 0 R /Fit ] >>"
                % (_text(text), _OUTLINES, previous, following, page),
            )
        ends = b" /First %d 0 R /Last %d 0 R" % (numbers[0], numbers[-1]) if numbers else b""
        self._put(_OUTLINES, b"<< /Type /Outlines /Count %d%b >>" % (len(numbers), ends))

    def _page(self, copier: _Copier, page: pikepdf.Object, *, marked: bool) -> bytes:
        whole = _inherited(page)
        rows = [b"%b %b" % (key.encode(), copier.value(whole[key])) for key in _OF_PAGE if key in whole]
        contents, resources = copier.contents(page), copier.resources(whole.get("/Resources"))
        if marked and self._mark is not None:
            number, width, height = self._mark
            contents = [self._open_state, *contents, self._closing(_box(whole), width, height)]
            resources["/XObject"] = resources.get("/XObject", b"<< >>")[:-2] + b"%b %d 0 R >>" % (_MARK, number)
        rows.append(b"/Resources << %b >>" % b" ".join(b"%b %b" % (k.encode(), v) for k, v in resources.items()))
        rows.append(b"/Contents [ %b ]" % b" ".join(b"%d 0 R" % number for number in contents))
        return b"<< /Type /Page /Parent %d 0 R %b >>" % (_PAGES, b" ".join(rows))

    def _closing(self, box: BoxNumbers, width: float, height: float) -> int:
        """Write what ends a page's own drawing and draws the mark, the same for all pages of one size."""
        x, y = box[2] - _EDGE_X - width, box[3] - _EDGE_Y - height
        return self.add(_stream(b"\nQ q 1 0 0 1 %.2f %.2f cm %b Do Q\n" % (x, y, _MARK)))

    def _next(self) -> int:
        self._places.append(0)
        return len(self._places) - 1

    def _put(self, number: int, body: bytes) -> None:
        self._places[number] = self._length
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    def _write(self, piece: bytes) -> None:
        self._waiting.append(piece)
        self._length += len(piece)


class _Copier:
    """Copies objects of one document into the book, each once."""

    def __init__(self, book: _Book, pdf: pikepdf.Pdf) -> None:
        self._book, self._pdf = book, pdf
        self._numbers: dict[int, int] = {}
        self._depth = 0

    def value(self, found: pikepdf.Object) -> bytes:
        """Return a value as it stands in the book, after what it points to was written."""
        return self._renumbered(_plain(found))

    def resources(self, found: pikepdf.Object | None) -> dict[str, bytes]:
        """Return the kinds of resources of a page; pictures are spelt out, so that one more can join them."""
        if found is None:
            return {}
        kinds = {key: self.value(value) for key, value in found.items()}
        if "/XObject" in kinds:
            inside = b" ".join(b"%b %b" % (key.encode(), self.value(value)) for key, value in found.XObject.items())
            kinds["/XObject"] = b"<< %b >>" % inside
        return kinds

    def contents(self, page: pikepdf.Object) -> list[int]:
        """Return the numbers of the streams that draw a page."""
        found = page.get("/Contents")
        if found is None:
            return []
        streams = list(found) if isinstance(found, pikepdf.Array) else [found]
        return [self._number_of(each.objgen[0]) for each in streams]

    def stream(self, found: pikepdf.Object) -> bytes:
        """Return a stream with its bytes as they are, still compressed."""
        raw = found.read_raw_bytes()
        keys = {key: value for key, value in found.stream_dict.items() if key != "/Length"}
        inside = b" ".join(b"%b %b" % (key.encode(), self.value(value)) for key, value in keys.items())
        return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (inside, len(raw), raw)

    def _renumbered(self, text: bytes) -> bytes:
        return _TOKEN.sub(lambda token: b"%d 0 R" % self._number_of(int(token[1])) if token[1] else token[0], text)

    def _number_of(self, old: int) -> int:
        number = self._numbers.get(old)
        if number is None:
            if self._depth > _DEEPEST:
                raise PaperUnreadable("a paper's objects point at each other without end")
            self._depth += 1
            number = self._numbers[old] = self._copy(self._pdf.get_object(old, 0))
            self._depth -= 1
        return number

    def _copy(self, found: pikepdf.Object) -> int:
        if isinstance(found, pikepdf.Stream):
            return self._book.add(self.stream(found))
        return self._book.add(self._renumbered(found.unparse(resolved=True)))


def _plain(found: pikepdf.Object) -> bytes:
    """Return an object as qpdf writes it; numbers, names and texts come as Python's own from pikepdf."""
    if isinstance(found, pikepdf.Object):
        return found.unparse()
    return pikepdf.Array([found]).unparse()[1:-1].strip()


def _inherited(page: pikepdf.Object) -> dict[str, pikepdf.Object]:
    """Return a page's entries with those it has from the tree above it."""
    whole = dict(page.items())
    above, steps = page.get("/Parent"), 0
    while above is not None and steps < _DEEPEST:
        for key in _INHERITED:
            if key not in whole and key in above:
                whole[key] = above[key]
        above, steps = above.get("/Parent"), steps + 1
    return whole


def _box(whole: dict[str, pikepdf.Object]) -> BoxNumbers:
    sides = whole.get("/CropBox") or whole.get("/MediaBox")
    if sides is None:
        raise PaperUnreadable("a page has no size")
    left, bottom, right, top = (float(side) for side in sides)
    return left, bottom, right, top


def _stream(data: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%b\nendstream" % (len(data), data)


def _text(text: str) -> bytes:
    """Return a text as a PDF string: UTF-16 with its mark, in hexadecimal."""
    return b"<feff%b>" % text.encode("utf-16-be", "replace").hex().encode()
