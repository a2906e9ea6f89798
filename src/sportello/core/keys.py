"""The key ring of this installation: read from the settings, read anew when its file changes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from sportello.core.crypto import KeyRing, new_key_line

_HELD: ContextVar[KeyRing | None] = ContextVar("sportello_key_ring", default=None)


def ring() -> KeyRing:
    """
    Return the installation's key ring. A key added to the file is there at once, also in processes that run already.

    :raises ValueError: the key file is malformed
    :raises FileNotFoundError: there is none: restore it from where you keep it
    """
    held = _HELD.get()
    if held is not None:
        return held
    if settings.SPORTELLO_KEYS:
        return _parsed(settings.SPORTELLO_KEYS)
    path = settings.SPORTELLO_KEY_FILE
    seen = os.stat(path)  # noqa: PTH116 - at every opened value: the plain call is the quick one
    return _read(path, seen.st_mtime_ns, seen.st_size, seen.st_ino)


@contextmanager
def held_ring() -> Iterator[None]:
    """
    Look at the key file once until the block ends, for work that opens and closes hundreds of values within a second.

    :raises ValueError, FileNotFoundError: as `ring`
    """
    token = _HELD.set(ring())
    try:
        yield
    finally:
        _HELD.reset(token)


def make_file(path: Path) -> str:
    """
    Make a key file with one fresh key, readable by its owner alone, and return the key's id.

    :raises FileExistsError: there is one; it is never replaced
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"# The encryption keys of this Sportello. Keep a copy elsewhere.\n{new_key_line('k1')}\n")
        file.flush()
        os.fsync(file.fileno())
    return "k1"


def add_to_file(path: Path) -> str:
    """Put a fresh key before the others, so that new values are written with it, and return its id."""
    path = path.resolve()
    with _alone(path):
        text = path.read_text(encoding="ascii")
        known = KeyRing.parse(text).keys
        key_id = next(f"k{number}" for number in range(len(known) + 1, 10_000) if f"k{number}" not in known)
        lines = text.splitlines()
        first = next(index for index, line in enumerate(lines) if line.strip() and not line.startswith("#"))
        _replace(path, [*lines[:first], new_key_line(key_id), *lines[first:]])
    return key_id


def remove_from_file(path: Path, key_id: str) -> None:
    """
    Take a key that closes nothing any more out of the file.

    :raises ValueError: no such key, or it is the first (it writes) or the last (it makes the look-up hashes)
    """
    path = path.resolve()
    with _alone(path):
        lines = path.read_text(encoding="ascii").splitlines()
        ids = list(KeyRing.parse("\n".join(lines)).keys)
        if key_id not in ids[1:-1]:
            raise ValueError(f"{key_id!r} is not a key between the first and the last of the file")
        _replace(path, [line for line in lines if not line.strip().startswith(f"{key_id}:")])


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the folder's lock: two commands that read the same old file would each lose the other's key."""
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)  # the new name is on the disk too, before the key closes anything
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
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


@lru_cache(maxsize=4)
def _read(path: str, changed: int, size: int, inode: int) -> KeyRing:
    return KeyRing.parse(Path(path).read_text(encoding="ascii"))


@lru_cache(maxsize=4)
def _parsed(text: str) -> KeyRing:
    return KeyRing.parse(text)
