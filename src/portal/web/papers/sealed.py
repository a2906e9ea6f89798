"""A body of unknown length whose cut a browser cannot miss.

A web server ends a response that fails on the way as if it were whole, and a browser that was told no length believes
it. So such a body goes out as gzip without compression (RFC 1951, stored blocks; RFC 1952), which every browser takes
off again: whole, it ends with its checksum; cut, with a block that no decoder accepts, and the download fails.

>>> import gzip
>>> gzip.decompress(b"".join(sealed([b"whole ", b"file"])))
b'whole file'
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_END = b"\x01\x00\x00\xff\xff"
_BROKEN = b"\x07"
"""Head of a block of a type that there is not."""
_LONGEST = 0xFFFF


def sealed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a body in its wrapper; where `pieces` raises, break the wrapper and raise the same."""
    checksum = size = 0
    yield _HEAD
    try:
        for piece in pieces:
            checksum, size = zlib.crc32(piece, checksum), size + len(piece)
            yield b"".join(_blocks(piece))
    except Exception:
        yield _BROKEN
        raise
    yield _END + checksum.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")


def _blocks(piece: bytes) -> Iterator[bytes]:
    for start in range(0, len(piece), _LONGEST):
        part = piece[start : start + _LONGEST]
        length = len(part)
        yield b"\x00" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little")
        yield part
