"""Talking to a mail server, with every failure given a name that a person can act on.

Nothing here touches the database. Handing a mail over has two parts: `introduce` (connect, encrypt, sign in, name
sender and recipient) can fail without harm and be done again; from `hand_over` on, a broken line leaves it unknown
whether the mail left.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from urllib.parse import unquote, urlsplit

TIMEOUT = 20.0
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Problem(StrEnum):
    """What went wrong, as stored on rows; the words for people are in `web`."""

    NO_SERVER = "no_server"
    HOST_UNKNOWN = "host_unknown"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NOT_SMTP = "not_smtp"
    NO_STARTTLS = "no_starttls"
    TLS_FAILED = "tls_failed"
    CERTIFICATE = "certificate"
    AUTH_REFUSED = "auth_refused"
    AUTH_UNSUPPORTED = "auth_unsupported"
    SENDER_REFUSED = "sender_refused"
    RECIPIENT_REFUSED = "recipient_refused"
    CONTENT_REFUSED = "content_refused"
    BUSY = "busy"
    LINE_BROKE = "line_broke"


ABOUT_THE_MAIL = frozenset({Problem.RECIPIENT_REFUSED, Problem.CONTENT_REFUSED})
"""Problems of one mail, not of the server: trying again cannot help."""


class MailProblem(Exception):
    """The mail was not taken. `problem` says why; `code` is the server's reply code, 0 when it gave none."""

    def __init__(self, problem: Problem, code: int = 0) -> None:
        super().__init__(problem.value)
        self.problem, self.code = problem, code


class HandOverUnknown(Exception):
    """The line broke while the text was leaving: the server may or may not have taken the mail."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where and as whom to send. `security` is none, starttls or tls."""

    host: str
    port: int
    security: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    from_address: str = ""
    from_name: str = ""
    reply_to: str = ""
    own: bool = True


def parse_address(address: str, from_address: str) -> Server | None:
    """
    Return the installation's server from `smtp://USER:PASSWORD@HOST:PORT` or `smtps://…`; None when it is empty.

    smtp asks for STARTTLS unless the server is on this machine.

    :raises ValueError: another kind of address, or no host
    """
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("SPORTELLO_MAIL is smtp://USER:PASSWORD@HOST:PORT or smtps://…")
    plain = "none" if parts.hostname in LOCAL_HOSTS else "starttls"
    return Server(
        host=parts.hostname,
        port=parts.port or (465 if parts.scheme == "smtps" else 587),
        security="tls" if parts.scheme == "smtps" else plain,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        from_address=from_address,
        own=False,
    )


@contextmanager
def connected(server: Server, timeout: float = TIMEOUT) -> Iterator[smtplib.SMTP]:
    """
    Connect, encrypt and sign in; the connection is closed when the block ends.

    :raises MailProblem: with the step that failed
    """
    with _named_problems():
        smtp = _connect(server, timeout)
    try:
        with _named_problems():
            _encrypt_and_sign_in(smtp, server)
        yield smtp
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


def introduce(smtp: smtplib.SMTP, sender: str, recipient: str) -> None:
    """
    Name the sender and the recipient.

    :raises MailProblem: one of them is refused, or the line broke
    """
    with _named_problems():
        code, _ = smtp.mail(ascii_address(sender))
        if code >= 400:
            raise MailProblem(Problem.BUSY if code < 500 else Problem.SENDER_REFUSED, code)
        code, _ = smtp.rcpt(ascii_address(recipient))
        if code >= 400:
            raise MailProblem(Problem.BUSY if code < 500 else Problem.RECIPIENT_REFUSED, code)


def ascii_address(address: str) -> str:
    """Return the address as the network takes it: a domain with letters such as ü in its ASCII spelling."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def hand_over(smtp: smtplib.SMTP, message: EmailMessage) -> None:
    """
    Hand the text over.

    :raises MailProblem: the server said that it does not take it
    :raises HandOverUnknown: the line broke; nobody knows
    """
    try:
        code, _ = smtp.data(message.as_bytes(policy=SMTP))
    except smtplib.SMTPDataError as refusal:
        code = refusal.smtp_code
    except (OSError, smtplib.SMTPException):
        raise HandOverUnknown from None
    if code >= 400:
        raise MailProblem(Problem.BUSY if code < 500 else Problem.CONTENT_REFUSED, code)


def _connect(server: Server, timeout: float) -> smtplib.SMTP:
    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=timeout)


def _encrypt_and_sign_in(smtp: smtplib.SMTP, server: Server) -> None:
    smtp.ehlo_or_helo_if_needed()
    if server.security == "starttls":
        if not smtp.has_extn("starttls"):
            raise MailProblem(Problem.NO_STARTTLS)
        smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo()
    if server.username:
        smtp.login(server.username, server.password)


_NAMES: tuple[tuple[type[Exception], Problem], ...] = (  # the first that fits: the order goes from narrow to wide
    (smtplib.SMTPAuthenticationError, Problem.AUTH_REFUSED),
    (smtplib.SMTPNotSupportedError, Problem.AUTH_UNSUPPORTED),
    (smtplib.SMTPServerDisconnected, Problem.LINE_BROKE),
    (smtplib.SMTPException, Problem.NOT_SMTP),
    (ssl.SSLCertVerificationError, Problem.CERTIFICATE),
    (ssl.SSLError, Problem.TLS_FAILED),
    (TimeoutError, Problem.TIMEOUT),
    (socket.gaierror, Problem.HOST_UNKNOWN),
    (UnicodeError, Problem.HOST_UNKNOWN),
    (OSError, Problem.UNREACHABLE),
)


@contextmanager
def _named_problems() -> Iterator[None]:
    """Give each way a mail server can fail its name; nothing of what the server said is kept."""
    try:
        yield
    except (OSError, UnicodeError) as error:  # every error of smtplib is an OSError
        code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
        if isinstance(error.__context__, TimeoutError):  # smtplib tells a line that fell silent as one that broke
            raise MailProblem(Problem.TIMEOUT) from None
        named = next(problem for kind, problem in _NAMES if isinstance(error, kind))
        raise MailProblem(Problem.BUSY if 400 <= code < 500 else named, code) from None
