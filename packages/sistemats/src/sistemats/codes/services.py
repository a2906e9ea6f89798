"""The nine services, their twelve calls, and where they live.

Source: WSDL and XSD of the official kit of 14 February 2024, and its lists of endpoints.

>>> CALLS[Call.INSERT].body
'inserimentoDocumentoSpesaRequest'
>>> endpoint_path(Call.QUERY, Channel.ENTRATE)
'/entrate/InterrogazionePuntuale730Web/InterrogazionePuntuale730Port'
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Operation(StrEnum):
    """What is done to one expense document. The value is the flag of the batch file (`flagOperazione`)."""

    INSERT = "I"
    CHANGE = "V"
    REFUND = "R"
    CANCEL = "C"


class Service(StrEnum):
    """One WSDL, one port."""

    DOCUMENT = "document"
    UPLOAD = "upload"
    OUTCOME = "outcome"
    ERRORS = "errors"
    RECEIPT = "receipt"
    QUERY = "query"
    REPORT = "report"
    FLAG_DETAIL = "flag_detail"
    FLAG_REPORT = "flag_report"


class Call(StrEnum):
    """One WSDL operation: the body element says which."""

    INSERT = "insert"
    CHANGE = "change"
    REFUND = "refund"
    CANCEL = "cancel"
    UPLOAD = "upload"
    OUTCOME = "outcome"
    ERRORS = "errors"
    RECEIPT = "receipt"
    QUERY = "query"
    REPORT = "report"
    FLAG_DETAIL = "flag_detail"
    FLAG_REPORT = "flag_report"

    @property
    def operation(self) -> Operation | None:
        """The document operation of the synchronous calls, None for all others."""
        return _OPERATIONS.get(self)

    @property
    def read_only(self) -> bool:
        """True when calling twice changes nothing at the State: receipts, queries and reports."""
        return self not in _OPERATIONS and self is not Call.UPLOAD


class Channel(StrEnum):
    """Who is speaking, which decides the prefix of the path, the authentication and how the PIN travels."""

    DIRECT = "direct"
    ENTI = "enti"
    ENTRATE = "entrate"

    @property
    def prefix(self) -> str:
        """Path prefix after the host: empty, `/enti` or `/entrate`."""
        return "" if self is Channel.DIRECT else f"/{self.value}"

    @property
    def pin_in_clear(self) -> bool:
        """True where the PIN is not encrypted (Entratel intermediaries)."""
        return self is Channel.ENTRATE


class Host(StrEnum):
    """The two hosts of the ministry."""

    TEST = "https://invioSS730pTest.sanita.finanze.it"
    PRODUCTION = "https://invioSS730p.sanita.finanze.it"


class SendingState(IntEnum):
    """State of a protocol in the outcome service; other numbers are not documented and may appear."""

    WAITING = 0
    PROCESSING = 1
    DONE = 2
    DONE_WITH_ERRORS = 3
    REJECTED_IN_PROCESSING = 5
    REJECTED_AT_ACCEPTANCE = 9

    @property
    def final(self) -> bool:
        """True when the State will not change it any more."""
        return self > SendingState.PROCESSING


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What one WSDL fixes: namespace, whether children are qualified, path, binding and WSDL file name."""

    namespace: str
    qualified: bool
    path: str
    binding: str


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What one operation fixes: its service, request and reply elements (local names), declared SOAPAction."""

    service: Service
    body: str
    reply: str
    soap_action: str

    @property
    def facts(self) -> ServiceFacts:
        """The facts of the service this call belongs to."""
        return SERVICES[self.service]

    @property
    def body_tag(self) -> str:
        """The request element in Clark notation."""
        return f"{{{self.facts.namespace}}}{self.body}"

    @property
    def reply_tag(self) -> str:
        """The reply element in Clark notation."""
        return f"{{{self.facts.namespace}}}{self.reply}"

    def child(self, name: str) -> str:
        """A child's tag: in the namespace where the service qualifies its children, bare where not."""
        return f"{{{self.facts.namespace}}}{name}" if self.facts.qualified else name


