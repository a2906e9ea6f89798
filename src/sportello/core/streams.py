"""Long content closed with AES-256-GCM in chunks, so that a file of any size is read and written in little memory.

Layout: `SPS1`, the length of the header (2 bytes), the header (JSON: how to find the key), then chunks of 64 KiB,
each with its tag. A chunk's nonce is its number and whether it is the last; the header is authenticated with each.
So chunks cannot be changed, swapped, dropped or cut off without notice. A key serves one stream only: the caller
derives it with the random salt that is in the header.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"SPS1"
CHUNK = 64 * 1024
TAG = 16

Header = Mapping[str, str | int]


class Damaged(ValueError):
    """The stream was altered or cut off, is not one of ours, or the key is another."""


class Sealer:
    """Takes plain bytes by `write` and writes the closed stream to `out`; `close` ends it and leaves `out` open."""

    def __init__(self, out: BinaryIO, master: bytes, header: Header) -> None:
        text = json.dumps({**header, "salt": os.urandom(16).hex()}, sort_keys=True).encode()
        self._out, self._header = out, MAGIC + len(text).to_bytes(2, "big") + text
        self._cipher = _cipher(master, json.loads(text))
        self._waiting, self._number, self._open = bytearray(), 0, True
        out.write(self._header)

    def write(self, plain: bytes) -> int:
        """Take some bytes and return how many."""
        self._waiting += plain
        while len(self._waiting) > CHUNK:  # the last chunk is known only at the end, so one always waits
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(plain)

    def close(self) -> None:
        """Write the last chunk."""
        if self._open:
            self._put(bytes(self._waiting), last=True)
            self._open = False

    def _put(self, plain: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last), plain, self._header))
        self._number += 1


def read_header(source: BinaryIO) -> tuple[dict[str, str | int], bytes]:
    """
    Return the header and its bytes, leaving `source` at the first chunk.

    :raises Damaged: this is no such stream
    """
    start = source.read(len(MAGIC) + 2)
    if start[: len(MAGIC)] != MAGIC or len(start) != len(MAGIC) + 2:
        raise Damaged("this is not a file that Sportello closed")
    text = source.read(int.from_bytes(start[-2:], "big"))
    try:
        return json.loads(text), start + text
    except ValueError:
        raise Damaged("the head of the file is damaged") from None


def opened(source: BinaryIO, find_key: Callable[[Header], bytes]) -> Iterator[bytes]:
    """
    Yield the plain chunks of a closed stream. What was yielded before an error was authentic, but not the whole.

    :param find_key: returns the master key for a header
    :raises Damaged: altered, cut off, or another key
    """
    header, authenticated = read_header(source)
    try:
        cipher = _cipher(find_key(header), header)
    except Damaged:
        raise
    except (LookupError, TypeError, ValueError):
        raise Damaged("the head of the file is damaged") from None
    number, block = 0, _exactly(source, CHUNK + TAG)
    while True:
        following = _exactly(source, CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(number, not following), block, authenticated)
        except InvalidTag:
            raise Damaged("the file was altered or cut off, or the key is another") from None
        if not following:
            return
        number, block = number + 1, following


def _exactly(source: BinaryIO, size: int) -> bytes:
    """Read so many bytes unless the end comes first; pipes and sockets give less at a time."""
    parts, missing = [], size
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _cipher(master: bytes, header: Header) -> AESGCM:
    salt = bytes.fromhex(str(header["salt"]))
    return AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"stream").derive(master))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
