"""What the State holds: documents, cancelled ones included, with their refunds and remarks of citizens.

A document is known by its owner and its identifier (VAT number, issue date, device as a number, number).
Units: euro as Decimal, days in Italy, instants aware.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any

from sistemats.codes import ExpenseType
from sistemats.documents import DocumentId, Item
from sistemats.simulator.clock import stamp, start_of, unstamp
from sistemats.simulator.store import Store


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """One document as the State holds it. `owner` is the key of the owner; `refund_of` the original of a refund."""

    owner: str
    id: DocumentId
    paid_on: date
    items: tuple[Item, ...]
    citizen: str | None = field(repr=False)
    prepaid: bool
    traceable: str | None
    document_type: str | None
    opposed: str | None
    last_operation: str
    protocol: str
    file_name: str
    sent_at: datetime
    sender: str
    owner_code: str = field(repr=False)
    cancelled: bool = False
    refund_of: DocumentId | None = None
    warnings: tuple[str, ...] = ()
    remarks: dict[str, Any] = field(default_factory=dict)

    def totals(self) -> dict[ExpenseType, Decimal]:
        """Return the euro spent by expense type, in the order of the items."""
        return sum_by_type(self.items)

    def as_json(self) -> dict[str, Any]:
        """Return the document as plain values; amounts are text with two decimals."""
        return {
            "owner": self.owner,
            "owner_code": self.owner_code,
            **id_json(self.id),
            "paid_on": self.paid_on.isoformat(),
            "citizen": self.citizen,
            "prepaid": self.prepaid,
            "traceable": self.traceable,
            "document_type": self.document_type,
            "opposed": self.opposed,
            "items": json.loads(_items_text(self.items)),
            "last_operation": self.last_operation,
            "protocol": self.protocol,
            "file_name": self.file_name,
            "sent_at": self.sent_at.isoformat(),
            "sender": self.sender,
            "cancelled": self.cancelled,
            "refund_of": None if self.refund_of is None else id_json(self.refund_of),
            "warnings": list(self.warnings),
            "remarks": self.remarks,
        }


def sum_by_type(items: Iterable[Item]) -> dict[ExpenseType, Decimal]:
    """Return euro by expense type."""
    totals: dict[ExpenseType, Decimal] = {}
    for item in items:
        totals[item.expense_type] = totals.get(item.expense_type, Decimal(0)) + item.amount
    return totals


def id_json(document_id: DocumentId) -> dict[str, Any]:
    """Return an identifier as plain values."""
    return {
        "vat_number": document_id.vat_number,
        "issued_on": document_id.issued_on.isoformat(),
        "device": document_id.device,
        "number": document_id.number,
    }


def _items_text(items: tuple[Item, ...]) -> str:
    return f"[{', '.join(map(_item_text, items))}]"


def _item_text(item: Item) -> str:
    """Return an item as JSON, put together by hand because every document needs it: it is many times faster."""
    rate = "null" if item.vat_rate is None else f'"{item.vat_rate:.2f}"'
    flag, nature = _quoted(item.flag), _quoted(item.vat_nature)
    return (
        f'{{"expense_type": "{item.expense_type}", "amount": "{item.amount:.2f}", "flag": {flag},'
        f' "vat_rate": {rate}, "vat_nature": {nature}}}'
    )


def _quoted(text: str | None) -> str:
    return "null" if text is None else encode_basestring_ascii(text)


@lru_cache(maxsize=256)
def _codes_text(codes: tuple[str, ...]) -> str:
    return json.dumps(codes)


def _items(text: str) -> tuple[Item, ...]:
    return tuple(
        Item(
            ExpenseType(entry["expense_type"]),
            Decimal(entry["amount"]),
            entry["flag"],
            None if entry["vat_rate"] is None else Decimal(entry["vat_rate"]),
            entry["vat_nature"],
        )
        for entry in json.loads(text)
    )


def _link(owner: str, document_id: DocumentId) -> str:
    return "|".join((owner, document_id.vat_number, document_id.issued_on.isoformat(), str(document_id.device))) + (
        "|" + document_id.number
    )


def _unlink(text: str | None) -> DocumentId | None:
    if text is None:
        return None
    _, vat_number, issued_on, device, number = text.split("|", 4)
    return DocumentId(vat_number, date.fromisoformat(issued_on), number, int(device))


def _document(row: sqlite3.Row) -> HeldDocument:
    return HeldDocument(
        owner=row["owner"],
        id=DocumentId(row["vat_number"], date.fromisoformat(row["issued_on"]), row["number"], row["device"]),
        paid_on=date.fromisoformat(row["paid_on"]),
        items=_items(row["items"]),
        citizen=row["citizen"],
        prepaid=bool(row["prepaid"]),
        traceable=row["traceable"],
        document_type=row["document_type"],
        opposed=row["opposed"],
        last_operation=row["last_operation"],
        protocol=row["protocol"],
        file_name=row["file_name"],
        sent_at=unstamp(row["sent_at"]),
        sender=row["sender"],
        owner_code=row["owner_code"],
        cancelled=bool(row["cancelled"]),
        refund_of=_unlink(row["refund_of"]),
        warnings=tuple(json.loads(row["warnings"])),
        remarks=json.loads(row["remarks"]),
    )


_BY_ID = "owner = ? AND vat_number = ? AND issued_on = ? AND device = ? AND number = ?"
_GET = f"SELECT * FROM documents WHERE {_BY_ID}"  # noqa: S608  only question marks
_PUT = f"INSERT OR REPLACE INTO documents VALUES ({', '.join('?' * 22)})"  # noqa: S608  only question marks


def _key(owner: str, document_id: DocumentId) -> tuple[str, str, str, int, str]:
    issued_on = document_id.issued_on.isoformat()
    return owner, document_id.vat_number, issued_on, document_id.device, document_id.number


class Books:
    """Reading and writing documents; every write belongs in a transaction of the store."""

    def __init__(self, store: Store) -> None:
        """Keep the books in this store."""
        self._store = store

    def get(self, owner: str, document_id: DocumentId) -> HeldDocument | None:
        """Return a document, cancelled or not, None when there is none."""
        rows = self._store.read(_GET, _key(owner, document_id))
        return _document(rows[0]) if rows else None

    def put(self, held: HeldDocument) -> None:
        """Write a document in place of the one with its identifier, if any."""
        row = (
            *_key(held.owner, held.id),
            held.paid_on.isoformat(),
            held.prepaid,
            held.citizen,
            held.traceable,
            held.document_type,
            held.opposed,
            _items_text(held.items),
            held.last_operation,
            held.protocol,
            held.file_name,
            stamp(held.sent_at),
            held.cancelled,
            None if held.refund_of is None else _link(held.owner, held.refund_of),
            held.sender,
            held.owner_code,
            _codes_text(held.warnings),
            json.dumps(held.remarks) if held.remarks else "{}",
        )
        self._store.write(_PUT, row)

    def refunds_of(self, owner: str, original: DocumentId) -> list[HeldDocument]:
        """Return the refunds in force of a document."""
        query = "SELECT * FROM documents WHERE refund_of = ? AND cancelled = 0 ORDER BY sent_at"
        return [_document(row) for row in self._store.read(query, (_link(owner, original),))]

    def another_same_day(self, owner: str, citizen: str, document_id: DocumentId) -> bool:
        """Tell whether a citizen has another document in force of this owner and issue date, refunds aside."""
        rows = self._store.read(
            "SELECT 1 FROM documents WHERE owner = ? AND citizen = ? AND issued_on = ? AND cancelled = 0"
            " AND refund_of IS NULL AND NOT (vat_number = ? AND device = ? AND number = ?) LIMIT 1",
            (
                owner,
                citizen,
                document_id.issued_on.isoformat(),
                document_id.vat_number,
                document_id.device,
                document_id.number,
            ),
        )
        return bool(rows)

    def of_month(self, owner: str, first: date, last: date, *, by_payment: bool) -> list[HeldDocument]:
        """Return an owner's documents in force, without refunds, by day of sending or of payment, both ends in."""
        column = "paid_on" if by_payment else "sent_at"
        after = last + timedelta(days=1)
        ends = (
            (first.isoformat(), after.isoformat()) if by_payment else (stamp(start_of(first)), stamp(start_of(after)))
        )
        query = (
            f"SELECT * FROM documents WHERE owner = ? AND {column} >= ? AND {column} < ? AND cancelled = 0"  # noqa: S608
            " AND refund_of IS NULL ORDER BY sent_at, number"
        )
        return [_document(row) for row in self._store.read(query, (owner, *ends))]

    def with_remarks(self, owner: str, first: date, last: date) -> list[HeldDocument]:
        """Return an owner's documents on which a citizen remarked between two days."""
        query = "SELECT * FROM documents WHERE owner = ? AND remarks <> '{}' ORDER BY issued_on, number"
        held = [_document(row) for row in self._store.read(query, (owner,))]
        return [one for one in held if first.isoformat() <= str(one.remarks.get("on", "")) <= last.isoformat()]

    def page(self, limit: int, after: int = 0) -> list[HeldDocument]:
        """Return documents newest first, `limit` of them, leaving `after` out."""
        query = "SELECT * FROM documents ORDER BY sent_at DESC, owner, number LIMIT ? OFFSET ?"
        return [_document(row) for row in self._store.read(query, (limit, after))]

    def count(self) -> tuple[int, int]:
        """Return how many documents are held, and how many of them are cancelled."""
        row = self._store.read("SELECT COUNT(*) AS n, COALESCE(SUM(cancelled), 0) AS c FROM documents")[0]
        return int(row["n"]), int(row["c"])
