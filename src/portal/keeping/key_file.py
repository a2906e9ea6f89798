"""The key file: made once, then only ever replaced as a whole, by one command at a time.

A key that closed something and is then lost loses what it closed. So the file with a new key is on the disk before
the key can close anything, and of two commands at once the second waits for the first.
"""

from __future__ import annotations

import base64
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from portal.keeping.ring import KeyRing

HEAD = "# The encryption keys of this portal. Keep a copy elsewhere."


def make(path: Path) -> None:
    """
    Make a key file with one fresh key, readable by its owner alone.

    :raises FileExistsError: there is one; it is never replaced
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    _write(handle, [HEAD, new_line("k1")])


def new_line(key_id: str) -> str:
    """Return a fresh line for a key file."""
    return f"{key_id}:{base64.b64encode(os.urandom(32)).decode()}"


def add(path: Path, on: date) -> str:
    """
    Put a fresh key before the others, so that it closes what is new from now on, and return its id.

    The day is written above it, for people.

    :raises KeyTrouble: the file is malformed
    """
    path = path.resolve()
    with _alone(path):
        lines = _lines(path)
        known = KeyRing.parse("\n".join(lines)).keys
        key_id = next(f"k{number}" for number in range(len(known) + 1, 100_000) if f"k{number}" not in known)
        first = next(index for index, line in enumerate(lines) if _id_of(line))
        while first and lines[first - 1].startswith(f"# {_id_of(lines[first])}: "):
            first -= 1  # the day of the key that wrote until now stays above it
        _replace(path, [*lines[:first], _note(key_id, on), new_line(key_id), *lines[first:]])
    return key_id


def remove(path: Path, key_id: str) -> None:
    """
    Take a key that closes nothing any more out of the file, with the note of its day.

    :raises KeyTrouble: the file is malformed
    :raises ValueError: no such key, or it is the first (it closes what is new) or the last (it makes the hashes)
    """
    path = path.resolve()
    with _alone(path):
        lines = _lines(path)
        ids = list(KeyRing.parse("\n".join(lines)).keys)
        if key_id not in ids[1:-1]:
            raise ValueError(f"{key_id!r} is not a key between the first and the last of the key file.")
        own = (f"# {key_id}: ", f"{key_id}:")
        _replace(path, [line for line in lines if not line.strip().startswith(own)])


def _note(key_id: str, on: date) -> str:
    return f"# {key_id}: closes what is new since {on.isoformat()}"


def _id_of(line: str) -> str:
    entry = line.strip()
    return "" if not entry or entry.startswith("#") else entry.partition(":")[0]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").splitlines()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the folder's lock, which ends with its holder: the file itself is replaced while it is held."""
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)  # the new name is on the disk too
    finally:
        os.close(handle)


def _replace(path: Path, lines: list[str]) -> None:
    """Put these lines in the file's place; owner and group stay, so that root locks nobody out."""
    part, was = path.with_name(f".{path.name}.part"), path.stat()
    part.unlink(missing_ok=True)  # of a command that was killed
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(handle, was.st_uid, was.st_gid)
    os.fchmod(handle, was.st_mode & 0o660)  # a group of one's own may read it, everybody may not
    _write(handle, lines)
    part.replace(path)


def _write(handle: int, lines: list[str]) -> None:
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
