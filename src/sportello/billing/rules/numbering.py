"""Numbers of fiscal documents: how they are printed, and what is wrong with a row of them.

Source: practice specification 2.2; Risoluzione AdE 1/E of 10-1-2013 (any scheme that identifies the document alone);
FatturaPA, field Numero: at most 20 characters with at least one digit.

>>> printed_number(12, year=2026), printed_number(12, year=2026, series="E"), printed_number(12, series="E")
('12/2026', '12/E/2026', '12/E')
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sportello.core.violations import RuleViolation

LONGEST = 20
_XML_TEXT = re.compile(r"[\x20-\x7e]*")


def printed_number(number: int, *, year: int | None = None, series: str = "") -> str:
    """Return a number as it stands on paper and in the XML.

    :param year: of the issue date; None for a series that never restarts
    :param series: empty for the entity's main series, whose letter is not printed
    :raises RuleViolation: ``number_must_be_positive``, ``number_too_long``
    """
    if number < 1:
        raise RuleViolation("number_must_be_positive", field="number", number=number)
    text = "/".join(part for part in (str(number), series, str(year) if year is not None else "") if part)
    check_fattura_pa_number(text)
    return text


def check_fattura_pa_number(text: str) -> None:
    """Refuse a number that the exchange would.

    :raises RuleViolation: ``number_too_long``, ``number_without_digit``, ``number_not_plain``
    """
    if len(text) > LONGEST:
        raise RuleViolation("number_too_long", field="series", longest=LONGEST, length=len(text))
    if not any("0" <= sign <= "9" for sign in text):
        raise RuleViolation("number_without_digit", field="number")
    if not _XML_TEXT.fullmatch(text):
        raise RuleViolation("number_not_plain", field="series")


@dataclass(frozen=True, slots=True)
class Inversion:
    """A document dated before the one with the number below it."""

    number: int
    on: date
    before_number: int
    before_on: date


@dataclass(frozen=True, slots=True)
class GapReport:
    """What is wrong with the numbers of one series and year.

    :ivar missing: ranges of numbers nobody bears, first and last included
    :ivar duplicates: numbers more than one document bears
    :ivar inversions: dates that run backwards
    """

    missing: tuple[tuple[int, int], ...]
    duplicates: tuple[int, ...]
    inversions: tuple[Inversion, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missing or self.duplicates or self.inversions)

    @property
    def missing_count(self) -> int:
        """How many numbers are missing."""
        return sum(last - first + 1 for first, last in self.missing)


def gap_report(issued: Iterable[tuple[int, date]], *, first: int = 1) -> GapReport:
    """Return missing and double numbers and date inversions of one series.

    :param issued: number and date of every document, in any order
    :param first: the start number of the series; what lies below is no gap

    >>> gap_report([(1, date(2026, 1, 2)), (4, date(2026, 1, 2))]).missing
    ((2, 3),)
    """
    rows = sorted(issued)
    counted = Counter(number for number, _ in rows)
    missing: list[tuple[int, int]] = []
    expected = first
    for number in sorted(counted):
        if number > expected:
            missing.append((expected, number - 1))
        expected = max(expected, number + 1)
    inversions = tuple(
        Inversion(number, on, below, below_on) for (below, below_on), (number, on) in pairwise(rows) if on < below_on
    )
    duplicates = tuple(sorted(number for number, times in counted.items() if times > 1))
    return GapReport(tuple(missing), duplicates, inversions)
