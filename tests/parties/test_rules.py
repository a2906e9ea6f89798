"""Partita IVA and IBAN."""

import pytest

from sportello.core.violations import RuleViolation
from sportello.parties.rules import check_iban, check_partita_iva, grouped_iban, normalise_partita_iva

IBAN = "IT60X0542811101000000123456"


def _with_check_digit(ten: str) -> str:
    digits = [int(sign) for sign in ten]
    total = sum(digits[0::2]) + sum(2 * digit - 9 * (digit > 4) for digit in digits[1::2])
    return ten + str(-total % 10)


@pytest.mark.parametrize("office", ["001", "100", "120", "121", "888", "999"])
def test_check_partita_iva_knows_the_offices(office: str) -> None:
    assert check_partita_iva(_with_check_digit(f"1234567{office}")).notices == ()


@pytest.mark.parametrize("office", ["000", "101", "119", "122", "887", "889", "998"])
def test_check_partita_iva_doubts_other_offices(office: str) -> None:
    (notice,) = check_partita_iva(_with_check_digit(f"1234567{office}")).notices
    assert (notice.code, notice.figures["office"]) == ("office_not_assigned", office)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "partita_iva_missing"),
        ("IT", "partita_iva_missing"),
        ("1234567890", "partita_iva_form"),
        ("123456789012", "partita_iva_form"),
        ("0000019001A", "partita_iva_form"),
        ("٠٠٠٠٠١٩٠٠١٧", "partita_iva_form"),
        ("00000000000", "partita_iva_placeholder"),
        ("00000190018", "partita_iva_check_digit"),
    ],
)
def test_check_partita_iva_refuses(text: str, code: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_partita_iva(text, field="vat")
    assert (caught.value.code, caught.value.field) == (code, "vat")


def test_normalise_partita_iva_strips_the_country_and_spaces() -> None:
    assert normalise_partita_iva(" it 000 0019 0017 ") == "00000190017"
    assert check_partita_iva("IT00000190017").number == "00000190017"


@pytest.mark.parametrize("text", [IBAN, " it60 x054 2811 1010 0000 0123 456 ", "DE89 3704 0044 0532 0130 00"])
def test_check_iban_takes_any_country(text: str) -> None:
    assert check_iban(text) == "".join(text.split()).upper()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "iban_missing"),
        ("60X0542811101000000123456", "iban_form"),
        ("IT60-X054-2811", "iban_form"),
        ("IT61X0542811101000000123456", "iban_check_digits"),
        ("ZZ82WEST12345698765432", "iban_check_digits"),
    ],
)
def test_check_iban_refuses(text: str, code: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_iban(text)
    assert (caught.value.code, caught.value.field) == (code, "iban")


def test_check_iban_refuses_a_country_nobody_knows() -> None:
    with pytest.raises(RuleViolation, match=r"^iban_country"):
        check_iban("ZZ" + _iban_digits("ZZ", "WEST12345698765432") + "WEST12345698765432")


def _iban_digits(country: str, rest: str) -> str:
    number = "".join(str(int(sign, 36)) for sign in f"{rest}{country}00")
    return f"{98 - int(number) % 97:02d}"


def test_check_iban_refuses_a_wrong_length_for_the_country() -> None:
    rest = "X05428111010000001234"
    with pytest.raises(RuleViolation, match=r"^iban_country"):
        check_iban(f"IT{_iban_digits('IT', rest)}{rest}")


def test_grouped_iban_in_fours() -> None:
    assert grouped_iban(IBAN) == "IT60 X054 2811 1010 0000 0123 456"
