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

    def read(file: StoredFile) -> bytes:
        before_each()
        return keeping.read(file)

    return gathered(
        join(
            (Part(_bookmark(each, heading.language), partial(read, file)) for each, file in ready),
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
    summary = b"".join(table(chosen, language, {each.key: name for name, each, _ in named}))
    entries = [Entry("elenco.csv", len(summary), [summary])]
    entries += [Entry(name, file.size, _read(file, before_each)) for name, _, file in named]
    return zipped(entries)


def zipped(entries: Iterable[Entry]) -> tuple[int, Iterator[bytes]]:
    """Return size and bytes of a ZIP, nothing in it compressed: PDFs are already."""
    archive = ZipStream(sized=True)
    for each in entries:
        archive.add(each.data, each.name, size=each.size)
    return len(archive), gathered(archive)


def table(chosen: Sequence[Chosen], language: str, names: dict[int, str] | None = None) -> Iterator[bytes]:
    """Yield the papers as lines of CSV, headed in Italian and the reader's language; `names` are files in the ZIP."""
    tongue = Tongue(language)
    keys = ["document", "number", "date", "paid_on", "state", "amount", "currency", *(["file"] if names else [])]
    return csv_lines([tongue.flat(key) for key in keys], (_row(each, tongue, names) for each in chosen))


def papers_entries(
    chosen: Sequence[Chosen], folder: str, *, before_each: Callable[[], None] = _nothing
) -> tuple[list[Entry], dict[int, str]]:
    """Return the files of those papers that have one, in a folder of a ZIP, and their names by paper."""
    named = _named([(each, each.file) for each in chosen if each.file is not None])
    entries = [Entry(f"{folder}/{name}", file.size, _read(file, before_each)) for name, _, file in named]
    return entries, {each.key: f"{folder}/{name}" for name, each, _ in named}


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


def _read(file: StoredFile, before: Callable[[], None]) -> Iterator[bytes]:
    before()
    yield from keeping.stream(file)


def _ready(chosen: Sequence[Chosen]) -> list[tuple[Chosen, StoredFile]]:
    ready = [(each, each.file) for each in chosen if each.file is not None]
    if not ready:
        raise NothingReady(f"none of {len(chosen)} papers has its PDF yet")
    return ready


def _named(ready: Sequence[tuple[Chosen, StoredFile]]) -> list[tuple[str, Chosen, StoredFile]]:
    """Give each paper its name; two entities may have issued the same number on the same day."""
    seen: Counter[str] = Counter()
    named = []
    for each, file in ready:
        seen[each.file_name] += 1
        again = seen[each.file_name]
        name = each.file_name if again == 1 else each.file_name.replace(".pdf", f"_{again}.pdf")
        named.append((name, each, file))
    return named


def _bookmark(each: Chosen, language: str) -> str:
    return f"{day(each.paper.issued_on)} · {paper_name(each.paper, language)}"


def _row(each: Chosen, tongue: Tongue, names: dict[int, str] | None) -> list[str]:
    paper = each.paper
    state = tongue.flat(paper.standing)
    kind = tongue.flat("credit_note" if paper.amount < 0 else "invoice")
    paid = paper.paid_on.isoformat() if paper.paid_on else ""
    row = [kind, paper.number, paper.issued_on.isoformat(), paid, state, plain(paper.amount), "EUR"]
    return [*row, names.get(each.key, "")] if names else row
