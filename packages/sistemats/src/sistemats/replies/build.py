"""Replies as the services write them, for the simulator: order, qualification and fault prefix included."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import cast

from lxml import etree

from sistemats.codes import CALLS, SERVICES, Service
from sistemats.envelopes.wire import WireId
from sistemats.replies.values import (
    DocumentReply,
    ErrorDetailReply,
    Fault,
    FlagDetailReply,
    FlagItem,
    FlagReportReply,
    ItemTotal,
    Message,
    MonthlyReportReply,
    OutcomeReply,
    PointQueryReply,
    ReceiptReply,
    Refusal,
    Reply,
    UploadReply,
)
from sistemats.xml import SOAP_NS, serialise, soap_envelope

_Element = etree._Element


class Maker:
    """Adds children in one namespace (`{ns}` prefix) or in none (empty prefix)."""

    __slots__ = ("_prefix",)

    def __init__(self, namespace: str = "") -> None:
        """Qualify every child with `namespace` unless it is empty."""
        self._prefix = f"{{{namespace}}}" if namespace else ""

    def group(self, parent: _Element, name: str) -> _Element:
        """Add a child that will hold other elements."""
        return etree.SubElement(parent, self._prefix + name)

    def texts(self, parent: _Element, *pairs: tuple[str, str | None]) -> None:
        """Add one child for each (name, text); None adds nothing."""
        prefix = self._prefix
        for name, text in pairs:
            if text is not None:
                etree.SubElement(parent, prefix + name).text = text

    def identifier(self, parent: _Element, name: str, wire_id: WireId) -> None:
        """Add a document identifier under its name in this service."""
        block = self.group(parent, name)
        self.texts(block, ("pIva", wire_id.vat_number), ("dataEmissione", wire_id.issued_on))
        self.texts(
            self.group(block, "numDocumentoFiscale"), ("dispositivo", wire_id.device), ("numDocumento", wire_id.number)
        )


def build_reply(reply: Reply | Fault) -> bytes:
    """Return the SOAP envelope of a reply, or of a fault (to be sent with HTTP 500)."""
    if isinstance(reply, Fault):
        return _fault(reply)
    facts = CALLS[reply.call]
    service = facts.facts
    # Qualified replies declare their namespace as the default, as seen on the wire; the others must not.
    nsmap = {None: service.namespace} if service.qualified else {"ts": service.namespace}
    root = etree.Element(facts.reply_tag, nsmap=cast("dict[str, str]", nsmap))
    _WRITERS[facts.service](Maker(service.namespace if service.qualified else ""), root, reply)
    return soap_envelope(root)


def _fault(fault: Fault) -> bytes:
    env = f"{{{SOAP_NS}}}"
    envelope = etree.Element(f"{env}Envelope", nsmap={"env": SOAP_NS})
    block = etree.SubElement(etree.SubElement(envelope, f"{env}Body"), f"{env}Fault")
    etree.SubElement(block, "faultcode").text = fault.code
    etree.SubElement(block, "faultstring").text = fault.text
    if fault.detail:
        namespace = SERVICES[Service.OUTCOME].namespace
        typed = etree.SubElement(
            etree.SubElement(block, "detail"), f"{{{namespace}}}Exception", nsmap={"ts": namespace}
        )
        etree.SubElement(typed, "message").text = fault.detail
    return serialise(envelope)


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _message_block(make: Maker, parent: _Element, group: str, child: str, messages: Iterable[Message]) -> None:
    block = make.group(parent, group)
    for message in messages:
        make.texts(
            make.group(block, child),
            ("codice", message.code),
            ("descrizione", message.text),
            ("tipo", message.kind),
        )


def _messages(make: Maker, root: _Element, messages: Iterable[Message]) -> None:
    _message_block(make, root, "listaMessaggi", "messaggio", messages)


def _write_document(make: Maker, root: _Element, reply: Reply) -> None:
    reply = cast(DocumentReply, reply)
    make.texts(root, ("esitoChiamata", reply.outcome), ("protocollo", reply.protocol))
    _messages(make, root, reply.messages)


def _write_upload(make: Maker, root: _Element, reply: Reply) -> None:
    reply = cast(UploadReply, reply)
    make.texts(
        make.group(root, "return"),
        ("codiceEsito", reply.code),
        ("dataAccoglienza", reply.accepted_at),
        ("descrizioneEsito", reply.text),
        ("dimensioneFileAllegato", reply.size),
        ("nomeFileAllegato", reply.file_name),
        ("protocollo", reply.protocol),
        ("idErrore", reply.error_id),
    )


def _negatives(make: Maker, block: _Element, refusals: tuple[Refusal, ...]) -> None:
    if refusals:
        group = make.group(block, "esitiNegativi")
        for refusal in refusals:
            make.texts(
                make.group(group, "dettaglioEsitoNegativo"), ("codice", refusal.code), ("descrizione", refusal.text)
            )


def _count(number: int | None) -> str:
    return "" if number is None else str(number)


def _write_outcome(make: Maker, root: _Element, reply: Reply) -> None:
    reply = cast(OutcomeReply, reply)
    block = make.group(root, "DatiOutputRichiesta")
    make.texts(block, ("esitoChiamata", reply.outcome), ("descrizioneEsito", reply.text))
    if reply.sendings:
        group = make.group(block, "esitiPositivi")
        for sending in reply.sendings:
            make.texts(
                make.group(group, "dettagliEsito"),
                ("protocollo", sending.protocol),
                ("dataInvio", sending.sent_on),
                ("stato", _count(sending.state)),
                ("descrizione", sending.text),
                ("nInviati", _count(sending.sent)),
                ("nAccolti", _count(sending.accepted)),
                ("nWarnings", _count(sending.warnings)),
                ("nErrori", _count(sending.errors)),
            )
    _negatives(make, block, reply.refusals)


def _write_file(make: Maker, root: _Element, outcome: str, name: str, data: bytes | None) -> _Element:
    block = make.group(root, "DatiOutputRichiesta")
    make.texts(block, ("esitoChiamata", outcome))
    if data is not None:
        make.texts(make.group(make.group(block, "esitiPositivi"), "dettagliEsito"), (name, _base64(data)))
    return block


def _write_errors(make: Maker, root: _Element, reply: Reply) -> None:
    reply = cast(ErrorDetailReply, reply)
    _negatives(make, _write_file(make, root, reply.outcome, "csv", reply.archive), reply.refusals)


def _write_receipt(make: Maker, root: _Element, reply: Reply) -> None:
    reply = cast(ReceiptReply, reply)
    _negatives(make, _write_file(make, root, reply.outcome, "pdf", reply.pdf), reply.refusals)


def _totals(make: Maker, parent: _Element, name: str, totals: tuple[ItemTotal, ...]) -> None:
    for total in totals:
        make.texts(make.group(parent, name), ("tipoSpesa", total.expense_type), ("importo", total.amount))


def _write_query(make: Maker, root: _Element, reply: Reply) -> None:
    reply = cast(PointQueryReply, reply)
    make.texts(root, ("esitoChiamata", reply.outcome))
    document = reply.document
    if document is not None:
        block = make.group(root, "documentoFiscale")
        if document.id is not None:
            make.identifier(block, "idDocumentoFiscale", document.id)
        make.texts(block, ("dataPagamento", document.paid_on))
        _totals(make, block, "totaliVociSpesa", document.totals)
        _totals(make, block, "totaliVociSpesaRimborsate", document.refunded)
        make.texts(
            block,
            ("protocollo", document.protocol),
            ("nomeFile", document.file_name),
            ("dataInvio", document.sent_on),
            ("tipoInvio", document.sent_as),
        )
        if document.errors:
            _message_block(make, block, "listaErroriDocumento", "errore", document.errors)
    _messages(make, root, reply.messages)


def _write_report(make: Maker, root: _Element, reply: Reply) -> None:
    reply = cast(MonthlyReportReply | FlagReportReply, reply)
    make.texts(root, ("esitoChiamata", reply.outcome), ("fileCSV", _base64(reply.archive)))
    _messages(make, root, reply.messages)


def _flag_items(make: Maker, parent: _Element, name: str, items: tuple[FlagItem, ...]) -> None:
    for item in items:
        make.texts(
            make.group(parent, name),
            ("tipoSpesa", item.expense_type),
            ("importo", item.amount),
            ("segnalazioneImporto", item.amount_remark),
            ("segnalazioneTipoVoceSpesa", item.type_remark),
        )


def _write_flag_detail(make: Maker, root: _Element, reply: Reply) -> None:
    reply = cast(FlagDetailReply, reply)
    make.texts(root, ("esitoChiamata", reply.outcome))
    document = reply.document
    if document is not None:
        block = make.group(root, "documentoFiscale")
        if document.id is not None:
            make.identifier(block, "idDocumentoFiscale", document.id)
        make.texts(
            block,
            ("dataPagamento", document.paid_on),
            ("dataInvio", document.sent_on),
            ("protocollo", document.protocol),
            ("nomeFile", document.file_name),
        )
        if document.remarks:
            group = make.group(block, "listaSegnalazioniDocumento")
            make.texts(group, *(("segnalazione", remark) for remark in document.remarks))
        _flag_items(make, block, "listaVociSpesa", document.items)
        _flag_items(make, block, "listaVociSpesaRimborsate", document.refunded_items)
    _messages(make, root, reply.messages)


_WRITERS: dict[Service, Callable[[Maker, _Element, Reply], None]] = {
    Service.DOCUMENT: _write_document,
    Service.UPLOAD: _write_upload,
    Service.OUTCOME: _write_outcome,
    Service.ERRORS: _write_errors,
    Service.RECEIPT: _write_receipt,
    Service.QUERY: _write_query,
    Service.REPORT: _write_report,
    Service.FLAG_DETAIL: _write_flag_detail,
    Service.FLAG_REPORT: _write_report,
}
