"""A file on its way from desk to browser: a signed head, chunks, a signed tail that says how much it was and its hash.

Layout: frames of one letter (`H`, `C`, `T`), four bytes of length, big endian, and so many bytes. Head and tail are
messages of `signing` for the request they answer. The reader keeps one chunk back until it has seen what follows, and
the last until the tail fits: what was cut off or altered never reaches its end, and a browser shows a failed download.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from deskwire import codec
from deskwire.signing import (
    LARGEST,
    SKEW,
    Envelope,
    Purpose,
    Rejected,
    Signer,
    UnknownVersion,
    open_answering,
    seal_answering,
)

CHUNK = 256 * 1024
"""Bytes of the longest chunk that is written."""
LONGEST_FRAME = LARGEST
_HEAD, _CHUNK, _TAIL = b"H", b"C", b"T"
_FRAME_HEAD = 5

Clock = Callable[[], datetime]


class BrokenStream(Exception):
    """What arrived is not the whole file as it was sent."""


class CutStream(BrokenStream):
    """It ended before its tail: the connection broke, or the desk stopped sending."""


class AlteredStream(BrokenStream):
    """Frames, length or hash do not fit, or head or tail was not signed by the desk for this request."""


@dataclass(frozen=True, slots=True)
class StreamHead:
    """What comes: its media type, a file name without personal data, and its size in bytes where it is known."""

    media_type: str
    file_name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class StreamTail:
    """What came: how many bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


def frames(signer: Signer, head: StreamHead, chunks: Iterable[bytes], *, to: Envelope, clock: Clock) -> Iterator[bytes]:
    """
    Yield the frames of a file that answers a request. The tail comes only if `chunks` ends of itself.

    :raises ValueError: the chunks are more or fewer bytes than the head says
    """
    yield _frame(_HEAD, seal_answering(signer, Purpose.HEAD, head, to=to, now=clock()))
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        for start in range(0, len(chunk), CHUNK):
            part = chunk[start : start + CHUNK]
            digest.update(part)
            size += len(part)
            yield _frame(_CHUNK, part)
    if head.size is not None and head.size != size:
        raise ValueError(f"a stream of {head.size} bytes was promised, {size} were given")
    tail = StreamTail(size=size, sha256=digest.hexdigest())
    yield _frame(_TAIL, seal_answering(signer, Purpose.TAIL, tail, to=to, now=clock()))


_Part = TypeVar("_Part", StreamHead, StreamTail)


class IncomingStream:
    """A file as it arrives: `head` is known at once; iterating yields its bytes and raises where they are not whole."""

    def __init__(self, source: Iterable[bytes], *, to: Envelope, key: bytes, clock: Clock, skew: timedelta) -> None:
        self._source, self._to, self._key, self._clock, self._skew = _Frames(source), to, key, clock, skew
        letter, content = self._source.next()
        if letter != _HEAD:
            raise AlteredStream("a stream begins with its head")
        self.head: StreamHead = self._opened(Purpose.HEAD, StreamHead, content)

    def __iter__(self) -> Iterator[bytes]:
        digest, size, held = hashlib.sha256(), 0, b""
        letter, content = self._source.next()
        while letter == _CHUNK:
            if held:
                yield held
            digest.update(content)
            size += len(content)
            held = content
            letter, content = self._source.next()
        if letter != _TAIL:
            raise AlteredStream("a stream has chunks, then its tail")
        self._check_end(self._opened(Purpose.TAIL, StreamTail, content), StreamTail(size, digest.hexdigest()))
        if held:
            yield held

    def _check_end(self, said: StreamTail, came: StreamTail) -> None:
        if said != came or self.head.size not in (None, came.size) or not self._source.ended():
            raise AlteredStream("what came is not what was sent")

    def _opened(self, purpose: Purpose, kind: type[_Part], content: bytes) -> _Part:
        try:
            _, payload = open_answering(
                content, purpose, to=self._to, key=self._key, now=self._clock(), skew=self._skew
            )
            return codec.load(kind, payload)
        except (Rejected, UnknownVersion, codec.Malformed) as problem:
            raise AlteredStream(str(problem)) from None


def open_stream(
    source: Iterable[bytes], *, to: Envelope, key: bytes, clock: Clock, skew: timedelta = SKEW
) -> IncomingStream:
    """
    Begin to read the stream that answers a request of ours.

    :param source: the bytes as they arrive, in pieces of any size
    :param key: the public key of the desk that was asked
    :raises CutStream: it ended before its head did
    :raises AlteredStream: the head was not signed by that desk for this request
    """
    return IncomingStream(source, to=to, key=key, clock=clock, skew=skew)


def _frame(letter: bytes, content: bytes) -> bytes:
    return b"".join((letter, len(content).to_bytes(4, "big"), content))


class _Frames:
    """Cuts bytes that arrive in pieces of any size into frames."""

    def __init__(self, source: Iterable[bytes]) -> None:
        self._source, self._waiting = iter(source), bytearray()

    def next(self) -> tuple[bytes, bytes]:
        """Return letter and content of the next frame."""
        head = self._take(_FRAME_HEAD)
        length = int.from_bytes(head[1:], "big")
        if head[:1] not in {_HEAD, _CHUNK, _TAIL} or length > LONGEST_FRAME:
            raise AlteredStream("this is no frame")
        return head[:1], self._take(length)

    def ended(self) -> bool:
        """Tell whether nothing follows."""
        return not self._waiting and not any(self._source)

    def _take(self, size: int) -> bytes:
        while len(self._waiting) < size:
            piece = next(self._source, None)
            if piece is None:
                raise CutStream("the stream ended before its tail")
            self._waiting += piece
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken
