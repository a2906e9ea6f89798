"""The JSON form of documents and senders, published as `sistemats schema`.

Amounts and rates are numbers or text ("90.00"), days are `yyyy-mm-dd`. Errors name the place and what is wanted, and
never quote the value, which may be somebody's fiscal code.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from sistemats.codes import Channel, DocumentType, ExpenseType, Operation, SenderCategory
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item, Owner, Sender
from sistemats.errors import InputError

_EnumT = TypeVar("_EnumT", bound=StrEnum)
_ABSENT = object()


class Reader:
    """Takes the members of one JSON object, remembering where it stands, and refuses what it does not know."""

    def __init__(self, value: object, where: str, known: frozenset[str]) -> None:
        """Read `value`, found at `where`, which may have the members `known`."""
        if not isinstance(value, Mapping):
            raise InputError(f"{where}: an object is wanted here.")
        unknown = sorted(str(name) for name in value.keys() - known)
        if unknown:
            raise InputError(f"{where}: unknown member {unknown[0]!r}; known are {', '.join(sorted(known))}.")
        self._value: Mapping[str, Any] = value
        self._where = where

    def _fail(self, name: str, wants: str) -> InputError:
        return InputError(f"{self._where}.{name}: {wants} is wanted here.")

    def raw(self, name: str, default: object = _ABSENT) -> Any:
        """Return a member, or the default; null counts as absent."""
        value = self._value.get(name)
        if value is not None:
            return value
        if default is _ABSENT:
            raise InputError(f"{self._where}: the member {name!r} is missing.")
        return default

    def text(self, name: str, default: object = _ABSENT) -> Any:
        """Return a text."""
        value = self.raw(name, default)
        if value is default:
            return value
        if not isinstance(value, str) or not value.strip():
            raise self._fail(name, "text")
        return value.strip()

    def day(self, name: str) -> date:
        """Return a day."""
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise self._fail(name, "a day as yyyy-mm-dd") from None

    def number(self, name: str, default: object = _ABSENT) -> Any:
        """Return a Decimal out of a number or a text with a dot."""
        value = self.raw(name, default)
        if value is default:
            return value
        if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
            raise self._fail(name, "a number")
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self._fail(name, "a number with a dot, such as 90.00,") from None
        if not number.is_finite():
            raise self._fail(name, "a number")
        return number

    def integer(self, name: str, default: object = _ABSENT) -> Any:
        """Return a whole number."""
        value = self.raw(name, default)
        if value is default:
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._fail(name, "a whole number")
        return value

    def truth(self, name: str, default: object) -> Any:
        """Return true or false."""
        value = self.raw(name, default)
        if value is not default and not isinstance(value, bool):
            raise self._fail(name, "true or false")
        return value

    def choice(self, name: str, kind: type[_EnumT], default: object = _ABSENT) -> Any:
        """Return a member of a closed list."""
        value = self.raw(name, default)
        if value is default:
            return value
        try:
            return kind(value)
        except ValueError:
            raise self._fail(name, f"one of {', '.join(kind)}") from None

    def inner(self, name: str) -> str:
        """Return the place of a member, for a reader of it."""
        return f"{self._where}.{name}"


_ID = frozenset({"vat_number", "issued_on", "number", "device"})
_ITEM = frozenset({"expense_type", "amount", "flag", "vat_rate", "vat_nature"})
_DOCUMENT = frozenset({"id", "paid_on", "items", "citizen_code", "prepaid", "traceable", "document_type", "opposed"})
_SENDER = frozenset({"category", "owner", "channel", "intermediary"})
_OWNER = frozenset({"fiscal_code", "region", "asl", "ssa"})


def read_document_id(value: object, where: str = "id") -> DocumentId:
    """Read an identifier.

    :raises InputError: a member is missing, unknown or of another form
    """
    reader = Reader(value, where, _ID)
    return DocumentId(
        reader.text("vat_number"), reader.day("issued_on"), reader.text("number"), reader.integer("device", 1)
    )


def _read_item(value: object, where: str) -> Item:
    reader = Reader(value, where, _ITEM)
    return Item(
        reader.choice("expense_type", ExpenseType),
        reader.number("amount"),
        reader.text("flag", None),
        reader.number("vat_rate", None),
        reader.text("vat_nature", None),
    )


def read_document(value: object, where: str = "document", extra: frozenset[str] = frozenset()) -> ExpenseDocument:
    """Read a document; `extra` are members that somebody else reads.

    :raises InputError: a member is missing, unknown or of another form
    """
    reader = Reader(value, where, _DOCUMENT | extra)
    items = reader.raw("items")
    if not isinstance(items, list):
        raise InputError(f"{where}.items: a list is wanted here.")
    return ExpenseDocument(
        id=read_document_id(reader.raw("id"), reader.inner("id")),
        paid_on=reader.day("paid_on"),
        items=tuple(_read_item(item, f"{where}.items[{index}]") for index, item in enumerate(items)),
        citizen_code=reader.text("citizen_code", None),
        prepaid=reader.truth("prepaid", False),
        traceable=reader.truth("traceable", None),
        document_type=reader.choice("document_type", DocumentType, None),
        opposed=reader.truth("opposed", False),
    )


def read_entry(value: object, where: str = "document", forced: Operation | None = None) -> BatchEntry:
    """Read a document with its operation (insert when unsaid) and the original of a refund.

    :raises InputError: a member is missing, unknown or of another form
    """
    document = read_document(value, where, frozenset({"operation", "original"}))
    reader = Reader(value, where, _DOCUMENT | {"operation", "original"})
    operation = forced or reader.choice("operation", Operation, Operation.INSERT)
    original = reader.raw("original", None)
    return BatchEntry(
        document,
        operation,
        None if original is None else read_document_id(original, reader.inner("original")),
    )


def read_sender(value: object, pin: str, where: str = "sender", owner_code: str | None = None) -> Sender:
    """Read a sender; the PIN, and the owner's code if it is not in the file, come from elsewhere.

    :raises InputError: a member is missing, unknown or of another form
    """
    reader = Reader(value, where, _SENDER)
    owner = Reader(reader.raw("owner", {}), reader.inner("owner"), _OWNER)
    return Sender(
        category=reader.choice("category", SenderCategory),
        owner=Owner(
            owner.text("fiscal_code", None) or owner_code,
            owner.text("region", None),
            owner.text("asl", None),
            owner.text("ssa", None),
        ),
        pin=pin,
        channel=reader.choice("channel", Channel, Channel.DIRECT),
        intermediary=reader.text("intermediary", None),
    )


def id_to_json(document_id: DocumentId) -> dict[str, object]:
    """Write an identifier."""
    return {
        "vat_number": document_id.vat_number,
        "issued_on": document_id.issued_on.isoformat(),
        "device": document_id.device,
        "number": document_id.number,
    }


def document_to_json(entry: BatchEntry) -> dict[str, object]:
    """Write a document with its operation; amounts as text, absent members left out."""
    document = entry.document
    items = [
        {
            "expense_type": str(item.expense_type),
            "amount": str(item.amount),
            "flag": item.flag,
            "vat_rate": None if item.vat_rate is None else str(item.vat_rate),
            "vat_nature": item.vat_nature,
        }
        for item in document.items
    ]
    whole: dict[str, object] = {
        "operation": str(entry.operation),
        "id": id_to_json(document.id),
        "original": None if entry.original is None else id_to_json(entry.original),
        "paid_on": document.paid_on.isoformat(),
        "prepaid": document.prepaid,
        "citizen_code": document.citizen_code,
        "traceable": document.traceable,
        "document_type": None if document.document_type is None else str(document.document_type),
        "opposed": document.opposed,
        "items": [{name: value for name, value in item.items() if value is not None} for item in items],
    }
    return {name: value for name, value in whole.items() if value is not None}
