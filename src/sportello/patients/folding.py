"""Names as they are searched: lower case, no accents, and the ways people leave apostrophes and spaces out.

Units: none. The folded text begins with the words in the order in which lists are sorted (family name first).

>>> fold("D'Àngelo")
'dangelo'
>>> folded_name("De Santis", "Zoë")
'de santis zoe desantis'
>>> folded_name("D'Angelo", "Anna-Maria")
'dangelo anna maria angelo annamaria'
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 170
"""Width of the folded column."""

_APOSTROPHES = re.compile("['’ʼ`´‘′]+")
_OTHER = re.compile(r"[^\w]+|_+")
_UNMARKED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ħ": "h"})


def fold(text: str) -> str:
    """Return a text in lower case, without accents and apostrophes, its words parted by one space."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text)).casefold().translate(_UNMARKED)
    return _OTHER.sub(" ", "".join(sign for sign in plain if not unicodedata.combining(sign))).strip()


def folded_name(family: str, given: str = "") -> str:
    """Return what a person's or customer's name is sorted and searched by, at most `LONGEST` signs."""
    words = fold(f"{family} {given}").split()
    extra = [word for part in (family, given) for word in _variants(part) if word not in words]
    return " ".join([*words, *dict.fromkeys(extra)])[:LONGEST].rstrip()


def _variants(part: str) -> list[str]:
    """Return other ways to type a name: without its spaces, and with the apostrophe taken for a space."""
    parted = fold(_APOSTROPHES.sub(" ", part)).split()
    joined = fold(part).replace(" ", "")
    return [*(word for word in parted if len(word) > 1), joined]
