"""Which documents of a file the State's list of errors means.

Rows are matched by VAT number, day, device and number (protocol 8): as they stand, and else without what may differ in
the writing alone (blanks, case, leading zeros), where that leaves one document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sistemats.documents import DocumentId
from sistemats.replies.files import ErrorRow
from sportello.expenses.models import Attempt

_REFERENCE = ("expense_id", "expense__vat_number", "expense__issued_on", "expense__number", "expense__device")
_Loose = tuple[str, date | None, str, str]


class Named(NamedTuple):
    """What a list of errors says: the rows of each document, by its key, and how many that block are nobody's."""

    said: Mapping[int, Sequence[ErrorRow]]
    strangers: int = 0

    @property
    def refused(self) -> int:
        """How many documents a row blocks."""
        return sum(any(row.blocking for row in rows) for rows in self.said.values())


def named(transmission_id: int, rows: Iterable[ErrorRow]) -> Named:
    """Return which documents of a file the rows of its list of errors mean. One query, none without rows."""
    mine = list(rows)
    if not mine:
        return Named({})
    exact: dict[DocumentId, int] = {}
    loose: defaultdict[_Loose, list[int]] = defaultdict(list)
    carried = Attempt.objects.filter(transmission_id=transmission_id).order_by("expense_id")
    for key, vat_number, day, number, device in carried.values_list(*_REFERENCE):
        exact[DocumentId(vat_number, day, number, device)] = key
        loose[_loosely(vat_number, day, str(device), number)].append(key)
    said: defaultdict[int, list[ErrorRow]] = defaultdict(list)
    strangers = 0
    for row in mine:
        found = _whose(row, exact, loose)
        if found is not None:
            said[found].append(row)
        else:
            strangers += row.blocking
    return Named(dict(said), strangers)


def _whose(row: ErrorRow, exact: Mapping[DocumentId, int], loose: Mapping[_Loose, Sequence[int]]) -> int | None:
    found = exact.get(row.document_id) if row.document_id is not None else None
    if found is not None:
        return found
    alike = loose.get(_loosely(row.vat_number, row.issued_on, row.device, row.number), ())
    return alike[0] if len(alike) == 1 else None


def _loosely(vat_number: str, day: date | None, device: str, number: str) -> _Loose:
    return (_bare(_bare(vat_number).removeprefix("it")), day, _bare(device), _bare(number))


def _bare(text: str) -> str:
    return "".join(text.split()).casefold().lstrip("0")
