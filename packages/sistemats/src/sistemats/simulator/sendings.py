"""What was sent, by protocol: the state of each sending, its counters, and the complaints about its documents.

Source: states and counters of the outcome service (receipts specification of 2015). A file waits in state 0, is
worked on in state 1, and ends in 2, 3 or 5; a synchronous call that was accepted is born in state 2.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sistemats.codes import SendingState
from sistemats.documents import DocumentId, Owner
from sistemats.simulator.clock import stamp, unstamp
from sistemats.simulator.store import Store

SYNCHRONOUS_DIGITS, UPLOAD_DIGITS = 9, 5
SYNCHRONOUS_FILE = "SERVIZIO SINCRONO"  # what the service shows as the file name of a synchronous call
STATE_TEXTS: dict[int, str] = {
    0: "Il file e' in fase di elaborazione",
    1: "In corso di elaborazione",
    2: "File elaborato correttamente",
    3: "File elaborato con errori",
    5: "File scartato in fase di Elaborazione",
    9: "File scartato in fase di Accoglienza",
}


@dataclass(frozen=True, slots=True)
class Counters:
    """Documents of a sending: sent, accepted, accepted with warnings, refused."""

    sent: int = 0
    accepted: int = 0
    warned: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Sending:
    """One protocol. `owner` is the key of the owner, `owner_value` its four codes as `region-asl-ssa-code`."""

    protocol: str
    synchronous: bool
    sender: str
    owner: str
    owner_value: str = field(repr=False)
    category: str | None
    file_name: str
    size: int
    digest: str
    accepted_at: datetime
    starts_at: datetime
    ends_at: datetime
    state: int
    counters: Counters = field(default_factory=Counters)
    progress: int = 0
    reason: str = ""
    forced: int = 0
    archive: bytes | None = field(default=None, repr=False)

    def state_at(self, now: datetime) -> SendingState:
        """Return the state to show at an instant: stored when final, else by the clock."""
        if self.state >= SendingState.DONE:
            return SendingState(self.state)
        return SendingState.WAITING if now < self.starts_at else SendingState.PROCESSING

    def as_json(self) -> dict[str, Any]:
        """Return the sending as plain values."""
        return {
            "protocol": self.protocol,
            "synchronous": self.synchronous,
            "sender": self.sender,
            "owner": self.owner,
            "file_name": self.file_name,
            "size": self.size,
            "sha256": self.digest,
            "accepted_at": self.accepted_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "state": self.state,
            "sent": self.counters.sent,
            "accepted": self.counters.accepted,
            "warnings": self.counters.warned,
            "errors": self.counters.refused,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Complaint:
    """One line of the error file."""

    owner: Owner
    id: DocumentId
    expense_type: str
    code: str
    text: str


_COLUMNS = (
    "protocol, synchronous, sender, owner, owner_value, category, file_name, size, digest, accepted_at, starts_at,"
    " ends_at, state, progress, sent, accepted, warned, refused, reason, forced"
)


_PUT = f"INSERT OR REPLACE INTO sendings ({_COLUMNS}, archive) VALUES ({', '.join('?' * 21)})"  # noqa: S608


_PUT_SYNCHRONOUS = (
    "INSERT INTO sendings (protocol, synchronous, sender, owner, owner_value, category, file_name, size, digest,"
    " accepted_at, starts_at, ends_at, state, progress, sent, accepted, warned, refused, reason, forced, archive)"
    " VALUES (?, 1, ?, ?, '', NULL, ?, 0, '', ?, ?, ?, 2, 1, 1, 1, ?, 0, '', 0, NULL)"
)


_COMPLAIN = f"INSERT INTO complaints VALUES ({', '.join('?' * 13)})"  # noqa: S608  only question marks


def _sending(row: sqlite3.Row, archive: bytes | None = None) -> Sending:
    return Sending(
        protocol=row["protocol"],
        synchronous=bool(row["synchronous"]),
        sender=row["sender"],
        owner=row["owner"],
        owner_value=row["owner_value"],
        category=row["category"],
        file_name=row["file_name"],
        size=row["size"],
        digest=row["digest"],
        accepted_at=unstamp(row["accepted_at"]),
        starts_at=unstamp(row["starts_at"]),
        ends_at=unstamp(row["ends_at"]),
        state=row["state"],
        counters=Counters(row["sent"], row["accepted"], row["warned"], row["refused"]),
        progress=row["progress"],
        reason=row["reason"],
        forced=row["forced"],
        archive=archive,
    )


class Sendings:
    """Reading and writing protocols; every write belongs in a transaction of the store."""

    def __init__(self, store: Store) -> None:
        """Keep the sendings in this store."""
        self._store = store

    def put(self, sending: Sending) -> None:
        """Write a sending in place of the one with its protocol, if any."""
        counters = sending.counters
        values = (
            sending.protocol,
            sending.synchronous,
            sending.sender,
            sending.owner,
            sending.owner_value,
            sending.category,
            sending.file_name,
            sending.size,
            sending.digest,
            stamp(sending.accepted_at),
            stamp(sending.starts_at),
            stamp(sending.ends_at),
            sending.state,
            sending.progress,
            counters.sent,
            counters.accepted,
            counters.warned,
            counters.refused,
            sending.reason,
            sending.forced,
            sending.archive,
        )
        self._store.write(_PUT, values)

    def put_synchronous(self, protocol: str, sender: str, owner: str, now: datetime, *, warned: bool) -> None:
        """Write the protocol of a synchronous call, which is done as soon as it is there."""
        at = stamp(now)
        self._store.write(_PUT_SYNCHRONOUS, (protocol, sender, owner, SYNCHRONOUS_FILE, at, at, at, warned))

    def settle(self, protocol: str, state: int, progress: int, counters: Counters, reason: str = "") -> None:
        """Write how far a file has come; a final state lets go of its archive."""
        final = state >= SendingState.DONE
        self._store.write(
            "UPDATE sendings SET state = ?, progress = ?, sent = ?, accepted = ?, warned = ?, refused = ?,"
            " reason = ?, archive = CASE WHEN ? THEN NULL ELSE archive END WHERE protocol = ?",
            (
                state,
                progress,
                counters.sent,
                counters.accepted,
                counters.warned,
                counters.refused,
                reason,
                final,
                protocol,
            ),
        )

    def get(self, protocol: str) -> Sending | None:
        """Return a sending without its archive, None when no such protocol exists."""
        rows = self._store.read(f"SELECT {_COLUMNS} FROM sendings WHERE protocol = ?", (protocol,))  # noqa: S608
        return _sending(rows[0]) if rows else None

    def between(
        self, sender: str, owners: Iterable[str], first: datetime, after: datetime, *, synchronous: bool
    ) -> list[Sending]:
        """Return what a user sent or owns, accepted from an instant on and before another, oldest first.

        Synchronous calls are among them only when asked for.
        """
        keys = list(owners)
        files_only = "" if synchronous else " AND synchronous = 0"
        query = (
            f"SELECT {_COLUMNS} FROM sendings WHERE accepted_at >= ? AND accepted_at < ?{files_only}"  # noqa: S608
            f" AND (sender = ? OR owner IN ({', '.join('?' * len(keys))})) ORDER BY accepted_at, protocol"
        )
        return [_sending(row) for row in self._store.read(query, (stamp(first), stamp(after), sender, *keys))]

    def next_open(self) -> Sending | None:
        """Return the file that is ready first among those not yet processed, with its archive."""
        query = f"SELECT {_COLUMNS}, archive FROM sendings WHERE state < 2 ORDER BY ends_at, protocol LIMIT 1"  # noqa: S608
        rows = self._store.read(query)
        return _sending(rows[0], rows[0]["archive"]) if rows else None

    def last_serial(self, *, synchronous: bool) -> int:
        """Return the running number in the latest protocol of a kind, 0 before the first."""
        digits = SYNCHRONOUS_DIGITS if synchronous else UPLOAD_DIGITS
        query = "SELECT MAX(CAST(SUBSTR(protocol, ?) AS INTEGER)) AS n FROM sendings WHERE synchronous = ?"
        return int(self._store.read(query, (-digits, synchronous))[0]["n"] or 0)

    def known_file(self, digest: str, owner: str) -> bool:
        """Tell whether an owner's file with this SHA-256 was accepted before."""
        query = "SELECT 1 FROM sendings WHERE digest = ? AND owner = ? AND synchronous = 0 AND state NOT IN (5, 9)"
        return bool(self._store.read(query, (digest, owner)))

    def page(self, limit: int, after: int = 0) -> list[Sending]:
        """Return sendings newest first."""
        query = f"SELECT {_COLUMNS} FROM sendings ORDER BY accepted_at DESC, protocol DESC LIMIT ? OFFSET ?"  # noqa: S608
        return [_sending(row) for row in self._store.read(query, (limit, after))]

    def complain(self, protocol: str, position: int, complaint: Complaint) -> None:
        """Add a line to the error file of a sending; `position` is the document's place in it."""
        owner, one = complaint.owner, complaint.id
        values = (
            protocol,
            position,
            owner.fiscal_code or "",
            owner.region or "",
            owner.asl or "",
            owner.ssa or "",
            one.vat_number,
            one.issued_on.isoformat(),
            one.device,
            one.number,
            complaint.expense_type,
            complaint.code,
            complaint.text,
        )
        self._store.write(_COMPLAIN, values)

    def complaints(self, protocol: str) -> list[sqlite3.Row]:
        """Return the lines of the error file of a sending, in the order of its documents."""
        return self._store.read("SELECT * FROM complaints WHERE protocol = ? ORDER BY position, rowid", (protocol,))
