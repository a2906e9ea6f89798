"""The client: documents in, typed outcomes out.

It never repeats a call by itself. After an authentication failure it stops sending, because eight wrong tries
disable the user; `resume()` lifts that once a person has seen to the password.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar, cast

from sistemats.codes import Call
from sistemats.crypto import Sealer
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Sender
from sistemats.envelopes import (
    MAX_ARCHIVE,
    BatchFile,
    HttpReply,
    Sealing,
    WireRequest,
    WrittenRequest,
    build_request,
    seal_batch,
)
from sistemats.exchange.outcomes import (
    Accepted,
    AcceptedWithWarnings,
    AuthenticationFailed,
    NotDone,
    Refused,
    Unavailable,
    Uncertain,
)
from sistemats.exchange.resolve import (
    ITALY,
    Resolution,
    candidates,
    not_found,
    refund_visible,
    settle_cancel,
    settle_change,
    settle_insert,
    settle_refund,
    settle_upload,
    still,
    unanswered,
)
from sistemats.http import AnswerLost, NotSent, NotTrusted, Transport
from sistemats.replies import (
    DocumentReply,
    ErrorDetailReply,
    Fault,
    FlagDetailReply,
    FlagReportReply,
    Message,
    MonthlyReportReply,
    OutcomeReply,
    PointQueryReply,
    ReceiptReply,
    Reply,
    UnreadableReply,
    UploadReply,
    parse_reply,
)

Trouble = Refused | AuthenticationFailed | Unavailable
DocumentOutcome = Accepted | AcceptedWithWarnings | Refused | AuthenticationFailed | Unavailable | Uncertain
UploadOutcome = Accepted | Refused | AuthenticationFailed | Unavailable | Uncertain
_Doubt = Callable[..., Uncertain]
_ReplyT = TypeVar("_ReplyT")
_ALREADY_PRESENT = "S017"
_ALREADY_CANCELLED = "S022"
_BUSY = frozenset({429, 503})


class Client:
    """One sender, one transport, one certificate."""

    def __init__(
        self,
        transport: Transport,
        sender: Sender,
        sealer: Sealer,
        now: Callable[[], datetime] = lambda: datetime.now(tz=ITALY),
        *,
        seal_afresh: bool = False,
    ) -> None:
        """Send for `sender` over `transport`; `now` gives the aware instant written into uncertain outcomes.

        With `seal_afresh` PIN and owner's code are sealed anew for each request, not once for this client.
        """
        self._transport = transport
        self._sealing = Sealing(sender, sealer, afresh=seal_afresh)
        self._now = now
        self._locked = 0

    @property
    def locked(self) -> bool:
        """True after an authentication failure: nothing is sent until `resume()`."""
        return bool(self._locked)

    def resume(self) -> None:
        """Send again after a person has put the credentials right."""
        self._locked = 0

    # ---- documents -------------------------------------------------------------------------------------------

    def insert(self, document: ExpenseDocument, retry_of: Uncertain | None = None) -> DocumentOutcome:
        """Insert a document. With `retry_of`, an "already present" is checked against one's own earlier attempt.

        :raises InvalidRequest: the document breaks the schema; nothing was sent
        :raises NotSealable: a code that cannot be encrypted
        """
        doubt = self._doubt(Call.INSERT, document_id=document.id, document=document)
        return self._confirm(
            self._write(self._sealing.written(Call.INSERT, document), doubt), retry_of, doubt, _ALREADY_PRESENT
        )

    def change(self, document: ExpenseDocument, known_protocol: str | None = None) -> DocumentOutcome:
        """Replace the document with the same identifier; `known_protocol`, its last one, helps to settle doubts.

        :raises InvalidRequest: the document breaks the schema; nothing was sent
        """
        doubt = self._doubt(Call.CHANGE, document_id=document.id, document=document, known_protocol=known_protocol)
        return self._write(self._sealing.written(Call.CHANGE, document), doubt)

    def refund(
        self, original: DocumentId, document: ExpenseDocument, retry_of: Uncertain | None = None
    ) -> DocumentOutcome:
        """Refund `original` with `document`, whose identifier is its own.

        :raises InvalidRequest: the document breaks the schema; nothing was sent
        """
        doubt = self._doubt(Call.REFUND, document_id=document.id, document=document, original=original)
        outcome = self._write(self._sealing.written(Call.REFUND, document, original), doubt)
        return self._confirm(outcome, retry_of, doubt, _ALREADY_PRESENT)

    def cancel(self, document_id: DocumentId, retry_of: Uncertain | None = None) -> DocumentOutcome:
        """Cancel a document. With `retry_of`, an "already cancelled" is checked by query.

        :raises InvalidRequest: the identifier breaks the schema; nothing was sent
        """
        doubt = self._doubt(Call.CANCEL, document_id=document_id)
        outcome = self._write(self._sealing.cancel(document_id), doubt)
        return self._confirm(outcome, retry_of, doubt, _ALREADY_CANCELLED)

    # ---- files -----------------------------------------------------------------------------------------------

    def files(
        self, documents: Iterable[BatchEntry | ExpenseDocument], stem: str, max_bytes: int = MAX_ARCHIVE
    ) -> Iterator[BatchFile]:
        """Yield the files of an upload, `<stem>-0001.zip` and so on, sealed for this client's sender.

        A bare document is inserted; a `BatchEntry` says another operation. Documents are taken one after the other
        and one file (smaller than `max_bytes`) is held at a time, so any number will do. Nothing is sent.

        :raises InvalidBatch: the owner or a document breaks the schema
        :raises NotSealable: a code that cannot be encrypted
        :raises ValueError: a stem that makes a name of fewer than 6 or more than 60 characters, or not ASCII
        """
        entries = (one if isinstance(one, BatchEntry) else BatchEntry(one) for one in documents)
        return seal_batch(self._sealing, entries, stem, max_bytes)

    def upload(self, file: BatchFile, probe: DocumentId | None = None, inline: bool = False) -> UploadOutcome:
        """Upload a batch file. Acceptance means taken in charge: read the outcome later.

        `probe`, the identifier of any document inside, lets `resolve_uncertain` recognise the file.

        :raises InvalidRequest: the file name breaks the schema; nothing was sent
        """
        doubt = self._doubt(Call.UPLOAD, file_name=file.name, count=file.count, probe=probe)
        reply = self._exchange(self._sealing.upload(file.name, file.archive, inline), doubt)
        if not isinstance(reply, UploadReply):
            return cast(UploadOutcome, reply)
        message = reply_message(reply)
        if reply.accepted:
            return Accepted(reply.protocol, (message,))
        if reply.code == "000":
            return doubt(reason="The file was accepted without a protocol.")
        return Refused((message,))

    def outcome(self, protocol: str) -> OutcomeReply | Trouble:
        """Ask the state of one sending."""
        return self._read(self._sealing.outcome(protocol), OutcomeReply)

    def outcomes(self, first_day: date, last_day: date) -> OutcomeReply | Trouble:
        """Ask the sendings between two days, both included."""
        return self._read(self._sealing.outcomes(first_day, last_day), OutcomeReply)

    def wait_for_outcome(
        self, protocol: str, pauses: Iterable[float], wait: Callable[[float], None]
    ) -> OutcomeReply | Trouble:
        """Ask until the sending has a final state or `pauses` (seconds) run out; return the last answer."""
        answer = self.outcome(protocol)
        for pause in pauses:
            if not isinstance(answer, OutcomeReply) or _final(answer):
                break
            wait(pause)
            answer = self.outcome(protocol)
        return answer

    def errors(self, protocol: str) -> ErrorDetailReply | Trouble:
        """Ask the error file of a sending."""
        return self._read(self._sealing.errors(protocol), ErrorDetailReply)

    def receipt(self, protocol: str) -> ReceiptReply | Trouble:
        """Ask the PDF receipt of a sending."""
        return self._read(self._sealing.receipt(protocol), ReceiptReply)

    # ---- queries ---------------------------------------------------------------------------------------------

    def query(self, document_id: DocumentId) -> PointQueryReply | Trouble:
        """Ask what the State holds of one document."""
        return self._read(self._sealing.query(document_id), PointQueryReply)

    def report(self, year: int, month: int, extraction: str = "I") -> MonthlyReportReply | Trouble:
        """Ask the monthly report."""
        return self._read(self._sealing.report(year, month, extraction), MonthlyReportReply)

    def flag_detail(self, document_id: DocumentId) -> FlagDetailReply | Trouble:
        """Ask the citizen's remarks on one document."""
        return self._read(self._sealing.flag_detail(document_id), FlagDetailReply)

    def flag_report(self, first_day: date, last_day: date) -> FlagReportReply | Trouble:
        """Ask the citizens' remarks of a period."""
        return self._read(self._sealing.flag_report(first_day, last_day), FlagReportReply)

    # ---- doubts ----------------------------------------------------------------------------------------------

    def resolve_uncertain(self, uncertain: Uncertain, known_protocols: frozenset[str] = frozenset()) -> Resolution:
        """Find out what became of an uncertain call, by asking only.

        Wait until the service can no longer be working on it (its read timeout), then call this. `known_protocols`
        are uploads already accounted for. Returns `NotDone` when the call should be made again (pass the uncertain
        outcome as `retry_of`), `Conflict` when a person must look, the same `Uncertain` when the State does not say.
        """
        if uncertain.call is Call.UPLOAD:
            return self._resolve_upload(uncertain, known_protocols)
        if uncertain.document_id is None:
            return uncertain
        reply = self.query(uncertain.document_id)
        if not isinstance(reply, PointQueryReply):
            return reply
        if uncertain.call is Call.INSERT:
            return settle_insert(uncertain, reply)
        if uncertain.call is Call.CHANGE:
            return settle_change(uncertain, reply)
        if uncertain.call is Call.CANCEL:
            return settle_cancel(uncertain, reply)
        return self._resolve_refund(uncertain, reply)

    def _resolve_refund(self, uncertain: Uncertain, own: PointQueryReply) -> Resolution:
        if uncertain.original is None or not not_found(own):
            return settle_refund(uncertain, own, None)
        original = self.query(uncertain.original)
        return settle_refund(uncertain, own, original) if isinstance(original, PointQueryReply) else original

    def _resolve_upload(self, uncertain: Uncertain, known: frozenset[str]) -> Resolution:
        if uncertain.probe is not None:
            reply = self.query(uncertain.probe)
            if not isinstance(reply, PointQueryReply):
                return reply
            held = reply.document
            if held is None and not not_found(reply):
                return still(uncertain, "The query did not say whether the State holds the document.", reply.messages)
            if held is not None and held.file_name == uncertain.file_name and held.protocol not in known:
                return Accepted(held.protocol, by_query=True)
            if held is not None and held.protocol:
                known |= {held.protocol}  # another file, or a synchronous call
        day = uncertain.attempted_at.astimezone(ITALY).date()
        listing = self.outcomes(day - timedelta(days=1), self._now().astimezone(ITALY).date() + timedelta(days=1))
        if not isinstance(listing, OutcomeReply):
            return listing
        unsaid = unanswered(listing)
        if unsaid:
            return still(uncertain, "The State did not say which sendings it has.", unsaid)
        return settle_upload(uncertain, candidates(uncertain, listing.sendings, known))

    def _confirm(
        self, outcome: DocumentOutcome, retry_of: Uncertain | None, doubt: _Doubt, code: str
    ) -> DocumentOutcome:
        """Take an "already there" after one's own doubtful attempt for success, once a query confirms it."""
        if retry_of is None or not isinstance(outcome, Refused) or code not in outcome.codes:
            return outcome
        uncertain = doubt(reason="The State holds it already.")
        settled = self.resolve_uncertain(uncertain)
        if isinstance(settled, (Accepted, AcceptedWithWarnings)):
            return settled
        if uncertain.call is Call.REFUND and isinstance(settled, NotDone) and uncertain.original is not None:
            original = self.query(uncertain.original)
            if isinstance(original, PointQueryReply) and refund_visible(uncertain, original):
                return Accepted(None, original.messages, by_query=True)
        return settled if isinstance(settled, (Uncertain, AuthenticationFailed)) else outcome

    # ---- bytes -----------------------------------------------------------------------------------------------

    def _doubt(self, call: Call, **known: Any) -> _Doubt:
        """Return what makes the outcome, given a reason, should nobody know it; the instant is that before sending."""
        return partial(Uncertain, call, attempted_at=self._now(), **known)

    def _write(self, wire: WireRequest | WrittenRequest, doubt: _Doubt) -> DocumentOutcome:
        reply = self._exchange(wire, doubt)
        if not isinstance(reply, DocumentReply):
            return cast(DocumentOutcome, reply)
        if reply.outcome == "0":
            return Accepted(reply.protocol, reply.messages)
        if reply.outcome == "2":
            return AcceptedWithWarnings(reply.protocol, reply.messages)
        if reply.outcome == "1" or any(message.blocking for message in reply.messages):
            return Refused(reply.messages)
        return doubt(reason="The service answered with an outcome that nobody documented.")

    def _read(self, wire: WireRequest, wanted: type[_ReplyT]) -> _ReplyT | Trouble:
        reply = self._exchange(wire, None)
        return reply if isinstance(reply, wanted) else cast(Trouble, reply)

    def _exchange(self, wire: WireRequest | WrittenRequest, doubt: _Doubt | None) -> Reply | Trouble | Uncertain:
        """Build, send, read. `doubt` is what to return when the outcome is unknown, None for reading calls."""
        if self._locked:
            return AuthenticationFailed(self._locked, sent=False)
        request = build_request(wire)
        try:
            answer = self._transport.send(request)
        except NotSent as problem:
            return Unavailable(str(problem), untrusted=isinstance(problem, NotTrusted))
        except AnswerLost as problem:
            return self._unknown(doubt, str(problem))
        return self._sort(wire.call, answer, doubt)

    def _unknown(self, doubt: _Doubt | None, reason: str, status: int = 0) -> Uncertain | Unavailable:
        return Unavailable(reason, status=status) if doubt is None else doubt(reason=reason)

    def _sort(self, call: Call, answer: HttpReply, doubt: _Doubt | None) -> Reply | Trouble | Uncertain:
        status = answer.status
        if status in {401, 403}:
            return self._lock(status)
        if status in _BUSY:
            return Unavailable(f"The service is busy (HTTP {status}).", status=status)
        if 300 <= status < 500:
            return Unavailable(f"The service does not take this request here (HTTP {status}).", False, status)
        try:
            reply = parse_reply(call, status, answer.content_type, answer.body)
        except UnreadableReply as problem:
            return self._unknown(doubt, f"The answer cannot be read: {problem}", status)
        if not isinstance(reply, Fault):
            return reply
        if reply.authentication:
            return self._lock(status)
        if reply.code.rsplit(":", 1)[-1] == "Server":
            return self._unknown(doubt, "The service failed while working on the request.", status)
        return Refused(fault=reply)

    def _lock(self, status: int) -> AuthenticationFailed:
        self._locked = status
        return AuthenticationFailed(status)


def reply_message(reply: UploadReply) -> Message:
    """Return an upload's code and text as a message."""
    return Message(reply.code, reply.text, "" if reply.accepted else "E")


def _final(reply: OutcomeReply) -> bool:
    states = [sending.known_state for sending in reply.sendings]
    return bool(states) and all(state is not None and state.final for state in states)
