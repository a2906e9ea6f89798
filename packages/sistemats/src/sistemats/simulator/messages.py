"""The messages the simulator answers with: wording, severity, and how far each is known.

Texts of observed and official codes are the service's own. Codes without any public source are needed where the
service certainly refuses but nobody has published how: they begin with `SX`, are marked INVENTED, and no client may
depend on them. `GET /codes` of the admin port and the page of codes in the documentation list this table.

>>> say("S017").text
"IDENTIFICATIVO DOCUMENTO FISCALE GIA' PRESENTE"
>>> [code for code, known in TABLE.items() if known.invented][:2]
['SX01', 'SX02']
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sistemats.codes import Severity, lookup
from sistemats.replies import Message

ERROR, WARNING, SUCCESS = "E", "W", ""


@dataclass(frozen=True, slots=True)
class Wording:
    """How the simulator writes a code, and whether code or wording are its own invention."""

    text: str
    kind: str
    invented: bool
    meaning: str


def _worded(code: str, text: str) -> tuple[str, Wording]:
    """Give words to a code that is known by name only: the code is real, the Italian is ours."""
    known = lookup(code)
    if known is None:
        raise KeyError(code)
    return code, Wording(text, known.severity.value, False, known.english)


def _known(code: str) -> tuple[str, Wording]:
    known = lookup(code)
    if known is None:
        raise KeyError(code)
    return code, Wording(known.italian or known.english, known.severity.value, False, known.english)


def _invented(code: str, text: str, meaning: str) -> tuple[str, Wording]:
    return code, Wording(text, ERROR, True, meaning)


TABLE: dict[str, Wording] = dict(
    [
        _known("0"),
        _worded("000", "FILE PRESO IN CARICO"),
        *(_known(code) for code in ["002", "003", "004", "005", "006", "010"]),
        *(_known(str(code)) for code in range(101, 115)),
        _known("200"),
        _worded("W003", "CODICE FISCALE DEL CITTADINO NON PRESENTE IN ARCHIVIO"),
        _known("W008"),
        _known("W010"),
        _worded("W014", "PER LO STESSO CITTADINO E' GIA' PRESENTE UN DOCUMENTO CON LA STESSA DATA"),
        _worded("S001", "LA PARTITA IVA NON CORRISPONDE AL PROPRIETARIO"),
        _worded("S010", "DOCUMENTO FISCALE NON PRESENTE"),
        _worded("S011", "CODICE FISCALE DEL CITTADINO FORMALMENTE ERRATO"),
        _worded("S016", "ALIQUOTA O NATURA IVA ASSENTE O NON CONFORME"),
        _known("S017"),
        _worded("S022", "IL DOCUMENTO RISULTA GIA' ANNULLATO"),
        _worded("S035", "LA DATA DI PAGAMENTO APPARTIENE A UN ANNO GIA' CHIUSO"),
        _worded("S036", "LA DATA DI PAGAMENTO E' SUCCESSIVA ALLA DATA ODIERNA"),
        _worded("WS37", "FILE SCARTATO: CONSULTARE LA RICEVUTA PDF"),
        _known("WS96"),
        _worded("WS99", "SERVIZIO MOMENTANEAMENTE NON DISPONIBILE"),
        _invented("SX01", "IMPORTO NON VALIDO", "amount not finite, not positive, too large or with over two decimals"),
        _invented("SX02", "TIPO DOCUMENTO ASSENTE", "document type missing on a payment from 2021 on"),
        _invented("SX03", "FLAG TIPO SPESA NON AMMESSO", "flag 1 is for TK only, flag 2 for SR only"),
        _invented("SX04", "TIPO SPESA NON AMMESSO PER IL SOGGETTO", "expense type not allowed to this category"),
        _invented("SX05", "CODICE FISCALE PRESENTE CON OPPOSIZIONE", "the citizen opposes, yet the code is there"),
        _invented("SX06", "CODICE FISCALE DEL CITTADINO ASSENTE", "no code, and the citizen does not oppose"),
        _invented("SX07", "DATA PAGAMENTO PRECEDENTE ALLA DATA EMISSIONE", "paid before issue without the flag"),
        _invented("SX08", "DATA PAGAMENTO ANTERIORE AL 2015", "payments count from 2015 on"),
        _invented("SX09", "ESISTONO RIMBORSI COLLEGATI", "cancel the refunds first"),
        _invented("SX10", "DATA PAGAMENTO DEL RIMBORSO DIVERSA DALLA DATA EMISSIONE", "a refund is paid when issued"),
        _invented("SX11", "IL DOCUMENTO RIMBORSATO E' UN RIMBORSO", "a refund cannot be refunded"),
        _invented("SX12", "PAGAMENTO TRACCIATO ASSENTE", "traceability missing on a payment from 2020 on"),
        _invented("SX13", "IL RIMBORSO SUPERA LA SPESA", "more refunded than spent (setting check_refund_amount)"),
        _invented("SX14", "DOCUMENTO RIMBORSATO ASSENTE O NON PREVISTO", "idRimborso is there if and only if R"),
        _invented("SX20", "FILE GIA' TRASMESSO", "the same file was accepted before (setting refuse_same_file)"),
        _invented("SX30", "INDICARE IL PROTOCOLLO OPPURE ENTRAMBE LE DATE", "protocol or both days, never together"),
        _invented("SX31", "DATE NON VALIDE", "days are dd-mm-yyyy, first before last"),
        _invented("SX32", "ANNO E MESE O TIPO ESTRAZIONE NON VALIDI", "yyyyMM with a real month; I or P"),
    ]
)
UNKNOWN_CODE = "ZZ998"  # what the fault `unknown_code` answers with; deliberately in no table


@cache
def say(code: str) -> Message:
    """Return the message of a code.

    :raises KeyError: not in the table
    """
    wording = TABLE[code]
    return Message(code, wording.text, wording.kind)


DONE = say("0")


def unknown(kind: str) -> Message:
    """Return a message with a code nobody knows, of the given kind."""
    return Message(UNKNOWN_CODE, "MESSAGGIO DI PROVA CON CODICE SCONOSCIUTO", kind)


def as_table() -> list[dict[str, str | bool]]:
    """Return the table as plain rows, for people and programs."""
    rows: list[dict[str, str | bool]] = []
    for code, wording in TABLE.items():
        known = lookup(code)
        evidence = "invented" if wording.invented or known is None else known.evidence.value
        severity = Severity(wording.kind).name.lower()
        rows.append(
            {
                "code": code,
                "text": wording.text,
                "severity": severity,
                "meaning": wording.meaning,
                "evidence": evidence,
                "invented": wording.invented,
                "wording_invented": known is None or known.italian != wording.text,
            }
        )
    return rows
