"""Where the simulator keeps everything: SQLite, in memory or in a file that survives a kill.

One connection, one lock. A transaction commits before the answer leaves, so what was answered is there after a
crash; the file is in WAL mode, where a commit survives the death of the process.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from types import TracebackType

from sistemats.errors import SistemaTSError

SCHEMA_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    owner TEXT NOT NULL, vat_number TEXT NOT NULL, issued_on TEXT NOT NULL, device INTEGER NOT NULL,
    number TEXT NOT NULL, paid_on TEXT NOT NULL, prepaid INTEGER NOT NULL, citizen TEXT, traceable TEXT,
    document_type TEXT, opposed TEXT, items TEXT NOT NULL, last_operation TEXT NOT NULL, protocol TEXT NOT NULL,
    file_name TEXT NOT NULL, sent_at TEXT NOT NULL, cancelled INTEGER NOT NULL, refund_of TEXT, sender TEXT NOT NULL,
    owner_code TEXT NOT NULL, warnings TEXT NOT NULL, remarks TEXT NOT NULL,
    PRIMARY KEY (owner, vat_number, issued_on, device, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_by_citizen ON documents (owner, citizen, issued_on) WHERE citizen IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_by_original ON documents (refund_of) WHERE refund_of IS NOT NULL;
CREATE TABLE IF NOT EXISTS sendings (
    protocol TEXT PRIMARY KEY, synchronous INTEGER NOT NULL, sender TEXT NOT NULL, owner TEXT NOT NULL,
    owner_value TEXT NOT NULL, category TEXT, file_name TEXT NOT NULL, size INTEGER NOT NULL, digest TEXT NOT NULL,
    archive BLOB, accepted_at TEXT NOT NULL, starts_at TEXT NOT NULL, ends_at TEXT NOT NULL, state INTEGER NOT NULL,
    progress INTEGER NOT NULL, sent INTEGER NOT NULL, accepted INTEGER NOT NULL, warned INTEGER NOT NULL,
    refused INTEGER NOT NULL, reason TEXT NOT NULL, forced INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sendings_open ON sendings (ends_at) WHERE state < 2;
CREATE INDEX IF NOT EXISTS sendings_by_sender ON sendings (sender, accepted_at) WHERE synchronous = 0;
CREATE INDEX IF NOT EXISTS sendings_by_owner ON sendings (owner, accepted_at) WHERE synchronous = 0;
CREATE TABLE IF NOT EXISTS complaints (
    protocol TEXT NOT NULL, position INTEGER NOT NULL, owner_code TEXT NOT NULL, region TEXT NOT NULL,
    asl TEXT NOT NULL, ssa TEXT NOT NULL, vat_number TEXT NOT NULL, issued_on TEXT NOT NULL, device INTEGER NOT NULL,
    number TEXT NOT NULL, expense_type TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS complaints_by_protocol ON complaints (protocol, position);
CREATE TABLE IF NOT EXISTS journal (number INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT NOT NULL);
"""


class Transaction:
    """A span of statements that commits as one; see `Store.transaction`."""

    __slots__ = ("_db", "_lock", "_nesting")

    def __init__(self, db: sqlite3.Connection, lock: threading.RLock, nesting: list[None]) -> None:
        """Span statements of this connection; `nesting` holds one entry for each span that is open."""
        self._db, self._lock, self._nesting = db, lock, nesting

    def __enter__(self) -> sqlite3.Connection:
        """Begin, unless a span is open already."""
        self._lock.acquire()
        try:
            if not self._nesting:
                self._db.execute("BEGIN IMMEDIATE")
            self._nesting.append(None)
        except BaseException:
            self._lock.release()
            raise
        return self._db

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or undo when something was raised; an inner span leaves that to the outer."""
        try:
            self._nesting.pop()
            if not self._nesting:
                self._db.execute("COMMIT" if kind is None else "ROLLBACK")
        finally:
            self._lock.release()


class Store:
    """The only door to the books."""

    def __init__(self, path: Path | None) -> None:
        """Open a file, making it when absent, or keep everything in memory with None.

        :raises SistemaTSError: the file is not ours, or from another version
        """
        self._lock = threading.RLock()
        self._nesting: list[None] = []
        self.path = path
        try:
            self._db = sqlite3.connect(
                ":memory:" if path is None else str(path), isolation_level=None, check_same_thread=False, timeout=5
            )
            self._db.row_factory = sqlite3.Row
            if path is not None:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_TABLES)
        except sqlite3.DatabaseError:
            raise SistemaTSError("--state: this file is not a simulator's state, or cannot be written.") from None
        self._check_version()

    def _check_version(self) -> None:
        version = str(SCHEMA_VERSION)
        if self.meta("version", version) != version:
            raise SistemaTSError("--state: this file belongs to another version of the simulator.")
        self.set_meta("version", version)

    def transaction(self) -> Transaction:
        """Run statements as one; they are all kept on leaving, none when something is raised.

        A transaction inside another belongs to it.
        """
        return Transaction(self._db, self._lock, self._nesting)

    def write(self, statement: str, values: tuple[object, ...] = ()) -> None:
        """Run one statement, in the transaction around it or in one of its own."""
        with self._lock:
            if self._nesting:
                self._db.execute(statement, values)
                return
        with self.transaction() as db:
            db.execute(statement, values)

    def meta(self, name: str, default: str) -> str:
        """Return a named value, or the default."""
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row["value"])

    def set_meta(self, name: str, value: str) -> None:
        """Keep a named value."""
        self.write("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))

    def read(self, query: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def close(self) -> None:
        """Close the file; a memory store is gone."""
        with self._lock:
            self._db.close()
