"""Waiting in turn for SQLite's single writer (decisions 0074, 0076).

SQLite makes a writer that comes too late sleep and ask again, each time longer, up to a tenth of a second, while the
database may long be free. Here writers wait in two lines instead. Within a process one thread at a time goes through
`turn_in_process`, preparing included: threads that compute beside each other only pass Python's own lock around. Then
`write_turn`, a lock of the operating system beside the database, is for the one of each process that is about to write.

Both only order who asks SQLite next: who does not take part, or has waited long enough, still finds the lock of SQLite
itself. The first ends with its thread's block, the second with its holder, however that ends.

On PostgreSQL many write at once, which is right where rows are locked. `one_at_a_time` is for work that reads first and
writes rows which nobody can lock, since they are not there yet (decision 0116).
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction

PATIENCE = 20.0
"""Seconds after which somebody who still waits goes on without a turn: SQLite's own time limit then speaks."""
PAUSE, LONGEST_PAUSE = 0.0005, 0.002
"""Seconds between two tries: short at first, since a turn takes a few milliseconds, longer for whoever waits long."""

_HERE: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
"""One lock a database file, for the threads of this process."""
os.register_at_fork(after_in_child=_HERE.clear)


@contextmanager
def turn_in_process() -> Iterator[None]:
    """
    Wait until no other thread of this process has a turn; enter it before reading for what will be written.

    Nothing to wait for where `write_turn` has nothing.
    """
    name = _waited_for()
    if name is None:
        yield
        return
    with thread_turn_at(name):
        yield


@contextmanager
def write_turn() -> Iterator[None]:
    """
    Wait until no other that waits in turn writes to the database; enter it before the transaction begins.

    Nothing to wait for on PostgreSQL, in memory, or inside a transaction, which has its place already.
    """
    name = _waited_for()
    if name is None:
        yield
        return
    with turn_at(f"{name}-turn"):
        yield


def one_at_a_time(work: str, number: int) -> None:
    """
    Wait until no other transaction does this work for this number; then it is the caller's until its transaction ends.

    Call it first in a transaction, before any row is locked: whoever waits holds nothing that another could wait for.
    Nothing is asked on SQLite, whose one writer is alone from its first statement on.

    :raises RuntimeError: no transaction is open, so that the turn would end at once
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise RuntimeError("a turn ends with its transaction: open one")
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{work}:{number}"])


def _waited_for() -> str | None:
    """Return the path of the database whose writers wait in turn, None where nobody has to."""
    connection = transaction.get_connection()
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or connection.in_atomic_block or not Path(name).is_absolute():
        return None
    return name


@contextmanager
def thread_turn_at(path: str) -> Iterator[None]:
    """Hold this process's own lock for a database until the block ends; or go on after `PATIENCE`."""
    lock = _HERE[path]
    has_turn = lock.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if has_turn:
            lock.release()


@contextmanager
def turn_at(path: str) -> Iterator[None]:
    """Hold the lock file at this path, made where it is missing, until the block ends; or go on after `PATIENCE`."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until, pause = time.monotonic() + PATIENCE, PAUSE
        while not _taken(handle) and time.monotonic() < until:
            time.sleep(pause)
            pause = min(pause * 1.25, LONGEST_PAUSE)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
