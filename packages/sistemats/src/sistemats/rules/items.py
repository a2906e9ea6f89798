"""Rules about items: who may send which type, flags, amounts (euro), VAT rate or nature."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from sistemats.codes import ALLOWED_TYPES, DocumentType, ExpenseType, Operation
from sistemats.documents import ExpenseDocument, Item, Sender
from sistemats.rules.findings import Finding, make

MAX_AMOUNT = Decimal("99999.99")
MAX_RATE = Decimal("100.00")
FLAGS = {"1": ExpenseType.TK, "2": ExpenseType.SR}
_INVOICE_NATURE = re.compile(r"N[1-7](?:\.[0-9])?")
_TILL_NATURE = re.compile(r"N[1-6]")


def check_items(document: ExpenseDocument, sender: Sender, operation: Operation) -> Iterator[Finding]:
    """Check every item; fields are named `items[0].amount` and so on."""
    if not document.items:
        yield make("items", "items-missing")
    allowed = ALLOWED_TYPES[sender.category]
    for index, item in enumerate(document.items):
        field = f"items[{index}]"
        if item.expense_type not in allowed:
            types = " ".join(sorted(allowed))
            yield make(f"{field}.expense_type", "type-not-allowed", type=item.expense_type, allowed=types)
        if item.flag is not None and FLAGS.get(item.flag) is not item.expense_type:
            yield make(f"{field}.flag", "flag-pair")
        yield from _amount(field, item.amount)
        yield from _vat(field, item, document.document_type, operation)


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 99


def _amount(field: str, amount: Decimal) -> Iterator[Finding]:
    if not amount.is_finite() or amount <= 0:
        yield make(f"{field}.amount", "amount-positive")
        return
    if _decimals(amount) > 2:
        yield make(f"{field}.amount", "amount-decimals")
    if amount > MAX_AMOUNT:
        yield make(f"{field}.amount", "amount-too-large")


def _vat(field: str, item: Item, kind: DocumentType | None, operation: Operation) -> Iterator[Finding]:
    rate, nature = item.vat_rate, item.vat_nature
    if rate is not None and nature is not None:
        yield make(f"{field}.vat_rate", "vat-both")
    elif rate is None and nature is None:
        code = "vat-missing-refund" if operation is Operation.REFUND else "vat-missing"
        yield make(f"{field}.vat_rate", code)
    if rate is not None and not (rate.is_finite() and 0 <= rate <= MAX_RATE and _decimals(rate) <= 2):
        yield make(f"{field}.vat_rate", "rate-range")
    if nature is not None:
        till = kind is DocumentType.TILL
        if not (_TILL_NATURE if till else _INVOICE_NATURE).fullmatch(nature):
            allowed = "N1-N6" if till else "N1-N7, N2.1, N2.2, N3.1-N3.6, N6.1-N6.9"
            yield make(f"{field}.vat_nature", "nature-unknown", allowed=allowed)
