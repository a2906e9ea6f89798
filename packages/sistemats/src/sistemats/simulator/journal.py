"""Every call, as the simulator saw it: who, what, the values decrypted, and how it ended.

It holds what a real service would never show, because whoever tests a client wants to see it. Only test data belongs
in a simulator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from sistemats.simulator.store import Store

TRIM_EVERY = 256


@dataclass(slots=True)
class Entry:
    """One call. `outcome` is `done`, `warned`, `refused`, `fault`, `http` or `none` (no answer was given)."""

    at: str
    user: str | None
    channel: str | None
    service: str | None
    operation: str | None
    values: dict[str, Any]
    outcome: str = "none"
    codes: tuple[str, ...] = ()
    protocol: str | None = None
    status: int = 0
    fault: str | None = None
    note: str = ""
    milliseconds: float = 0.0


class Journal:
    """Keeps the last calls in the store."""

    def __init__(self, store: Store, size: int) -> None:
        """Remember `size` calls."""
        self._store, self._size = store, size

    def write(self, entry: Entry) -> None:
        """Add a call; belongs in the transaction that does its work."""
        with self._store.transaction() as db:
            number = db.execute("INSERT INTO journal (value) VALUES (?)", (json.dumps(asdict(entry)),)).lastrowid or 0
            if number % TRIM_EVERY == 0:
                db.execute("DELETE FROM journal WHERE number <= ?", (number - self._size,))

    def read(self, since: int = 0, limit: int = 1000, *, newest: bool = False) -> list[dict[str, Any]]:
        """Return calls with a number above `since`, oldest first, or the newest `limit` of them."""
        order = "DESC" if newest else "ASC"
        rows = self._store.read(
            f"SELECT number, value FROM journal WHERE number > ? ORDER BY number {order} LIMIT ?",  # noqa: S608
            (since, limit),
        )
        entries = [{"number": row["number"], **json.loads(row["value"])} for row in rows]
        return entries[::-1] if newest else entries

    def last_number(self) -> int:
        """Return the number of the latest call, 0 before the first."""
        row = self._store.read("SELECT COALESCE(MAX(number), 0) AS n FROM journal")[0]
        return int(row["n"])


_LEFT_OUT = {"archive", "inline", "options"}


def plain(value: object) -> object:
    """Return a request as plain values, leaving the archive out."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name not in _LEFT_OUT}
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    return value
