"""The languages a person may prefer: own name, direction of writing, and whether the product's mail speaks it first.

Source: languages most spoken by residents of Italy, Istat census 2019 (practice specification 13); names as CLDR
writes them. Codes are Django's (`zh-hans`), stored on people and papers.

>>> language("ar").native, language("ar").is_rtl, len(FIRST)
('العربية', True, 10)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One language."""

    code: str
    native: str
    is_rtl: bool = False


FIRST: tuple[Language, ...] = (
    Language("it", "Italiano"),
    Language("en", "English"),
    Language("ro", "Română"),
    Language("sq", "Shqip"),
    Language("ar", "العربية", is_rtl=True),
    Language("zh-hans", "简体中文"),
    Language("uk", "Українська"),
    Language("es", "Español"),
    Language("fr", "Français"),
    Language("de", "Deutsch"),
)
"""Complete in interface, mail and papers, in the order in which they are offered."""

MORE: tuple[Language, ...] = (
    Language("bn", "বাংলা"),
    Language("bg", "Български"),
    Language("fa", "فارسی", is_rtl=True),
    Language("tl", "Filipino"),
    Language("hi", "हिन्दी"),
    Language("mk", "Македонски"),
    Language("pl", "Polski"),
    Language("pt", "Português"),
    Language("pa", "ਪੰਜਾਬੀ"),
    Language("ru", "Русский"),
    Language("si", "සිංහල"),
    Language("sl", "Slovenščina"),
    Language("tr", "Türkçe"),
    Language("ur", "اردو", is_rtl=True),
)
"""Kept on the person, so that the practice knows; papers and mail fall back to English and Italian."""

ALL: tuple[Language, ...] = FIRST + MORE
_BY_CODE = {each.code: each for each in ALL}
CODES = frozenset(_BY_CODE)


def language(code: str) -> Language:
    """
    Return a language by its code.

    :raises KeyError: it is in no list
    """
    return _BY_CODE[code]
