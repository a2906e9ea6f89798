"""One frozen value per reply. None means the element was absent.

Outcomes (`esitoChiamata`): "0" done, "1" refused or nothing found, "2" done with warnings. They stay text: the
services may say something new tomorrow.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sistemats.codes import Call, SendingState
from sistemats.envelopes.wire import WireId


@dataclass(frozen=True, slots=True)
class Message:
    """One message: code, the State's own words, and `tipo` (E blocks, W warns, S informs, empty with code 0)."""

    code: str
    text: str
    kind: str

    @property
    def blocking(self) -> bool:
        """True when it says why the document was refused."""
        return self.kind.strip().upper() == "E"

    @property
    def warning(self) -> bool:
        """True when the document was accepted in spite of it."""
        return self.kind.strip().upper() == "W"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One negative outcome of the receipt services: a code and the State's words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault. `detail` is the text of a typed fault, empty else."""

    code: str
    text: str
    detail: str = ""

    @property
    def authentication(self) -> bool:
        """True for the generic authentication fault: wrong, expired or disabled, they cannot be told apart."""
        return "autenticazione" in self.text.lower()


@dataclass(frozen=True, slots=True)
class DocumentReply:
    """Reply to insert, change, refund or cancel."""

    call: Call
    outcome: str
    messages: tuple[Message, ...]
    protocol: str | None = None


@dataclass(frozen=True, slots=True)
class UploadReply:
    """Reply to an upload: code `000` with a protocol is acceptance, anything else a refusal."""

    code: str
    text: str
    protocol: str
    accepted_at: str
    size: str
    file_name: str
    error_id: str | None = None
    call: Call = Call.UPLOAD

    @property
    def accepted(self) -> bool:
        """True when the file was taken in charge; its documents are checked later."""
        return self.code == "000" and bool(self.protocol)


@dataclass(frozen=True, slots=True)
class Sending:
    """State of one protocol; the four counters count documents. `sent_on` stays as written (`dd-MM-yyyy…`)."""

    protocol: str
    sent_on: str
    state: int | None
    text: str
    sent: int | None
    accepted: int | None
    warnings: int | None
    errors: int | None

    @property
    def known_state(self) -> SendingState | None:
        """The state when it is a documented one."""
        return SendingState(self.state) if self.state in set(SendingState) else None


@dataclass(frozen=True, slots=True)
class OutcomeReply:
    """Reply to the outcome service."""

    outcome: str
    text: str
    sendings: tuple[Sending, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    call: Call = Call.OUTCOME


@dataclass(frozen=True, slots=True)
class ErrorDetailReply:
    """Reply with the archive of error files; None when there is none."""

    outcome: str
    archive: bytes | None = field(default=None, repr=False)
    refusals: tuple[Refusal, ...] = ()
    call: Call = Call.ERRORS


@dataclass(frozen=True, slots=True)
class ReceiptReply:
    """Reply with the PDF receipt; None when there is none."""

    outcome: str
    pdf: bytes | None = field(default=None, repr=False)
    refusals: tuple[Refusal, ...] = ()
    call: Call = Call.RECEIPT


@dataclass(frozen=True, slots=True)
class ItemTotal:
    """Total of one expense type; `amount` stays text (`90.0`)."""

    expense_type: str
    amount: str


@dataclass(frozen=True, slots=True)
class QueriedDocument:
    """What the State holds of a document: totals, not its citizen, flags or VAT. Days are ISO text."""

    id: WireId | None = None
    paid_on: str | None = None
    totals: tuple[ItemTotal, ...] = ()
    refunded: tuple[ItemTotal, ...] = ()
    protocol: str | None = None
    file_name: str | None = None
    sent_on: str | None = None
    sent_as: str | None = None
    errors: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class PointQueryReply:
    """Reply to the point query."""

    outcome: str
    messages: tuple[Message, ...]
    document: QueriedDocument | None = None
    call: Call = Call.QUERY


@dataclass(frozen=True, slots=True)
class MonthlyReportReply:
    """Reply with the archive of the monthly report."""

    outcome: str
    messages: tuple[Message, ...]
    archive: bytes | None = field(default=None, repr=False)
    call: Call = Call.REPORT


@dataclass(frozen=True, slots=True)
class FlagItem:
    """One item a citizen remarked on; every field may be absent."""

    expense_type: str | None = None
    amount: str | None = None
    amount_remark: str | None = None
    type_remark: str | None = None


@dataclass(frozen=True, slots=True)
class FlagDocument:
    """A document with the citizen's remarks."""

    id: WireId | None = None
    paid_on: str | None = None
    sent_on: str | None = None
    protocol: str | None = None
    file_name: str | None = None
    remarks: tuple[str, ...] = ()
    items: tuple[FlagItem, ...] = ()
    refunded_items: tuple[FlagItem, ...] = ()


@dataclass(frozen=True, slots=True)
class FlagDetailReply:
    """Reply with the remarks on one document."""

    outcome: str
    messages: tuple[Message, ...]
    document: FlagDocument | None = None
    call: Call = Call.FLAG_DETAIL


@dataclass(frozen=True, slots=True)
class FlagReportReply:
    """Reply with the archive of remarks of a period."""

    outcome: str
    messages: tuple[Message, ...]
    archive: bytes | None = field(default=None, repr=False)
    call: Call = Call.FLAG_REPORT


Reply = (
    DocumentReply
    | UploadReply
    | OutcomeReply
    | ErrorDetailReply
    | ReceiptReply
    | PointQueryReply
    | MonthlyReportReply
    | FlagDetailReply
    | FlagReportReply
)
