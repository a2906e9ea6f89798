"""Requests to HTTP bodies and back.

`build_request` is what the client sends; `parse_request` is what the simulator reads: MIME undone, XOP resolved,
schema checked, base64 strict, entities refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lxml import etree

from sistemats.codes import CALLS, Call, call_for_body
from sistemats.envelopes.elements import (
    children,
    must,
    read_document,
    read_identifier,
    read_options,
    read_owner,
    text_of,
)
from sistemats.envelopes.mime import HttpRequest, build_mtom, parse_content_type, split_package
from sistemats.envelopes.text import (
    BODIES,
    PREFIX,
    document_text,
    group,
    head_text,
    identifier_text,
    leaves,
    options_text,
    owner_text,
)
from sistemats.envelopes.wire import (
    NO_OPTIONS,
    CancelRequest,
    ChangeRequest,
    ErrorDetailRequest,
    FlagDetailRequest,
    FlagReportRequest,
    InsertRequest,
    MonthlyReportRequest,
    OutcomeRequest,
    PointQueryRequest,
    ReceiptRequest,
    RefundRequest,
    UploadRequest,
    WireOwner,
    WireRequest,
    WrittenRequest,
)
from sistemats.errors import ForbiddenXml, SistemaTSError, UnknownBody, UnreadableMessage
from sistemats.schemas import SchemaProblem, validate_request
from sistemats.xml import XOP_NS, envelop, parse_xml, read_back, soap_body

_Element = etree._Element
_INCLUDE = f"{{{XOP_NS}}}Include"
_SCHEME = re.compile("^cid:", re.IGNORECASE)
_CHARSETS = frozenset({"iso-8859-1", "iso-8859-15", "windows-1252", "utf-16", "utf-16le", "utf-16be"})
_ATTACHMENT_ID = "archive@sistemats"
_INCLUDED = f'<xop:Include xmlns:xop="{XOP_NS}" href="cid:{_ATTACHMENT_ID}"/>'.encode()
_NO_ARCHIVE = b"<documento></documento>"
_PLAIN_XML = "text/xml; charset=UTF-8"
_Owned = InsertRequest | ChangeRequest | RefundRequest | CancelRequest | PointQueryRequest | MonthlyReportRequest


class InvalidRequest(SistemaTSError):
    """A request that breaks the schema. `problems` says where; no value is quoted. `call` is None if unknown."""

    def __init__(self, call: Call | None, problems: list[SchemaProblem]) -> None:
        """Keep the problems and read as the first of them."""
        self.call = call
        self.problems = tuple(problems)
        super().__init__(f"The request breaks the schema: {'; '.join(map(str, problems[:3]))}")


def build_element(wire: WireRequest) -> _Element:
    """Return the body element of a request, validated.

    :raises InvalidRequest: the values break the schema
    """
    root = _read_back(wire.call, _write(_FORMS[wire.call], wire))
    if isinstance(wire, UploadRequest):
        root[-1].text = _base64(wire.archive)
    return root


def build_request(wire: WireRequest | WrittenRequest) -> HttpRequest:
    """Return the HTTP body of a request: MTOM for an upload (unless `inline`), plain SOAP for the rest.

    :raises InvalidRequest: the values break the schema; nothing may leave
    """
    call = wire.call
    form = _FORMS[call]
    body = _write(form, wire)
    _read_back(call, body)
    if not isinstance(wire, UploadRequest):
        return HttpRequest(call, envelop(body), _PLAIN_XML, form.soap_action)
    inside = _base64(wire.archive).encode("ascii") if wire.inline else _INCLUDED
    envelope = envelop(body.replace(_NO_ARCHIVE, b"<documento>%b</documento>" % inside))
    if wire.inline:
        return HttpRequest(call, envelope, _PLAIN_XML, form.soap_action)
    content_type, package = build_mtom(envelope, _ATTACHMENT_ID, wire.archive)
    return HttpRequest(call, package, content_type, form.soap_action)


def _write(form: _Form, wire: WireRequest | WrittenRequest) -> bytes:
    """Write a body; that of an upload with nothing for its archive, which base64 or a MIME part can only fit."""
    inside = wire.inside if isinstance(wire, WrittenRequest) else form.write(form.prefix, wire)
    text = f"{form.opening}{inside}{form.closing}"
    return text.encode("utf-8", "xmlcharrefreplace")  # half a character becomes a reference that no parser takes


def _read_back(call: Call, body: bytes) -> _Element:
    """Read what was written and check it.

    :raises InvalidRequest: it breaks the schema, or holds characters that XML does not have
    """
    try:
        root = read_back(body)
    except UnreadableMessage:
        name = CALLS[call].body
        problem = SchemaProblem(f"/{name}", "CHARACTERS", "characters that XML cannot hold")
        raise InvalidRequest(call, [problem]) from None
    problems = validate_request(root)
    if problems:
        raise InvalidRequest(call, problems)
    return root


def _base64(archive: bytes) -> str:
    return base64.b64encode(archive).decode("ascii")


def read_body(content_type: str, body: bytes) -> _Element:
    """Return the body element of a SOAP message, its XOP includes replaced by base64; nothing validated yet.

    :raises UnreadableMessage: not MIME, XML or SOAP, or an include without its part
    :raises ForbiddenXml: a document type, an entity, or too long
    """
    envelope, attachments = split_package(content_type, body)
    element = soap_body(_parse(content_type, envelope))
    if not attachments and b"Include" not in envelope:
        return element
    for include in list(element.iter(_INCLUDE)):
        href = unquote(include.get("href", ""))
        attachment = attachments.get(_SCHEME.sub("", href).strip("<>"))
        parent = include.getparent()
        if attachment is None or parent is None:
            raise UnreadableMessage("The envelope includes a part that the package does not hold.")
        parent.remove(include)
        parent.text = base64.b64encode(attachment).decode("ascii")
    return element


def _parse(content_type: str, envelope: bytes) -> _Element:
    """Read an envelope; one that does not say how its letters are coded is read as its header says."""
    try:
        return parse_xml(envelope)
    except ForbiddenXml:
        raise
    except UnreadableMessage:
        recoded = _recoded(parse_content_type(content_type).get_content_charset(), envelope)
        if recoded is None:
            raise
        return parse_xml(recoded)


def _recoded(charset: str | None, envelope: bytes) -> bytes | None:
    """Return an envelope in UTF-8, None when its header names no charset of ours, or it says itself how it is coded."""
    if charset not in _CHARSETS:
        return None
    try:
        text = envelope.decode(charset)
    except UnicodeError:
        return None
    return None if text.startswith("<?xml") else text.encode("utf-8")


def parse_request(content_type: str, body: bytes) -> WireRequest:
    """Read a request as the State's gateway would.

    :raises UnreadableMessage: not MIME, XML or SOAP (`ForbiddenXml`, `UnknownBody` are kinds of it)
    :raises InvalidRequest: it breaks the schema
    """
    element = read_body(content_type, body)
    call = call_for_body(str(element.tag))
    if call is None:
        raise UnknownBody("No service knows this body element.")
    problems = validate_request(element)
    if problems:
        raise InvalidRequest(call, problems)
    return _READERS[call](children(element))


def decode_body(element: _Element) -> WireRequest:
    """Turn a body element that passed the schema into its value.

    :raises UnknownBody: no service knows it
    """
    call = call_for_body(str(element.tag))
    if call is None:
        raise UnknownBody("No service knows this body element.")
    return _READERS[call](children(element))


def _head(prefix: str, wire: _Owned) -> str:
    return head_text(prefix, wire.options, wire.pin, wire.owner)


def _write_document(prefix: str, wire: InsertRequest | ChangeRequest) -> str:
    return _head(prefix, wire) + document_text(prefix, BODIES[wire.call], wire.document)


def _write_refund(prefix: str, wire: RefundRequest) -> str:
    original = identifier_text(prefix, "idRimborsoDocumentoFiscale", wire.original)
    return f"{_head(prefix, wire)}{original}{document_text(prefix, BODIES[wire.call], wire.document)}"


def _write_cancel(prefix: str, wire: CancelRequest) -> str:
    return _head(prefix, wire) + identifier_text(prefix, "idCancellazioneDocumentoFiscale", wire.id)


def _write_upload(prefix: str, wire: UploadRequest) -> str:
    named = leaves(prefix, ("nomeFileAllegato", wire.file_name), ("pincodeInvianteCifrato", wire.pin))
    owner = owner_text(prefix, "datiProprietario", wire.owner)
    return f"{named}{owner}{options_text(prefix, wire.options)}{_NO_ARCHIVE.decode()}"


def _write_outcome(prefix: str, wire: OutcomeRequest) -> str:
    asked = leaves(
        prefix,
        ("pinCode", wire.pin),
        ("dataInizio", wire.first_day),
        ("dataFine", wire.last_day),
        ("protocollo", wire.protocol),
    )
    return group(prefix, "DatiInputRichiesta", asked + options_text(prefix, wire.options))


def _write_receipts(prefix: str, wire: ErrorDetailRequest | ReceiptRequest) -> str:
    asked = leaves(prefix, ("pinCode", wire.pin), ("protocollo", wire.protocol))
    return group(prefix, "DatiInputRichiesta", asked + options_text(prefix, wire.options))


def _write_query(prefix: str, wire: PointQueryRequest) -> str:
    return _head(prefix, wire) + identifier_text(prefix, "idDocumentoFiscale", wire.id)


def _write_report(prefix: str, wire: MonthlyReportRequest) -> str:
    return _head(prefix, wire) + leaves(prefix, ("annoMese", wire.month), ("tipoEstrazione", wire.extraction))


def _write_flag_detail(prefix: str, wire: FlagDetailRequest) -> str:
    pin, owner = leaves(prefix, ("pincode", wire.pin)), owner_text(prefix, "Proprietario", wire.owner)
    document = identifier_text(prefix, "idDocumentoFiscale", wire.id)
    return f"{pin}{owner}{document}{options_text(prefix, wire.options)}"


def _write_flag_report(prefix: str, wire: FlagReportRequest) -> str:
    pin, owner = leaves(prefix, ("pincode", wire.pin)), owner_text(prefix, "Proprietario", wire.owner)
    first = ("dataIniPeriodoSegnalazione", wire.first_day)
    last = ("dataFinPeriodoSegnalazione", wire.last_day)
    return f"{pin}{owner}{leaves(prefix, first, last)}{options_text(prefix, wire.options)}"


_WRITERS: dict[Call, Callable[[str, Any], str]] = {
    Call.INSERT: _write_document,
    Call.CHANGE: _write_document,
    Call.REFUND: _write_refund,
    Call.CANCEL: _write_cancel,
    Call.UPLOAD: _write_upload,
    Call.OUTCOME: _write_outcome,
    Call.ERRORS: _write_receipts,
    Call.RECEIPT: _write_receipts,
    Call.QUERY: _write_query,
    Call.REPORT: _write_report,
    Call.FLAG_DETAIL: _write_flag_detail,
    Call.FLAG_REPORT: _write_flag_report,
}


@dataclass(frozen=True, slots=True)
class _Form:
    """How a call is written: SOAPAction, first and last tag of the body, prefix of the others, and what is between."""

    soap_action: str
    opening: str
    closing: str
    prefix: str
    write: Callable[[str, Any], str]


def _form(call: Call, write: Callable[[str, Any], str]) -> _Form:
    facts = CALLS[call]
    opening = f'<{PREFIX}{facts.body} xmlns:ts="{facts.facts.namespace}">'
    return _Form(facts.soap_action, opening, f"</{PREFIX}{facts.body}>", PREFIX if facts.facts.qualified else "", write)


_FORMS = {call: _form(call, write) for call, write in _WRITERS.items()}

_Found = dict[str, _Element]


def _read_insert(found: _Found) -> WireRequest:
    return InsertRequest(
        pin=must(found, "pincode"),
        options=read_options(found),
        owner=read_owner(found.get("Proprietario")),
        document=read_document(found["idInserimentoDocumentoFiscale"]),
    )


def _read_change(found: _Found) -> WireRequest:
    return ChangeRequest(
        pin=must(found, "pincode"),
        options=read_options(found),
        owner=read_owner(found.get("Proprietario")),
        document=read_document(found["idVariazioneDocumentoFiscale"]),
    )


def _read_refund(found: _Found) -> WireRequest:
    return RefundRequest(
        pin=must(found, "pincode"),
        options=read_options(found),
        owner=read_owner(found.get("Proprietario")),
        original=read_identifier(found["idRimborsoDocumentoFiscale"]),
        document=read_document(found["DocumentoSpesa"]),
    )


def _read_cancel(found: _Found) -> WireRequest:
    return CancelRequest(
        pin=must(found, "pincode"),
        options=read_options(found),
        owner=read_owner(found.get("Proprietario")),
        id=read_identifier(found["idCancellazioneDocumentoFiscale"]),
    )


def _read_upload(found: _Found) -> WireRequest:
    try:
        archive = base64.b64decode(re.sub(r"[ \t\r\n]", "", must(found, "documento")), validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableMessage("The attachment is not valid base64.") from None
    return UploadRequest(
        pin=must(found, "pincodeInvianteCifrato"),
        options=read_options(found),
        file_name=must(found, "nomeFileAllegato"),
        owner=read_owner(found.get("datiProprietario")),
        archive=archive,
    )


def _input(found: _Found) -> _Found:
    block = found.get("DatiInputRichiesta")
    return {} if block is None else children(block)


def _read_outcome(found: _Found) -> WireRequest:
    block = _input(found)
    return OutcomeRequest(
        pin=must(block, "pinCode"),
        options=read_options(block) if block else NO_OPTIONS,
        protocol=text_of(block, "protocollo"),
        first_day=text_of(block, "dataInizio"),
        last_day=text_of(block, "dataFine"),
    )


def _read_errors(found: _Found) -> WireRequest:
    block = _input(found)
    return ErrorDetailRequest(
        pin=must(block, "pinCode"), options=read_options(block), protocol=text_of(block, "protocollo")
    )


def _read_receipt(found: _Found) -> WireRequest:
    block = _input(found)
    return ReceiptRequest(
        pin=must(block, "pinCode"), options=read_options(block), protocol=text_of(block, "protocollo")
    )


def _read_query(found: _Found) -> WireRequest:
    return PointQueryRequest(
        pin=must(found, "pincode"),
        options=read_options(found),
        owner=read_owner(found.get("Proprietario")),
        id=read_identifier(found["idDocumentoFiscale"]),
    )


def _read_report(found: _Found) -> WireRequest:
    return MonthlyReportRequest(
        pin=must(found, "pincode"),
        options=read_options(found),
        owner=read_owner(found.get("Proprietario")),
        month=must(found, "annoMese"),
        extraction=must(found, "tipoEstrazione"),
    )


def _read_flag_detail(found: _Found) -> WireRequest:
    return FlagDetailRequest(
        pin=must(found, "pincode"),
        options=read_options(found),
        owner=read_owner(found.get("Proprietario")) or WireOwner(),
        id=read_identifier(found["idDocumentoFiscale"]),
    )


def _read_flag_report(found: _Found) -> WireRequest:
    return FlagReportRequest(
        pin=must(found, "pincode"),
        options=read_options(found),
        owner=read_owner(found.get("Proprietario")) or WireOwner(),
        first_day=must(found, "dataIniPeriodoSegnalazione"),
        last_day=must(found, "dataFinPeriodoSegnalazione"),
    )


_READERS: dict[Call, Callable[[_Found], WireRequest]] = {
    Call.INSERT: _read_insert,
    Call.CHANGE: _read_change,
    Call.REFUND: _read_refund,
    Call.CANCEL: _read_cancel,
    Call.UPLOAD: _read_upload,
    Call.OUTCOME: _read_outcome,
    Call.ERRORS: _read_errors,
    Call.RECEIPT: _read_receipt,
    Call.QUERY: _read_query,
    Call.REPORT: _read_report,
    Call.FLAG_DETAIL: _read_flag_detail,
    Call.FLAG_REPORT: _read_flag_report,
}
