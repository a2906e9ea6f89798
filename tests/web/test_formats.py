"""Money, numbers and days as each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from sportello.web import formats

NB = "\N{NO-BREAK SPACE}"


@pytest.fixture(params=["it"])
def _italian(request):
    with translation.override(request.param), timezone.override("Europe/Rome"):
        yield


@pytest.mark.parametrize(
    ("language", "text"),
    [("it", f"€{NB}1.234,50"), ("en", "€1,234.50"), ("fr", f"1{NB}234,50{NB}€")],
)
def test_money_by_language(language, text):
    with translation.override(language):
        assert formats.money(Decimal("1234.5")) == text


@pytest.mark.usefixtures("_italian")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("-268"), f"−€{NB}268,00"),
        (Decimal("-0.001"), f"€{NB}0,00"),
        (Decimal("0.005"), f"€{NB}0,01"),
        (0, f"€{NB}0,00"),
        (None, "–"),
        (Decimal("1234567.89"), f"€{NB}1.234.567,89"),
    ],
)
def test_money_signs_and_rounding(value, text):
    assert formats.money(value) == text


@pytest.mark.usefixtures("_italian")
def test_amount_with_sign_for_differences():
    assert [formats.amount(Decimal(value), sign=True) for value in ("405.4", "-1", "0")] == ["+405,40", "−1,00", "0,00"]


@pytest.mark.usefixtures("_italian")
@pytest.mark.parametrize(("rate", "text"), [("2.00", "2%"), ("2.50", "2,5%"), ("20", "20%"), ("0", "0%")])
def test_percent_drops_needless_zeros(rate, text):
    assert formats.percent(Decimal(rate)) == text


@pytest.mark.parametrize(("language", "text"), [("it", "12/03/2026"), ("fr", "12/03/2026"), ("en", "12 Mar 2026")])
def test_day_by_language(language, text):
    with translation.override(language):
        assert formats.day(date(2026, 3, 12)) == text


@pytest.mark.parametrize(("language", "text"), [("it", "lunedì 23 novembre 2026"), ("en", "Monday 23 November 2026")])
def test_long_day_by_language(language, text):
    with translation.override(language):
        assert formats.long_day(date(2026, 11, 23)) == text


@pytest.mark.usefixtures("_italian")
def test_moment_is_shown_in_the_active_zone_and_names_it_as_evidence():
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert formats.moment(at) == "02/07/2026, 00:30"
    assert formats.moment(at, zone=True) == "02/07/2026, 00:30 CEST"


@pytest.mark.usefixtures("_italian")
@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, f"0{NB}B"), (999, f"999{NB}B"), (1500, f"1,5{NB}kB"), (48213, f"48{NB}kB"), (10**7, f"10{NB}MB")],
)
def test_file_size_in_the_largest_unit_that_fits(octets, text):
    assert formats.file_size(octets) == text


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("curl/8", "?"),
    ],
)
def test_browser_in_two_words(agent, words):
    assert formats.browser(agent) == words
