"""Money, days and instants as people of each language write them (CLDR, by Babel).

The euro sign stands first in Italian, as on our invoices, and in Arabic, where amounts keep the digits and the order
of the paper. Units: amounts are `Decimal`; instants are aware and shown in the zone that is active.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils import timezone

from portal.locales import language as language
from portal.locales import locale as locale

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
ISOLATE, ISOLATE_END = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_SIGN = {"it": "{sign}" + NBSP + "{digits}", "ar": "{sign}" + NBSP + "{digits}", "en": "{sign}{digits}"}
_SIGN["zh-hans"] = _SIGN["en"]
_SIGNS = {"EUR": "€"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands between thousands and before cents, and how many digits a number has before thousands are parted."""

    group: str
    decimal: str
    least: int


@cache
def figures(code: str) -> Figures:
    """Return how a language writes amounts, learnt from what CLDR makes of two."""
    known = locale("it" if code == "ar" else code)
    large, small = (format_decimal(Decimal(each), format="#,##0.00", locale=known) for each in ("12345.50", "1234.50"))
    return Figures(group=large[2], decimal=large[-3], least=4 if large[2] in small[:-3] else 5)


def money(value: Decimal | None, currency: str = "EUR") -> str:
    """Return an amount with two places and its currency; an en dash for None. Zero never carries a minus."""
    if value is None:
        return DASH
    code = language()
    pattern = _SIGN.get(code, "{digits}" + NBSP + "{sign}")
    text = pattern.format(digits=_digits(abs(value), figures(code)), sign=_SIGNS.get(currency, currency))
    return f"{MINUS}{text}" if value < 0 else text


def _digits(value: Decimal, written: Figures) -> str:
    whole, _, cents = f"{value:,.2f}".partition(".")
    parted = whole if len(whole) > written.least else whole.replace(",", "")
    return f"{parted.replace(',', written.group)}{written.decimal}{cents}"


def day(value: date | None) -> str:
    """Return a day in figures, 18/11/2026 (18 Nov 2026 in English, where figures mislead); an en dash for None."""
    return DASH if value is None else _day(value, language())


def long_day(value: date | None) -> str:
    """Return a day with its month in words: 18 novembre 2026."""
    return DASH if value is None else _long_day(value, language())


@lru_cache(maxsize=4096)
def _day(value: date, code: str) -> str:
    if code == "en":
        return format_date(value, "d MMM y", locale=locale("en"))
    shape = {"zh-hans": "y/MM/dd", "it": "dd/MM/y", "ar": "dd/MM/y", "fr": "dd/MM/y", "es": "dd/MM/y"}
    return format_date(value, shape.get(code, "dd.MM.y"), locale=locale(code))


@lru_cache(maxsize=4096)
def _long_day(value: date, code: str) -> str:
    return format_date(value, "long", locale=locale(code))


def moment(value: datetime | None) -> str:
    """Return an instant as day and minute in the active zone; in Arabic it keeps its own direction in a sentence."""
    if value is None:
        return DASH
    local = timezone.localtime(value)
    text = f"{day(local.date())}, {local:%H:%M}"
    return f"{ISOLATE}{text}{ISOLATE_END}" if language() == "ar" else text
