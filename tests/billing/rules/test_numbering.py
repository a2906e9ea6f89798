"""Numbers as they are printed, and what is wrong with a row of them."""

from datetime import date

import pytest

from sportello.billing.rules.numbering import (
    Inversion,
    check_fattura_pa_number,
    gap_report,
    printed_number,
)
from sportello.core.violations import RuleViolation


@pytest.mark.parametrize(
    ("number", "year", "series", "text"),
    [
        (12, 2026, "", "12/2026"),
        (12, 2026, "E", "12/E/2026"),
        (3, 2026, "NC", "3/NC/2026"),
        (12, None, "", "12"),
        (12, None, "E", "12/E"),
        (99999, 2026, "ABCDEFGH", "99999/ABCDEFGH/2026"),
        (999999, 2026, "ABCDEFGH", "999999/ABCDEFGH/2026"),
    ],
)
def test_printed_number_names_any_series_but_the_main_one(
    number: int, year: int | None, series: str, text: str
) -> None:
    assert printed_number(number, year=year, series=series) == text


def test_printed_number_past_twenty_characters_is_refused() -> None:
    with pytest.raises(RuleViolation) as caught:
        printed_number(1_000_000, year=2026, series="ABCDEFGH")
    assert (caught.value.code, caught.value.figures["length"]) == ("number_too_long", 21)


def test_printed_number_begins_at_one() -> None:
    with pytest.raises(RuleViolation, match=r"^number_must_be_positive"):
        printed_number(0, year=2026)
    assert printed_number(1, year=2026) == "1/2026"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A/B", "number_without_digit"),
        ("", "number_without_digit"),
        ("1/È", "number_not_plain"),
        ("1" * 21, "number_too_long"),
    ],
)
def test_check_fattura_pa_number_refuses_what_the_exchange_would(text: str, code: str) -> None:
    with pytest.raises(RuleViolation, match=f"^{code}"):
        check_fattura_pa_number(text)


def _rows(*numbers_and_days: tuple[int, int]) -> list[tuple[int, date]]:
    return [(number, date(2026, 1, day)) for number, day in numbers_and_days]


def test_gap_report_of_a_clean_series() -> None:
    report = gap_report(_rows((2, 5), (1, 5), (3, 6)))
    assert report.is_clean
    assert report.missing_count == 0
    assert gap_report([]).is_clean


def test_gap_report_finds_missing_numbers_from_the_start() -> None:
    report = gap_report(_rows((3, 1), (4, 1), (8, 1)))
    assert report.missing == ((1, 2), (5, 7))
    assert report.missing_count == 5
    assert not report.is_clean
    assert gap_report(_rows((3, 1), (4, 1)), first=3).missing == ()
    assert gap_report(_rows((2, 1), (5, 1)), first=4).missing == ((4, 4),)


def test_gap_report_finds_numbers_borne_twice() -> None:
    report = gap_report(_rows((1, 1), (2, 1), (2, 3), (3, 3), (3, 3), (3, 3)))
    assert report.duplicates == (2, 3)
    assert not report.is_clean


def test_gap_report_finds_dates_that_run_backwards() -> None:
    report = gap_report(_rows((1, 9), (2, 8), (3, 8)))
    assert report.inversions == (Inversion(2, date(2026, 1, 8), 1, date(2026, 1, 9)),)
    assert not report.is_clean
