"""A file on its way to a portal: watched at each step, and cut where the connection no longer opens it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from deskwire.signing import Envelope, Signer
from deskwire.streams import StreamHead, frames
from sportello.core import audit
from sportello.core.actors import acting
from sportello.core.audit import Subject
from sportello.desk.answering import Asked, Paper
from sportello.desk.seats import Ended, check_still_open

EVERY = 1.0
"""Seconds after which a running download asks again whether it may go on."""


def still_open(asked: Asked) -> None:
    """
    Ask before the next file of a download whether it may go on.

    :raises Ended: disconnected, suspended, the powers ended or changed, or the portal is answered no more
    """
    check_still_open(asked, datetime.now(UTC))


def sent(asked: Asked, paper: Paper, *, media_type: str, signer: Signer, to: Envelope) -> Iterator[bytes]:
    """
    Yield the frames of a file. Where it may not go on the stream ends without its tail, which the reader notices.

    Why it was cut is written down for the practice.
    """
    head = StreamHead(media_type, paper.file_name, paper.size)
    try:
        yield from frames(signer, head, _watched(asked, paper.chunks), to=to, clock=_now)
    except Ended as end:
        about = Subject("connection", asked.access.connection_id, asked.access.patient_id)
        audit.record_alone(asked.actor, "portal.cut", about, result="refused", reason=str(end), kind=to.kind)


def _watched(asked: Asked, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks, each made while the actor acts: nobody acts while the chunk is on its way."""
    source, asked_at = iter(chunks), time.monotonic()
    try:
        while True:
            with acting(asked.actor):
                chunk = next(source, None)
            if chunk is None or time.monotonic() - asked_at >= EVERY:
                still_open(asked)
                asked_at = time.monotonic()
            if chunk is None:
                return
            yield chunk
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            with acting(asked.actor):
                close()


def _now() -> datetime:
    return datetime.now(UTC)
