"""The file a backup is: a tar of many small members, in a closed stream (`core.streams`).

The key comes from a passphrase (scrypt) or from the installation's key ring; the header tells which, and nothing else.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sportello.core import streams
from sportello.core.crypto import KeyMissing
from sportello.core.keys import ring
from sportello.core.streams import Header

COST = 2**15
PURPOSE = "backup"


class NeedsPassphrase(Exception):
    """The backup was closed with a passphrase."""


class Writer:
    """Puts members into a backup."""

    def __init__(self, out: BinaryIO, passphrase: str) -> None:
        master, header = _new_key(passphrase)
        self._sealer = streams.Sealer(out, master, header)
        self._tar = tarfile.open(fileobj=cast(IO[bytes], self._sealer), mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by `close`

    def add(self, name: str, data: bytes) -> None:
        """Put a small member in."""
        self.add_stream(name, io.BytesIO(data), len(data))

    def add_stream(self, name: str, source: IO[bytes], size: int) -> None:
        """Put a member of a known size in, read piece by piece."""
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, source)

    def close(self) -> None:
        """End the backup."""
        self._tar.close()
        self._sealer.close()


@contextmanager
def reader(source: BinaryIO, passphrase: str) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """
    Give the members of a backup one after the other; each is read before the next is asked for.

    :raises NeedsPassphrase: it was closed with one, and none is given
    :raises Damaged: altered, cut off, no backup at all, or another passphrase
    :raises KeyMissing: it was closed under a key that the ring does not hold
    """
    plain = _Pieces(streams.opened(source, lambda header: _known_key(header, passphrase)))
    with tarfile.open(fileobj=cast(IO[bytes], plain), mode="r|") as tar:

        def members() -> Iterator[tuple[str, IO[bytes]]]:
            for member in tar:
                content = tar.extractfile(member)
                if content is not None:
                    yield member.name, content
            plain.drain()

        yield members()


class _Pieces:
    """Lets a reader of files read from pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._waiting = pieces, b""

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, fewer only at the end."""
        parts, missing = [self._waiting], size - len(self._waiting)
        while missing > 0 and (piece := next(self._pieces, b"")):
            parts.append(piece)
            missing -= len(piece)
        whole = b"".join(parts)
        self._waiting = whole[size:]
        return whole[:size]

    def drain(self) -> None:
        """Read to the end, so that the last chunk is checked too."""
        for _ in self._pieces:
            pass


def _new_key(passphrase: str) -> tuple[bytes, Header]:
    if passphrase:
        salt = os.urandom(16)
        return _scrypt(passphrase, salt), {"by": "passphrase", "scrypt": salt.hex(), "cost": COST}
    return ring().derived(ring().active, PURPOSE), {"by": "ring", "key": ring().active}


def _known_key(header: Header, passphrase: str) -> bytes:
    if header.get("by") == "passphrase":
        if not passphrase:
            raise NeedsPassphrase
        if header.get("cost") != COST:
            raise streams.Damaged("the backup asks for another work factor than ours")
        return _scrypt(passphrase, bytes.fromhex(str(header["scrypt"])))
    try:
        return ring().derived(str(header["key"]), PURPOSE)
    except FileNotFoundError:
        raise KeyMissing("the key file is missing: put it back before restoring this backup") from None


def _scrypt(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=COST, r=8, p=1).derive(passphrase.encode())
