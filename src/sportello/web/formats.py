"""Money, numbers, days and instants as people of each language write them.

Source: UI.md ("12/03/2026 and € 1.234,50 in Italian") and ui/README ("no-break space after €"). CLDR puts the
euro sign behind the amount in Italian; Italian invoices put it before, and so do we.
Units: amounts are euro, `Decimal`; instants are aware and shown in the zone that is active.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
CENT = Decimal("0.01")

_EURO = {"it": f"€{NBSP}{{}}", "en": "€{}", "fr": f"{{}}{NBSP}€"}
_DAY = {"en": "j M Y"}
_SHORT_DAY = {"en": "j M"}
_UNITS = ("B", "kB", "MB", "GB")


def language() -> str:
    """Return the two letters of the active language, `it` when none is."""
    return (get_language() or "it")[:2]


def money(amount: Decimal | int | None, *, sign: bool = False) -> str:
    """
    Return an amount in euro with two places; an en dash for None.

    With `sign` a positive amount carries a plus, as in a column of differences. Zero never carries a minus.
    """
    if amount is None:
        return DASH
    cents = Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)
    digits = number_format(abs(cents), decimal_pos=2, use_l10n=True, force_grouping=True)
    text = _EURO.get(language(), _EURO["it"]).format(digits)
    return _signed(cents, text, sign=sign)


def amount(value: Decimal | int | None, *, sign: bool = False) -> str:
    """Return an amount with two places and without the euro sign, for columns whose head names the unit."""
    if value is None:
        return DASH
    cents = Decimal(value).quantize(CENT, rounding=ROUND_HALF_UP)
    return _signed(cents, number_format(abs(cents), decimal_pos=2, use_l10n=True, force_grouping=True), sign=sign)


def whole(value: int) -> str:
    """Return a whole number with its thousands grouped."""
    return number_format(value, decimal_pos=0, use_l10n=True, force_grouping=True)


def number(value: Decimal) -> str:
    """Return a quantity or a rate without needless zeros: `1,5`."""
    plain = value.normalize()
    exponent = plain.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return number_format(plain, decimal_pos=places, use_l10n=True, force_grouping=True)


def percent(rate: Decimal) -> str:
    """Return a rate given in per cent (`Decimal("2.00")`) without needless zeros: `2%`, `2,5%`."""
    plain = rate.normalize()
    exponent = plain.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    gap = NBSP if language() == "fr" else ""
    return f"{number_format(plain, decimal_pos=places, use_l10n=True)}{gap}%"


def day(value: date | None) -> str:
    """Return a day in figures (12/03/2026; 12 Mar 2026 in English, where figures mislead); an en dash for None."""
    return date_format(value, _DAY.get(language(), "d/m/Y")) if value else DASH


def short_day(value: date) -> str:
    """Return a day without its year: 02/12."""
    return date_format(value, _SHORT_DAY.get(language(), "d/m"))


def long_day(value: date) -> str:
    """Return a day in words with its weekday: lunedì 23 novembre 2026."""
    words = date_format(value, "l j F Y")
    return words if language() == "en" else words.lower()


def moment(value: datetime | None, *, zone: bool = False) -> str:
    """Return an instant as day and minute in the active zone, with the zone's name where it serves as evidence."""
    if value is None:
        return DASH
    local = timezone.localtime(value)
    text = f"{day(local.date())}, {local:%H:%M}"
    return f"{text} {local.tzname()}" if zone else text


def file_size(octets: int) -> str:
    """Return a size in the largest unit that leaves a figure before the comma: 48 kB."""
    size, unit = Decimal(octets), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    places = 1 if unit and size < 10 else 0
    return f"{number_format(size, decimal_pos=places, use_l10n=True)}{NBSP}{_UNITS[unit]}"


def _signed(cents: Decimal, text: str, *, sign: bool) -> str:
    if cents < 0:
        return f"{MINUS}{text}"
    return f"+{text}" if sign and cents > 0 else text


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser(agent: str) -> str:
    """Return browser and system in two words, as people know them, from what the browser says of itself."""
    name = next((word for sign, word in _BROWSERS if sign in agent), "")
    system = next((word for sign, word in _SYSTEMS if sign in agent), "")
    return ", ".join(part for part in (name, system) if part) or "?"
