"""How people are reached and where they live: mail, telephone and address, checked and forgiven on form.

Source: RFC 5321 for the parts of an address (only its syntax: an invitation proves it); ITU-T E.164 for telephones.

>>> check_email(" Ada@Posta.Example "), check_phone("333 000 0001")
('Ada@posta.example', '+393330000001')
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django_countries import countries

from sportello.core.refusals import Gathering
from sportello.core.violations import RuleViolation

_PHONE = re.compile(r"[+0-9 ()./\-]{3,40}")
_ITALIAN_CAP = re.compile(r"[0-9]{5}")
_PROVINCE = re.compile(r"[A-Z]{2}")
_email = EmailValidator()


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A postal address; `country` is ISO 3166 alpha-2. Abroad the province is empty."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    province: str = ""
    country: str = "IT"


NOWHERE = Address()
"""An address nobody has given yet."""


def check_email(text: str, *, field: str = "email") -> str:
    """
    Return an address as it is stored, its domain in lower case; "" stays "".

    :raises RuleViolation: ``email_at_missing``, ``email_name_missing``, ``email_domain_missing``, ``email_form``
    """
    address = "".join(text.split())
    if not address:
        return ""
    name, at, domain = address.rpartition("@")
    problem = "email_at_missing" if not at else "email_domain_missing" if not domain else None
    if problem or not name:
        raise RuleViolation(problem or "email_name_missing", field=field)
    try:
        _email(address)
    except ValidationError:
        code = "email_domain_missing" if "." not in domain.strip(".") else "email_form"
        raise RuleViolation(code, field=field) from None
    return f"{name}@{domain.lower()}"


def check_phone(text: str, *, field: str = "phone", country: str = "IT") -> str:
    """
    Return a telephone number as E.164 (+39…); one that no plan knows stays as typed, "" stays "".

    :param country: whose numbers need no prefix
    :raises RuleViolation: ``phone_form``, there are letters or fewer than three digits
    """
    typed = " ".join(text.split())
    if not typed:
        return ""
    if not _PHONE.fullmatch(typed) or sum(sign.isdigit() for sign in typed) < 3:
        raise RuleViolation("phone_form", field=field)
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        return typed
    if not phonenumbers.is_possible_number(number):
        return typed
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def spoken_phone(stored: str) -> str:
    """Return a stored number as people read it.

    >>> spoken_phone("+393330000001")
    '+39 333 000 0001'
    """
    try:
        number = phonenumbers.parse(stored, None)
    except phonenumbers.NumberParseException:
        return stored
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def checked_address(given: Address, found: Gathering, *, needed: bool = False) -> Address:
    """
    Return an address as it is stored, gathering what is wrong with it.

    In Italy the CAP has five digits and the province two letters; abroad both are free.

    :param needed: street, CAP and city must be given
    """
    country = (given.country or "IT").strip().upper()
    if country not in countries:
        found.refuse("country_unknown", field="country")
    postal = found.text(given.postal_code, field="postal_code", longest=10, needed=needed).upper()
    province = found.text(given.province, field="province", longest=40).upper()
    if country == "IT":
        _check_italian(postal, province, found)
    else:
        province = ""
    return Address(
        street=found.text(given.street, field="street", longest=160, needed=needed),
        postal_code=postal,
        city=found.text(given.city, field="city", longest=80, needed=needed),
        province=province,
        country=country,
    )


def _check_italian(postal: str, province: str, found: Gathering) -> None:
    if postal and not _ITALIAN_CAP.fullmatch(postal):
        found.refuse("postal_code_form", field="postal_code")
    if province and not _PROVINCE.fullmatch(province):
        found.refuse("province_form", field="province")
