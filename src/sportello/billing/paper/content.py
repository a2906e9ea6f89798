"""Everything an invoice or a credit note prints, as one frozen value.

Source: practice specification 2.16 (what must be printed) and 2.15 (the snapshot is kept and never recomputed).
Units: money is euro, Decimal with two places, never negative: a credit note prints positive amounts. Quantities,
unit prices and percentages are plain Decimals (20 means 20 %). Days are dates without a zone.

The value is stored as JSON text beside the issued document and is all the renderer ever sees: no settings, no
database, no clock. Names and codes are in it, so no class here has a repr that shows them.

>>> note = Words("Operazione esente IVA", "VAT exempt")
>>> note.it, note.second
('Operazione esente IVA', 'VAT exempt')
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Self

from .codec import ContentUnreadable, Money, from_text, to_text

__all__ = [
    "SCHEMA",
    "Addressee",
    "BankAccount",
    "Content",
    "ContentUnreadable",
    "Correction",
    "Fund",
    "Group",
    "Issuer",
    "Kind",
    "Line",
    "Logo",
    "Money",
    "Payment",
    "Person",
    "Stamp",
    "Totals",
    "Withholding",
    "Words",
]

SCHEMA = 1
"""Version written into every snapshot; raised when an old snapshot could no longer be read as it is."""


class Kind(StrEnum):
    """The papers this package sets."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """One text in Italian, and the same in the document's second language ("" when there is none)."""

    it: str
    second: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Logo:
    """Which picture stands in the head; its bytes are handed to the renderer apart and checked against this hash."""

    sha256: str
    """Lower-case hexadecimal SHA-256 of the file."""
    media_type: str
    """`image/png` or `image/jpeg`."""


@dataclass(frozen=True, slots=True, repr=False)
class Issuer:
    """The billing entity, as it was on the issue date."""

    name: str
    address: tuple[str, ...]
    """Lines as on an envelope, without the name."""
    vat_number: str
    """Partita IVA, eleven digits, without the country."""
    fiscal_code: str
    """Codice fiscale."""
    regime: Words
    """Tax scheme in words, such as "Regime ordinario (RF01)"."""
    profession: str = ""
    """Printed under the name, such as "Psicologa psicoterapeuta"."""
    register: str = ""
    """Professional register (albo), such as "Ordine degli Psicologi dell'Emilia-Romagna"."""
    register_number: str = ""
    insurer: str = ""
    policy: str = ""
    contacts: tuple[str, ...] = ()
    """Telephone, mail, PEC, site: one each, printed as they are."""


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """The treated person, printed only where the document is addressed to another private person."""

    name: str
    fiscal_code: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Addressee:
    """Whom the document is made out to (intestatario)."""

    name: str
    address: tuple[str, ...]
    """Lines as on an envelope, without name and country."""
    country: str = ""
    """Name of the country, when it is not Italy."""
    fiscal_code: str = ""
    vat_number: str = ""
    foreign_id: str = ""
    """Own identifier of a foreign person without a codice fiscale."""
    delivery: str = ""
    """SdI recipient code or PEC of a business; "" for private people."""


@dataclass(frozen=True, slots=True, repr=False)
class Correction:
    """The invoice a credit note points to."""

    number: str
    issued_on: date
    wording: Words
    """The whole sentence, such as "Nota di credito a storno totale della fattura n. 12/2026 del 05/03/2026"."""
    reason: Words | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One service."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    treatment: str
    """Short VAT mark: the natura ("N4") or the rate with its sign ("22%"); the key of its group."""
    net: Money
    second_description: str = ""
    discount: Decimal = Decimal(0)
    """Per cent of quantity times price."""
    performed_on: date | None = None
    """Day of the service, where the document lists several."""


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """What stands under one VAT treatment."""

    treatment: str
    """As on the lines."""
    services: Money
    fund: Money
    taxable: Money
    vat: Money
    wording: Words
    """Statutory reference of the natura, or "IVA 22%" for a taxed group."""


@dataclass(frozen=True, slots=True, repr=False)
class Fund:
    """The contribution to the professional fund, or the INPS recharge."""

    label: Words
    """Such as "Contributo integrativo ENPAP 2%"."""
    amount: Money


@dataclass(frozen=True, slots=True, repr=False)
class Stamp:
    """The revenue stamp: present whenever it is due, charged or not, and on a credit note that gives one back."""

    wording: Words
    """How it was paid, with identifier or authorisation filled in; empty when this paper owes none itself."""
    charged: Money
    """What the total contains for it: 0.00 when the issuer bears it."""
    natura: str = ""
    """"N1", "N2.2" or "N4" when charged."""
    paper: bool = False
    """Whether a sticker goes on this paper; without identifier a box is left for it."""
    identifier: str = ""
    """The fourteen digits on the sticker, or ""."""


@dataclass(frozen=True, slots=True, repr=False)
class Withholding:
    """Tax kept back by the customer (ritenuta d'acconto)."""

    rate: Decimal
    base: Money
    amount: Money


@dataclass(frozen=True, slots=True, repr=False)
class Totals:
    """The sums at the foot. total = net + fund + vat + stamp; payable = total - withheld."""

    net: Money
    fund: Money
    vat: Money
    stamp: Money
    total: Money
    withheld: Money
    payable: Money


@dataclass(frozen=True, slots=True, repr=False)
class Payment:
    """One payment known when the document was issued."""

    on: date
    method: Words
    """Such as "Carta di pagamento"."""
    amount: Money
    traceable: bool


@dataclass(frozen=True, slots=True, repr=False)
class BankAccount:
    """Where an unpaid document is to be paid."""

    iban: str
    """Without spaces; printed in groups of four."""
    holder: str = ""
    bank: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """All that one document prints."""

    kind: Kind
    number: str
    """As printed: "12/2026", "3/NC/2026"."""
    issued_on: date
    issuer: Issuer
    addressee: Addressee
    lines: tuple[Line, ...]
    groups: tuple[Group, ...]
    totals: Totals
    logo: Logo | None = None
    patient: Person | None = None
    """None when the addressee is the patient, and always for a business addressee."""
    correction: Correction | None = None
    """Set exactly on credit notes."""
    fund: Fund | None = None
    stamp: Stamp | None = None
    withholding: Withholding | None = None
    payments: tuple[Payment, ...] = ()
    paid_on: date | None = None
    """Day on which it was paid in full, when it was before issue."""
    due_on: date | None = None
    payment_method: Words | None = None
    """How an unpaid document is to be paid."""
    bank: BankAccount | None = None
    opposition: Words | None = None
    """The patient's objection to the use of the expense data."""
    bonus: Words | None = None
    """Wording of the psychotherapy allowance with its unique code."""
    remarks: tuple[Words, ...] = ()
    """Other statutory or free texts, in order."""
    courtesy: Words | None = None
    """A closing word to the reader."""
    language: str = ""
    """Second language as in the language list ("en", "zh-hans"...), or "" for Italian alone."""
    is_copy: bool = False
    """Prints the word "Copia" in the head."""

    def to_json(self) -> str:
        """
        Return the canonical snapshot: equal contents give equal text.

        :raises ValueError: an amount has more than two decimals, or a number is not finite
        """
        return to_text(self, schema=SCHEMA)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """
        Read a snapshot back.

        :raises ContentUnreadable: not JSON, another schema, a field missing, unknown or of the wrong type
        """
        return from_text(cls, text, schema=SCHEMA)
