"""A reply as a MIME package, for clients that must be ready for one.

Source: implementers report that a reply may come as a package; the form is that of MTOM.
"""

from __future__ import annotations

import base64

from lxml import etree

from sistemats.xml import XOP_NS, parse_xml, serialise

BOUNDARY = "uuid:simulator-2f0c9d7e"
_FILES = ("csv", "pdf", "fileCSV")


def as_package(envelope: bytes) -> tuple[str, bytes]:
    """Return content type and body of a package around an envelope, its file as a part of its own."""
    root = parse_xml(envelope)
    parts: list[bytes] = []
    for element in root.iter():
        if isinstance(element.tag, str) and etree.QName(element).localname in _FILES and element.text:
            content_id = f"file{len(parts)}@simulator"
            parts.append(_part("application/octet-stream", content_id, base64.b64decode(element.text)))
            element.text = None
            etree.SubElement(element, f"{{{XOP_NS}}}Include", nsmap={"xop": XOP_NS}, href=f"cid:{content_id}")
    first = _part('application/xop+xml; charset=UTF-8; type="text/xml"', "root@simulator", serialise(root))
    body = b"".join([first, *parts]) + b"--" + BOUNDARY.encode("ascii") + b"--\r\n"
    content_type = (
        f'multipart/related; boundary="{BOUNDARY}"; type="application/xop+xml"; start="<root@simulator>";'
        ' start-info="text/xml"'
    )
    return content_type, body


def _part(content_type: str, content_id: str, content: bytes) -> bytes:
    head = (
        f"--{BOUNDARY}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: <{content_id}>\r\n\r\n"
    )
    return head.encode("ascii") + content + b"\r\n"
