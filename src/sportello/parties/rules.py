"""Identifiers of those who issue, pay and are invoiced: partita IVA and IBAN.

Source: DPR 633/1972 art. 35 (partita IVA: seven digits, three of the office, one check digit by Luhn's rule);
ISO 13616 (IBAN). A number the law could have given is never refused; a doubtful office is a notice.

>>> check_partita_iva("IT 00000190017").number
'00000190017'
>>> check_iban("it60 x054 2811 1010 0000 0123 456")
'IT60X0542811101000000123456'
"""

import re
from dataclasses import dataclass

from stdnum import iban, luhn
from stdnum.exceptions import InvalidChecksum, ValidationError

from sportello.core.violations import Notice, RuleViolation

_ELEVEN_DIGITS = re.compile(r"[0-9]{11}")
_IBAN_FORM = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_SPACES = re.compile(r"\s+")
_SPECIAL_OFFICES = frozenset({"120", "121", "888", "999"})


@dataclass(frozen=True, slots=True)
class PartitaIva:
    """A partita IVA that can exist.

    :ivar number: eleven digits
    :ivar notices: ``office_not_assigned`` when the three digits of the office are none the law names
    """

    number: str
    notices: tuple[Notice, ...] = ()


def normalise_partita_iva(text: str) -> str:
    """Return what was typed without spaces, in capitals and without the country's ``IT``."""
    return _SPACES.sub("", text).upper().removeprefix("IT")


def check_partita_iva(text: str, *, field: str = "partita_iva") -> PartitaIva:
    """Return a partita IVA as it is stored.

    :raises RuleViolation: ``partita_iva_missing``, ``partita_iva_form`` (not eleven digits),
        ``partita_iva_placeholder`` (all zeros), ``partita_iva_check_digit``
    """
    number = normalise_partita_iva(text)
    if not number:
        raise RuleViolation("partita_iva_missing", field=field)
    check_eleven_digits(number, field=field, kind="partita_iva")
    return PartitaIva(number, _office_notices(number, field))


def check_eleven_digits(number: str, *, field: str, kind: str) -> None:
    """Refuse what is not eleven digits with the right last one; codes of bodies and provisional codes share the rule.

    :param kind: how the refusal's code begins
    :raises RuleViolation: ``<kind>_form``, ``<kind>_placeholder``, ``<kind>_check_digit``
    """
    if not _ELEVEN_DIGITS.fullmatch(number):
        raise RuleViolation(f"{kind}_form", field=field, length=len(number))
    if number == "0" * 11:
        raise RuleViolation(f"{kind}_placeholder", field=field)
    if not luhn.is_valid(number):
        raise RuleViolation(f"{kind}_check_digit", field=field)


def _office_notices(number: str, field: str) -> tuple[Notice, ...]:
    office = number[7:10]
    if "001" <= office <= "100" or office in _SPECIAL_OFFICES:
        return ()
    return (Notice("office_not_assigned", field, {"office": office}),)


def check_iban(text: str, *, field: str = "iban") -> str:
    """Return an IBAN as it is stored: capitals, no spaces.

    :raises RuleViolation: ``iban_missing``, ``iban_form``, ``iban_check_digits``, ``iban_country`` (unknown country or
        not its length and form)
    """
    number = _SPACES.sub("", text).upper()
    if not number:
        raise RuleViolation("iban_missing", field=field)
    if not _IBAN_FORM.fullmatch(number):
        raise RuleViolation("iban_form", field=field)
    try:
        return iban.validate(number, check_country=False)
    except InvalidChecksum as reason:
        raise RuleViolation("iban_check_digits", field=field) from reason
    except ValidationError as reason:
        raise RuleViolation("iban_country", field=field, country=number[:2]) from reason


def grouped_iban(number: str) -> str:
    """Return an IBAN in groups of four, as it is printed.

    >>> grouped_iban("IT60X0542811101000000123456")
    'IT60 X054 2811 1010 0000 0123 456'
    """
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
