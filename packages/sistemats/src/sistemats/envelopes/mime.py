"""HTTP messages of the library, and the MIME package (MTOM) around an upload and some replies.

The package is written by hand: one root part with the envelope, one binary part with the zip.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import quopri
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import pairwise
from types import MappingProxyType

from sistemats.codes import Call
from sistemats.errors import UnreadableMessage

_ROOT_ID = "root.message@sistemats"
_MAX_PARTS = 16
_NOTHING: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request ready for a transport: which call, the bytes, their type, the SOAPAction without quotes."""

    call: Call
    body: bytes = field(repr=False)
    content_type: str
    soap_action: str


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back: status, type and bytes."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


def parse_content_type(value: str) -> Message:
    """Read a Content-Type header with its parameters."""
    message = Message()
    message["Content-Type"] = _one_line(value)
    return message


def _one_line(value: str) -> str:
    return value.replace("\r", "").replace("\n", "")


def build_mtom(envelope: bytes, content_id: str, attachment: bytes) -> tuple[str, bytes]:
    """Return content type and body of a MIME package: envelope first, then the zip under `content_id`."""
    digest = hashlib.sha256(envelope)
    digest.update(attachment)
    boundary = f"uuid-{digest.hexdigest()[:40]}"
    head = (
        f"--{boundary}\r\n"
        'Content-Type: application/xop+xml; charset=UTF-8; type="text/xml"\r\n'
        "Content-Transfer-Encoding: 8bit\r\n"
        f"Content-ID: <{_ROOT_ID}>\r\n\r\n"
    ).encode("ascii")
    middle = (
        f"\r\n--{boundary}\r\n"
        "Content-Type: application/zip\r\n"
        "Content-Transfer-Encoding: binary\r\n"
        f"Content-ID: <{content_id}>\r\n\r\n"
    ).encode("ascii")
    body = b"".join((head, envelope, middle, attachment, f"\r\n--{boundary}--\r\n".encode("ascii")))
    content_type = (
        f'multipart/related; type="application/xop+xml"; start="<{_ROOT_ID}>"; start-info="text/xml";'
        f' boundary="{boundary}"'
    )
    return content_type, body


def split_package(content_type: str, body: bytes) -> tuple[bytes, Mapping[str, bytes]]:
    """Return the XML of a message and its attachments by Content-ID; a plain message has none.

    :raises UnreadableMessage: a MIME package without boundary, without root part, or with too many parts
    """
    if "multipart" not in _one_line(content_type).lower():
        return body, _NOTHING  # nearly every message: no need to take its header apart
    header = parse_content_type(content_type)
    if header.get_content_maintype() != "multipart":
        return body, _NOTHING
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise UnreadableMessage("The MIME package names no boundary.")
    parts = [_split_part(part) for part in _parts(body, boundary.encode("latin-1", "replace"))]
    if not parts:
        raise UnreadableMessage("The MIME package has no parts.")
    start = header.get_param("start")
    wanted = start.strip("<>") if isinstance(start, str) else ""
    root = next((content for name, content in parts if wanted and name == wanted), parts[0][1])
    return root, MappingProxyType({name: content for name, content in parts if content is not root})


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    """Cut at lines `--boundary`; the last one ends in two more hyphens."""
    line = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|$)")
    cuts = list(line.finditer(body))
    if len(cuts) > _MAX_PARTS + 1:
        raise UnreadableMessage(f"The MIME package has more than {_MAX_PARTS} parts.")
    pieces = []
    for here, after in pairwise(cuts):
        if here.group(1):
            break
        pieces.append(body[here.end() : after.start()])
    return pieces


def _split_part(part: bytes) -> tuple[str, bytes]:
    head, separator, content = part.partition(b"\r\n\r\n")
    if not separator:
        head, separator, content = part.partition(b"\n\n")
    if not separator:
        raise UnreadableMessage("A part of the MIME package has no headers.")
    headers = BytesHeaderParser().parsebytes(head)
    content_id = str(headers.get("Content-ID", "")).strip().strip("<>")
    encoding = str(headers.get("Content-Transfer-Encoding", "binary")).strip().lower()
    if encoding == "base64":
        content = _decode_base64(content)
    elif encoding == "quoted-printable":
        content = quopri.decodestring(content)
    return content_id, content


def _decode_base64(content: bytes) -> bytes:
    try:
        return base64.b64decode(re.sub(rb"\s", b"", content), validate=True)
    except binascii.Error:
        raise UnreadableMessage("A part of the MIME package is not valid base64.") from None
