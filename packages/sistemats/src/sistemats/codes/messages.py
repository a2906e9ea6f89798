"""Codes the services answer with, and how sure anyone can be of each.

Only the acceptance codes of the upload are published. The others were seen by implementers or are hearsay: a client
decides on `esitoChiamata` and `tipo`, never on this table, and an unknown code is normal.

>>> lookup("S017").english
'a document with this identifier is already present'
>>> lookup("S999") is None
True
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Evidence(StrEnum):
    """How a fact is known."""

    OFFICIAL = "official"
    OBSERVED = "observed"
    CLAIMED = "claimed"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How bad a message or a finding is; the value is what the State writes in `tipo`."""

    ERROR = "E"
    WARNING = "W"
    INFORMATION = "S"
    SUCCESS = ""


@dataclass(frozen=True, slots=True)
class MessageCode:
    """One code: the State's wording (may be empty when never seen), our English, severity and evidence."""

    code: str
    italian: str
    english: str
    severity: Severity
    evidence: Evidence
    note: str = ""


def _acceptance(code: str, italian: str, english: str, note: str = "") -> MessageCode:
    return MessageCode(code, italian, english, Severity.ERROR, Evidence.OFFICIAL, note)


def _seen(code: str, severity: Severity, italian: str, english: str, note: str = "") -> MessageCode:
    return MessageCode(code, italian, english, severity, Evidence.OBSERVED, note)


def _claimed(code: str, severity: Severity, english: str, note: str = "") -> MessageCode:
    return MessageCode(code, "", english, severity, Evidence.CLAIMED, note)


_E, _W = Severity.ERROR, Severity.WARNING

ACCEPTANCE_CODES: dict[str, MessageCode] = {
    entry.code: entry
    for entry in (
        MessageCode(
            "000", "", "taken in charge", Severity.SUCCESS, Evidence.OBSERVED, "absent from the published table"
        ),
        _acceptance("002", "PINCODE NON DECIFRABILE", "the PIN cannot be decrypted"),
        _acceptance("003", "UTENTE NON VALIDO O NON PRESENTE", "the user is not valid or does not exist"),
        _acceptance(
            "004",
            "CODICE FISCALE DEL MEDICO NON CORRISPONDENTE A QUELLO UTILIZZATO IN FASE DI AUTENTICAZIONE",
            "the doctor's fiscal code is not the authenticated one",
        ),
        _acceptance("005", "PINCODE DEL MEDICO ERRATO O NON PIU' ATTIVO", "the doctor's PIN is wrong or retired"),
        _acceptance("006", "MEDICO NON ATTIVO O CF ERRATO", "the doctor is not active or the fiscal code is wrong"),
        _acceptance(
            "010",
            "IL CF PROPRIETARIO È DIVERSO DA QUELLO UTILIZZATO IN FASE DI AUTENTICAZIONE",
            "the owner's fiscal code is not the authenticated one",
        ),
        _acceptance(
            "101",
            "IL CAMPO NOMEFILEALLEGATO DEVE ESSERE COMPRESO TRA 6 E 60 CARATTERI E TERMINARE IN .ZIP:"
            " IL FILE NON E' STATO ACCOLTO",
            "the file name needs 6 to 60 characters and must end in .zip",
            "a wrong length may end as a fault instead",
        ),
        _acceptance(
            "102",
            "L'ALLEGATO NON È UN FILE DI TIPO ZIP VALIDO: IL FILE NON È STATO ACCOLTO",
            "the attachment is not a valid zip",
        ),
        _acceptance("103", "L'ALLEGATO È VUOTO: IL FILE NON È STATO ACCOLTO", "the attachment is empty"),
        _acceptance("104", "PINCODE ERRATO", "wrong PIN", "also seen from the synchronous service"),
        _acceptance(
            "105", "INVIO PER CONTO IN ASSENZA DI DELEGA ATTIVA", "sent for another without an active delegation"
        ),
        _acceptance(
            "106", "INVIO IN PROPRIO IN PRESENZA DI DELEGA ATTIVA", "sent directly while a delegation is active"
        ),
        _acceptance("107", "UTENTE NON RICONOSCIUTO", "the user is not recognised"),
        _acceptance(
            "108",
            "LA DIMENSIONE DEL FILE ALLEGATO SUPERA LA SOGLIA CONSENTITA",
            "the attachment is larger than allowed",
            "5 MByte; whether decimal or binary is unknown",
        ),
        _acceptance("109", "DATI PROPRIETARIO FORMALMENTE ERRATI", "the owner's data are formally wrong"),
        _acceptance(
            "110", "IL CF PROPRIETARIO È DIVERSO DAL CF DELLA USER", "the owner's fiscal code is not the user's"
        ),
        _acceptance("111", "UTENTE AUTENTICATO ENTRATE NON ATTIVO", "the Entratel user is not active"),
        _acceptance("112", "INTERMEDIARIO ENTRATE NON AUTORIZZATO", "the Entratel intermediary is not authorised"),
        _acceptance("113", "PINCODE INCARICANTE ENTRATE NON VALIDO", "the PIN of the Entratel principal is not valid"),
        _acceptance("114", "INCARICANTE ENTRATE NON ASSOCIATO", "the Entratel principal is not associated"),
        _acceptance("200", "ERRORE NELL'APPLICAZIONE: CONTATTARE L'ASSISTENZA", "application error: contact support"),
    )
}

