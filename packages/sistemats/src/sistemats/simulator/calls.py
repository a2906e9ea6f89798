"""One HTTP call and its answer, as plain values between the door and the ministry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sistemats.replies import Fault as SoapFault
from sistemats.replies import build_reply
from sistemats.simulator.faults import Fault, Rule
from sistemats.simulator.faulttext import AUTHENTICATION, INTERNAL

XML_TYPE = "text/xml; charset=UTF-8"
SILENT = 0  # bytes of an answer that never comes


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP request, read whole. `certificate` is the common name of a verified client certificate.

    `foreign` is True when a browser sends it on behalf of another site.
    """

    method: str
    path: str
    content_type: str
    authorization: str | None = field(repr=False)
    body: bytes = field(repr=False)
    certificate: str | None = None
    tls: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back, and how badly. `keep` is how many bytes of it to send before closing, None for all.

    `extra_headers` are whole header lines, each with its line end.
    """

    status: int = 200
    content_type: str = XML_TYPE
    body: bytes = field(default=b"", repr=False)
    delay: float = 0.0
    keep: int | None = None
    extra_headers: str = ""


def fault_answer(fault: SoapFault) -> Answer:
    """Return a SOAP fault, which always comes with HTTP 500."""
    return Answer(500, body=build_reply(fault))


def page_answer(status: int, text: str) -> Answer:
    """Return a page of HTML, as a proxy in front of the service would."""
    page = f"<html><head><title>{status}</title></head><body><h1>{text}</h1></body></html>"
    return Answer(status, "text/html; charset=UTF-8", page.encode("utf-8"))


INSTEAD: dict[Fault, Callable[[Rule], Answer]] = {
    Fault.EXPIRED_PASSWORD: lambda _: fault_answer(AUTHENTICATION),
    Fault.LOCKOUT: lambda _: fault_answer(AUTHENTICATION),
    Fault.HANG: lambda rule: Answer(delay=rule.seconds, keep=SILENT),
    Fault.CONNECTION_RESET: lambda _: Answer(keep=SILENT),
    Fault.HTTP_503: lambda _: page_answer(503, "Service Unavailable"),
    Fault.HTTP_401: lambda _: page_answer(401, "Unauthorized"),
    Fault.HTTP_403: lambda _: page_answer(403, "Forbidden"),
    Fault.NON_MIME_FAULT: lambda _: fault_answer(INTERNAL),
    Fault.INTERNAL_ERROR: lambda _: fault_answer(INTERNAL),
    Fault.EMPTY_ANSWER: lambda _: Answer(),
}
