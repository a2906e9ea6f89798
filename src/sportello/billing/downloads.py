"""Chosen papers on their way out: one PDF, a ZIP, a table. Each is made while it is sent and held nowhere.

Source: practice specification 7. The database is not asked any more once the first byte is due: what is needed was read
with the choice. Sizes in bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from zipstream import ZipStream  # type: ignore[import-untyped]  # it has no types

from sportello.billing.compilations import Heading, cover, paper_name
from sportello.billing.paper.joined import Part, join
from sportello.billing.paper.listing import Tongue, set_listing, set_mark
from sportello.billing.paper.spelling import day
from sportello.billing.queries.portal import Chosen
from sportello.core.files import keeping
from sportello.core.models import StoredFile
from sportello.core.money import plain
from sportello.core.spreadsheet import csv_lines

PIECE = 128 * 1024
_HUGE = 1 << 30
"""Bytes of files from which on a ZIP may need its longer numbers."""
_LANGUAGES = {"zh-hans": "zh-Hans"}


def _nothing() -> None:
    """Let every paper go."""


class NothingReady(RuntimeError):
    """None of the chosen papers has its PDF yet: it is made within a minute of issuing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One file of a ZIP: its name, its size in bytes, and its bytes, asked when its turn comes.

    `data` is iterated once.
    """

    name: str
    size: int
    data: Iterable[bytes] = field(repr=False)


def joined_pdf(
    chosen: Sequence[Chosen], heading: Heading, *, before_each: Callable[[], None] = _nothing
) -> Iterator[bytes]:
    """
    Return the papers as one PDF, with a cover, a bookmark for each and the mark of a copy on every page.

    :param before_each: called before each paper is read; what it raises ends the download
    :raises NothingReady: no paper has its PDF yet
    :raises RenderFailed: the cover cannot be set
    """
    ready = _ready(chosen)
    tongue = Tongue(heading.language)
    first = cover(chosen, heading)

    def read(each: Chosen) -> bytes:
        before_each()
        return keeping.read(_file(each))

    return gathered(
        join(
            (Part(_bookmark(each, heading.language), partial(read, each)) for each in ready),
            title=tongue.one("copies"),
            cover=set_listing(first, archive=False),
            mark=set_mark(heading.language),
            language=_LANGUAGES.get(tongue.second, tongue.second or "it-IT"),
        )
    )


def zipped_papers(
    chosen: Sequence[Chosen], language: str, *, before_each: Callable[[], None] = _nothing
) -> tuple[int, Iterator[bytes]]:
    """
    Return size and bytes of a ZIP with the papers and a table of them all.

    :param before_each: called before each paper is read; what it raises ends the download
    :raises NothingReady: no paper has its PDF yet
    """
    named = _named(_ready(chosen))
    summary = b"".join(table(chosen, language, {each.key: name for name, each in named}))
    entries = [Entry("elenco.csv", len(summary), [summary])]
    entries += [Entry(name, each.size, _read(each, before_each)) for name, each in named]
    return zipped(entries)


def zipped(entries: Sequence[Entry]) -> tuple[int, Iterator[bytes]]:
    """Return size and bytes of a ZIP, nothing in it compressed: PDFs are already. Each entry is added in its turn."""
    return zip_size(entries), gathered(_archived(entries))


def zip_size(entries: Sequence[Entry]) -> int:
    """
    Return how many bytes a ZIP of these entries is, none of them compressed.

    Source: PKWARE APPNOTE 4.3.7 (30 bytes and the name before a file), 4.3.9 (16 after it), 4.3.12 (46 and the name in
    the directory), 4.3.16 (22 at the end). Where numbers of 32 bits are too short, the library that writes it counts.
    """
    names = sum(len(each.name.encode()) for each in entries)
    files = names + sum(each.size for each in entries) + len(entries) * (30 + 16)
    if len(entries) < 0xFFFF and files < _HUGE:
        return files + names + len(entries) * 46 + 22
    archive = ZipStream(sized=True)
    for each in entries:
        archive.add(iter(()), each.name, size=each.size)
    return len(archive)


def _archived(entries: Iterable[Entry]) -> Iterator[bytes]:
    archive = ZipStream()
    for each in entries:
        archive.add(each.data, each.name, size=each.size)
        yield from archive.file()
    yield from archive.finalize()


def table(chosen: Sequence[Chosen], language: str, names: dict[int, str] | None = None) -> Iterator[bytes]:
    """Yield the papers as lines of CSV, headed in Italian and the reader's language; `names` are files in the ZIP."""
    tongue = Tongue(language)
    words = _Words(tongue)
    keys = ["document", "number", "date", "paid_on", "state", "amount", "currency", *(["file"] if names else [])]
    return csv_lines([tongue.flat(key) for key in keys], (_row(each, words, names) for each in chosen))


def papers_entries(
    chosen: Sequence[Chosen], folder: str, *, before_each: Callable[[], None] = _nothing
) -> tuple[list[Entry], dict[int, str]]:
    """Return the files of those papers that have one, in a folder of a ZIP, and their names by paper."""
    named = _named([each for each in chosen if each.paper.ready])
    entries = [Entry(f"{folder}/{name}", each.size, _read(each, before_each)) for name, each in named]
    return entries, {each.key: f"{folder}/{name}" for name, each in named}


def gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the first piece at once and the others in larger ones: each costs a frame and a write on its way."""
    waiting, size, begun = [], 0, False
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= PIECE or not begun:
            yield b"".join(waiting)
            waiting.clear()
            size, begun = 0, True
    if size:
        yield b"".join(waiting)


def _read(each: Chosen, before: Callable[[], None]) -> Iterator[bytes]:
    before()
    yield from keeping.stream(_file(each))


def _file(each: Chosen) -> StoredFile:
    file = each.file
    assert file is not None  # only papers that have one are read
    return file


def _ready(chosen: Sequence[Chosen]) -> list[Chosen]:
    ready = [each for each in chosen if each.paper.ready]
    if not ready:
        raise NothingReady(f"none of {len(chosen)} papers has its PDF yet")
    return ready


def _named(ready: Sequence[Chosen]) -> list[tuple[str, Chosen]]:
    """Give each paper its name; two entities may have issued the same number on the same day."""
    seen: Counter[str] = Counter()
    named = []
    for each in ready:
        name = each.file_name
        seen[name] += 1
        if seen[name] > 1:
            name = name.replace(".pdf", f"_{seen[name]}.pdf")
        named.append((name, each))
    return named


def _bookmark(each: Chosen, language: str) -> str:
    return f"{day(each.paper.issued_on)} · {paper_name(each.paper, language)}"


class _Words(dict[str, str]):
    """Words in both languages, each looked up once a table."""

    def __init__(self, tongue: Tongue) -> None:
        super().__init__()
        self._tongue = tongue

    def __missing__(self, key: str) -> str:
        return self.setdefault(key, self._tongue.flat(key))


def _row(each: Chosen, words: _Words, names: dict[int, str] | None) -> list[str]:
    paper = each.paper
    state = words[paper.standing]
    kind = words["credit_note" if paper.amount < 0 else "invoice"]
    paid = paper.paid_on.isoformat() if paper.paid_on else ""
    row = [kind, paper.number, paper.issued_on.isoformat(), paid, state, plain(paper.amount), "EUR"]
    return [*row, names.get(each.key, "")] if names else row
