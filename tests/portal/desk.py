"""A practice's server for the portal's tests: it speaks the real wire over a real socket and knows no Django.

Its answers are functions by kind of request: `desk.answers["overview"] = lambda asked: Overview(…)`. What was asked is
in `desk.asked`. `desk.away = True` closes the door; `desk.spoil` alters the bytes of each answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from deskwire import messages as say
from deskwire.cards import Card
from deskwire.signing import (
    DESK_PATH,
    MEDIA_TYPE,
    STREAM_TYPE,
    OpenedRequest,
    RefusedByDesk,
    Rejected,
    Signer,
    open_request,
    seal_reply,
)
from deskwire.streams import StreamHead, frames

PRACTICE = say.Contact("Studio Ginestra", ("Via Verde 3", "20100 Milano"), "+39 02 5550101", "studio@ginestra.example")


@dataclass
class File:
    """What a stream answers: its head, and its bytes in pieces."""

    head: StreamHead
    chunks: Iterable[bytes]


class Once:
    """Takes every id of a request once."""

    def __init__(self) -> None:
        self.ids: set[tuple[str, str]] = set()

    def first_time(self, issuer: str, request_id: str, until: datetime) -> bool:
        """Tell whether it is new."""
        key = (issuer, request_id)
        new = key not in self.ids
        self.ids.add(key)
        return new


@dataclass
class Desk:
    """The server; start it with `with Desk(portal).running():`-like fixtures (see conftest)."""

    portal: Signer
    name: str = "Server A"
    signer: Signer = field(default_factory=Signer.make)
    answers: dict[str, Callable[[OpenedRequest], Any]] = field(default_factory=dict)
    asked: list[OpenedRequest] = field(default_factory=list)
    away: bool = False
    spoil: Callable[[bytes], bytes] | None = None
    connections: int = 0

    def __post_init__(self) -> None:
        self.seen = Once()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.answers["overview"] = lambda asked: overview()
        self.thread.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}/"

    @property
    def card(self) -> Card:
        """Its card."""
        return Card.of(self.signer, name=self.name, address=self.address)

    def stop(self) -> None:
        """Close it."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def refuse(self, kind: str, code: say.RefusalCode, **figures: int) -> None:
        """Refuse a kind of request from now on."""
        self.answers[kind] = lambda asked: say.Refusal(code, **figures)

    def kinds(self) -> list[str]:
        """Return the kinds of what was asked, in order."""
        return [each.envelope.kind for each in self.asked]

    def reply(self, data: bytes) -> tuple[int, str, Iterable[bytes]]:
        """Return status, media type and body for a request."""
        now = datetime.now(UTC)
        try:
            opened = open_request(
                data,
                find_key={self.portal.id: self.portal.public}.get,
                audience=self.signer.id,
                now=now,
                seen=self.seen,
            )
        except Rejected:
            return 404, "text/plain", [b""]
        self.asked.append(opened)
        try:
            answer = self.answers[opened.envelope.kind](opened)
        except RefusedByDesk as no:
            answer = no.refusal
        if isinstance(answer, File):
            clock = lambda: datetime.now(UTC)  # noqa: E731 - one word
            return 200, STREAM_TYPE, frames(self.signer, answer.head, answer.chunks, to=opened.envelope, clock=clock)
        return 200, MEDIA_TYPE, [seal_reply(self.signer, answer, to=opened.envelope, now=now)]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        desk = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                desk.connections += 1
                super().setup()

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                if desk.away or self.path != f"/{DESK_PATH}":
                    self.close_connection = True
                    return
                status, media_type, body = desk.reply(data)
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                if media_type == STREAM_TYPE:
                    self.send_header("Connection", "close")
                    self.end_headers()
                    for piece in body:
                        self.wfile.write(piece)
                        self.wfile.flush()
                    self.close_connection = True
                    return
                whole = b"".join(body)
                whole = desk.spoil(whole) if desk.spoil else whole
                self.send_header("Content-Length", str(len(whole)))
                self.end_headers()
                self.wfile.write(whole)

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        return Handler


def overview(**changes: Any) -> say.Overview:
    """Return what a desk says of Bruno's own papers."""
    values: dict[str, Any] = {
        "practice": PRACTICE,
        "person": "Bruno Neri",
        "relation": say.Relation.SELF,
        "may": (say.Power.INVOICES, say.Power.DOCUMENTS),
        "until": None,
        "opened": 3,
        "second_factor_required": False,
    }
    return say.Overview(**(values | changes))


def shown(**changes: Any) -> say.InvitationShown:
    """Return what a desk says of an invitation of Bruno that is open."""
    values: dict[str, Any] = {
        "state": say.InvitationState.OPEN,
        "practice": PRACTICE,
        "language": "en",
        "email": "bruno.neri@example.org",
        "proof": say.ProofKind.NONE,
        "second_factor_required": False,
    }
    return say.InvitationShown(**(values | changes))
