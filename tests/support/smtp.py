"""A mail server on this machine that answers as a test tells it, and remembers what it took."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Post:
    """What the server does at each step (a reply, or `drop` to hang up), and what it was given."""

    greeting: str = "220 post"
    extensions: tuple[str, ...] = ("AUTH PLAIN LOGIN",)
    auth: str = "235 welcome"
    sender: str = "250 ok"
    recipient: str = "250 ok"
    data: str = "354 go on"
    taken: str = "250 taken"
    before_recipient: Callable[[], None] = lambda: None
    before_taken: Callable[[], None] = lambda: None
    context: ssl.SSLContext | None = None
    tls_at_once: bool = False
    port: int = 0
    mails: list[str] = field(default_factory=list)
    visits: int = 0
    commands: list[str] = field(default_factory=list)


class _Conversation(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        post: Post = self.server.post  # type: ignore[attr-defined]
        post.visits += 1
        try:
            if post.tls_at_once and post.context:
                self.request = post.context.wrap_socket(self.request, server_side=True)
            self._talk(post)
        except (OSError, ssl.SSLError):
            pass
        finally:
            self.request.close()

    def _talk(self, post: Post) -> None:
        self._open_lines()
        if not self._say(post.greeting):
            return
        while line := self.lines.readline().decode(errors="replace").strip():
            verb = line.split(" ")[0].split(":")[0].upper()
            post.commands.append(verb)
            if not self._answer(post, verb):
                return

    def _answer(self, post: Post, verb: str) -> bool:
        match verb:
            case "EHLO":
                lines = ["post", *post.extensions]
                if post.context and not post.tls_at_once and not isinstance(self.request, ssl.SSLSocket):
                    lines.append("STARTTLS")
                return self._say(*[f"250-{each}" for each in lines[:-1]], f"250 {lines[-1]}")
            case "STARTTLS":
                self._say("220 go on")
                assert post.context
                self.request = post.context.wrap_socket(self.request, server_side=True)
                self._open_lines()
                return True
            case "AUTH":
                return self._say(post.auth)
            case "MAIL":
                return self._say(post.sender)
            case "RCPT":
                post.before_recipient()
                return self._say(post.recipient)
            case "DATA":
                return self._take(post)
            case "QUIT":
                self._say("221 bye")
                return False
            case _:
                return self._say("250 ok")

    def _take(self, post: Post) -> bool:
        if not self._say(post.data) or not post.data.startswith("354"):
            return post.data != "drop"
        lines = []
        while (line := self.lines.readline().decode("ascii")) not in {".\r\n", ""}:
            lines.append(line)
        post.before_taken()
        if post.taken.startswith("250") or post.taken == "drop":
            post.mails.append("".join(lines))
        return self._say(post.taken)

    def _open_lines(self) -> None:
        self.lines = self.request.makefile("rb")

    def _say(self, *lines: str) -> bool:
        if lines == ("drop",):
            self.request.shutdown(socket.SHUT_RDWR)
            return False
        for line in lines:
            self.request.sendall(f"{line}\r\n".encode())
        return True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def running(post: Post) -> Iterator[Post]:
    """Run the server on a free port until the block ends."""
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.post = post  # type: ignore[attr-defined]
        post.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield post
        finally:
            server.shutdown()
            thread.join()


def self_signed(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """Return a server context with a fresh certificate for a name, and the file of that certificate."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, secret = folder / "certificate.pem", folder / "key.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, secret)
    return context, path
