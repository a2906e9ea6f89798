"""How values are spelt on paper: Italian amounts and days, and foreign text made safe to set.

The paper is Italian, so amounts and days have the Italian form in every second language; digits are the ones on the
Italian document. Text comes from people and may hold anything; what could disturb the setting is taken out here.

>>> money(Decimal("1234.5")), plain(Decimal("2.50")), day(date(2026, 3, 5))
('€\\xa01.234,50', '2,5', '05/03/2026')
>>> iban("IT60X0542811101000000123456")
'IT60 X054 2811 1010 0000 0123 456'
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SPACE = "\N{NO-BREAK SPACE}"
_SWAP = str.maketrans(",.", ".,")
# Controls and line ends become a space; direction overrides, marks that join lines and byte order marks vanish.
_BLANK = re.compile(r" *[\x00-\x1f\x7f-\x9f\u2028\u2029]+ *")
_GONE = re.compile("[\u202a-\u202e\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
_BROKEN = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_ISOLATES = re.compile("[\u2066-\u2069]")
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_LONG = re.compile("[!-~\u00a1-\u058f\u1e00-\u1fff]{27,}")
_LONGEST, _PIECE = 20_000, 10


def money(amount: Decimal) -> str:
    """Return euro as printed: "€ 1.234,50", with a no-break space."""
    return f"€{_SPACE}{f'{amount + 0:,.2f}'.translate(_SWAP)}"


def price(amount: Decimal) -> str:
    """Return a unit price in euro: two decimals, more where it has more."""
    exponent = amount.normalize().as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"€{_SPACE}{f'{amount + 0:,.{places}f}'.translate(_SWAP)}"


def plain(number: Decimal) -> str:
    """Return a quantity or percentage without needless zeros: "2,5"."""
    return f"{number.normalize() + 0:,f}".translate(_SWAP)


def day(on: date) -> str:
    """Return a day as dd/mm/yyyy."""
    return f"{on.day:02}/{on.month:02}/{on.year:04}"


def iban(code: str) -> str:
    """Return an IBAN in groups of four."""
    code = "".join(code.split())
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def clean(text: str) -> str:
    """
    Return a text that can be set on one paragraph: composed, without controls, overrides or lone surrogates.

    Words too long for a column get places where they may break. Direction isolates stay when they are in pairs.
    """
    if text.isascii() and text.isprintable():
        return _LONG.sub(_breakable, text[:_LONGEST])
    text = _BROKEN.sub(REPLACEMENT, text[:_LONGEST])
    text = _GONE.sub("", _BLANK.sub(" ", text))
    if _ISOLATES.search(text) and not _paired(text):
        text = _ISOLATES.sub("", text)
    return _LONG.sub(_breakable, unicodedata.normalize("NFC", text)).strip()


def has_rtl(text: str) -> bool:
    """Return whether a letter in it is written from right to left."""
    return _RTL.search(text) is not None


def isolate(text: str) -> str:
    """Wrap a number, code or name so that the text around it cannot reorder it."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def _paired(text: str) -> bool:
    depth = 0
    for mark in _ISOLATES.findall(text):
        depth += -1 if mark == "\N{POP DIRECTIONAL ISOLATE}" else 1
        if depth < 0:
            return False
    return depth == 0


def _breakable(match: re.Match[str]) -> str:
    word = match.group()
    return "\N{ZERO WIDTH SPACE}".join(word[start : start + _PIECE] for start in range(0, len(word), _PIECE))
