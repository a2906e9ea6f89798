"""The only door XML comes in by: no document type, no entities, no network, bounded size.

>>> parse_xml(b"<a>1</a>").text
'1'
"""

from __future__ import annotations

import threading

from lxml import etree

from sistemats.errors import ForbiddenXml, UnreadableMessage

SOAP_NS = "http://schemas.xmlsoap.org/soap/envelope/"
_ENVELOPE, _BODY = f"{{{SOAP_NS}}}Envelope", f"{{{SOAP_NS}}}Body"
_DECLARED = b"<?xml version='1.0' encoding='UTF-8'?>\n"
_OPENING = _DECLARED + f'<soapenv:Envelope xmlns:soapenv="{SOAP_NS}"><soapenv:Body>'.encode()
_CLOSING = b"</soapenv:Body></soapenv:Envelope>"
XOP_NS = "http://www.w3.org/2004/08/xop/include"
MAX_XML = 16_000_000
_GZIP = b"\x1f\x8b"
_Element = etree._Element
_PER_THREAD = threading.local()


def secure_parser() -> etree.XMLParser:
    """Return a fresh parser (they are not shared between threads) that resolves and fetches nothing."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _parser() -> etree.XMLParser:
    """Return this thread's parser, which costs more to make than most messages cost to read."""
    parser: etree.XMLParser | None = getattr(_PER_THREAD, "parser", None)
    if parser is None:
        parser = _PER_THREAD.parser = secure_parser()
    return parser


def parse_xml(data: bytes, max_bytes: int = MAX_XML) -> _Element:
    """Return the root element of an XML document.

    :raises ForbiddenXml: it declares a document type, or is longer than `max_bytes`
    :raises UnreadableMessage: it is not well-formed
    """
    if len(data) > max_bytes:
        raise ForbiddenXml(f"The XML has {len(data)} bytes; at most {max_bytes} are read.")
    if data.startswith(_GZIP):
        raise UnreadableMessage("The bytes are compressed: the services take XML as it is.")
    if b"<!DOCTYPE" in data[:2048] or b"<!ENTITY" in data:
        raise ForbiddenXml("The XML declares a document type or an entity.")
    try:
        root = etree.fromstring(data, _parser())
    except (etree.XMLSyntaxError, ValueError):
        raise UnreadableMessage("The bytes are not well-formed XML.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ForbiddenXml("The XML declares a document type or an entity.")
    return root


def read_back(data: bytes) -> _Element:
    """Return the root element of XML that was written here, where no tag comes from outside.

    :raises UnreadableMessage: a text in it holds characters that XML does not have
    """
    try:
        return etree.fromstring(data, _parser())
    except etree.XMLSyntaxError:
        raise UnreadableMessage("The XML holds characters that it cannot hold.") from None


def local_name(element: _Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def serialise(element: _Element) -> bytes:
    """Return an element as UTF-8 bytes with an XML declaration."""
    return etree.tostring(element, xml_declaration=True, encoding="UTF-8")


def envelop(body: bytes) -> bytes:
    """Put a body, written in UTF-8, into a SOAP 1.1 envelope."""
    return b"".join((_OPENING, body, _CLOSING))


def soap_envelope(body: _Element) -> bytes:
    """Wrap a body element in a SOAP 1.1 envelope."""
    envelope = etree.Element(_ENVELOPE, nsmap={"soapenv": SOAP_NS})
    etree.SubElement(envelope, _BODY).append(body)
    return serialise(envelope)


def soap_body(root: _Element) -> _Element:
    """Return the only child of the Body of an envelope.

    :raises UnreadableMessage: not a SOAP 1.1 envelope, or not exactly one body element
    """
    if root.tag != _ENVELOPE:
        raise UnreadableMessage("The XML is not a SOAP 1.1 envelope.")
    body = next((child for child in root if child.tag == _BODY), None)
    children = [] if body is None else [child for child in body if isinstance(child.tag, str)]
    if len(children) != 1:
        raise UnreadableMessage(f"The SOAP body has {len(children)} elements: one is expected.")
    return children[0]
