"""Asking a practice's server: each request is signed, short-lived and names one connection; each reply is verified.

Nothing that comes back is kept. Lines are kept open for the next question, since shaking hands costs more than asking;
a line that the other side closed meanwhile is opened again once, with a request signed anew.
"""

from __future__ import annotations

import http.client
import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from deskwire.codec import Malformed
from deskwire.messages import Asks, AsksStream, Message
from deskwire.signing import (
    DESK_PATH,
    LARGEST,
    MEDIA_TYPE,
    SKEW,
    STREAM_TYPE,
    RefusedByDesk,
    Rejected,
    SealedRequest,
    UnknownVersion,
    open_refusal,
    open_reply,
    seal_request,
)
from deskwire.streams import BrokenStream, IncomingStream, StreamHead, open_stream
from portal.connections.codes import ConnectionState
from portal.connections.identity import signer
from portal.connections.models import Connection, Desk

PIECE = 64 * 1024
STREAM_PATIENCE = 120
log = logging.getLogger("portal.wire")
_R = TypeVar("_R", bound=Message, covariant=True)
IDLE = 16
"""Lines kept open to one server while nothing is asked."""
_idle: dict[str, list[http.client.HTTPConnection]] = {}
_lock = threading.Lock()


class Unreachable(Exception):
    """The practice's server does not answer, or its answer is not one: nothing can be shown now. Names no person."""


@dataclass(slots=True)
class Download:
    """A file on its way: iterating yields its bytes, and raises `BrokenStream` where they are not whole."""

    head: StreamHead
    _incoming: IncomingStream = field(repr=False)
    _line: http.client.HTTPConnection = field(repr=False)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._incoming
        except (OSError, http.client.HTTPException) as trouble:
            raise BrokenStream("the line broke") from trouble
        finally:
            self.close()

    def close(self) -> None:
        """Let the line go; called by the web server too when a browser goes away."""
        self._line.close()


def ask(connection: Connection, request: Asks[_R]) -> _R:
    """
    Ask for one connection and return the verified reply.

    :raises RefusedByDesk: the desk says no; `refusal.code` says why
    :raises Unreachable: no answer, or none that can be trusted
    """
    return ask_desk(connection.desk, request, reference=_reference(connection))


def ask_desk(desk: Desk, request: Asks[_R], *, reference: str = "") -> _R:
    """
    Ask a desk, without a connection for what has to do with invitations.

    :raises RefusedByDesk: the desk says no
    :raises Unreachable: no answer, or none that can be trusted
    """
    sealed, data, media_type = _exchange(desk, request, reference)
    if media_type != MEDIA_TYPE:
        raise _unreachable(desk, "no reply of the wire")
    try:
        return open_reply(data, to=sealed, key=desk.card.public, now=_now())
    except (Rejected, UnknownVersion, Malformed) as trouble:
        raise _unreachable(desk, str(trouble)) from None


def stream(connection: Connection, request: AsksStream) -> Download:
    """
    Ask for a file and return it as it arrives; its name and size are in `head`.

    :raises RefusedByDesk: the desk says no
    :raises Unreachable: no answer, or none that can be trusted
    """
    desk = connection.desk
    sealed = _sealed(desk, request, _reference(connection))
    line = _open(desk, STREAM_PATIENCE)
    try:
        answer = _post(line, desk, sealed.data)
        media_type = _media_type(answer)
        if media_type != STREAM_TYPE:
            raise _refused(desk, sealed, answer.read(LARGEST), media_type)
        pieces = iter(lambda: answer.read1(PIECE), b"")
        incoming = open_stream(pieces, to=sealed.envelope, key=desk.card.public, clock=_now, skew=SKEW)
    except (OSError, http.client.HTTPException, BrokenStream, UnknownVersion) as trouble:
        line.close()
        raise _unreachable(desk, type(trouble).__name__) from None
    except BaseException:
        line.close()
        raise
    return Download(incoming.head, incoming, line)


def _refused(desk: Desk, sealed: SealedRequest[Any], data: bytes, media_type: str) -> Exception:
    if media_type != MEDIA_TYPE:
        return _unreachable(desk, "no reply of the wire")
    try:
        return RefusedByDesk(open_refusal(data, to=sealed, key=desk.card.public, now=_now()))
    except (Rejected, UnknownVersion, Malformed) as trouble:
        return _unreachable(desk, str(trouble))


def _exchange(desk: Desk, request: Asks[_R], reference: str) -> tuple[SealedRequest[Asks[_R]], bytes, str]:
    """Send a request over a line that is open, or a new one, and return it with what came back and its media type."""
    for fresh in (False, True):
        kept = None if fresh else _take(desk)
        if kept is None and not fresh:
            continue
        line = kept or _open(desk, settings.PORTAL_DESK_TIMEOUT)
        sealed = _sealed(desk, request, reference)
        try:
            answer = _post(line, desk, sealed.data)
            data = answer.read(LARGEST + 1)
        except (OSError, http.client.HTTPException) as trouble:
            line.close()
            if fresh or isinstance(trouble, TimeoutError):
                raise _unreachable(desk, type(trouble).__name__) from None
            continue
        if answer.isclosed() and not answer.will_close:
            _keep(desk, line)
        else:
            line.close()
        return sealed, data, _media_type(answer)
    raise AssertionError("a fresh line answers or raises")


def _sealed(desk: Desk, request: Any, reference: str) -> SealedRequest[Any]:
    return seal_request(signer(), request, audience=desk.side, now=_now(), connection=reference)


def _post(line: http.client.HTTPConnection, desk: Desk, data: bytes) -> http.client.HTTPResponse:
    path = urlsplit(desk.address).path + DESK_PATH
    line.request("POST", path, body=data, headers={"Content-Type": MEDIA_TYPE})
    return line.getresponse()


def _open(desk: Desk, patience: int) -> http.client.HTTPConnection:
    parts = urlsplit(desk.address)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=patience, context=context)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=patience)


def _media_type(answer: http.client.HTTPResponse) -> str:
    return answer.headers.get_content_type() if answer.status < 300 else ""


def _take(desk: Desk) -> http.client.HTTPConnection | None:
    """Return an idle line to the server where it is now, None when there is none."""
    with _lock:
        lines = _idle.get(desk.address)
        return lines.pop() if lines else None


def _keep(desk: Desk, line: http.client.HTTPConnection) -> None:
    """Let the next one who asks have the line."""
    with _lock:
        lines = _idle.setdefault(desk.address, [])
        if len(lines) < IDLE:
            lines.append(line)
            return
    line.close()


def hang_up() -> None:
    """Close every idle line."""
    with _lock:
        lines = [line for kept in _idle.values() for line in kept]
        _idle.clear()
    for line in lines:
        with suppress(OSError):
            line.close()


def _reference(connection: Connection) -> str:
    if connection.state == ConnectionState.PENDING or not connection.desk.is_paired:
        raise Unreachable("the connection is not there yet, or its desk is not paired any more")
    return connection.reference


def _unreachable(desk: Desk, why: str) -> Unreachable:
    log.warning("desk %s does not answer: %s", desk.side, why)
    return Unreachable(f"desk {desk.side}: {why}")


def _now() -> datetime:
    return datetime.now(UTC)
