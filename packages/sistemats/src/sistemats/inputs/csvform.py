"""The CSV form: one line an item, neighbouring lines with the same identifier make one document.

Separator `;` or `,`, told by the header. Amounts with a dot or a comma. yes/no columns take 1, 0, SI, NO, yes, no.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TextIO

from sistemats.codes import Operation
from sistemats.documents import BatchEntry
from sistemats.errors import InputError
from sistemats.inputs.jsonform import read_entry

REQUIRED = ("vat_number", "issued_on", "number", "paid_on", "expense_type", "amount")
OPTIONAL = (
    "operation",
    "device",
    "prepaid",
    "citizen_code",
    "traceable",
    "document_type",
    "opposed",
    "flag",
    "vat_rate",
    "vat_nature",
    "original_vat_number",
    "original_issued_on",
    "original_device",
    "original_number",
)
COLUMNS = REQUIRED + OPTIONAL
_TRUTH = {"1": True, "si": True, "sì": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
_Row = dict[str, str]


def read_csv(stream: TextIO, name: str, forced: Operation | None = None) -> Iterator[BatchEntry]:
    """Yield the documents of a CSV file, one at a time.

    :raises InputError: a column is missing or unknown, or a value cannot be read; names line and column
    """
    header = stream.readline().lstrip("\ufeff")
    delimiter = ";" if header.count(";") >= header.count(",") else ","
    columns = [column.strip().strip('"').lower() for column in header.strip().split(delimiter)]
    _check_columns(columns, name)
    rows = _rows(csv.reader(stream, delimiter=delimiter), columns, name)
    for _, lines in groupby(rows, key=_key):
        yield _entry(list(lines), name, forced)


def _check_columns(columns: list[str], name: str) -> None:
    missing = [column for column in REQUIRED if column not in columns]
    unknown = [column for column in columns if column not in COLUMNS]
    if missing:
        raise InputError(f"{name}: the column {missing[0]!r} is missing.")
    if unknown:
        raise InputError(f"{name}: unknown column {unknown[0]!r}; known are {', '.join(COLUMNS)}.")


def _rows(lines: Iterable[list[str]], columns: list[str], name: str) -> Iterator[tuple[int, _Row]]:
    try:
        for number, line in enumerate(lines, 2):
            if any(cell.strip() for cell in line):
                if len(line) > len(columns):
                    raise InputError(f"{name}, line {number}: more cells than columns.")
                yield number, {column: cell.strip() for column, cell in zip(columns, line, strict=False)}
    except csv.Error:
        raise InputError(f"{name}: this is not readable CSV.") from None


def _key(numbered: tuple[int, _Row]) -> tuple[str, ...]:
    row = numbered[1]
    names = ("operation", "vat_number", "issued_on", "device", "number")
    return tuple(row.get(column, "") for column in names)


def _truth(row: _Row, column: str, where: str) -> bool | None:
    text = row.get(column, "").lower()
    if text and text not in _TRUTH:
        raise InputError(f"{where}.{column}: SI or NO (or 1, 0) is wanted here.")
    return _TRUTH.get(text)


def _device(row: _Row, column: str, where: str) -> int | None:
    text = row.get(column, "")
    if text and not text.isdecimal():
        raise InputError(f"{where}.{column}: a whole number is wanted here.")
    return int(text) if text else None


def _amount(text: str) -> str:
    return text.replace(",", ".") if "." not in text else text


def _id(row: _Row, prefix: str, where: str) -> dict[str, object]:
    return {
        "vat_number": row.get(f"{prefix}vat_number"),
        "issued_on": row.get(f"{prefix}issued_on"),
        "number": row.get(f"{prefix}number"),
        "device": _device(row, f"{prefix}device", where),
    }


def _entry(lines: list[tuple[int, _Row]], name: str, forced: Operation | None) -> BatchEntry:
    number, row = lines[0]
    where = f"{name}, line {number}"
    value: dict[str, object] = {
        "operation": row.get("operation") or None,
        "id": _id(row, "", where),
        "paid_on": row.get("paid_on"),
        "prepaid": _truth(row, "prepaid", where),
        "citizen_code": row.get("citizen_code") or None,
        "traceable": _truth(row, "traceable", where),
        "document_type": row.get("document_type") or None,
        "opposed": _truth(row, "opposed", where),
        "items": [_item(line) for _, line in lines],
    }
    if row.get("original_number"):
        value["original"] = _id(row, "original_", where)
    return read_entry(value, where, forced)


def _item(row: _Row) -> dict[str, object]:
    return {
        "expense_type": row.get("expense_type"),
        "amount": _amount(row.get("amount", "")),
        "flag": row.get("flag") or None,
        "vat_rate": _amount(row["vat_rate"]) if row.get("vat_rate") else None,
        "vat_nature": row.get("vat_nature") or None,
    }
