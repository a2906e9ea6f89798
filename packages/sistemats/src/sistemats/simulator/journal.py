"""Every call, as the simulator saw it: who, what, the values decrypted, and how it ended.

It holds what a real service would never show, because whoever tests a client wants to see it. Only test data belongs
in a simulator. The last calls are kept in memory, and with the state when that is a file.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any

from sistemats.envelopes import parse_request
from sistemats.envelopes.wire import NO_OPTIONS
from sistemats.simulator.store import Store

TRIM_EVERY = 256
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A request as it came, and the PIN, owner's code and citizen's code in it, opened; the archive only by size."""

    content_type: str = field(repr=False)
    body: bytes = field(repr=False)
    opened: tuple[str | None, str | None, str | None] = field(repr=False)
    archive_bytes: int | None = None

    def tell(self) -> Values:
        """Return the request as plain values."""
        request = parse_request(self.content_type, self.body)
        values = plain(request)
        assert isinstance(values, dict), "a request is a dataclass"
        values["pin"], code, citizen = self.opened
        if request.options != NO_OPTIONS:
            values["options"] = list(request.options)
        if isinstance(values.get("owner"), dict):
            values["owner"]["code"] = code
        if isinstance(values.get("document"), dict):
            values["document"]["citizen"] = citizen
        if self.archive_bytes is not None:
            values["archive_bytes"] = self.archive_bytes
        return values


@dataclass(slots=True)
class Entry:
    """One call. `outcome` is `done`, `warned`, `refused`, `fault`, `http` or `none` (no answer was given).

    `evidence` yields the decrypted values when somebody asks for them.
    """

    at: datetime
    channel: str | None
    service: str | None
    user: str | None = None
    operation: str | None = None
    evidence: Evidence | None = field(default=None, repr=False)
    told: Values | None = field(default=None, repr=False)
    outcome: str = "none"
    codes: tuple[str, ...] = ()
    protocol: str | None = None
    status: int = 0
    fault: str | None = None
    note: str = ""
    milliseconds: float = 0.0
    number: int = 0

    def values(self) -> Values:
        """Return the request as plain values, nothing when it was not understood."""
        if self.told is not None:
            return self.told
        return {} if self.evidence is None else self.evidence.tell()

    def as_json(self) -> Values:
        """Return the call as plain values."""
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "user": self.user,
            "channel": self.channel,
            "service": self.service,
            "operation": self.operation,
            "values": self.values(),
            "outcome": self.outcome,
            "codes": list(self.codes),
            "protocol": self.protocol,
            "status": self.status,
            "fault": self.fault,
            "note": self.note,
            "milliseconds": self.milliseconds,
        }


def _entry(number: int, values: Values) -> Entry:
    """Return a call of an earlier run."""
    rest = {name: value for name, value in values.items() if name not in {"number", "at", "values", "codes"}}
    return Entry(
        at=datetime.fromisoformat(values["at"]),
        codes=tuple(values["codes"]),
        told=values["values"],
        number=number,
        **rest,
    )


class Journal:
    """Keeps the last calls."""

    def __init__(self, store: Store, size: int) -> None:
        """Remember `size` calls, those of the state among them."""
        self._store, self._size = store, size
        self._keeps = store.path is not None
        rows = store.read("SELECT number, value FROM journal ORDER BY number DESC LIMIT ?", (size,))
        earlier = [_entry(row["number"], json.loads(row["value"])) for row in reversed(rows)]
        self._entries: deque[Entry] = deque(earlier, maxlen=size)
        self._last = earlier[-1].number if earlier else 0

    def write(self, entry: Entry) -> None:
        """Add a call; belongs in the transaction that does its work."""
        with self._store.transaction() as db:
            self._last += 1
            entry.number = self._last
            self._entries.append(entry)
            if self._keeps:
                db.execute("INSERT INTO journal VALUES (?, ?)", (entry.number, json.dumps(entry.as_json())))
                if entry.number % TRIM_EVERY == 0:
                    db.execute("DELETE FROM journal WHERE number <= ?", (entry.number - self._size,))

    def read(self, since: int = 0, limit: int = 1000, *, newest: bool = False) -> list[Values]:
        """Return calls with a number above `since`, oldest first, or the newest `limit` of them."""
        with self._store.transaction():
            found = [entry for entry in self._entries if entry.number > since]
        chosen = found[max(len(found) - limit, 0) :] if newest else found[:limit]
        return [entry.as_json() for entry in chosen]

    def last_number(self) -> int:
        """Return the number of the latest call, 0 before the first."""
        return self._last

    def clear(self) -> None:
        """Forget all calls; numbers go on."""
        with self._store.transaction() as db:
            self._entries.clear()
            db.execute("DELETE FROM journal")


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
