"""Reading a reply: by local name, taking what is known and passing over what is not.

A reply the schema of today does not foresee (new elements, new codes, empty numbers) must not break a client; bytes
that are no SOAP at all must not pass for an answer.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable

from lxml import etree

from sistemats.codes import CALLS, Call, Service
from sistemats.envelopes.elements import children, must, text_of, texts
from sistemats.envelopes.soap import read_body
from sistemats.envelopes.wire import WireId
from sistemats.errors import UnreadableMessage
from sistemats.replies.values import (
    DocumentReply,
    ErrorDetailReply,
    Fault,
    FlagDetailReply,
    FlagDocument,
    FlagItem,
    FlagReportReply,
    ItemTotal,
    Message,
    MonthlyReportReply,
    OutcomeReply,
    PointQueryReply,
    QueriedDocument,
    ReceiptReply,
    Refusal,
    Reply,
    Sending,
    UploadReply,
)
from sistemats.xml import SOAP_NS, local_name

_Element = etree._Element
_Found = dict[str, _Element]
_FAULT = f"{{{SOAP_NS}}}Fault"


class UnreadableReply(UnreadableMessage):
    """What came back is not the service's word: an HTML page, nothing, a reply to something else."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep the HTTP status and our own words on why."""
        self.status = status
        super().__init__(f"HTTP {status}: {reason}")


def parse_reply(call: Call, status: int, content_type: str, body: bytes) -> Reply | Fault:
    """Read what a service answered to `call`.

    :raises UnreadableReply: not a SOAP message, not the reply of this call, or an outcome is missing
    """
    try:
        element, facts = read_body(content_type, body), CALLS[call]
        if element.tag == _FAULT:
            return _fault(element)
        if local_name(element) != facts.reply:
            raise UnreadableReply(status, "the answer is not the one of this service")
        return _READERS[facts.service](call, element)
    except UnreadableReply:
        raise
    except UnreadableMessage as problem:
        raise UnreadableReply(status, str(problem)) from None


def _fault(element: _Element) -> Fault:
    found = children(element)
    detail = found.get("detail")
    text = "" if detail is None else " ".join(" ".join(str(part) for part in detail.itertext()).split())
    return Fault(must(found, "faultcode").strip(), must(found, "faultstring").strip(), text)


def _outcome(found: _Found) -> str:
    outcome = must(found, "esitoChiamata").strip()
    if not outcome:
        raise UnreadableMessage("the answer has no outcome")
    return outcome


def _all(parent: _Element | None, name: str) -> list[_Element]:
    return [] if parent is None else [child for child in parent if local_name(child) == name]


def _messages(parent: _Element | None, name: str = "messaggio") -> tuple[Message, ...]:
    return tuple([_message(texts(child)) for child in _all(parent, name)])


def _message(found: dict[str, str]) -> Message:
    return Message(found.get("codice", "").strip(), found.get("descrizione", ""), found.get("tipo", "").strip())


def _bytes(found: _Found, name: str) -> bytes | None:
    text = re.sub(r"\s", "", must(found, name))
    if not text:
        return None
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise UnreadableMessage("the file inside is not valid base64") from None


def _number(found: _Found, name: str) -> int | None:
    text = must(found, name).strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def _identifier(element: _Element | None) -> WireId | None:
    if element is None:
        return None
    found = children(element)
    numbering = found.get("numDocumentoFiscale")
    inner = {} if numbering is None else children(numbering)
    return WireId(
        must(found, "pIva"), must(found, "dataEmissione"), must(inner, "dispositivo"), must(inner, "numDocumento")
    )


def _read_document(call: Call, element: _Element) -> Reply:
    found = children(element)
    return DocumentReply(
        call, _outcome(found), _messages(found.get("listaMessaggi")), text_of(found, "protocollo") or None
    )


def _read_upload(_call: Call, element: _Element) -> Reply:
    inner = children(element).get("return")
    found = {} if inner is None else children(inner)
    code = must(found, "codiceEsito").strip()
    if not code:
        raise UnreadableMessage("the answer has no outcome")
    return UploadReply(
        code=code,
        text=must(found, "descrizioneEsito"),
        protocol=must(found, "protocollo").strip(),
        accepted_at=must(found, "dataAccoglienza"),
        size=must(found, "dimensioneFileAllegato"),
        file_name=must(found, "nomeFileAllegato"),
        error_id=text_of(found, "idErrore"),
    )


def _output(element: _Element) -> _Found:
    inner = children(element).get("DatiOutputRichiesta")
    return {} if inner is None else children(inner)


def _refusals(found: _Found) -> tuple[Refusal, ...]:
    blocks = (children(child) for child in _all(found.get("esitiNegativi"), "dettaglioEsitoNegativo"))
    return tuple(Refusal(must(block, "codice").strip(), must(block, "descrizione")) for block in blocks)


