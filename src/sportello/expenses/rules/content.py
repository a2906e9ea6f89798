"""A document as the State takes it, in plain values, and its one canonical text.

Source: types of the synchronous and batch services (protocol 6.2, 7.2). Units: EUR with two places; days in Italy.
The text is what hashes are made of and what is kept closed at rest: the same content gives the same bytes.

>>> one = Content(Reference("65498732105", date(2026, 3, 2), "12/2026"), date(2026, 3, 2),
...               (Piece("SP", Decimal("71.40"), nature="N4"),), code="RSSMRA80A01H501U", traceable=True)
>>> Content.read(one.text()) == one, one.total
(True, Decimal('71.40'))
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

ZERO = Decimal("0.00")
_quoted = json.JSONEncoder().encode


class Reference(NamedTuple):
    """How the State tells one document from another."""

    vat_number: str
    issued_on: date
    number: str
    device: int = 1

    def __str__(self) -> str:
        """Return number, day and device for a log or a list: nobody's name."""
        device = "" if self.device == 1 else f" ({self.device})"
        return f"{self.number} {self.issued_on.isoformat()}{device}"

    def key(self) -> str:
        """
        Return it as one word, which `of_key` reads back.

        >>> one = Reference("65498732105", date(2026, 3, 2), "12/2026", 2)
        >>> one.key(), Reference.of_key(one.key()) == one
        ('65498732105/2026-03-02/2/12/2026', True)
        """
        return f"{self.vat_number}/{self.issued_on.isoformat()}/{self.device}/{self.number}"

    @classmethod
    def of_key(cls, key: str) -> Reference:
        """
        Return what `key` wrote.

        :raises ValueError: it is none
        """
        vat_number, day, device, number = key.split("/", 3)
        return cls(vat_number, date.fromisoformat(day), number, int(device))


class Piece(NamedTuple):
    """One item: type, amount (EUR), flag, and VAT rate in percent or natura."""

    expense_type: str
    amount: Decimal
    flag: str = ""
    rate: Decimal | None = None
    nature: str = ""

    def of(self, amount: Decimal) -> Piece:
        """Return the same item with another amount (EUR)."""
        return Piece(self.expense_type, amount, self.flag, self.rate, self.nature)


class Content(NamedTuple):
    """Everything that goes to the State about one document. `original` is what a refund takes back from."""

    reference: Reference
    paid_on: date
    pieces: tuple[Piece, ...]
    code: str = ""
    opposed: bool = False
    prepaid: bool = False
    traceable: bool | None = None
    original: Reference | None = None

    def __repr__(self) -> str:
        """Return no more than the reference: the code is the patient's."""
        return f"Content({self.reference})"

    @property
    def total(self) -> Decimal:
        """The sum of the items (EUR)."""
        return sum([piece.amount for piece in self.pieces], ZERO)

    def totals(self) -> dict[str, Decimal]:
        """Return the sums by expense type (EUR)."""
        found: dict[str, Decimal] = {}
        for piece in self.pieces:
            found[piece.expense_type] = found.get(piece.expense_type, ZERO) + piece.amount
        return found

    def text(self) -> str:
        """Return the canonical text: JSON without spaces, its keys in the order of the alphabet."""
        original = "null" if self.original is None else _reference_text(self.original)
        return (
            f'{{"code":{_quoted(self.code)},"items":[{",".join([_piece_text(one) for one in self.pieces])}],'
            f'"opposed":{_word(self.opposed)},"original":{original},"paid":"{self.paid_on.isoformat()}",'
            f'"prepaid":{_word(self.prepaid)},"ref":{_reference_text(self.reference)},"traced":{_word(self.traceable)}}}'
        )

    @classmethod
    def read(cls, text: str) -> Content:
        """Return what a canonical text says."""
        kept = json.loads(text)
        return cls(
            reference=_reference(kept["ref"]),
            paid_on=date.fromisoformat(kept["paid"]),
            pieces=tuple(
                [
                    Piece(kind, Decimal(amount), flag, None if rate is None else Decimal(rate), nature)
                    for kind, amount, flag, rate, nature in kept["items"]
                ]
            ),
            code=kept["code"],
            opposed=kept["opposed"],
            prepaid=kept["prepaid"],
            traceable=kept["traced"],
            original=None if kept["original"] is None else _reference(kept["original"]),
        )


def _reference(kept: list[Any]) -> Reference:
    return Reference(kept[0], date.fromisoformat(kept[1]), kept[2], kept[3])


def _reference_text(one: Reference) -> str:
    return f'[{_quoted(one.vat_number)},"{one.issued_on.isoformat()}",{_quoted(one.number)},{one.device}]'


def _piece_text(one: Piece) -> str:
    rate = "null" if one.rate is None else f'"{one.rate:.2f}"'
    return f'[{_quoted(one.expense_type)},"{one.amount:.2f}",{_quoted(one.flag)},{rate},{_quoted(one.nature)}]'


def _word(said: bool | None) -> str:
    return "null" if said is None else "true" if said else "false"