DOCUMENT_CODES: dict[str, MessageCode] = {
    entry.code: entry
    for entry in (
        _seen("0", Severity.SUCCESS, "Operazione eseguita correttamente", "done"),
        _claimed("W003", _W, "the citizen's fiscal code is not in the registry; document accepted"),
        _seen("W008", _W, "IL DOCUMENTO E' STATO TRASMESSO OLTRE I TERMINI PREVISTI", "sent after the deadline"),
        _seen(
            "W010",
            _W,
            "IL DOCUMENTO E' STATO ANNULLATO IN PRECEDENZA",
            "the document was cancelled before",
            "point query",
        ),
        _seen("W014", _W, "", "the same citizen already has a document on the same day"),
        _seen("S011", _E, "", "the citizen's fiscal code is formally wrong", "production error file of 2016"),
        _seen(
            "S017",
            _E,
            "IDENTIFICATIVO DOCUMENTO FISCALE GIA' PRESENTE",
            "a document with this identifier is already present",
        ),
        _seen("S022", _E, "", "the document is already cancelled", "one catalogue gives another meaning"),
        _seen("S035", _E, "", "the payment falls in a year already closed"),
        _seen("WS37", _E, "", "file rejected: see the PDF receipt", "error-detail call"),
        _seen("WS96", _E, "LA RICERCA NON HA PRODOTTO RISULTATI", "the search returned nothing"),
        _seen("WS99", _E, "", "passing failure of the test environment: try again"),
        MessageCode("WS46", "", "a refusal of unknown meaning", _E, Evidence.UNKNOWN, "seen in one project's tests"),
        _claimed("S001", _E, "the owner's VAT number does not match the fiscal code"),
        _claimed("S003", _E, "fiscal code not in the registry"),
        _claimed("S004", _E, "sender not authorised"),
        _claimed("S010", _E, "the document to change or cancel was not found"),
        _claimed("S016", _E, "VAT rate or nature not conforming"),
        _claimed("S036", _E, "payment in the future"),
        _claimed("S050", _E, "fiscal code formally wrong", "conflicts with S011"),
        _claimed("W001", _W, "notice about the fiscal code"),
        _claimed("WS002", _E, "permanent refusal"),
        _claimed("WS004", _E, "permanent refusal"),
        MessageCode("WS904", "", "name hinted, never seen", _E, Evidence.UNKNOWN),
        MessageCode("WR000", "", "name hinted, never seen", _E, Evidence.UNKNOWN),
    )
}


def lookup(code: str) -> MessageCode | None:
    """Return what is known of a code, acceptance codes first, None when nothing is."""
    return ACCEPTANCE_CODES.get(code) or DOCUMENT_CODES.get(code)
