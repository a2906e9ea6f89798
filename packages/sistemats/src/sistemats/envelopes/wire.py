"""One frozen value per request body, every text exactly as it stands between the tags.

Numbers and days stay text, because `001` and `1`, `25.3` and `25.30` are the same to the State and not the same on
the wire; `WireId.document_id`, `WireItem.value` and friends read them. Ciphertexts are opaque. None means that the
element is absent, the empty text that it is there and empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from sistemats.codes import Call
from sistemats.documents import DocumentId

Options = tuple[str | None, str | None, str | None]
NO_OPTIONS: Options = (None, None, None)


@dataclass(frozen=True, slots=True)
class WireOwner:
    """`Proprietario`. `code` is sealed everywhere but in the upload envelope, where it is in clear."""

    region: str | None = None
    asl: str | None = None
    ssa: str | None = None
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WireId:
    """`idDocumentoFiscale`."""

    vat_number: str
    issued_on: str
    device: str
    number: str

    @property
    def document_id(self) -> DocumentId:
        """The same identifier as plain values; `001` reads 1.

        :raises ValueError: it did not pass the schema
        """
        issued = date.fromisoformat(self.issued_on.strip())
        return DocumentId(self.vat_number.strip(), issued, self.number, int(self.device))

    @classmethod
    def of(cls, document_id: DocumentId) -> WireId:
        """Write an identifier down."""
        return cls(
            document_id.vat_number, document_id.issued_on.isoformat(), str(document_id.device), document_id.number
        )


@dataclass(frozen=True, slots=True)
class WireItem:
    """`voceSpesa`."""

    expense_type: str
    amount: str
    flag: str | None = None
    vat_rate: str | None = None
    vat_nature: str | None = None

    @property
    def value(self) -> Decimal | None:
        """The amount as a number of euro, None for INF, NaN and the like (the synchronous schema lets them pass)."""
        try:
            number = Decimal(self.amount.strip())
        except InvalidOperation:
            return None
        return number if number.is_finite() else None


@dataclass(frozen=True, slots=True)
class WireDocument:
    """`documentoSpesa` of the synchronous service."""

    id: WireId
    paid_on: str
    items: tuple[WireItem, ...]
    prepaid: str | None = None
    citizen: str | None = field(default=None, repr=False)
    traceable: str | None = None
    document_type: str | None = None
    opposed: str | None = None


@dataclass(frozen=True, slots=True)
class WireBatchDocument:
    """`documentoSpesa` of the batch file: the same fields, the operation, and the refunded original."""

    document: WireDocument
    operation: str
    original: WireId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What every request has. `pin` is sealed, but in clear on the Entratel channel."""

    call: ClassVar[Call]
    pin: str = field(repr=False)
    options: Options = field(default=NO_OPTIONS, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertRequest(_Request):
    """Insert one document."""

    call: ClassVar[Call] = Call.INSERT
    owner: WireOwner | None = None
    document: WireDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest(_Request):
    """Replace the document with the same identifier."""

    call: ClassVar[Call] = Call.CHANGE
    owner: WireOwner | None = None
    document: WireDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest(_Request):
    """Tie a refund document to the original."""

    call: ClassVar[Call] = Call.REFUND
    owner: WireOwner | None = None
    original: WireId
    document: WireDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest(_Request):
    """Cancel a document."""

    call: ClassVar[Call] = Call.CANCEL
    owner: WireOwner | None = None
    id: WireId


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRequest(_Request):
    """Send a zip with one batch file. `inline` keeps the zip as base64 in the envelope instead of a MIME part."""

    call: ClassVar[Call] = Call.UPLOAD
    file_name: str
    archive: bytes = field(repr=False)
    owner: WireOwner | None = None
    inline: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRequest(_Request):
    """Ask the state of sendings: by protocol, or by days as `dd-MM-yyyy`."""

    call: ClassVar[Call] = Call.OUTCOME
    protocol: str | None = None
    first_day: str | None = None
    last_day: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetailRequest(_Request):
    """Ask the error file of a protocol."""

    call: ClassVar[Call] = Call.ERRORS
    protocol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRequest(_Request):
    """Ask the PDF receipt of a protocol."""

    call: ClassVar[Call] = Call.RECEIPT
    protocol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointQueryRequest(_Request):
    """Ask what the State holds of one document."""

    call: ClassVar[Call] = Call.QUERY
    owner: WireOwner | None = None
    id: WireId


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyReportRequest(_Request):
    """Ask the report of a month: `month` as `yyyyMM`, `extraction` one letter (`I` in every official sample)."""

    call: ClassVar[Call] = Call.REPORT
    owner: WireOwner | None = None
    month: str
    extraction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagDetailRequest(_Request):
    """Ask the citizen's remarks on one document."""

    call: ClassVar[Call] = Call.FLAG_DETAIL
    owner: WireOwner
    id: WireId


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagReportRequest(_Request):
    """Ask the citizens' remarks of a period, days as `yyyy-MM-dd`."""

    call: ClassVar[Call] = Call.FLAG_REPORT
    owner: WireOwner
    first_day: str
    last_day: str


WireRequest = (
    InsertRequest
    | ChangeRequest
    | RefundRequest
    | CancelRequest
    | UploadRequest
    | OutcomeRequest
    | ErrorDetailRequest
    | ReceiptRequest
    | PointQueryRequest
    | MonthlyReportRequest
    | FlagDetailRequest
    | FlagReportRequest
)


@dataclass(frozen=True, slots=True)
class WrittenRequest:
    """A request whose text is written already: what stands in the body element of its call."""

    call: Call
    inside: str = field(repr=False)
