"""Euro amounts: one way to round, to read what people type and to write it down again.

Source: Regulation (EC) 1103/97 art. 5 (half a cent goes up); the product rounds to the cent at named points only.
Units: EUR as Decimal with two places; never a binary float. Zero is never negative.

>>> round_cents(Decimal("1.245")), round_cents(Decimal("-1.245")), round_cents(Decimal("-0.001"))
(Decimal('1.25'), Decimal('-1.25'), Decimal('0.00'))
>>> parse_amount("1.234,50"), parse_amount("1234.50"), parse_amount("€ 70")
(Decimal('1234.50'), Decimal('1234.50'), Decimal('70.00'))
>>> plain(Decimal("1234.5")), grouped(Decimal("1234.5"), decimal=",", thousands=".")
('1234.50', '1.234,50')
"""

import re
import unicodedata
from collections.abc import Iterable
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal

from sportello.core.violations import RuleViolation

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
HUNDRED = Decimal(100)
LARGEST = Decimal("999999999.99")
"""No paper of a practice carries more; a figure above it is a slip of the keyboard."""

EXACT = Context(prec=60, rounding=ROUND_HALF_UP, Emin=MIN_EMIN, Emax=MAX_EMAX)
"""Wide enough that no product of quantity, price and percentages is cut before it is rounded on purpose."""

_quantize, _multiply = EXACT.quantize, EXACT.multiply


class AmountError(RuleViolation):
    """What was typed is not an amount we can take over without guessing."""


def round_cents(amount: Decimal) -> Decimal:
    """Return an amount (EUR) rounded to the cent, half a cent away from zero, and no negative zero."""
    return _quantize(amount, CENT) or ZERO


def percent_of(rate: Decimal, base: Decimal) -> Decimal:
    """Return ``rate`` percent of ``base`` (EUR), rounded once to the cent.

    >>> percent_of(Decimal("2"), Decimal("62.25"))
    Decimal('1.25')
    """
    return _quantize(_multiply(_multiply(rate, base), CENT), CENT) or ZERO


def total_of(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts already in cents, ``0.00`` for none."""
    return sum(amounts, ZERO) or ZERO


def in_cents(amount: Decimal) -> bool:
    """Tell whether an amount is a whole number of cents.

    >>> in_cents(Decimal("1.50")), in_cents(Decimal("1.505"))
    (True, False)
    """
    return amount.is_finite() and amount == amount.quantize(CENT, ROUND_HALF_UP, EXACT)


def plain(amount: Decimal) -> str:
    """Return an amount as data carries it: point, two places, no grouping, no sign on zero."""
    return format(round_cents(amount), "f")


def grouped(amount: Decimal, *, decimal: str, thousands: str) -> str:
    """Return an amount with the marks the caller's locale uses; this module knows no locale."""
    text = format(round_cents(amount), ",.2f")
    return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


_DRESS = re.compile(r"(?:€|\beuro\b|\beur\b)", re.IGNORECASE)
_SPACES = re.compile(r"[\s'’_]+")
_SIGNS = str.maketrans({"−": "-", "–": "-", "٫": ".", "٬": ",", "，": ",", "．": "."})
_PLAIN = re.compile(r"(?P<sign>-?)(?P<whole>\d+)(?:[.,](?P<part>\d+))?")
_GROUPED = re.compile(
    r"(?P<sign>-?)(?P<whole>[1-9]\d{0,2}(?:(?P<mark>[.,])\d{3})(?:(?P=mark)\d{3})*)(?:[.,](?P<part>\d+))?"
)


def parse_amount(text: str, *, field: str = "amount") -> Decimal:
    """Read an amount of money as people type it, with point or comma, grouping, spaces and a euro sign.

    A single mark before exactly three digits groups thousands, since money has two places: ``1.234`` is 1,234.00.

    :param text: what was typed
    :param field: the name of the input, for the refusal
    :returns: EUR with two places; a leading minus is kept, the caller decides whether it may be negative
    :raises AmountError: ``amount_missing``, ``amount_not_a_number``, ``amount_not_in_cents``, ``amount_too_large``
    """
    bare = _undress(text, field)
    match = _GROUPED.fullmatch(bare)
    if match is None or (match["part"] is not None and _same_mark_twice(bare, match)):
        match = _PLAIN.fullmatch(bare)
    if match is None:
        raise AmountError("amount_not_a_number", field=field)
    return _amount_from(match, 2, field)


def parse_quantity(text: str, *, field: str = "quantity") -> Decimal:
    """Read a quantity: up to three places, point or comma, never grouped (``1.234`` is one and a bit).

    :returns: the quantity as typed, sign included
    :raises AmountError: as :func:`parse_amount`, with ``quantity_too_precise`` past three places

    >>> parse_quantity("1,5"), parse_quantity("1.234")
    (Decimal('1.5'), Decimal('1.234'))
    """
    match = _PLAIN.fullmatch(_undress(text, field))
    if match is None:
        raise AmountError("amount_not_a_number", field=field)
    return _amount_from(match, 3, field)


def _undress(text: str, field: str) -> str:
    """Take currency and spaces off, and write any script's digits as 0-9."""
    bare = _SPACES.sub("", _DRESS.sub("", text.translate(_SIGNS)))
    if not bare:
        raise AmountError("amount_missing", field=field)
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in bare)


def _same_mark_twice(bare: str, match: re.Match[str]) -> bool:
    """Tell whether the mark before the cents is the one that groups: ``1.234.50`` is nobody's number."""
    return bare[match.end("whole")] == match["mark"]


def _amount_from(match: re.Match[str], places: int, field: str) -> Decimal:
    whole, part = re.sub(r"[.,]", "", match["whole"]), (match["part"] or "")
    if len(part) > places and part[places:].strip("0"):
        raise AmountError("amount_not_in_cents" if places == 2 else "quantity_too_precise", field=field)
    amount = Decimal(f"{match['sign']}{whole}.{part[:places] or '0'}")
    if abs(amount) > LARGEST:
        raise AmountError("amount_too_large", field=field, largest=LARGEST)
    return round_cents(amount) if places == 2 else (amount or Decimal(0))
