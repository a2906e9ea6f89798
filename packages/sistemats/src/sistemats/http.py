"""Sending bytes: a transport is anything with `send`; this one is made of requests.

It authenticates every request at once (the service never asks), verifies against a CA bundle of one's own, accepts
the older cipher suites of the service, follows no redirect, and says of every failure whether the request may have
arrived. Nothing here logs a body, a user or a password.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.exceptions import SSLError as Urllib3SSLError

from sistemats import __version__
from sistemats.codes import Call, Channel, Host, endpoint_path
from sistemats.envelopes.mime import HttpReply, HttpRequest
from sistemats.errors import SistemaTSError

MAX_REPLY = 64_000_000
_log = logging.getLogger("sistemats.http")
_HANDSHAKE_WORDS = ("CERTIFICATE_VERIFY_FAILED", "HANDSHAKE", "UNSUPPORTED_PROTOCOL", "WRONG_VERSION", "NO_CIPHERS")


class NotSent(SistemaTSError):
    """The connection was never made: the service knows nothing of the request, sending again is safe."""


class NotTrusted(NotSent):
    """The server could not prove who it is, so nothing was said to it: its CA is missing, or it is not the ministry."""


class AnswerLost(SistemaTSError):
    """The request may have arrived and no answer did: nobody knows whether it was carried out."""


class Transport(Protocol):
    """What the client needs of a network."""

    def send(self, request: HttpRequest) -> HttpReply:
        """
        Send a request and return the answer, whatever its status.

        :raises NotSent: it certainly did not arrive
        :raises AnswerLost: it may have arrived
        """
        ...


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the services are: a host (scheme included), the channel's prefix, and exceptions call by call."""

    base: str = Host.TEST.value
    channel: Channel = Channel.DIRECT
    exceptions: tuple[tuple[Call, str], ...] = ()

    def url(self, call: Call) -> str:
        """Return the address of a call."""
        return dict(self.exceptions).get(call) or self.base.rstrip("/") + endpoint_path(call, self.channel)


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password of the Sistema TS account; neither shows in a repr."""

    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: to connect, for the answer, and for the answer to an upload (test hosts take up to 90)."""

    connect: float = 10.0
    read: float = 120.0
    upload_read: float = 300.0

    def of(self, call: Call) -> tuple[float, float]:
        """Return connect and read timeout of a call."""
        return (self.connect, self.upload_read if call is Call.UPLOAD else self.read)


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """How to trust and be trusted: CA bundle (None for the public ones), client certificate, cipher suites."""

    ca_bundle: Path | None = None
    client_certificate: tuple[Path, Path] | None = field(default=None, repr=False)
    ciphers: str = "DEFAULT:@SECLEVEL=1"

    def context(self) -> ssl.SSLContext:
        """Return the TLS context: verification always on, TLS 1.2 or newer, the given cipher suites."""
        context = ssl.create_default_context(cafile=self._bundle())
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(self.ciphers)
        if self.client_certificate:
            context.load_cert_chain(*self.client_certificate)
        return context

    def _bundle(self) -> str:
        return str(self.ca_bundle) if self.ca_bundle else DEFAULT_CA_BUNDLE_PATH


