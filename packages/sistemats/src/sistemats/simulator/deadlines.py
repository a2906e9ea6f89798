"""By when expenses had to be sent, and which years are closed.

Source: decrees as reported by several public sources (none official in the kit); dates move nearly every year, so
this is a table. A year that is not in it ends on 31 January of the next, changes a week later. Written apart from
the client's own table on purpose: the simulator should not repeat the client's mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sistemats.codes import Operation, SenderCategory


@dataclass(frozen=True, slots=True)
class Deadline:
    """Last days for payments of a period: inserts, then all other operations; veterinarians have their own."""

    paid_from: date
    paid_to: date
    insert_by: date
    change_by: date
    vet_insert_by: date
    vet_change_by: date


def _row(paid: tuple[str, str], insert: str, change: str, vet_insert: str = "", vet_change: str = "") -> Deadline:
    days = (*paid, insert, change, vet_insert or insert, vet_change or vet_insert or change)
    return Deadline(*(date.fromisoformat(day) for day in days))


DEADLINES: tuple[Deadline, ...] = (
    *(
        row
        for year in (2021, 2022, 2023)
        for row in (
            _row((f"{year}-01-01", f"{year}-06-30"), f"{year}-09-30", f"{year}-10-07"),
            _row((f"{year}-07-01", f"{year}-12-31"), f"{year + 1}-01-31", f"{year + 1}-02-07"),
        )
    ),
    _row(("2024-01-01", "2024-06-30"), "2024-09-30", "2024-10-07", "2025-03-17"),
    _row(("2024-07-01", "2024-12-31"), "2025-01-31", "2025-02-07", "2025-03-17"),
    _row(("2025-01-01", "2025-12-31"), "2026-02-02", "2026-02-09", "2026-03-16"),
    _row(("2026-01-01", "2026-12-31"), "2027-02-01", "2027-02-08", "2027-03-16", "2027-03-23"),
)


@lru_cache(maxsize=4_096)
def last_day(paid_on: date, operation: Operation, category: SenderCategory | None) -> date:
    """Return the last day to send an operation about a payment without the warning W008."""
    row = next((d for d in DEADLINES if d.paid_from <= paid_on <= d.paid_to), None)
    insert = operation is Operation.INSERT
    if row is None:
        return date(paid_on.year + 1, 1, 31) if insert else date(paid_on.year + 1, 2, 7)
    if category is SenderCategory.VETERINARIAN:
        return row.vet_insert_by if insert else row.vet_change_by
    return row.insert_by if insert else row.change_by


def year_closed(paid_on: date, today: date, years_open: int) -> bool:
    """Tell whether nothing about a payment is taken any more. When exactly that begins is unknown: a setting."""
    return paid_on.year < today.year - years_open
