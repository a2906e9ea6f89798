"""A codice fiscale looked at while it is typed: can it exist, whose is it, and what would put it right.

Source: practice specification 4. A code that cannot exist is refused; one that is not these data's is a warning with
the expected code, because names change.

>>> seen = check_code("fntmra80a01 h501x", Person("Fintini", "Mario", date(1980, 1, 1), "M", "H501"))
>>> seen.refusal.code, seen.repair
('codice_fiscale_check_character', 'FNTMRA80A01H501W')
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stdnum.it.codicefiscale import calc_check_digit

from sportello.core.violations import Notice, RuleViolation
from sportello.patients.places import Place, known_codes, place_of
from sportello.patients.rules import (
    Decoded,
    Person,
    check_codice_fiscale,
    expected_code,
    mismatch,
    normalise,
)

FIELDS = {
    "surname": "family_name",
    "name": "given_name",
    "birth_date": "born_on",
    "sex": "sex",
    "place": "birth_place",
}
"""The rule's words for a person's data, and the fields of a form they stand for."""


@dataclass(frozen=True, slots=True, repr=False)
class CodeCheck:
    """
    What is known of a typed code.

    :ivar code: normalised
    :ivar refusal: why it cannot exist
    :ivar notices: what is doubtful
    :ivar repair: a code that could be meant: the right last character, or the one that the data give
    :ivar differs: fields that say otherwise than the code
    :ivar says_born_on: birth date of the code, in the century of the date typed; None unless they differ
    :ivar says_place: place of the code, None when the table does not know it
    """

    code: str
    refusal: RuleViolation | None = None
    notices: tuple[Notice, ...] = ()
    repair: str = ""
    differs: tuple[str, ...] = ()
    decoded: Decoded | None = None
    says_born_on: date | None = None
    says_place: Place | None = None

    @property
    def is_valid(self) -> bool:
        """Whether there is a code and it can exist."""
        return bool(self.code) and self.refusal is None


def check_code(text: str, person: Person) -> CodeCheck:
    """Return what is known of a code as typed, beside what is known of the person; an empty one says nothing."""
    code = normalise(text)
    if not code:
        return CodeCheck("")
    try:
        found = check_codice_fiscale(code, places=known_codes())
    except RuleViolation as refusal:
        return CodeCheck(code, refusal, repair=_repair(code, refusal, person))
    differs = mismatch(code, person)
    said = found.decoded
    return CodeCheck(
        code,
        notices=found.notices,
        repair=differs.expected if differs else "",
        differs=tuple(FIELDS[each] for each in differs.fields) if differs else (),
        decoded=said,
        says_born_on=_born_on(said, person) if said and differs and "birth_date" in differs.fields else None,
        says_place=place_of(said.place) if said else None,
    )


def _repair(code: str, refusal: RuleViolation, person: Person) -> str:
    if refusal.code == "codice_fiscale_check_character":
        return code[:15] + calc_check_digit(code[:15])
    return expected_code(person) or ""


def _born_on(said: Decoded, person: Person) -> date | None:
    """Return the code's birth date in the century nearest to the date typed: the code alone does not know it."""
    if person.birth_date is None:
        return None
    days = []
    for century in (1800, 1900, 2000, 2100):
        try:
            days.append(date(century + said.year, said.month, said.day))
        except ValueError:  # 29 February of a common year
            continue
    typed = person.birth_date
    return min(days, key=lambda day: abs(day - typed))
