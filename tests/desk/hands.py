"""A portal in the tests: it signs, posts, and opens what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from deskwire.cards import Card
from deskwire.messages import AcceptInvitation, Asks, AsksStream
from deskwire.signing import MEDIA_TYPE, SealedRequest, Signer, open_refusal, open_reply, seal_request
from deskwire.streams import open_stream
from sportello.core import pairing
from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry
from sportello.desk import answering
from sportello.patients.models import Connection
from tests.patients.portal import ADDRESS, send, token

DESK = "/desk/v1/"
ACCOUNT = "7f3c1f0e5d3b4c0f9a11a2b3c4d5e6f7"


class Portal:
    """A portal that may be paired with the server of the tests."""

    def __init__(self, address: str = f"{ADDRESS}/") -> None:
        self.signer = Signer.make()
        self.card = Card.of(self.signer, name="Accesso paziente", address=address)
        self.client = Client()

    def pair(self) -> Portal:
        """Be answered from now on."""
        pairing.make_key()
        pairing.pair(self.card, now=now())
        return self

    def sealed(self, request: Any, connection: str = "", **more: Any) -> SealedRequest[Any]:
        """Close a request for the desk."""
        given: dict[str, Any] = {"audience": pairing.desk_id(), "now": now(), "connection": connection} | more
        return seal_request(self.signer, request, **given)

    def post(self, data: bytes, **more: Any) -> Any:
        """Send some bytes."""
        return self.client.post(DESK, data, content_type=MEDIA_TYPE, **more)

    def ask(self, request: Asks[Any], connection: str = "") -> Any:
        """Return the reply, or raise the refusal."""
        sealed = self.sealed(request, connection)
        response = self.post(sealed.data)
        assert (response.status_code, response["Content-Type"]) == (200, MEDIA_TYPE)
        return open_reply(response.content, to=sealed, key=pairing.signer().public, now=now())

    def fetch(self, request: AsksStream, connection: str = "", between: Callable[[], None] | None = None) -> bytes:
        """Return the whole file, or raise; `between` is called after the first piece came."""
        return self.begin(request, connection)(between)

    def begin(self, request: AsksStream, connection: str = "") -> Callable[[Callable[[], None] | None], bytes]:
        """Ask for a file, and return what reads it to its end."""
        sealed = self.sealed(request, connection)
        response = self.post(sealed.data)
        assert response.status_code == 200
        key = pairing.signer().public
        if not response.streaming:
            raise AssertionError(open_refusal(response.content, to=sealed, key=key, now=now()).code)
        stream = open_stream(response.streaming_content, to=sealed.envelope, key=key, clock=now)

        def read(between: Callable[[], None] | None = None) -> bytes:
            came = b""
            for piece in stream:
                came += piece
                if between:
                    between()
                    between = None
            return came

        return read

    def connect(self, actor: Any, patient: Any, representative: Any = None, account: str = ACCOUNT) -> str:
        """Have somebody invited and take the invitation; return the connection as the portal knows it."""
        send(actor, patient, representative, now=now())
        taken: str = self.ask(AcceptInvitation(token=token(), account=account, proof="")).connection
        return taken


def now() -> datetime:
    """Return this instant."""
    return datetime.now(UTC)


def change(row: Any, **values: Any) -> None:
    """Change a row behind everybody's back."""
    with acting(System("tests")):
        type(row).objects.filter(pk=row.pk).update(**values)


def connection_row(uid: str) -> Connection:
    """Return a connection as it is stored."""
    with acting(System("tests")):
        return Connection.objects.get(uid=uid)


def audited(action: str) -> list[AuditEntry]:
    """Return the entries of a deed."""
    with acting(System("tests")):
        return list(AuditEntry.objects.filter(action=action).order_by("pk"))


@contextmanager
def answered_by(monkeypatch: Any, request: Any, act: Any, **more: Any) -> Iterator[None]:
    """Let a function of the test answer a kind."""
    stream = request if issubclass(request, AsksStream) else None
    answer = answering.Answer(request.kind, act, True, more.get("power"), stream)
    with monkeypatch.context() as patch:
        patch.setitem(answering._ANSWERS, request.kind, replace(answer))
        yield
