"""This portal's own key, and its card."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from deskwire.cards import Card
from deskwire.signing import Signer
from portal.keeping.ring import KeyTrouble

NAME = "Sportello"


def signer() -> Signer:
    """
    Return the key that practice servers know this portal by.

    :raises KeyTrouble: its file is missing
    """
    path = settings.PORTAL_IDENTITY_FILE
    try:
        seen = os.stat(path)  # noqa: PTH116 - at every request: the plain call is the quick one
    except FileNotFoundError:
        raise KeyTrouble(
            f"the identity file {path} is missing: put its copy back, or pair all practices anew"
        ) from None
    return _read(path, seen.st_mtime_ns, seen.st_ino)


def make_file(path: Path) -> None:
    """
    Make the identity of a new portal, readable by its owner alone.

    :raises FileExistsError: there is one; it is never replaced
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(Signer.make().pem())
        file.flush()
        os.fsync(file.fileno())


def card(address: str) -> Card:
    """Return this portal's card; `address` is where patients reach it."""
    return Card.of(signer(), name=NAME, address=address)


@lru_cache(maxsize=2)
def _read(path: str, changed: int, inode: int) -> Signer:
    return Signer.read(Path(path).read_bytes())
