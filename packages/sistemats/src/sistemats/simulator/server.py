"""The HTTP door: sockets, TLS, keep-alive, chunked bodies, deadlines; one pool of threads.

Each connection has a worker while it lasts, out of a bounded pool whose threads live on, because compiled schemas do.
Reading has deadlines, so a client that sends one byte a minute is let go; bodies have a size.
"""

from __future__ import annotations

import contextlib
import io
import select
import socket
import socketserver
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import Protocol
from urllib.parse import urlsplit

from sistemats.simulator.calls import Answer, HttpCall

WORKERS = 256
IDLE_SECONDS, HEADER_SECONDS, BODY_SECONDS, WRITE_SECONDS = 75.0, 20.0, 120.0, 60.0
HEALTH_PATH = "/healthz"
_DRAIN_BYTES, _DRAIN_SECONDS = 64_000_000, 3.0


class TooLong(Exception):
    """The body is longer than is read."""


class Malformed(Exception):
    """The body's framing makes no sense."""


class Answering(Protocol):
    """What a server asks for answers."""

    def __call__(self, call: HttpCall) -> Answer:
        """Return the answer to a call."""


class _Patient(io.RawIOBase):
    """A socket as a stream whose reads end at a deadline."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def allow(self, seconds: float) -> None:
        """Let reads go on for so long from now."""
        self.deadline = time.monotonic() + seconds

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the client took too long")
        self._socket.settimeout(left)
        return self._socket.recv_into(buffer)


class Handler(BaseHTTPRequestHandler):
    """One connection: reads calls, asks for answers, writes them."""

    protocol_version = "HTTP/1.1"
    server_version = "sistemats-simulator"
    sys_version = ""
    default_request_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HttpServer

    def setup(self) -> None:
        """Shake hands when there is TLS, and put deadlines on reading."""
        super().setup()
        self._raw = _Patient(self.connection)
        self.rfile.close()
        self.rfile = self._buffered = io.BufferedReader(self._raw, 65_536)
        self._raw.allow(HEADER_SECONDS)
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.settimeout(HEADER_SECONDS)
            self.connection.do_handshake()

    def handle(self) -> None:
        """Serve calls until the client has no more, or something breaks."""
        with contextlib.suppress(OSError, ValueError):  # a client that goes away is no event
            super().handle()

    def handle_one_request(self) -> None:
        """Wait for a call, then read and answer it."""
        self._raw.allow(IDLE_SECONDS)
        try:
            if not self._buffered.peek(1):
                self.close_connection = True
                return
        except TimeoutError:
            self.close_connection = True
            return
        self._raw.allow(HEADER_SECONDS)
        super().handle_one_request()

    def handle_expect_100(self) -> bool:
        """Tell a client that waits for it to go on."""
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def do_POST(self) -> None:
        """Read the body and answer."""
        self._raw.allow(BODY_SECONDS)
        try:
            body = self._body()
        except TooLong:
            self.close_connection = True
            self._write(self.server.too_long())
            self._drain()
            return
        except Malformed:
            self.close_connection = True
            self._write(Answer(400, "text/plain; charset=UTF-8", b"malformed body\n"))
            return
        self._serve(body)

    def do_GET(self) -> None:
        """Answer a call that has no body."""
        if self.path == HEALTH_PATH:
            self._write(Answer(200, "application/json", b'{"status": "ok"}\n'))
            return
        self.do_POST()

    do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = do_GET

    def _serve(self, body: bytes) -> None:
        call = HttpCall(
            method=self.command,
            path=_origin_form(self.path),
            content_type=self.headers.get("Content-Type", ""),
            authorization=self.headers.get("Authorization"),
            body=body,
            certificate=self._certificate_name(),
            tls=isinstance(self.connection, ssl.SSLSocket),
            foreign=self._foreign(),
        )
        answer = self.server.answering(call)
        if answer.delay and not self._wait(answer.delay):
            self.close_connection = True
            return
        self._write(answer)

    def _foreign(self) -> bool:
        """Tell whether a browser says that another site made it send this."""
        origin, host = self.headers.get("Origin"), self.headers.get("Host", "")
        site = self.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site not in {"none", "same-origin"}
        return origin is not None and urlsplit(origin).netloc != host

    def _certificate_name(self) -> str | None:
        """Return the common name in the client's certificate, which the handshake has verified."""
        if not isinstance(self.connection, ssl.SSLSocket):
            return None
        certificate = self.connection.getpeercert() or {}
        names = dict(pair for group in certificate.get("subject", ()) for pair in group)  # type: ignore[misc]
        return names.get("commonName")

    def _body(self) -> bytes:
        """Return the whole body.

        :raises TooLong: it is longer than is read
        :raises Malformed: its length makes no sense, or it ends early
        """
        if self.headers.get("Transfer-Encoding", "").strip():
            if self.headers["Transfer-Encoding"].strip().lower() != "chunked":
                raise Malformed
            return self._chunks()
        text = self.headers.get("Content-Length", "0").strip()
        if not (text.isascii() and text.isdigit()) or len(text) > 18:
            raise Malformed
        length = int(text)
        if length > self.server.max_body_bytes:
            raise TooLong
        return self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise Malformed
        return body

    def _chunks(self) -> bytes:
        pieces, total = [], 0
        while size := self._chunk_size():
            total += size
            if total > self.server.max_body_bytes:
                raise TooLong
            pieces.append(self._exactly(size))
            if self.rfile.readline(8).strip():
                raise Malformed
        for _ in range(100):  # trailers
            if not self.rfile.readline(8_192).strip():
                return b"".join(pieces)
        raise Malformed

    def _chunk_size(self) -> int:
        text = self.rfile.readline(1_024).split(b";", 1)[0].strip()
        if not 0 < len(text) <= 8:
            raise Malformed
        try:
            return int(text, 16)
        except ValueError:
            raise Malformed from None

    def _wait(self, seconds: float) -> bool:
        """Wait, unless the client goes away or the server stops; return whether to go on."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.server.stopping.wait(min(left, 0.05)):
                return False
            if not isinstance(self.connection, ssl.SSLSocket) and self._gone():
                return False
        return True

    def _gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _write(self, answer: Answer) -> None:
        """Write head and body in one piece, or as much of them as the answer allows."""
        if answer.keep is not None:
            self.close_connection = True
        if answer.keep == 0:
            return
        closing = self._connection_line()
        allow = "Allow: POST\r\n" if answer.status == 405 else ""
        reason = self.responses.get(answer.status, ("",))[0]
        head = (
            f"HTTP/1.1 {answer.status} {reason}\r\nServer: {self.server_version}\r\nDate: {self.date_time_string()}\r\n"
            f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n{allow}{closing}"
            f"{answer.extra_headers}\r\n"
        )
        body = b"" if self.command == "HEAD" else answer.body[: answer.keep]
        self.connection.settimeout(WRITE_SECONDS)
        self.wfile.write(head.encode("latin-1") + body)

    def _connection_line(self) -> str:
        """Return the header that says what becomes of the connection, where that is not understood."""
        if self.close_connection:
            return "Connection: close\r\n"
        return "Connection: keep-alive\r\n" if self.request_version == "HTTP/1.0" else ""

    def _drain(self) -> None:
        """Take in some of what a client still sends, so that it gets to read the answer."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self._raw.allow(_DRAIN_SECONDS)
            for _ in range(_DRAIN_BYTES // 65_536):
                if not self.rfile.read1(65_536):
                    return

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the journal knows."""


class HttpServer(socketserver.TCPServer):
    """Accepts connections and gives them to the pool."""

    allow_reuse_address = True
    request_queue_size = 256

    def __init__(
        self,
        address: tuple[str, int],
        answering: Answering,
        *,
        too_long: Answer,
        max_body_bytes: int,
        tls: TlsChoice | None = None,
    ) -> None:
        """Listen at an address and ask `answering`; with `tls`, over TLS."""
        self.answering, self.max_body_bytes = answering, max_body_bytes
        self._too_long, self._tls = too_long, tls
        self.stopping = threading.Event()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="call")
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self) -> int:
        """The port it listens at."""
        return int(self.socket.getsockname()[1])

    def too_long(self) -> Answer:
        """Return what a body beyond the limit gets."""
        return self._too_long

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting, end what hangs, and close every connection."""
        self.stopping.set()
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def process_request(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        """Give a connection to the pool; TLS begins there, so that a slow handshake holds up nobody."""
        self._pool.submit(self._work, request, client_address)

    def _work(self, connection: socket.socket, client_address: tuple[str, int]) -> None:
        with self._open_lock:
            self._open.add(connection)
        served = connection
        try:
            if self._tls is not None:
                served = self._tls().wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                with self._open_lock:
                    self._open.discard(connection)
                    self._open.add(served)
            self.finish_request(served, client_address)
        except (OSError, ValueError):  # a broken handshake or connection concerns nobody else
            pass
        finally:
            with self._open_lock:
                self._open.discard(connection)
                self._open.discard(served)
            self.shutdown_request(served)


class TlsChoice(Protocol):
    """Chooses the TLS context of a new connection."""

    def __call__(self) -> ssl.SSLContext:
        """Return the context."""


def _origin_form(target: str) -> str:
    """Return path and query of a request target, which a proxy-minded client may send as a whole URL."""
    if not target.startswith(("http://", "https://")):
        return target
    parts = urlsplit(target)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
