"""Codice fiscale: its form, what it says of a person, and whether it is that person's.

Source: DM 23-12-1976 (how it is made, check character, letters in place of digits when two persons would share a
code); practice specification 4. The year has two digits: the century is never inferred from the code.

>>> check_codice_fiscale(" fntmra80a01 h501w").code
'FNTMRA80A01H501W'
>>> mario = Person("Fintini", "Mario", date(1980, 1, 1), "M", "H501")
>>> expected_code(mario)
'FNTMRA80A01H501W'
>>> mismatch("FNTMRA80A01H501W", mario) is None
True
"""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.it.codicefiscale import calc_check_digit

from sportello.core.violations import Notice, RuleViolation
from sportello.parties.rules import check_eleven_digits

FIELD = "codice_fiscale"
MONTHS = "ABCDEHLMPRST"
OMOCODIA = "LMNPQRSTUV"
"""The letter that stands for each digit 0-9 when the plain code was already given to somebody else."""
DIGIT_PLACES = (6, 7, 9, 10, 12, 13, 14)
_FEMALE_DAYS = 40

_FORM = re.compile(rf"[A-Z]{{6}}[0-9{OMOCODIA}]{{2}}[{MONTHS}][0-9{OMOCODIA}]{{2}}[A-Z][0-9{OMOCODIA}]{{3}}[A-Z]")
_TO_DIGIT = {letter: str(digit) for digit, letter in enumerate(OMOCODIA)}
_SPACES = re.compile(r"\s+")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t"}
)


class Sex(StrEnum):
    """Sex as the code carries it."""

    MALE = "M"
    FEMALE = "F"


@dataclass(frozen=True, slots=True, repr=False)
class Decoded:
    """What sixteen characters say, with the letters of an omocodia turned back into digits."""

    surname: str
    name: str
    year: int
    """Two digits: 24 is 1924 or 2024."""
    month: int
    day: int
    sex: Sex
    place: str
    """Belfiore code of the place of birth."""


@dataclass(frozen=True, slots=True, repr=False)
class CodiceFiscale:
    """A codice fiscale that can exist.

    :ivar code: as it is stored
    :ivar decoded: None for the eleven digits of a body or of a provisional code
    :ivar notices: ``place_unknown`` when no table knows the place of birth
    """

    code: str
    decoded: Decoded | None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """What is known of a person; None or empty is not known and not compared."""

    surname: str = ""
    name: str = ""
    birth_date: date | None = None
    sex: str | None = None
    place: str = ""
    """Belfiore code."""


@dataclass(frozen=True, slots=True, repr=False)
class Mismatch:
    """A code that is well formed but not the one these data give: a warning, because names change.

    :ivar fields: which data disagree: ``surname``, ``name``, ``birth_date``, ``sex``, ``place``
    :ivar expected: the code these data give, what is not known taken from the code itself
    """

    fields: tuple[str, ...]
    expected: str


def normalise(text: str) -> str:
    """Return what was typed without spaces and in capitals; foreign letters stay as they are, to be refused."""
    bare = _SPACES.sub("", text)
    return bare.upper() if bare.isascii() else bare


def check_codice_fiscale(text: str, *, places: Container[str] | None = None) -> CodiceFiscale:
    """Return a codice fiscale as it is stored.

    :param text: as typed
    :param places: the Belfiore codes ever assigned; None asks nobody
    :raises RuleViolation: ``codice_fiscale_missing``, ``codice_fiscale_length``, ``codice_fiscale_form``,
        ``codice_fiscale_date``, ``codice_fiscale_check_character``; of eleven digits ``codice_fiscale_placeholder``,
        ``codice_fiscale_check_digit``
    """
    code = normalise(text)
    if not code:
        raise RuleViolation("codice_fiscale_missing", field=FIELD)
    if len(code) == 11:
        check_eleven_digits(code, field=FIELD, kind=FIELD)
        return CodiceFiscale(code, None)
    if len(code) != 16:
        raise RuleViolation("codice_fiscale_length", field=FIELD, length=len(code))
    decoded = decode(code)
    if calc_check_digit(code[:15]) != code[15]:
        raise RuleViolation("codice_fiscale_check_character", field=FIELD)
    known = places is None or decoded.place in places
    return CodiceFiscale(code, decoded, () if known else (Notice("place_unknown", FIELD, {"place": decoded.place}),))


