"""Lists of papers, set like the papers themselves: the cover of a joined file and the statement of a year.

Italian first, the reader's language beside it in small (practice specification 7 and 13). What is said is decided by
the caller; this module knows the words of the form, cleans what people typed, and sets the page.
Units: amounts come spelt, by `spelling.money`. Nothing is read from database, settings or clock.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import typst

from . import glyphs, sheet
from .render import RenderFailed, shared_fonts, without_texts
from .spelling import clean, has_rtl, isolate

_FOLDER = Path(__file__).parent
_TEMPLATE, _MARK = _FOLDER / "listing.typ", _FOLDER / "copy_mark.typ"
_STANDARDS: list[Any] = ["a-3a", "ua-1"]
_REGIONS = {"zh-hans": ("zh", "CN")}

Pair = tuple[str, ...]
"""A text in Italian, and in the second language when there is one."""


@cache
def words() -> dict[str, dict[str, str]]:
    """Return the words of lists: language code to key to text."""
    text = resources.files(__package__).joinpath("listing.json").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = json.loads(text)
    return table


@dataclass(frozen=True, slots=True)
class Tongue:
    """Italian and one more language, or none where that is Italian or unknown to papers.

    >>> Tongue("de").pair("yes"), Tongue("it").pair("yes")
    (('sì', 'ja'), ('sì',))
    """

    code: str

    @property
    def second(self) -> str:
        """The second language, "" for none."""
        return self.code if self.code != "it" and self.code in words() else ""

    def pair(self, key: str, **fields: str) -> Pair:
        """Return a text of the form in both languages; `fields` fill its places."""
        italian = _word("it", key).format(**fields)
        if not self.second:
            return (italian,)
        kept = {name: isolate(value) for name, value in fields.items()}
        return (italian, _word(self.second, key).format(**kept))

    def one(self, key: str, **fields: str) -> str:
        """Return a text in the second language, in Italian where there is none: for names of bookmarks."""
        return self.pair(key, **fields)[-1]

    def flat(self, key: str) -> str:
        """Return both languages on one line: for the head of a column."""
        return _flat(self, key)


def _word(language: str, key: str) -> str:
    return words()[language].get(key) or sheet.labels()[language][key]


@lru_cache(maxsize=1024)
def _flat(tongue: Tongue, key: str) -> str:
    return " / ".join(dict.fromkeys(tongue.pair(key)))


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column.

    :ivar width: millimetres, 0 takes what is left
    :ivar at_end: amounts stand at the right
    """

    head: Pair
    width: float = 0
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a heading ("" for none)."""

    heading: str = field(repr=False)
    rows: tuple[tuple[str, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """
    Everything a list prints.

    :ivar practice: name, then lines of its address
    :ivar person: name, then codes; empty where the list is about nobody by name
    :ivar language: second language, a code such as `zh-hans`
    """

    title: Pair
    made_on: date
    language: str
    practice: tuple[str, ...] = field(repr=False)
    person: tuple[str, ...] = field(repr=False)
    lead: tuple[Pair, ...]
    facts: tuple[tuple[Pair, str], ...]
    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    sums: tuple[tuple[Pair, str], ...] = ()
    notes: tuple[Pair, ...] = ()


def set_listing(listing: Listing, *, archive: bool) -> bytes:
    """
    Return the PDF of a list, the same bytes for the same list.

    :param archive: as PDF/A-3a and PDF/UA-1, for a paper of its own
    :raises RenderFailed: fonts are not installed, or the engine gave up
    """
    plain = _plain(listing)
    moment = datetime(listing.made_on.year, listing.made_on.month, listing.made_on.day, 12, tzinfo=UTC)
    return _engines().listing(plain, moment, _STANDARDS if archive else [])


def set_mark(language: str) -> bytes:
    """
    Return the one small page that marks copies, in Italian and the reader's language.

    :raises RenderFailed: fonts are not installed, or the engine gave up
    """
    said = list(dict.fromkeys(Tongue(language).pair("copy")))
    return _engines().mark({"words": [said[0].upper(), *map(_say, said[1:])]})


class _Engines:
    """The two templates with the fonts of this process, one caller at a time."""

    def __init__(self) -> None:
        fonts = shared_fonts()
        self._lock = threading.Lock()
        self._listing = typst.Compiler(input=str(_TEMPLATE), root=str(_FOLDER), font_paths=fonts)
        self._mark = typst.Compiler(input=str(_MARK), root=str(_FOLDER), font_paths=fonts)

    def listing(self, plain: dict[str, Any], moment: datetime, standards: list[Any]) -> bytes:
        return self._set(self._listing, plain, moment, standards)

    def mark(self, plain: dict[str, Any]) -> bytes:
        return self._set(self._mark, plain, datetime(2000, 1, 1, tzinfo=UTC), [])

    def _set(self, engine: typst.Compiler, plain: dict[str, Any], moment: datetime, standards: list[Any]) -> bytes:
        reason = ""
        for attempt in _attempts(plain):
            data = json.dumps(attempt, ensure_ascii=False, separators=(",", ":"))
            try:
                with self._lock:
                    pdf = engine.compile(sys_inputs={"data": data}, pdf_standards=standards, timestamp=moment)
            except typst.TypstError as error:
                reason = without_texts(error.message)
            else:
                assert isinstance(pdf, bytes)
                return pdf
        raise RenderFailed(f"the engine cannot set this list: {reason}")


@cache
def _engines_of(_process: int) -> _Engines:
    return _Engines()


def _engines() -> _Engines:
    return _engines_of(os.getpid())


def _attempts(plain: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plain
    yield glyphs.repair(plain)[0]
    yield glyphs.only_plain(plain)


def _plain(listing: Listing) -> dict[str, Any]:
    tongue = Tongue(listing.language)
    language, region = _REGIONS.get(tongue.second or "it", (tongue.second or "it", None))
    return {
        "title": clean(listing.title[0]),
        "author": clean(listing.practice[0]),
        "day": [listing.made_on.year, listing.made_on.month, listing.made_on.day],
        "lang": language,
        "region": region,
        "page": sheet.labels()["it"]["page"],
        "practice": [_say(line) for line in listing.practice],
        "person": _person(listing, tongue),
        "heading": _pair(listing.title),
        "lead": [_pair(each) for each in listing.lead],
        "facts": [[_pair(label), _say(value)] for label, value in listing.facts],
        "sections": [_section(listing, each) for each in listing.sections],
        "sums": [[_pair(label), value] for label, value in listing.sums],
        "notes": [_pair(each) for each in listing.notes],
    }


def _person(listing: Listing, tongue: Tongue) -> dict[str, Any] | None:
    if not listing.person:
        return None
    return {"label": _pair(tongue.pair("patient")), "lines": [_say(line) for line in listing.person]}


def _section(listing: Listing, section: Section) -> dict[str, Any]:
    return {
        "heading": _say(section.heading) if section.heading else None,
        "columns": [[_pair(each.head), "end" if each.at_end else "start"] for each in listing.columns],
        "widths": [each.width for each in listing.columns],
        "rows": [[_say(cell) for cell in row] for row in section.rows],
    }


def _pair(pair: Pair) -> list[str]:
    return [_say(text) for text in dict.fromkeys(pair)]


def _say(text: str) -> str:
    """Return a text that can be set, kept apart when its direction could move what stands beside it."""
    text = clean(text)
    return isolate(text) if has_rtl(text) else text
