"""Plain values: an expense document, its identifier and items, the owner and the sender.

Units: amounts are euro as Decimal; dates are calendar days in Italy. Codes of people never show in a repr.

>>> DocumentId("65498732105", date(2026, 3, 2), "FT1/2026")
DocumentId(vat_number='65498732105', issued_on=datetime.date(2026, 3, 2), number='FT1/2026', device=1)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sistemats.codes import Channel, DocumentType, ExpenseType, Operation, SenderCategory


@dataclass(frozen=True, slots=True, order=True)
class DocumentId:
    """How the State tells one document from another: issuer's VAT number, issue date, device, number.

    `device` is 1 for invoices and receipts, the till's progressive number for commercial documents.
    """

    vat_number: str
    issued_on: date
    number: str
    device: int = 1


@dataclass(frozen=True, slots=True)
class Item:
    """One line (`voceSpesa`): type, euro amount, flag ("1" on TK, "2" on SR), VAT rate or nature."""

    expense_type: ExpenseType
    amount: Decimal
    flag: str | None = None
    vat_rate: Decimal | None = None
    vat_nature: str | None = None


@dataclass(frozen=True, slots=True)
class ExpenseDocument:
    """One paid document. `citizen_code` is the patient's fiscal code in clear, None when the patient opposes; out of
    an existing 730 file it may be sealed already, and then stays as it is.

    `traceable` and `document_type` are None where the document does not say.
    """

    id: DocumentId
    paid_on: date
    items: tuple[Item, ...]
    citizen_code: str | None = field(default=None, repr=False)
    prepaid: bool = False
    traceable: bool | None = None
    document_type: DocumentType | None = DocumentType.INVOICE
    opposed: bool | None = False

    @property
    def total(self) -> Decimal:
        """Sum of the items, euro."""
        return sum((item.amount for item in self.items), Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose documents these are (`Proprietario`): codes of the structure, or none for a professional."""

    fiscal_code: str | None = field(default=None, repr=False)
    region: str | None = None
    asl: str | None = None
    ssa: str | None = None

    @property
    def is_structure(self) -> bool:
        """True when any of the three codes of a structure is given."""
        return bool(self.region or self.asl or self.ssa)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, for which owner, on which channel.

    `pin` is in clear here; it is encrypted on the wire except on the Entratel channel. `intermediary` goes to
    `opzionale1`: fiscal code, hyphen, three-digit site, for Entratel; the identification code for regions.
    """

    category: SenderCategory
    owner: Owner
    pin: str = field(repr=False)
    channel: Channel = Channel.DIRECT
    intermediary: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """One document inside a batch file with its operation; `original` is the refunded one when it is R."""

    document: ExpenseDocument
    operation: Operation = Operation.INSERT
    original: DocumentId | None = None