SERVICES: dict[Service, ServiceFacts] = {
    Service.DOCUMENT: ServiceFacts(
        "http://documentospesap730.sanita.finanze.it",
        True,
        "/DocumentoSpesa730pWeb/DocumentoSpesa730pPort",
        "DocumentoSpesa730pServicePortBinding",
    ),
    Service.UPLOAD: ServiceFacts(
        "http://ejb.invioTelematicoSS730p.sanita.finanze.it/",
        False,
        "/InvioTelematicoSS730pMtomWeb/InvioTelematicoSS730pMtomPort",
        "InvioTelematicoSS730pMtomPortBinding",
    ),
    Service.OUTCOME: ServiceFacts(
        "http://esitoinvio.p730.sanita.sogei.it/",
        False,
        "/EsitoStatoInviiWEB/EsitoInvioDatiSpesa730Service",
        "EsitoInvioDatiSpesa730PortBinding",
    ),
    Service.ERRORS: ServiceFacts(
        "http://dettaglioerrori.p730.sanita.sogei.it/",
        False,
        "/EsitoStatoInviiWEB/DettaglioErrori730Service",
        "DettaglioErrori730PortBinding",
    ),
    Service.RECEIPT: ServiceFacts(
        "http://ricevutapdf.p730.sanita.sogei.it/",
        False,
        "/Ricevute730ServiceWeb/ricevutePdf",
        "RicevutaPdf730PortBinding",
    ),
    Service.QUERY: ServiceFacts(
        "http://interrogazionepuntuale.p730.sanita.finanze.it",
        True,
        "/InterrogazionePuntuale730Web/InterrogazionePuntuale730Port",
        "InterrogazionePuntuale730pServicePortBinding",
    ),
    Service.REPORT: ServiceFacts(
        "http://reportmensile.p730.sanita.finanze.it",
        True,
        "/ReportMensile730Web/ReportMensilePort",
        "ReportMensile730pServicePortBinding",
    ),
    Service.FLAG_DETAIL: ServiceFacts(
        "http://dettagliosegnalazione.p730.sanita.finanze.it",
        True,
        "/Interrogazioni730pWeb/DettaglioSegnalazione730pPort",
        "DettaglioSegnalazione730pServicePortBinding",
    ),
    Service.FLAG_REPORT: ServiceFacts(
        "http://reportsegnalazioni.p730.sanita.finanze.it",
        True,
        "/Interrogazioni730pWeb/ReportSegnalazioni730pPort",
        "ReportSegnalazioni730pServicePortBinding",
    ),
}


def _document(italian: str) -> CallFacts:
    name = f"{italian}DocumentoSpesa"
    action = f"{italian}.documentospesap730.sanita.finanze.it"
    return CallFacts(Service.DOCUMENT, f"{name}Request", f"{name}Response", action)


def _query(service: Service, name: str) -> CallFacts:
    return CallFacts(service, f"{name}Request", f"{name}Response", f"{name.lower()}.p730.sanita.finanze.it")


CALLS: dict[Call, CallFacts] = {
    Call.INSERT: _document("inserimento"),
    Call.CHANGE: _document("variazione"),
    Call.REFUND: _document("rimborso"),
    Call.CANCEL: _document("cancellazione"),
    Call.UPLOAD: CallFacts(Service.UPLOAD, "inviaFileMtom", "inviaFileMtomResponse", ""),
    Call.OUTCOME: CallFacts(Service.OUTCOME, "EsitoInvii", "EsitoInviiResponse", ""),
    Call.ERRORS: CallFacts(Service.ERRORS, "DettaglioErrori", "DettaglioErroriResponse", ""),
    Call.RECEIPT: CallFacts(Service.RECEIPT, "RicevutaPdf", "RicevutaPdfResponse", ""),
    Call.QUERY: _query(Service.QUERY, "interrogazionePuntuale"),
    Call.REPORT: _query(Service.REPORT, "reportMensile"),
    Call.FLAG_DETAIL: _query(Service.FLAG_DETAIL, "dettaglioSegnalazione"),
    Call.FLAG_REPORT: _query(Service.FLAG_REPORT, "reportSegnalazioni"),
}

_OPERATIONS = {
    Call.INSERT: Operation.INSERT,
    Call.CHANGE: Operation.CHANGE,
    Call.REFUND: Operation.REFUND,
    Call.CANCEL: Operation.CANCEL,
}
_BY_BODY = {facts.body_tag: call for call, facts in CALLS.items()}


def call_for_body(tag: str) -> Call | None:
    """Return the call whose request element has this Clark tag, None when no service knows it."""
    return _BY_BODY.get(tag)


def endpoint_path(call: Call, channel: Channel = Channel.DIRECT) -> str:
    """Return the path after the host for a call on a channel."""
    return channel.prefix + CALLS[call].facts.path
