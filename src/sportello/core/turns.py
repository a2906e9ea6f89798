"""Waiting in turn for SQLite's single writer (decision 0074).

SQLite makes a writer that comes too late sleep and ask again, each time longer, up to a tenth of a second, while the
database may long be free. A lock of the operating system beside the database is asked for every other millisecond
instead. It only orders who asks SQLite next: who does not take part, or has waited long enough, still finds the lock of
SQLite itself. It ends with its holder, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction

PATIENCE = 20.0
"""Seconds after which somebody who still waits asks SQLite without a turn: its own time limit then speaks."""
PAUSE = 0.002


@contextmanager
def write_turn() -> Iterator[None]:
    """
    Wait until no other that waits in turn writes to the database; enter it before the transaction begins.

    Nothing to wait for on PostgreSQL, in memory, or inside a transaction, which has its place already.
    """
    connection = transaction.get_connection()
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or connection.in_atomic_block or not Path(name).is_absolute():
        yield
        return
    with turn_at(f"{name}-turn"):
        yield


@contextmanager
def turn_at(path: str) -> Iterator[None]:
    """Hold the lock file at this path, made where it is missing, until the block ends; or go on after `PATIENCE`."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + PATIENCE
        while not _taken(handle) and time.monotonic() < until:
            time.sleep(PAUSE)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