class _Adapter(HTTPAdapter):
    """An adapter with our TLS context and no retries of its own."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)


class RequestsTransport:
    """Transport over HTTP or HTTPS with the requests library. Close it, or use it in a `with`."""

    def __init__(
        self,
        endpoints: Endpoints,
        credentials: Credentials | None,
        tls: TlsSettings | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Connect nothing yet. `credentials` is None only with a client certificate.

        :raises ValueError: an address that is neither HTTPS nor HTTP on this machine, or a user or password with
            characters that HTTP Basic cannot carry
        """
        self._endpoints = endpoints
        self._tls = tls or TlsSettings()
        self._timeouts = timeouts or Timeouts()
        self._session = requests.Session()
        self._session.trust_env = False  # nothing is read from the environment but proxies, and those once
        self._proxies: dict[str, dict[str, str]] = {}
        self._auth = _basic(credentials) if credentials else _no_authentication
        _check_base(endpoints.base)
        if endpoints.base.startswith("https:"):
            self._session.mount("https://", _Adapter(self._tls.context()))
        self._session.headers["User-Agent"] = f"sistemats/{__version__}"

    def __enter__(self) -> RequestsTransport:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, request: HttpRequest) -> HttpReply:
        """Post a request; see `Transport.send`."""
        started = time.monotonic()
        connect, read = self._timeouts.of(request.call)
        url = self._endpoints.url(request.call)
        try:
            with self._session.post(
                url,
                data=request.body,
                headers={
                    "Content-Type": request.content_type,
                    "SOAPAction": f'"{request.soap_action}"',
                    "MIME-Version": "1.0",
                },
                auth=self._auth,
                timeout=(connect, read),
                proxies=self._proxies_for(url),
                verify=self._tls._bundle(),
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = b"".join(_bounded(answer, started + connect + 2 * read))
                reply = HttpReply(answer.status_code, answer.headers.get("Content-Type", "text/xml"), body)
        except requests.RequestException as problem:
            raise _sort(problem) from None
        _log.debug("%s: HTTP %d in %.1f s", request.call, reply.status, time.monotonic() - started)
        return reply

    def _proxies_for(self, url: str) -> dict[str, str]:
        """Return the proxies that the environment names for an address, as it was at the first request there."""
        if url not in self._proxies:
            self._proxies[url] = dict(get_environ_proxies(url))
        return self._proxies[url]


def _basic(credentials: Credentials) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    try:
        user, password = (text.encode("latin-1") for text in (credentials.username, credentials.password))
    except UnicodeEncodeError:
        raise ValueError("User and password may hold only Latin letters, digits and signs.") from None
    return requests.auth.HTTPBasicAuth(user, password)


def _no_authentication(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from looking for a password in the user's .netrc file."""
    return request


def _check_base(base: str) -> None:
    parts = urlsplit(base)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ValueError("The address must begin with https:// (http:// only on this machine): passwords travel in it.")
    if parts.username or parts.password:
        raise ValueError("The address must not hold a user or a password.")


def _bounded(answer: requests.Response, deadline: float) -> Iterator[bytes]:
    size = 0
    for chunk in answer.iter_content(65536):
        size += len(chunk)
        if size > MAX_REPLY:
            raise AnswerLost(f"The answer is longer than {MAX_REPLY} bytes.")
        if time.monotonic() > deadline:
            raise AnswerLost("The answer comes too slowly.")
        yield chunk


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """Walk through the exceptions that requests and urllib3 wrap in one another."""
    seen: set[int] = set()
    waiting: list[object] = [problem]
    while waiting:
        here = waiting.pop()
        if not isinstance(here, BaseException) or id(here) in seen:
            continue
        seen.add(id(here))
        yield here
        waiting += [*here.args, getattr(here, "reason", None), here.__cause__, here.__context__]


def _sort(problem: requests.RequestException) -> NotSent | AnswerLost:
    """Say whether the request may have arrived, in our own words (theirs may quote it)."""
    causes = list(_causes(problem))
    if any(isinstance(cause, (NewConnectionError, ConnectTimeoutError)) for cause in causes):
        return NotSent("The service cannot be reached.")
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return NotTrusted("The server's certificate is not trusted: give its CA in the settings.")
    if any(isinstance(cause, (ssl.SSLError, Urllib3SSLError)) and _in_handshake(cause) for cause in causes):
        return NotSent("No secure connection could be agreed on with the service.")
    if isinstance(problem, (requests.ConnectTimeout, requests.exceptions.InvalidURL, requests.exceptions.ProxyError)):
        return NotSent("The service cannot be reached.")
    if isinstance(problem, requests.ReadTimeout):
        return AnswerLost("The service did not answer in time.")
    return AnswerLost("The connection broke before the answer came.")


def _in_handshake(cause: BaseException) -> bool:
    text = str(cause).upper()
    return any(word in text for word in _HANDSHAKE_WORDS)
