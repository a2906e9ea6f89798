"""The work of each of the twelve operations, once the caller is known and the request has passed the schema.

`prepare` does what needs no books, such as decrypting, and returns the rest as a function to run inside one
transaction together with its line in the journal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sistemats.codes import Call, Operation
from sistemats.envelopes import CancelRequest, ChangeRequest, InsertRequest, RefundRequest, UploadRequest, WireRequest
from sistemats.replies import (
    DocumentReply,
    ErrorDetailReply,
    FlagDetailReply,
    FlagReportReply,
    Message,
    MonthlyReportReply,
    OutcomeReply,
    PointQueryReply,
    ReceiptReply,
    Refusal,
    Reply,
    UploadReply,
)
from sistemats.simulator.acceptance import Acceptance
from sistemats.simulator.faults import Fault, Rule
from sistemats.simulator.identity import Party
from sistemats.simulator.ledger import Circumstances, Ledger, Order, read_submission
from sistemats.simulator.messages import DONE, say, unknown
from sistemats.simulator.sendings import SYNCHRONOUS_DIGITS, SYNCHRONOUS_FILE, Complaint, Sendings
from sistemats.simulator.settings import Settings

Work = Callable[[], Reply]


@dataclass(frozen=True, slots=True)
class Visit:
    """One admitted call: the request, who for whom, when, under which settings, and what is to go wrong.

    `citizen` is the citizen's code of its document, opened; None where there is none or it does not open.
    """

    request: WireRequest
    party: Party
    now: datetime
    settings: Settings
    fault: Rule | None = None
    citizen: str | None = field(default=None, repr=False)

    def struck(self, *kinds: Fault) -> bool:
        """Tell whether one of these failures strikes this call."""
        return self.fault is not None and self.fault.kind in kinds


def refusal(request: WireRequest, message: Message) -> Reply:
    """Return the reply that refuses a request with one message, in the shape of its service."""
    call, told = request.call, (message,)
    one = (Refusal(message.code, message.text),)
    if isinstance(request, UploadRequest):
        error_id = f"E{abs(hash((message.code, len(request.archive)))) % 10**12:012d}"
        return UploadReply(message.code, message.text, "", "", "", request.file_name, error_id)
    replies: dict[Call, Callable[[], Reply]] = {
        Call.OUTCOME: lambda: OutcomeReply("1", message.text, refusals=one),
        Call.ERRORS: lambda: ErrorDetailReply("1", refusals=one),
        Call.RECEIPT: lambda: ReceiptReply("1", refusals=one),
        Call.QUERY: lambda: PointQueryReply("1", told),
        Call.REPORT: lambda: MonthlyReportReply("1", told),
        Call.FLAG_DETAIL: lambda: FlagDetailReply("1", told),
        Call.FLAG_REPORT: lambda: FlagReportReply("1", told),
    }
    make = replies.get(call)
    return DocumentReply(call, "1", told) if make is None else make()


class Documents:
    """The four synchronous operations."""

    def __init__(self, ledger: Ledger, sendings: Sendings) -> None:
        """Write with this ledger, and give protocols out of these sendings."""
        self._ledger, self._sendings = ledger, sendings
        self._serial = sendings.last_serial(synchronous=True)

    def prepare(self, visit: Visit) -> Work:
        """Read the document, and return the work that applies it."""
        order = self._order(visit)
        return lambda: self._reply(visit, order)

    def _order(self, visit: Visit) -> Order:
        request = visit.request
        citizen = None if visit.struck(Fault.WRONG_CERTIFICATE) else visit.citizen
        if isinstance(request, CancelRequest):
            return Order(Operation.CANCEL, request.id.document_id)
        assert isinstance(request, InsertRequest | ChangeRequest | RefundRequest), "the router sends these here"
        sent = read_submission(request.document, lambda _: citizen)
        original = request.original.document_id if isinstance(request, RefundRequest) else None
        operation = request.call.operation
        assert operation is not None, "these calls have one"
        return Order(operation, sent.id, sent, original)

    def _reply(self, visit: Visit, order: Order) -> Reply:
        if visit.fault is not None and visit.struck(Fault.UNKNOWN_CODE) and visit.fault.tipo == "E":
            return DocumentReply(visit.request.call, "1", (unknown("E"),))
        protocol = self._protocol(visit.now)
        around = Circumstances(visit.party, visit.now, protocol, SYNCHRONOUS_FILE, visit.settings)
        messages = self._ledger.apply(order, around)
        if any(message.blocking for message in messages):
            return DocumentReply(visit.request.call, "1", tuple(messages))
        if visit.fault is not None:
            messages = list(dict.fromkeys([*messages, *_extra(visit)]))
        self._record(visit, order, protocol, messages)
        outcome = "2" if messages else "0"
        return DocumentReply(visit.request.call, outcome, (*messages, DONE), protocol)

    def _protocol(self, now: datetime) -> str:
        """Return 17 digits as seen in the test environment: 99, yyMMdd, nine of a running number.

        Belongs in the transaction that uses it, which keeps callers apart.
        """
        self._serial += 1
        day = f"{now.year % 100:02d}{now.month:02d}{now.day:02d}"
        return f"99{day}{self._serial % 10**SYNCHRONOUS_DIGITS:0{SYNCHRONOUS_DIGITS}d}"

    def _record(self, visit: Visit, order: Order, protocol: str, messages: list[Message]) -> None:
        warned = any(message.kind == "W" for message in messages)
        self._sendings.put_synchronous(protocol, visit.party.user.name, visit.party.key, visit.now, warned=warned)
        for message in messages:
            kind = order.sent.items[0].expense_type.value if order.sent is not None else ""
            complaint = Complaint(visit.party.owner, order.id, kind, message.code, message.text)
            self._sendings.complain(protocol, 0, complaint)


def _extra(visit: Visit) -> list[Message]:
    """Return the messages that a fault adds to a call that was done."""
    if visit.struck(Fault.DUPLICATE_WARNING):
        return [say("W014")]
    if visit.struck(Fault.UNKNOWN_CITIZEN):
        return [say("W003")]
    if visit.fault is not None and visit.struck(Fault.UNKNOWN_CODE):
        return [unknown(visit.fault.tipo)]
    return []


class Uploads:
    """The upload."""

    def __init__(self, acceptance: Acceptance) -> None:
        """Take files in charge with this."""
        self._acceptance = acceptance

    def prepare(self, visit: Visit) -> Work:
        """Return the work that takes the file in charge."""
        return lambda: self._reply(visit)

    def _reply(self, visit: Visit) -> Reply:
        request = visit.request
        assert isinstance(request, UploadRequest), "the router sends uploads here"
        if visit.fault is not None and visit.struck(Fault.UNKNOWN_CODE):
            return refusal(request, unknown("E"))
        sending = self._acceptance.accept(request, visit.party, visit.now, visit.settings, visit.fault)
        taken = say("000")
        return replace(
            UploadReply(taken.code, taken.text, sending.protocol, "", str(sending.size), request.file_name),
            accepted_at=visit.now.strftime("%d-%m-%Y %H:%M:%S"),
        )
