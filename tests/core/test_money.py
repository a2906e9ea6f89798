"""Rounding, and amounts as people type them."""

from decimal import Context, Decimal, localcontext

import pytest

from sportello.core.money import (
    LARGEST,
    AmountError,
    grouped,
    in_cents,
    parse_amount,
    parse_quantity,
    percent_of,
    plain,
    round_cents,
    total_of,
)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("1.244999", "1.24"),
        ("1.245", "1.25"),
        ("1.255", "1.26"),
        ("-1.245", "-1.25"),
        ("-0.004", "0.00"),
        ("-0.005", "-0.01"),
        ("-0", "0.00"),
        ("7", "7.00"),
        ("1E+3", "1000.00"),
    ],
)
def test_round_cents_takes_half_a_cent_away_from_zero(amount: str, rounded: str) -> None:
    assert str(round_cents(Decimal(amount))) == rounded


def test_round_cents_does_not_hear_the_caller_s_context() -> None:
    with localcontext(Context(prec=3)):
        assert str(round_cents(Decimal("123456.785"))) == "123456.79"
        assert str(percent_of(Decimal("2.5"), Decimal("123456.78"))) == "3086.42"


@pytest.mark.parametrize(
    ("rate", "base", "amount"),
    [("2", "62.25", "1.25"), ("22", "102.00", "22.44"), ("0", "10.00", "0.00"), ("4", "-0.10", "0.00")],
)
def test_percent_of_rounds_once(rate: str, base: str, amount: str) -> None:
    assert str(percent_of(Decimal(rate), Decimal(base))) == amount


def test_total_of_nothing_is_zero_cents() -> None:
    assert str(total_of([])) == "0.00"
    assert str(total_of([Decimal("1.10"), Decimal("-1.10")])) == "0.00"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1234.50", "1234.50"),
        ("1234,5", "1234.50"),
        ("€ 70", "70.00"),
        ("70€", "70.00"),
        ("70 EUR", "70.00"),
        ("Euro 70,00", "70.00"),
        ("1 234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1.234", "1234.00"),
        ("1,234", "1234.00"),
        ("1.234.567", "1234567.00"),
        ("1.234.567,8", "1234567.80"),
        ("0,5", "0.50"),
        ("007", "7.00"),
        ("12.340", "12340.00"),
        ("1234.500", "1234.50"),
        ("-5", "-5.00"),
        ("−5,25", "-5.25"),
        ("-0", "0.00"),
        ("٧٠٫٥", "70.50"),
        ("１２．５０", "12.50"),
        ("999999999.99", "999999999.99"),
    ],
)
def test_parse_amount_reads_what_people_type(text: str, amount: str) -> None:
    assert str(parse_amount(text)) == amount


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount_missing"),
        (" € ", "amount_missing"),
        ("abc", "amount_not_a_number"),
        ("12x", "amount_not_a_number"),
        ("1.2.3", "amount_not_a_number"),
        ("1.234.50", "amount_not_a_number"),
        ("1,23,456", "amount_not_a_number"),
        (",50", "amount_not_a_number"),
        ("12,", "amount_not_a_number"),
        ("1e3", "amount_not_a_number"),
        ("NaN", "amount_not_a_number"),
        ("Infinity", "amount_not_a_number"),
        ("--5", "amount_not_a_number"),
        ("0.123", "amount_not_in_cents"),
        ("1234,567", "amount_not_in_cents"),
        ("1.234,505", "amount_not_in_cents"),
        ("1000000000", "amount_too_large"),
        ("-1000000000", "amount_too_large"),
    ],
)
def test_parse_amount_refuses_what_it_would_have_to_guess(text: str, code: str) -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount(text, field="price")
    assert (caught.value.code, caught.value.field) == (code, "price")


def test_parse_amount_names_the_largest_amount() -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount("1000000000")
    assert caught.value.figures["largest"] == LARGEST


@pytest.mark.parametrize(
    ("text", "quantity"), [("1", "1"), ("1,5", "1.5"), ("1.234", "1.234"), ("0.001", "0.001"), ("2,000", "2")]
)
def test_parse_quantity_never_groups(text: str, quantity: str) -> None:
    assert parse_quantity(text) == Decimal(quantity)


def test_parse_quantity_past_three_places_is_refused() -> None:
    with pytest.raises(AmountError) as caught:
        parse_quantity("1,2345")
    assert (caught.value.code, caught.value.field) == ("quantity_too_precise", "quantity")
    with pytest.raises(AmountError, match=r"^amount_not_a_number"):
        parse_quantity("1.234,5")


def test_in_cents_tells_whole_cents() -> None:
    assert in_cents(Decimal("1.50"))
    assert in_cents(Decimal("1.5000"))
    assert not in_cents(Decimal("1.501"))
    assert not in_cents(Decimal("NaN"))
    assert not in_cents(Decimal("Infinity"))


def test_plain_and_grouped_write_two_places() -> None:
    assert plain(Decimal("1234567.5")) == "1234567.50"
    assert plain(Decimal("-0.001")) == "0.00"
    assert grouped(Decimal("1234567.5"), decimal=",", thousands=".") == "1.234.567,50"
    assert grouped(Decimal("-1234.5"), decimal=".", thousands="\u202f") == "-1\u202f234.50"
