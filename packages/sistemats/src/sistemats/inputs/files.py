"""Opening an input file by what it is, and giving its documents one by one.

CSV, JSON lines and 730 XML stream; a single JSON document is read whole.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from sistemats.codes import DocumentType, ExpenseType, Operation
from sistemats.documents import BatchEntry, ExpenseDocument, Item
from sistemats.envelopes import WireBatchDocument, WireItem, WireOwner, read_batch, unpack_one
from sistemats.envelopes.batch import InvalidBatch
from sistemats.errors import InputError, UnreadableMessage
from sistemats.inputs.csvform import read_csv
from sistemats.inputs.jsonform import Reader, read_entry


@dataclass(frozen=True, slots=True)
class InputFile:
    """An opened input: the sender block of a JSON (raw), the owner of a 730 XML, and the documents, once."""

    documents: Iterator[BatchEntry]
    sender: dict[str, Any] | None = None
    owner: WireOwner | None = None


def json_schema() -> str:
    """Return the JSON Schema (draft 2020-12) of the JSON input, as text."""
    return files("sistemats").joinpath("data", "documents.schema.json").read_text("utf-8")


def open_input(path: Path, forced: Operation | None = None) -> InputFile:
    """Open a file by its ending: .json, .jsonl, .csv, .xml, .zip. `forced` overrides every document's operation.

    :raises InputError: another ending, or (here or while iterating) a value that cannot be read
    """
    opener = _OPENERS.get(path.suffix.lower())
    if opener is None:
        raise InputError(f"{path.name}: files end in {', '.join(_OPENERS)}.")
    if not path.is_file():
        raise InputError(f"{path.name}: there is no such file.")
    return opener(path, forced)


def _loads(text: str, name: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise InputError(f"{name}: this is not JSON.") from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path.name}: the text is not UTF-8.") from None


def _open_json(path: Path, forced: Operation | None) -> InputFile:
    value = _loads(_text(path), path.name)
    reader = Reader(value, path.name, frozenset({"$schema", "sender", "documents"}))
    documents = reader.raw("documents")
    if not isinstance(documents, list):
        raise InputError(f"{path.name}.documents: a list is wanted here.")
    entries = (
        read_entry(document, f"{path.name}.documents[{index}]", forced) for index, document in enumerate(documents)
    )
    return InputFile(entries, cast("dict[str, Any] | None", reader.raw("sender", None)))


def _open_lines(path: Path, forced: Operation | None) -> InputFile:
    def entries() -> Iterator[BatchEntry]:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    where = f"{path.name}, line {number}"
                    yield read_entry(_loads(line, where), where, forced)

    return InputFile(_decoding(entries(), path.name))


def _open_csv(path: Path, forced: Operation | None) -> InputFile:
    def entries() -> Iterator[BatchEntry]:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from read_csv(stream, path.name, forced)

    return InputFile(_decoding(entries(), path.name))


def _decoding(entries: Iterator[BatchEntry], name: str) -> Iterator[BatchEntry]:
    try:
        yield from entries
    except UnicodeDecodeError:
        raise InputError(f"{name}: the text is not UTF-8.") from None


def _open_xml(path: Path, forced: Operation | None) -> InputFile:
    return _from_batch(cast(io.BufferedIOBase, path.open("rb")), path.name, forced)


def _open_zip(path: Path, forced: Operation | None) -> InputFile:
    try:
        return _from_batch(io.BytesIO(unpack_one(path.read_bytes())), path.name, forced)
    except UnreadableMessage as problem:
        raise InputError(f"{path.name}: {problem}") from None


def _from_batch(stream: io.BufferedIOBase, name: str, forced: Operation | None) -> InputFile:
    def entries() -> Iterator[BatchEntry]:
        with stream:
            try:
                for document in documents:
                    yield entry_from_wire(document, forced)
            except (UnreadableMessage, InvalidBatch) as problem:
                raise InputError(f"{name}: {problem}") from None

    try:
        owner, documents = read_batch(stream)
    except (UnreadableMessage, InvalidBatch) as problem:
        stream.close()
        raise InputError(f"{name}: {problem}") from None
    return InputFile(entries(), owner=owner)


def entry_from_wire(wire: WireBatchDocument, forced: Operation | None = None) -> BatchEntry:
    """Turn a document of a 730 file that passed the schema into plain values; sealed codes stay sealed."""
    document = wire.document
    traceable = document.traceable
    opposed = document.opposed
    kind = document.document_type
    return BatchEntry(
        ExpenseDocument(
            id=document.id.document_id,
            paid_on=date.fromisoformat(document.paid_on.strip()),
            items=tuple(_item_from_wire(item) for item in document.items),
            citizen_code=document.citizen or None,
            prepaid=document.prepaid is not None,
            traceable=None if traceable is None else traceable == "SI",
            document_type=None if kind is None else DocumentType(kind),
            opposed=None if opposed is None else opposed == "1",
        ),
        forced or Operation(wire.operation),
        None if wire.original is None else wire.original.document_id,
    )


def _item_from_wire(item: WireItem) -> Item:
    rate = item.vat_rate
    return Item(
        ExpenseType(item.expense_type),
        Decimal(item.amount.strip()),
        item.flag,
        None if rate is None else Decimal(rate.strip()),
        item.vat_nature,
    )


_OPENERS = {
    ".json": _open_json,
    ".jsonl": _open_lines,
    ".csv": _open_csv,
    ".xml": _open_xml,
    ".zip": _open_zip,
}
