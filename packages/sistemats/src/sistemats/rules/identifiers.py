"""Forms of the identifiers: VAT numbers, fiscal codes, PINs, numbers.

>>> is_fiscal_code("RSSMRA80A01H501U"), is_fiscal_code("STP1234567890123")
(True, True)
>>> has_valid_vat("00265910661")
True
"""

from __future__ import annotations

import re

from stdnum import luhn
from stdnum.it import codicefiscale, iva

_FOREIGNER = re.compile(r"(?:STP|ENI)[0-9]{13}")
_NUMBER = re.compile(r"[A-Za-z0-9_./\\-]{1,20}")
_VAT = re.compile(r"[0-9]{11}")


def has_vat_form(text: str) -> bool:
    """Tell whether a text has eleven digits."""
    return bool(_VAT.fullmatch(text))


def has_valid_vat(text: str) -> bool:
    """Tell whether a VAT number passes its check digit and names an existing office."""
    return has_vat_form(text) and bool(iva.is_valid(text))


def is_fiscal_code(text: str) -> bool:
    """Tell whether a text is a fiscal code in capitals, a provisional one of 11 digits, or an STP/ENI code."""
    if text != text.upper() or not text.isascii():
        return False
    if _FOREIGNER.fullmatch(text):
        return True
    if len(text) == 11:
        return text.isdecimal() and bool(luhn.is_valid(text))
    return len(text) == 16 and bool(codicefiscale.is_valid(text))


def has_fiscal_code_form(text: str) -> bool:
    """Tell whether a text looks like a fiscal code, check digit aside."""
    return bool(re.fullmatch(r"[A-Z0-9]{16}|[0-9]{11}", text))


def is_document_number(text: str) -> bool:
    """Tell whether a text can be a document's number."""
    return bool(_NUMBER.fullmatch(text))


def is_pin(text: str, entratel: bool = False) -> bool:
    """Tell whether a PIN has the form of its channel: ten digits, or eight characters for Entratel."""
    return bool(re.fullmatch(r"[A-Za-z0-9]{8}" if entratel else r"[0-9]{10}", text))
