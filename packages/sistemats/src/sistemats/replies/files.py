"""The files inside replies: error rows, report rows, the table of citizens' remarks, the receipt.

Columns are found by their header, in any order, because the monthly report changes its columns by sender; amounts
are euro, days are calendar days. What cannot be read stays as text in `raw`.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from sistemats.documents import DocumentId
from sistemats.envelopes.archive import read_archive
from sistemats.errors import BadArchive, UnreadableMessage

_MAX_UNPACKED = 100_000_000


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One message about one document of a batch. The owner's codes of the file are left out of the repr."""

    vat_number: str
    issued_on: date | None
    device: str
    number: str
    expense_type: str
    code: str
    text: str
    raw: dict[str, str] = field(repr=False, compare=False)

    @property
    def document_id(self) -> DocumentId | None:
        """The identifier to match with one's own documents, None when the row cannot be read as one."""
        return _document_id(self.vat_number, self.issued_on, self.device, self.number)

    @property
    def blocking(self) -> bool:
        """True unless the code begins with W: the file says no severity."""
        return not self.code.upper().startswith("W")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One document in the monthly report; totals and refunds by expense type, only those not absent."""

    vat_number: str
    issued_on: date | None
    device: str
    number: str
    paid_on: date | None
    protocol: str
    file_name: str
    sent_on: date | None
    sent_as: str
    totals: dict[str, Decimal]
    refunded: dict[str, Decimal]
    raw: dict[str, str] = field(repr=False, compare=False)

    @property
    def document_id(self) -> DocumentId | None:
        """The identifier to match with one's own documents, None when the row cannot be read as one."""
        return _document_id(self.vat_number, self.issued_on, self.device, self.number)


@dataclass(frozen=True, slots=True)
class FlagTable:
    """Citizens' remarks of a period: the columns are not published, so rows stay as they came."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...] = field(repr=False)


def _document_id(vat: str, issued: date | None, device: str, number: str) -> DocumentId | None:
    if issued is None or not device.isdecimal() or not number:
        return None
    return DocumentId(vat, issued, number, int(device))


def _day(text: str) -> date | None:
    found = re.fullmatch(r"(\d{2})[/-](\d{2})[/-](\d{4})(?:[ T].*)?", text)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None


def _amount(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return number.quantize(Decimal("0.01")) if number.is_finite() and abs(number) < 10**12 else None


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _tables(archive: bytes) -> list[tuple[tuple[str, ...], list[dict[str, str]]]]:
    """Read every CSV of an archive: header and rows, a nameless last column dropped."""
    tables = []
    for content in read_archive(archive, _MAX_UNPACKED).values():
        try:
            lines = [line for line in csv.reader(io.StringIO(_decode(content), newline=""), delimiter=";") if any(line)]
        except csv.Error:
            raise UnreadableMessage("The CSV file inside the archive cannot be read.") from None
        if not lines:
            continue
        columns = tuple(name.strip().upper() for name in lines[0])
        rows = [{name: value.strip() for name, value in zip(columns, line, strict=False) if name} for line in lines[1:]]
        tables.append((tuple(name for name in columns if name), rows))
    return tables


def read_error_archive(archive: bytes) -> list[ErrorRow]:
    """Return every row of every error file of an archive, in order.

    :raises BadArchive: not a zip, or it unpacks to more than 100 MB
    :raises UnreadableMessage: a CSV that breaks the format
    """
    return [_error_row(row) for _, rows in _tables(archive) for row in rows]


def _error_row(row: dict[str, str]) -> ErrorRow:
    return ErrorRow(
        vat_number=row.get("PARTITA IVA", ""),
        issued_on=_day(row.get("DATA EMISSIONE", "")),
        device=row.get("DOCUMENTO FISCALE DISPOSITIVO", ""),
        number=row.get("DOCUMENTO FISCALE NUMERO", ""),
        expense_type=row.get("TIPO SPESA", ""),
        code=row.get("CODICE ERRORE", ""),
        text=row.get("DESCRIZIONE ERRORE", ""),
        raw=row,
    )


def read_report_archive(archive: bytes) -> list[ReportRow]:
    """Return every row of a monthly report.

    :raises BadArchive: not a zip, or it unpacks to more than 100 MB
    :raises UnreadableMessage: a CSV that breaks the format
    """
    return [_report_row(row) for _, rows in _tables(archive) for row in rows]


def _report_row(row: dict[str, str]) -> ReportRow:
    totals: dict[str, Decimal] = {}
    refunded: dict[str, Decimal] = {}
    for name, value in row.items():
        found = re.fullmatch(r"TOTALE (\S+)( RIMBORSATO)?", name)
        amount = _amount(value) if found else None
        if found and amount is not None:
            (refunded if found[2] else totals)[found[1]] = amount
    return ReportRow(
        vat_number=row.get("PARTITA IVA", ""),
        issued_on=_day(row.get("DATA EMISSIONE", "")),
        device=row.get("DOCUMENTO FISCALE DISPOSITIVO", ""),
        number=row.get("DOCUMENTO FISCALE NUMERO", ""),
        paid_on=_day(row.get("DATA PAGAMENTO", "")),
        protocol=row.get("PROTOCOLLO", ""),
        file_name=row.get("NOME FILE", ""),
        sent_on=_day(row.get("DATA INVIO", "")),
        sent_as=row.get("TIPO INVIO", ""),
        totals=totals,
        refunded=refunded,
        raw=row,
    )


def read_flag_archive(archive: bytes) -> list[FlagTable]:
    """Return the tables of citizens' remarks of an archive.

    :raises BadArchive: not a zip, or it unpacks to more than 100 MB
    :raises UnreadableMessage: a CSV that breaks the format
    """
    return [FlagTable(columns, tuple(rows)) for columns, rows in _tables(archive)]


def read_receipt(data: bytes) -> bytes:
    """Return the PDF of a receipt, out of a zip when it comes in one.

    :raises BadArchive: neither a PDF nor an archive with one
    """
    if data.startswith(b"%PDF"):
        return data
    if data.startswith(b"PK"):
        for content in read_archive(data, _MAX_UNPACKED).values():
            if content.startswith(b"%PDF"):
                return content
    raise BadArchive("The receipt is not a PDF.")