def decode(code: str) -> Decoded:
    """Return what sixteen normalised characters say; the check character is not looked at.

    :raises RuleViolation: ``codice_fiscale_form``, ``codice_fiscale_date``
    """
    if not _FORM.fullmatch(code):
        raise RuleViolation("codice_fiscale_form", field=FIELD)
    digits = plain_digits(code)
    year, month, coded_day = int(digits[6:8]), MONTHS.index(digits[8]) + 1, int(digits[9:11])
    sex = Sex.FEMALE if coded_day > _FEMALE_DAYS else Sex.MALE
    day = coded_day - _FEMALE_DAYS if sex is Sex.FEMALE else coded_day
    if not (_is_date(1900 + year, month, day) or _is_date(2000 + year, month, day)):
        raise RuleViolation("codice_fiscale_date", field=FIELD, day=coded_day, month=month)
    return Decoded(digits[:3], digits[3:6], year, month, day, sex, digits[11:15])


def plain_digits(code: str) -> str:
    """Return the code with the letters of an omocodia turned back into digits; the last character stays.

    >>> plain_digits("FNTMRA80A01HRLMU")
    'FNTMRA80A01H501U'
    """
    return "".join(_TO_DIGIT.get(sign, sign) if place in DIGIT_PLACES else sign for place, sign in enumerate(code))


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def surname_block(surname: str) -> str | None:
    """Return the three letters of a surname, None when it holds no Latin letter.

    >>> surname_block("Fo"), surname_block("D'Àncona"), surname_block("Бондар")
    ('FOX', 'DNC', None)
    """
    return _block(_latin(surname), skip_second=False)


def name_block(name: str) -> str | None:
    """Return the three letters of a given name: of four consonants or more, the first, third and fourth.

    >>> name_block("Gianfranco"), name_block("Ada"), name_block("Io")
    ('GFR', 'DAA', 'IOX')
    """
    return _block(_latin(name), skip_second=True)


def _block(letters: str, *, skip_second: bool) -> str | None:
    if not letters:
        return None
    consonants = [letter for letter in letters if letter not in "AEIOU"]
    vowels = [letter for letter in letters if letter in "AEIOU"]
    if skip_second and len(consonants) > 3:
        del consonants[1]
    return "".join([*consonants, *vowels, "X", "X"])[:3]


def _latin(text: str) -> str:
    """Return the letters of a name in A-Z, marks taken off, as the tax office does."""
    spread = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "".join(letter for letter in spread if "a" <= letter <= "z").upper()


def expected_code(person: Person) -> str | None:
    """Return the code the tax office would give, before any omocodia; None while something is not known."""
    surname, name = surname_block(person.surname), name_block(person.name)
    if surname is None or name is None or person.birth_date is None or person.sex is None or not person.place:
        return None
    day = person.birth_date.day + (_FEMALE_DAYS if person.sex == Sex.FEMALE else 0)
    month = MONTHS[person.birth_date.month - 1]
    first = f"{surname}{name}{person.birth_date.year % 100:02d}{month}{day:02d}{person.place.upper()}"
    return first + calc_check_digit(first)


def mismatch(code: str, person: Person) -> Mismatch | None:
    """Compare a valid code with what is known of a person; None when nothing disagrees.

    An omocodia is no disagreement. Eleven digits say nothing of a person and are not compared.
    """
    code = normalise(code)
    if len(code) != 16:
        return None
    said = decode(code)
    fields = tuple(field for field, differs in _differences(said, person) if differs)
    return Mismatch(fields, _expected_from(said, person)) if fields else None


def _differences(said: Decoded, person: Person) -> list[tuple[str, bool]]:
    surname, name, born = surname_block(person.surname), name_block(person.name), person.birth_date
    return [
        ("surname", surname is not None and surname != said.surname),
        ("name", name is not None and name != said.name),
        (
            "birth_date",
            born is not None and (born.year % 100, born.month, born.day) != (said.year, said.month, said.day),
        ),
        ("sex", person.sex is not None and person.sex != said.sex),
        ("place", bool(person.place) and person.place.upper() != said.place),
    ]


def _expected_from(said: Decoded, person: Person) -> str:
    """Return the code of the person, what is not known taken from the code at hand."""
    born = person.birth_date
    year, month, day = (born.year % 100, born.month, born.day) if born else (said.year, said.month, said.day)
    sex = person.sex if person.sex is not None else said.sex
    day += _FEMALE_DAYS if sex == Sex.FEMALE else 0
    surname = surname_block(person.surname) or said.surname
    name = name_block(person.name) or said.name
    place = person.place.upper() or said.place
    first = f"{surname}{name}{year:02d}{MONTHS[month - 1]}{day:02d}{place}"
    return first + calc_check_digit(first)
