"""The State's rules about one document, written apart from the client's so that each can catch the other.

Source: the specifications of December 2020 and what implementers report; the codes are those of `messages`, invented
ones included. Units: euro as Decimal, days in Italy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache

from stdnum.it import codicefiscale, iva

from sistemats.codes import ALLOWED_TYPES, ExpenseType, Operation, SenderCategory
from sistemats.documents import DocumentId, Item
from sistemats.replies import Message
from sistemats.simulator.messages import say

FIRST_PAYMENT = date(2015, 1, 1)
TRACEABLE_FROM = date(2020, 1, 1)
VAT_FROM = date(2021, 1, 1)
LARGEST = Decimal("99999.99")
CENT = Decimal("0.01")
UNTRACED_TYPES = frozenset({ExpenseType.TK, ExpenseType.FC, ExpenseType.AD, ExpenseType.FV})
_FLAGS = {"1": ExpenseType.TK, "2": ExpenseType.SR}
_TILL_NATURES = re.compile(r"N[1-6]")
_INVOICE_NATURES = re.compile(r"N[1-7](\.[0-9])?")
_FOREIGNER = re.compile(r"(STP|ENI)[0-9]{13}")


@dataclass(frozen=True, slots=True)
class Submission:
    """A document as it was sent, decrypted. `citizen` is None where the element is absent or empty.

    An amount that is no number is None; so is a citizen's code that could not be decrypted, with `sealed` still True.
    """

    id: DocumentId
    paid_on: date
    amounts: tuple[Decimal | None, ...]
    items: tuple[Item, ...]
    sealed: bool
    citizen: str | None = field(repr=False)
    prepaid: bool
    traceable: str | None
    document_type: str | None
    opposed: str | None


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """What the State knows of an owner: category, VAT numbers, and whether those are checked."""

    category: SenderCategory | None
    vat_numbers: tuple[str, ...] = ()
    vat_checked: bool = False
    known_codes: frozenset[str] = frozenset()


def valid_person_code(code: str, known: frozenset[str] = frozenset()) -> bool:
    """Tell whether a code has the form of a person's: 16 characters, 11 digits, or a foreigner's STP or ENI code.

    Codes of test users are taken as they are: one of them has an impossible month.
    """
    return code in known or _well_formed(code)


@lru_cache(maxsize=16_384)
def _well_formed(code: str) -> bool:
    if _FOREIGNER.fullmatch(code):
        return True
    if len(code) == 11:
        return bool(iva.is_valid(code))
    return len(code) == 16 and code.isupper() and bool(codicefiscale.is_valid(code))


def check_document(sent: Submission, owner: OwnerFacts, operation: Operation, today: date) -> list[Message]:
    """Return what is wrong with a document by itself, worst first come; nothing here looks into the books."""
    codes = [
        *_identity(sent, owner),
        *_days(sent, operation, today),
        *_items(sent, owner),
        *_citizen(sent, owner),
    ]
    if operation is not Operation.REFUND:
        codes += _fiscal(sent, owner)
    return [say(code) for code in dict.fromkeys(codes)]


def _identity(sent: Submission, owner: OwnerFacts) -> Iterator[str]:
    if owner.vat_checked and sent.id.vat_number not in owner.vat_numbers:
        yield "S001"


def _days(sent: Submission, operation: Operation, today: date) -> Iterator[str]:
    if sent.paid_on < FIRST_PAYMENT:
        yield "SX08"
    if sent.paid_on > today:
        yield "S036"
    if sent.paid_on < sent.id.issued_on and not sent.prepaid:
        yield "SX07"
    if operation is Operation.REFUND and sent.paid_on != sent.id.issued_on:
        yield "SX10"


def _items(sent: Submission, owner: OwnerFacts) -> Iterator[str]:
    if not all(amount is not None and _fits(amount) for amount in sent.amounts):
        yield "SX01"
    allowed = None if owner.category is None else ALLOWED_TYPES[owner.category]
    for item in sent.items:
        if item.flag is not None and _FLAGS.get(item.flag) is not item.expense_type:
            yield "SX03"
        if allowed is not None and item.expense_type not in allowed:
            yield "SX04"
        if item.vat_nature is not None and not _nature_fits(item.vat_nature, sent.document_type):
            yield "S016"


def _fits(amount: Decimal) -> bool:
    if not CENT <= amount <= LARGEST:
        return False
    return amount == amount.quantize(CENT)


def _nature_fits(nature: str, document_type: str | None) -> bool:
    return (_TILL_NATURES if document_type == "D" else _INVOICE_NATURES).fullmatch(nature) is not None


def _citizen(sent: Submission, owner: OwnerFacts) -> Iterator[str]:
    if sent.opposed == "1":
        if sent.sealed:
            yield "SX05"
    elif not sent.sealed:
        yield "SX06"
    elif sent.citizen is None or not valid_person_code(sent.citizen, owner.known_codes):
        yield "S011"


def _fiscal(sent: Submission, owner: OwnerFacts) -> Iterator[str]:
    """Fields that decrees brought in later: due by the day of payment. Refunds are left out: nobody has seen any."""
    if sent.paid_on >= VAT_FROM:
        if sent.document_type is None:
            yield "SX02"
        if any(item.vat_rate is None and item.vat_nature is None for item in sent.items):
            yield "S016"
    if sent.paid_on >= TRACEABLE_FROM and sent.traceable is None and _must_be_traced(sent, owner):
        yield "SX12"


def _must_be_traced(sent: Submission, owner: OwnerFacts) -> bool:
    if owner.category is SenderCategory.ACCREDITED_STRUCTURE:
        return False
    return any(item.expense_type not in UNTRACED_TYPES for item in sent.items)
