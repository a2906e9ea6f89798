"""Which letters the fonts of the paper have, and what stands in for one they lack.

Fonts are tried by the engine in the order of the template. Only when all of them lack a letter does this module step
in: a compatible letter if Unicode names one, else the replacement character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

from .spelling import REPLACEMENT

FOLDER = Path(__file__).parent / "fonts"
FONT_FILES = (
    "NotoSans_400Regular.ttf",
    "NotoSans_600SemiBold.ttf",
    "NotoSansArabic_400Regular.ttf",
    "NotoSansArabic_600SemiBold.ttf",
    "NotoSansSC_400Regular.ttf",
    "NotoSansBengali_400Regular.ttf",
    "NotoSansDevanagari_400Regular.ttf",
    "NotoSansGurmukhi_400Regular.ttf",
    "NotoSansSinhala_400Regular.ttf",
)
"""Copied at install by script/assets, which lists the same names; the template lists their families in this order."""


class FontsMissing(RuntimeError):
    """The font files of the paper are not installed."""


def font_files() -> list[Path]:
    """
    Return the fonts the paper is set in.

    :raises FontsMissing: a file is not there; the message says how to get it
    """
    files = [FOLDER / name for name in FONT_FILES]
    if missing := [path.name for path in files if not path.is_file()]:
        raise FontsMissing(f"fonts of the paper are missing ({', '.join(missing)}): run script/assets")
    return files


@cache
def covered() -> frozenset[int]:
    """Return every code point that some font of the paper can draw."""
    points: set[int] = set()
    for path in font_files():
        with TTFont(path, lazy=True) as font:
            points.update(font.getBestCmap())
    return frozenset(points)


def repair(value: Any) -> tuple[Any, int]:
    """Return a sheet whose texts hold only letters the fonts have, and how many were replaced."""
    known = covered()
    lacking = {letter for text in _texts(value) for letter in text if ord(letter) not in known}
    stand_ins = {ord(letter): _stand_in(letter) for letter in lacking}
    return _translate(value, stand_ins), len(lacking)


def only_plain(value: Any) -> Any:
    """Return a sheet in which everything beyond Latin is replaced: the last resort, which always can be set."""
    strange = {ord(letter) for text in _texts(value) for letter in text if not _is_plain(letter)}
    return _translate(value, dict.fromkeys(strange, REPLACEMENT))


def _stand_in(letter: str) -> str:
    compatible = unicodedata.normalize("NFKC", letter)
    if all(ord(part) in covered() for part in compatible):
        return compatible
    return "" if unicodedata.category(letter) in ("Mn", "Me", "Cf") else REPLACEMENT


def _is_plain(letter: str) -> bool:
    return " " <= letter <= "~" or "\u00a0" <= letter <= "\u024f" or letter in "€−·"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _translate(value: Any, table: dict[int, str]) -> Any:
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, dict):
        return {key: _translate(item, table) for key, item in value.items()}
    if isinstance(value, list):
        return [_translate(item, table) for item in value]
    return value
