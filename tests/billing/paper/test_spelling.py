"""How amounts, days and strange texts are spelt."""

from datetime import date
from decimal import Decimal

import pytest

from sportello.billing.paper.spelling import clean, day, has_rtl, iban, isolate, money, plain, price


@pytest.mark.parametrize(
    ("amount", "spelt"),
    [
        ("0", "€\xa00,00"),
        ("-0.00", "€\xa00,00"),
        ("1234567.8", "€\xa01.234.567,80"),
        ("999.99", "€\xa0999,99"),
        ("1000", "€\xa01.000,00"),
    ],
)
def test_money_is_italian(amount, spelt):
    assert money(Decimal(amount)) == spelt


@pytest.mark.parametrize(
    ("amount", "spelt"), [("70", "€\xa070,00"), ("0.12345678", "€\xa00,12345678"), ("1200.500", "€\xa01.200,50")]
)
def test_price_shows_as_many_decimals_as_it_has(amount, spelt):
    assert price(Decimal(amount)) == spelt


@pytest.mark.parametrize(
    ("number", "spelt"), [("1", "1"), ("1.000", "1"), ("2.50", "2,5"), ("1E+3", "1.000"), ("0.125", "0,125")]
)
def test_plain_has_no_needless_zeros(number, spelt):
    assert plain(Decimal(number)) == spelt


def test_day_has_two_digits_each_and_four_for_the_year():
    assert day(date(2026, 3, 5)) == "05/03/2026"
    assert day(date(26, 3, 5)) == "05/03/0026"


def test_iban_is_in_groups_however_it_came():
    assert iban("IT60 X054 28111010 00000123456") == "IT60 X054 2811 1010 0000 0123 456"


def test_clean_lets_a_long_word_break_and_keeps_every_letter():
    word = "x" * 100
    assert clean(word).replace("\u200b", "") == word
    assert max(map(len, clean(word).split("\u200b"))) <= 10
    assert clean("a" * 26) == "a" * 26


def test_clean_keeps_paired_isolates_and_drops_lone_ones():
    assert clean("é \u20681\u2069") == "é \u20681\u2069"
    assert clean("é \u20681") == "é 1"
    assert clean("é \u2069\u20681") == "é 1"


def test_clean_cuts_what_nobody_could_read():
    assert len(clean("a " * 100_000)) <= 20_000


def test_has_rtl_sees_arabic_and_hebrew_only():
    assert has_rtl("a محمد")
    assert has_rtl("שלום")
    assert not has_rtl("Ґалаґан 王 é 123")


def test_isolate_is_kept_by_clean():
    assert clean(isolate("12/2026") + "é") == isolate("12/2026") + "é"