def _sending(element: _Element) -> Sending:
    found = children(element)
    return Sending(
        protocol=must(found, "protocollo").strip(),
        sent_on=must(found, "dataInvio"),
        state=_number(found, "stato"),
        text=must(found, "descrizione"),
        sent=_number(found, "nInviati"),
        accepted=_number(found, "nAccolti"),
        warnings=_number(found, "nWarnings"),
        errors=_number(found, "nErrori"),
    )


def _read_outcome(_call: Call, element: _Element) -> Reply:
    found = _output(element)
    sendings = tuple(_sending(child) for child in _all(found.get("esitiPositivi"), "dettagliEsito"))
    return OutcomeReply(_outcome(found), must(found, "descrizioneEsito"), sendings, _refusals(found))


def _file(found: _Found, name: str) -> bytes | None:
    for child in _all(found.get("esitiPositivi"), "dettagliEsito"):
        return _bytes(children(child), name)
    return None


def _read_errors(_call: Call, element: _Element) -> Reply:
    found = _output(element)
    return ErrorDetailReply(_outcome(found), _file(found, "csv"), _refusals(found))


def _read_receipt(_call: Call, element: _Element) -> Reply:
    found = _output(element)
    return ReceiptReply(_outcome(found), _file(found, "pdf"), _refusals(found))


def _totals(elements: Iterable[_Element]) -> tuple[ItemTotal, ...]:
    found = (children(element) for element in elements)
    return tuple(ItemTotal(must(f, "tipoSpesa").strip(), must(f, "importo").strip()) for f in found)


def _queried(element: _Element | None) -> QueriedDocument | None:
    if element is None:
        return None
    found = children(element)
    return QueriedDocument(
        id=_identifier(found.get("idDocumentoFiscale")),
        paid_on=text_of(found, "dataPagamento"),
        totals=_totals(_all(element, "totaliVociSpesa")),
        refunded=_totals(_all(element, "totaliVociSpesaRimborsate")),
        protocol=text_of(found, "protocollo"),
        file_name=text_of(found, "nomeFile"),
        sent_on=text_of(found, "dataInvio"),
        sent_as=text_of(found, "tipoInvio"),
        errors=_messages(found.get("listaErroriDocumento"), "errore"),
    )


def _read_query(_call: Call, element: _Element) -> Reply:
    found = children(element)
    return PointQueryReply(
        _outcome(found), _messages(found.get("listaMessaggi")), _queried(found.get("documentoFiscale"))
    )


def _read_report(_call: Call, element: _Element) -> Reply:
    found = children(element)
    return MonthlyReportReply(_outcome(found), _messages(found.get("listaMessaggi")), _bytes(found, "fileCSV"))


def _read_flag_report(_call: Call, element: _Element) -> Reply:
    found = children(element)
    return FlagReportReply(_outcome(found), _messages(found.get("listaMessaggi")), _bytes(found, "fileCSV"))


def _flag_items(element: _Element, name: str) -> tuple[FlagItem, ...]:
    found = (children(child) for child in _all(element, name))
    return tuple(
        FlagItem(
            text_of(f, "tipoSpesa"),
            text_of(f, "importo"),
            text_of(f, "segnalazioneImporto"),
            text_of(f, "segnalazioneTipoVoceSpesa"),
        )
        for f in found
    )


def _flagged(element: _Element | None) -> FlagDocument | None:
    if element is None:
        return None
    found = children(element)
    remarks = _all(found.get("listaSegnalazioniDocumento"), "segnalazione")
    return FlagDocument(
        id=_identifier(found.get("idDocumentoFiscale")),
        paid_on=text_of(found, "dataPagamento"),
        sent_on=text_of(found, "dataInvio"),
        protocol=text_of(found, "protocollo"),
        file_name=text_of(found, "nomeFile"),
        remarks=tuple(remark.text or "" for remark in remarks),
        items=_flag_items(element, "listaVociSpesa"),
        refunded_items=_flag_items(element, "listaVociSpesaRimborsate"),
    )


def _read_flag_detail(_call: Call, element: _Element) -> Reply:
    found = children(element)
    return FlagDetailReply(
        _outcome(found), _messages(found.get("listaMessaggi")), _flagged(found.get("documentoFiscale"))
    )


_READERS: dict[Service, Callable[[Call, _Element], Reply]] = {
    Service.DOCUMENT: _read_document,
    Service.UPLOAD: _read_upload,
    Service.OUTCOME: _read_outcome,
    Service.ERRORS: _read_errors,
    Service.RECEIPT: _read_receipt,
    Service.QUERY: _read_query,
    Service.REPORT: _read_report,
    Service.FLAG_DETAIL: _read_flag_detail,
    Service.FLAG_REPORT: _read_flag_report,
}
