"""Lines of CSV for spreadsheets: semicolons as Italian ones expect, and no cell that a spreadsheet would run (T9)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RUNS = frozenset("=+-@\t\r\n")


class _Line:
    """A file for the csv module that hands each line back."""

    def write(self, text: str) -> str:
        return text


def safe(cell: str) -> str:
    """
    Return a cell that no spreadsheet takes for a formula; numbers stay numbers.

    >>> safe("=1+1"), safe("-12.50"), safe("Bianchi")
    ("'=1+1", '-12.50', 'Bianchi')
    """
    if cell[:1] not in _RUNS:
        return cell
    return cell if _is_number(cell) else f"'{cell}"


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield the lines of a CSV file in UTF-8, each cell safe."""
    writer = csv.writer(_Line(), delimiter=";")
    yield BYTE_ORDER_MARK + str(writer.writerow(head)).encode()
    for row in rows:
        # most cells begin with nothing that runs: asked here, they cost no call
        yield str(writer.writerow([cell if cell[:1] not in _RUNS else safe(cell) for cell in row])).encode()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return not cell[1:2].isalpha()
