"""The ministry: one HTTP call in, one answer out, with everything it remembers in between.

No socket is touched here. The order of checks is the one that fits what is observed: credentials, schema, PIN, owner,
delegation, and then the service's own rules. Whatever is done commits, with its line in the journal, before the
answer is returned.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from sistemats.codes import CALLS, SERVICES, Call, Channel, Service
from sistemats.envelopes import (
    InvalidRequest,
    OutcomeRequest,
    UploadRequest,
    WireRequest,
    build_element,
    parse_request,
)
from sistemats.errors import UnreadableMessage
from sistemats.replies import DocumentReply, Reply, build_reply
from sistemats.replies import Fault as SoapFault
from sistemats.simulator.acceptance import Acceptance
from sistemats.simulator.books import Books
from sistemats.simulator.calls import INSTEAD, SILENT, fault_answer, page_answer
from sistemats.simulator.calls import Answer as Answer
from sistemats.simulator.calls import HttpCall as HttpCall
from sistemats.simulator.clock import SimulatorClock
from sistemats.simulator.faults import Fault, FaultPlan, Rule
from sistemats.simulator.faulttext import AUTHENTICATION, CLIENT, INTERNAL, schema_fault
from sistemats.simulator.gate import Gate, NotAuthenticated, read_basic
from sistemats.simulator.identity import Identity, Refused, refuse
from sistemats.simulator.journal import Entry, Evidence, Journal
from sistemats.simulator.ledger import Ledger
from sistemats.simulator.package import as_package
from sistemats.simulator.processing import Processor
from sistemats.simulator.queries import Queries
from sistemats.simulator.quick import quick_reply
from sistemats.simulator.receipts import Receipts
from sistemats.simulator.sendings import Sendings
from sistemats.simulator.settings import Settings
from sistemats.simulator.store import Store
from sistemats.simulator.users import User
from sistemats.simulator.vault import Vault
from sistemats.simulator.visits import Documents, Uploads, Visit, Work, refusal
from sistemats.xml import soap_envelope

log = logging.getLogger(__name__)
PATHS: dict[str, tuple[Channel, Service]] = {
    channel.prefix + facts.path: (channel, service) for service, facts in SERVICES.items() for channel in Channel
}


SHORTEST_SEALED = 100


@dataclass(slots=True)
class _Passage:
    """What becomes known of a call on its way through."""

    call: HttpCall
    channel: Channel
    service: Service
    entry: Entry
    fault: Rule | None = None
    started: float = field(default_factory=time.perf_counter)

    def elapsed(self) -> float:
        """Return the milliseconds since the call came."""
        return round((time.perf_counter() - self.started) * 1000, 2)


class Ministry:
    """All services over one store."""

    def __init__(
        self, store: Store, clock: SimulatorClock, vault: Vault, users: Iterable[User], settings: Settings
    ) -> None:
        """Serve with this store, clock, key and users; call `start` before, `stop` after."""
        self.store, self.clock, self.vault, self.settings = store, clock, vault, settings
        self.faults = FaultPlan()
        self.gate = Gate(store, clock, users)
        self.books, self.sendings = Books(store), Sendings(store)
        self.journal = Journal(store, settings.journal_size)
        self._identity = Identity(self.gate, vault)
        ledger = Ledger(self.books)
        self.processor = Processor(
            store, self.sendings, ledger, self.gate, self._identity, vault, clock, lambda: self.settings
        )
        documents = Documents(ledger, self.sendings)
        uploads = Uploads(Acceptance(self.sendings))
        receipts = Receipts(self.sendings, self.processor.poke_if_ripe)
        queries = Queries(self.books, self.processor.poke_if_ripe)
        self._prepare: dict[Call, Callable[[Visit], Work]] = {
            Call.INSERT: documents.prepare,
            Call.CHANGE: documents.prepare,
            Call.REFUND: documents.prepare,
            Call.CANCEL: documents.prepare,
            Call.UPLOAD: uploads.prepare,
            Call.OUTCOME: receipts.outcome,
            Call.ERRORS: receipts.errors,
            Call.RECEIPT: receipts.receipt,
            Call.QUERY: queries.point,
            Call.REPORT: queries.report,
            Call.FLAG_DETAIL: queries.remarks,
            Call.FLAG_REPORT: queries.remark_report,
        }

    def start(self) -> None:
        """Begin to process files, those left over from before included."""
        self.processor.start()

    def stop(self) -> None:
        """Finish the work in hand."""
        self.processor.stop()

    def answer(self, call: HttpCall) -> Answer:
        """Answer one call. Never raises: what goes wrong inside is code 200's fault, `Internal Error`."""
        path = call.path.split("?", 1)[0]
        known = PATHS.get(path)
        if known is None or call.method != "POST":
            return self._turn_away(call, path, known is not None)
        entry = Entry(self.clock.now(), known[0].value, known[1].value)
        passage = _Passage(call, *known, entry)
        try:
            answer = self._pass(passage)
        except Exception:
            log.exception("a call to %s failed", known[1])
            entry.note = "internal error"
            answer = self._note(passage, fault_answer(INTERNAL))
        return answer

    def _turn_away(self, call: HttpCall, path: str, known: bool) -> Answer:
        """Answer a call to no service, or with a method that services do not have; the journal helps to see why."""
        answer = page_answer(405, "Method Not Allowed") if known else page_answer(404, "Not Found")
        note = f"{call.method[:16]} {path[:200]}"
        self.journal.write(
            Entry(self.clock.now(), None, None, self._name(call), outcome="http", status=answer.status, note=note)
        )
        return answer

    def _pass(self, passage: _Passage) -> Answer:
        call, entry = passage.call, passage.entry
        request, problem = self._read(passage)
        entry.user = self._name(call)
        passage.fault = fault = self.faults.strike(entry.operation, entry.user)
        if fault is not None:
            entry.fault = fault.kind.value
            if fault.kind is Fault.LOCKOUT and self.gate.get(entry.user or "") is not None:
                self.gate.enable(entry.user or "", False)
            if fault.kind in INSTEAD:
                return self._note(passage, INSTEAD[fault.kind](fault))
        try:
            user = self.gate.admit(
                passage.channel, call.authorization, call.certificate, tls=call.tls, rules=self.settings
            )
        except NotAuthenticated as refused:
            entry.note = refused.why
            return self._note(passage, fault_answer(AUTHENTICATION))
        if problem is not None or request is None:
            return self._note(passage, fault_answer(problem or INTERNAL))
        if _without_input(request):
            missing = SoapFault(CLIENT, "Exception", "DatiInputRichiesta assente")
            return self._note(passage, fault_answer(missing))
        return self._serve(passage, user, request)

    def _read(self, passage: _Passage) -> tuple[WireRequest | None, SoapFault | None]:
        """Return the request, or the fault it earns; the fault waits until the caller is known."""
        entry = passage.entry
        try:
            request = parse_request(passage.call.content_type, passage.call.body)
        except InvalidRequest as problem:
            entry.operation = problem.call
            entry.note = str(problem)
            return None, schema_fault(problem.call, problem.problems)
        except UnreadableMessage as problem:
            entry.note = str(problem)
            return None, INTERNAL
        entry.operation = request.call
        if CALLS[request.call].service is not passage.service:
            entry.note = "the body belongs to another service than the path"
            return None, INTERNAL
        return request, None

    @staticmethod
    def _name(call: HttpCall) -> str | None:
        given = read_basic(call.authorization)
        return call.certificate if given is None else given[0]

    def _serve(self, passage: _Passage, user: User, request: WireRequest) -> Answer:
        fault = passage.fault
        entry = passage.entry
        try:
            sealed_wrong = fault is not None and fault.kind is Fault.WRONG_CERTIFICATE
            party = self._identity.check(user, request, undecipherable=sealed_wrong)
            citizen = self._citizen(request)
            entry.evidence = self._evidence(passage, request, party.owner.fiscal_code, citizen)
            if fault is not None and fault.kind is Fault.WS99:
                raise refuse("WS99")
            visit = Visit(request, party, entry.at, self.settings, fault, citizen)
            work = self._prepare[request.call](visit)
        except Refused as refused:
            work = _refusing(request, refused)
            if entry.evidence is None:
                code = self._opened(getattr(getattr(request, "owner", None), "code", None))
                entry.evidence = self._evidence(passage, request, code, self._citizen(request))
        return self._do(passage, request, work)

    def _do(self, passage: _Passage, request: WireRequest, work: Work) -> Answer:
        """Do the work and write it down in one transaction."""
        with self.store.transaction():
            try:
                reply = work()
            except Refused as refused:
                reply = refusal(request, refused.message)
            _sum_up(passage.entry, reply)
            answer = self._spoil(passage, self._written(reply))
            passage.entry.status = 0 if answer.keep is not None else answer.status
            passage.entry.milliseconds = passage.elapsed()
            self.journal.write(passage.entry)
        if request.call is Call.UPLOAD:
            self.processor.nudge()
        return answer

    def _written(self, reply: Reply) -> Answer:
        body = quick_reply(reply) if isinstance(reply, DocumentReply) else build_reply(reply)
        if not self.settings.mime_replies:
            return Answer(body=body)
        content_type, package = as_package(body)
        return Answer(200, content_type, package)

    @staticmethod
    def _spoil(passage: _Passage, answer: Answer) -> Answer:
        """Apply the failures that come after the work."""
        fault = passage.fault
        if fault is None:
            return answer
        if fault.kind is Fault.LOST_ANSWER:
            return replace(answer, keep=SILENT)
        if fault.kind is Fault.TRUNCATED_ANSWER:
            return replace(answer, keep=len(answer.body) // 2)
        slow = fault.kind is Fault.SLOW_ANSWER
        if slow or (fault.kind is Fault.SLOW_PROCESSING and passage.service is not Service.UPLOAD):
            return replace(answer, delay=fault.seconds)
        return answer

    def _note(self, passage: _Passage, answer: Answer) -> Answer:
        """Write down a call that never reached its service."""
        entry = passage.entry
        entry.status = 0 if answer.keep is not None else answer.status
        is_fault = answer.status == 500 and answer.keep is None
        entry.outcome = "fault" if is_fault else "none" if answer.keep is not None else "http"
        entry.milliseconds = passage.elapsed()
        self.journal.write(entry)
        return answer

    def _citizen(self, request: WireRequest) -> str | None:
        """Return the citizen's code of the document in a request, opened."""
        document = getattr(request, "document", None)
        sealed = None if document is None else document.citizen
        return self.vault.open_citizen(sealed.strip()) if sealed and sealed.strip() else None

    def _evidence(self, passage: _Passage, request: WireRequest, owner: str | None, citizen: str | None) -> Evidence:
        """Return what the journal needs to tell the request with everything sealed opened.

        Opened here, because the key may change; told later, because few ask; kept as bytes, because thousands of
        small objects would slow everything else.
        """
        document = getattr(request, "document", None)
        if document is not None and _in_clear(document.citizen):
            citizen = document.citizen
        opened = (self._opened(request.pin), owner, citizen)
        if isinstance(request, UploadRequest):
            bare = build_element(replace(request, archive=b""))
            return Evidence("text/xml", soap_envelope(bare), opened, len(request.archive))
        return Evidence(passage.call.content_type, passage.call.body, opened)

    def _opened(self, text: str | None) -> str | None:
        return text if not text or _in_clear(text) else self.vault.open(text.strip())


def _in_clear(text: str | None) -> bool:
    """Tell whether a text is too short to be a ciphertext; the journal shows it as it came."""
    return text is not None and len(text) < SHORTEST_SEALED


def _refusing(request: WireRequest, refused: Refused) -> Work:
    return lambda: refusal(request, refused.message)


def _without_input(request: WireRequest) -> bool:
    """Tell whether an outcome request has no input block at all, which earns the typed fault."""
    return isinstance(request, OutcomeRequest) and request == OutcomeRequest(pin="")


def _sum_up(entry: Entry, reply: Reply) -> None:
    """Write into the journal how a reply says it went."""
    code = getattr(reply, "code", None)
    if code is not None:
        entry.outcome = "done" if code == "000" else "refused"
        entry.codes = (code,)
    else:
        outcome = getattr(reply, "outcome", "")
        entry.outcome = {"0": "done", "2": "warned"}.get(outcome, "refused")
        told = getattr(reply, "messages", ()) or getattr(reply, "refusals", ())
        entry.codes = tuple(message.code for message in told)
    entry.protocol = getattr(reply, "protocol", None) or None
