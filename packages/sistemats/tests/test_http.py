"""The transport against real sockets: what surely did not arrive, and what may have."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sistemats.codes import Call, Channel, Host
from sistemats.envelopes import HttpRequest
from sistemats.http import (
    AnswerLost,
    Credentials,
    Endpoints,
    NotSent,
    NotTrusted,
    RequestsTransport,
    Timeouts,
    TlsSettings,
)


def tls_pair(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 that is its own CA, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(tz=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "tls.pem", folder / "tls.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


REQUEST = HttpRequest(Call.QUERY, b"<x/>", "text/xml; charset=UTF-8", "action")
SECRET = "Salve123"
USER = "MTOMRA66A41G224M"


class Handler(BaseHTTPRequestHandler):
    behaviour: Callable[[BaseHTTPRequestHandler], None]
    seen: list[Any]

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.seen.append((self.path, dict(self.headers), self.rfile.read(length)))
        type(self).behaviour(self)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def answer(handler: BaseHTTPRequestHandler, status: int = 200, body: bytes = b"<y/>", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Type", "text/xml")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


Serve = Callable[..., tuple[str, list[Any]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers = []

    def start(behaviour: Callable[[Any], None], context: ssl.SSLContext | None = None) -> tuple[str, list[Any]]:
        handler = type("Here", (Handler,), {"behaviour": staticmethod(behaviour), "seen": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        scheme = "https" if context else "http"
        return f"{scheme}://127.0.0.1:{server.server_port}", handler.seen  # type: ignore[attr-defined]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


PATIENT, HASTY = Timeouts(120.0, 120.0, 120.0), Timeouts(120.0, 0.3, 0.3)


def transport(base: str, timeouts: Timeouts = PATIENT, **more: Any) -> RequestsTransport:
    return RequestsTransport(Endpoints(base), Credentials(USER, SECRET), timeouts=timeouts, **more)


def test_send_authenticates_at_once_and_names_the_action(serve: Serve) -> None:
    base, seen = serve(answer)
    with transport(base) as sender:
        reply = sender.send(REQUEST)
    assert (reply.status, reply.content_type, reply.body) == (200, "text/xml", b"<y/>")
    ((path, headers, body),) = seen
    assert path == "/InterrogazionePuntuale730Web/InterrogazionePuntuale730Port"
    assert headers["Authorization"] == "Basic TVRPTVJBNjZBNDFHMjI0TTpTYWx2ZTEyMw=="
    assert headers["SOAPAction"] == '"action"'
    assert headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert body == b"<x/>"


@pytest.mark.parametrize("status", [401, 500, 503])
def test_send_returns_every_status(serve: Serve, status: int) -> None:
    base, _ = serve(lambda handler: answer(handler, status))
    with transport(base) as sender:
        assert sender.send(REQUEST).status == status


def test_send_follows_no_redirect(serve: Serve) -> None:
    base, seen = serve(lambda handler: answer(handler, 307, Location="http://127.0.0.1:9/"))
    with transport(base) as sender:
        assert sender.send(REQUEST).status == 307
    assert len(seen) == 1


def test_send_to_a_closed_port_was_not_sent() -> None:
    with socket.socket() as silent:  # held, so that nobody else comes to listen there
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        with transport(f"http://127.0.0.1:{port}") as sender, pytest.raises(NotSent):
            sender.send(REQUEST)


def test_send_without_answer_is_lost(serve: Serve) -> None:
    arrived, release = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        arrived.set()
        release.wait(120)

    base, seen = serve(hold)
    with transport(base, HASTY) as sender, pytest.raises(AnswerLost, match="in time"):
        sender.send(REQUEST)
    assert arrived.wait(120)
    assert len(seen) == 1  # once: a read timeout is never a reason to repeat
    release.set()


def test_send_cut_off_in_the_answer_is_lost(serve: Serve) -> None:
    def cut(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<y")
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)

    base, _ = serve(cut)
    with transport(base) as sender, pytest.raises(AnswerLost):
        sender.send(REQUEST)


def test_send_cut_off_before_the_answer_is_lost(serve: Serve) -> None:
    base, _ = serve(lambda handler: handler.connection.shutdown(socket.SHUT_RDWR))
    with transport(base) as sender, pytest.raises(AnswerLost):
        sender.send(REQUEST)


def test_send_gives_up_on_an_answer_that_drips(serve: Serve) -> None:
    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")
        for _ in range(60):
            handler.wfile.write(b"x" * 66_000)
            handler.wfile.flush()
            time.sleep(0.1)

    base, _ = serve(drip)
    with transport(base, Timeouts(0.3, 0.3, 0.3)) as sender, pytest.raises(AnswerLost, match=r"slowly|in time"):
        sender.send(REQUEST)


def test_send_goes_through_the_proxy_that_the_environment_names(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, seen = serve(answer)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("no_proxy", "")
    with transport("http://127.0.0.1:9") as sender:
        assert sender.send(REQUEST).status == 200
    assert seen[0][0].startswith("http://127.0.0.1:9/Interrogazione")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with transport("http://127.0.0.1:9") as sender, pytest.raises(NotSent):
        sender.send(REQUEST)
    assert len(seen) == 1


def test_send_takes_no_password_from_the_users_netrc(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    base, seen = serve(answer)
    with RequestsTransport(Endpoints(base), None) as sender:
        sender.send(REQUEST)
    assert "Authorization" not in seen[0][1]


def test_send_over_tls_trusts_only_the_given_ca(serve: Serve, tmp_path: Path) -> None:
    certificate, key = tls_pair(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    base, seen = serve(answer, context)
    with transport(base, tls=TlsSettings(certificate)) as sender:
        assert sender.send(REQUEST).status == 200
    with transport(base) as sender, pytest.raises(NotTrusted, match="not trusted"):
        sender.send(REQUEST)
    assert len(seen) == 1


def test_send_over_tls_ignores_bundles_of_the_environment(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tls_pair(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    base, _ = serve(answer, context)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with transport(base) as sender, pytest.raises(NotSent):
        sender.send(REQUEST)


def test_send_of_plain_http_to_a_tls_port_was_not_agreed(serve: Serve) -> None:
    base, _ = serve(answer)
    with transport(base.replace("http:", "https:")) as sender, pytest.raises((NotSent, AnswerLost)):
        sender.send(REQUEST)


@pytest.mark.parametrize(
    "base", ["http://example.org", "ftp://127.0.0.1", "https://user:secret@example.org", "nowhere"]
)
def test_transport_refuses_addresses_that_would_leak(base: str) -> None:
    with pytest.raises(ValueError, match="address") as refused:
        transport(base)
    assert "secret@" not in str(refused.value)


def test_transport_refuses_passwords_that_basic_cannot_carry() -> None:
    with pytest.raises(ValueError, match="Latin") as refused:
        RequestsTransport(Endpoints(), Credentials(USER, "pass€word"))
    assert "€" not in str(refused.value)


def test_endpoints_follow_channel_and_exceptions() -> None:
    endpoints = Endpoints(Host.PRODUCTION, Channel.ENTRATE, ((Call.RECEIPT, "https://127.0.0.1/receipt"),))
    assert endpoints.url(Call.INSERT) == (
        "https://invioSS730p.sanita.finanze.it/entrate/DocumentoSpesa730pWeb/DocumentoSpesa730pPort"
    )
    assert endpoints.url(Call.RECEIPT) == "https://127.0.0.1/receipt"


def test_tls_context_verifies_and_takes_the_older_suites() -> None:
    context = TlsSettings().context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    if hasattr(context, "security_level"):
        assert context.security_level == 1
