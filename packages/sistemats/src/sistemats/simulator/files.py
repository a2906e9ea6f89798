"""The files inside replies, as the service makes them: error CSV, monthly report, report of citizens' remarks.

Source: columns of the receipts specification and a captured monthly report: semicolons, a blank after each in the
header only, `dd/MM/yyyy`, amounts as Java writes a double, and in the reports one separator too many at the end.

>>> java_double(Decimal("402")), java_double(Decimal("5.50")), java_double(Decimal("12345678.9"))
('402.0', '5.5', '1.23456789E7')
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from sistemats.codes import ExpenseType
from sistemats.documents import Owner
from sistemats.simulator.books import HeldDocument

ERROR_COLUMNS = (
    "CF PROPRIETARIO",
    "COD REGIONE",
    "COD ASL",
    "COD SSA",
    "PARTITA IVA",
    "DATA EMISSIONE",
    "DOCUMENTO FISCALE DISPOSITIVO",
    "DOCUMENTO FISCALE NUMERO",
    "TIPO SPESA",
    "CODICE ERRORE",
    "DESCRIZIONE ERRORE",
)
REPORT_COLUMNS = (
    "CODICE REGIONE",
    "CODICE ASL",
    "CODICE SSA",
    "CF PROPRIETARIO",
    "PARTITA IVA",
    "DATA EMISSIONE",
    "DOCUMENTO FISCALE NUMERO",
    "DOCUMENTO FISCALE DISPOSITIVO",
    "DATA PAGAMENTO",
    "PROTOCOLLO",
    "NOME FILE",
    "DATA INVIO",
    "TIPO INVIO",
)
REMARK_COLUMNS = (
    "PARTITA IVA",
    "DATA EMISSIONE",
    "DOCUMENTO FISCALE DISPOSITIVO",
    "DOCUMENTO FISCALE NUMERO",
    "DATA SEGNALAZIONE",
    "SEGNALAZIONE",
)
_PLAIN_BELOW = Decimal(10_000_000)


def java_double(amount: Decimal) -> str:
    """Write an amount of euro as Java prints a double: at least one decimal, an exponent from ten million on."""
    text = format(amount.normalize(), "f")
    if abs(amount) < _PLAIN_BELOW:
        return text if "." in text else f"{text}.0"
    digits = text.replace(".", "").rstrip("0")
    exponent = len(text.split(".", maxsplit=1)[0]) - 1
    return f"{digits[0]}.{digits[1:] or '0'}E{exponent}"


def italian_day(day: date) -> str:
    """Write a day as `dd/MM/yyyy`."""
    return day.strftime("%d/%m/%Y")


def zipped(name: str, content: bytes) -> bytes:
    """Return a zip with one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _clean(text: str) -> str:
    return text.replace(";", ",").replace("\n", " ").replace("\r", " ")


def error_csv(rows: Iterable[Sequence[str]]) -> str:
    """Return the error file: a header, then one line a message."""
    lines = ["; ".join(ERROR_COLUMNS)]
    lines += [";".join(_clean(value) for value in row) for row in rows]
    return "\n".join(lines) + "\n"


def _trailing(values: Iterable[str], gap: str) -> str:
    return "".join(f"{value};{gap}" for value in values)


def report_csv(owner: Owner, rows: Sequence[tuple[HeldDocument, dict[ExpenseType, Decimal]]]) -> str:
    """Return the monthly report of documents, each with what was refunded on it by type.

    The amount columns are TK and whatever types occur, in the order of the schema's list.
    """
    used = {ExpenseType.TK, *(kind for held, back in rows for kind in (*held.totals(), *back))}
    kinds = [kind for kind in ExpenseType if kind in used]
    header = [*REPORT_COLUMNS]
    for kind in kinds:
        header += [f"TOTALE {kind}", f"TOTALE {kind} RIMBORSATO"]
    lines = [_trailing(header, " ")]
    lines += [_trailing(_report_row(owner, held, back, kinds), "") for held, back in rows]
    return "\n".join(lines) + "\n"


def _report_row(
    owner: Owner, held: HeldDocument, back: dict[ExpenseType, Decimal], kinds: Sequence[ExpenseType]
) -> list[str]:
    spent = held.totals()
    amounts = [java_double(found.get(kind, Decimal(0))) for kind in kinds for found in (spent, back)]
    return [
        owner.region or "",
        owner.asl or "",
        owner.ssa or "",
        held.owner_code,
        held.id.vat_number,
        italian_day(held.id.issued_on),
        held.id.number,
        str(held.id.device),
        italian_day(held.paid_on),
        held.protocol,
        _clean(held.file_name),
        italian_day(held.sent_at.date()),
        held.last_operation,
        *amounts,
    ]


def remarks_csv(documents: Iterable[HeldDocument]) -> str:
    """Return the report of citizens' remarks. The real columns are not published: these are the simulator's own."""
    lines = [_trailing(REMARK_COLUMNS, " ")]
    for held in documents:
        told = date.fromisoformat(str(held.remarks["on"]))
        for text in held.remarks.get("document", []):
            row = (
                held.id.vat_number,
                italian_day(held.id.issued_on),
                str(held.id.device),
                held.id.number,
                italian_day(told),
                _clean(str(text)),
            )
            lines.append(_trailing(row, ""))
    return "\n".join(lines) + "\n"
