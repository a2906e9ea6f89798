"""The client's outcomes, and how doubts are settled, against a scripted transport."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from sistemats.codes import Call, Operation
from sistemats.crypto import Opener, Sealer
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Sender
from sistemats.envelopes import BatchFile, HttpReply, HttpRequest, InvalidRequest, WireId
from sistemats.envelopes.batch import read_batch_archive
from sistemats.exchange import (
    Accepted,
    AcceptedWithWarnings,
    AuthenticationFailed,
    Client,
    Conflict,
    NotDone,
    Refused,
    Unavailable,
    Uncertain,
    same_content,
)
from sistemats.exchange.resolve import sent_at
from sistemats.http import AnswerLost, NotSent
from sistemats.replies import (
    DocumentReply,
    ErrorDetailReply,
    Fault,
    FlagDetailReply,
    FlagReportReply,
    ItemTotal,
    Message,
    MonthlyReportReply,
    OutcomeReply,
    PointQueryReply,
    QueriedDocument,
    ReceiptReply,
    Refusal,
    Reply,
    Sending,
    UploadReply,
    build_reply,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DONE = Message("0", "Operazione eseguita correttamente", "")
LATE = Message("W008", "OLTRE I TERMINI", "W")
PRESENT = Message("S017", "IDENTIFICATIVO DOCUMENTO FISCALE GIA' PRESENTE", "E")
CANCELLED = Message("W010", "IL DOCUMENTO E' STATO ANNULLATO IN PRECEDENZA", "W")
NOTHING = PointQueryReply("1", (Message("WS96", "LA RICERCA NON HA PRODOTTO RISULTATI", "E"),))
FILE = BatchFile("prova-0001.zip", b"PK\3\4", 0, 5)
Step = Reply | Fault | HttpReply | Exception


class Script:
    """A transport that answers from a list and remembers what it was asked."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.asked: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpReply:
        self.asked.append(request)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, HttpReply):
            return step
        return HttpReply(500 if isinstance(step, Fault) else 200, "text/xml; charset=UTF-8", build_reply(step))

    @property
    def calls(self) -> list[Call]:
        return [request.call for request in self.asked]


MakeClient = Callable[..., tuple[Client, Script]]


@pytest.fixture
def scripted(sender: Sender, sealer: Sealer) -> MakeClient:
    def make(*steps: Step) -> tuple[Client, Script]:
        script = Script(*steps)
        return Client(script, sender, sealer, now=lambda: NOW), script

    return make


def accepted(call: Call = Call.INSERT, protocol: str = "99260926001866680") -> DocumentReply:
    return DocumentReply(call, "0", (DONE,), protocol)


def held(document: ExpenseDocument, sent_as: str = "I", protocol: str = "P1", **changes: Any) -> PointQueryReply:
    amount = str(changes.pop("amount", document.total))
    value = QueriedDocument(
        WireId.of(document.id),
        document.paid_on.isoformat(),
        (ItemTotal("SP", amount), ItemTotal("TK", "0.0")),
        changes.pop("refunded", ()),
        protocol,
        changes.pop("file_name", "SERVIZIO SINCRONO"),
        "2026-03-02",
        sent_as,
    )
    messages = (DONE, CANCELLED) if changes.pop("cancelled", False) else (DONE,)
    return PointQueryReply("2" if len(messages) > 1 else "0", messages, value)


OUTCOMES: list[tuple[Step, type]] = [
    (accepted(), Accepted),
    (DocumentReply(Call.INSERT, "2", (LATE, DONE), "P"), AcceptedWithWarnings),
    (DocumentReply(Call.INSERT, "1", (PRESENT,)), Refused),
    (DocumentReply(Call.INSERT, "7", (PRESENT,)), Refused),
    (DocumentReply(Call.INSERT, "7", (DONE,)), Uncertain),
    (Fault("env:Client", "Errore generico di autenticazione"), AuthenticationFailed),
    (Fault("env:Client", "Internal Error"), Refused),
    (Fault("env:Server", "Internal Error"), Uncertain),
    (HttpReply(401, "text/html", b""), AuthenticationFailed),
    (HttpReply(403, "text/html", b"<html/>"), AuthenticationFailed),
    (HttpReply(404, "text/html", b"<html/>"), Unavailable),
    (HttpReply(302, "text/html", b""), Unavailable),
    (HttpReply(429, "text/html", b""), Unavailable),
    (HttpReply(503, "text/html", b"busy"), Unavailable),
    (HttpReply(500, "text/html", b"<html>oops</html>"), Uncertain),
    (HttpReply(502, "text/html", b""), Uncertain),
    (HttpReply(200, "text/xml", b""), Uncertain),
    (NotSent("The service cannot be reached."), Unavailable),
    (AnswerLost("The service did not answer in time."), Uncertain),
]


@pytest.mark.parametrize(("step", "outcome"), OUTCOMES)
def test_insert_says_in_its_type_what_happened(
    step: Step, outcome: type, scripted: MakeClient, document: ExpenseDocument
) -> None:
    client, script = scripted(step)
    assert type(client.insert(document)) is outcome
    assert script.calls == [Call.INSERT]


@pytest.mark.parametrize(("step", "outcome"), OUTCOMES)
def test_reading_calls_are_never_uncertain(
    step: Step, outcome: type, scripted: MakeClient, document: ExpenseDocument
) -> None:
    client, _ = scripted(step)
    answer = client.query(document.id)
    if isinstance(step, DocumentReply):
        assert isinstance(answer, Unavailable)  # the answer to another question
    else:
        assert type(answer) is (Unavailable if outcome is Uncertain else outcome)


def test_insert_keeps_protocol_and_messages(scripted: MakeClient, document: ExpenseDocument) -> None:
    client, _ = scripted(DocumentReply(Call.INSERT, "2", (LATE, DONE), "99260926001866680"))
    assert client.insert(document) == AcceptedWithWarnings("99260926001866680", (LATE, DONE))


def test_refused_tells_a_passing_trouble_from_a_refusal(scripted: MakeClient, document: ExpenseDocument) -> None:
    client, _ = scripted(DocumentReply(Call.INSERT, "1", (Message("WS99", "RIPROVARE", "E"),)))
    outcome = client.insert(document)
    assert isinstance(outcome, Refused)
    assert outcome.passing
    assert not Refused((PRESENT,)).passing


def test_client_stops_sending_after_an_authentication_failure(scripted: MakeClient, document: ExpenseDocument) -> None:
    client, script = scripted(Fault("env:Client", "Errore generico di autenticazione"), accepted())
    assert client.insert(document) == AuthenticationFailed(500, sent=True)
    assert client.locked
    assert client.insert(document) == AuthenticationFailed(500, sent=False)
    assert client.query(document.id) == AuthenticationFailed(500, sent=False)
    assert len(script.asked) == 1
    client.resume()
    assert isinstance(client.insert(document), Accepted)


def test_insert_of_what_breaks_the_schema_sends_nothing(scripted: MakeClient, document: ExpenseDocument) -> None:
    client, script = scripted()
    with pytest.raises(InvalidRequest):
        client.insert(replace(document, items=()))
    assert script.asked == []


def test_every_operation_makes_its_call(scripted: MakeClient, document: ExpenseDocument) -> None:
    refund = replace(document, id=replace(document.id, number="NC1"))
    calls = (Call.INSERT, Call.CHANGE, Call.REFUND, Call.CANCEL)
    client, script = scripted(*(accepted(call) for call in calls))
    outcomes = (
        client.insert(document),
        client.change(document),
        client.refund(document.id, refund),
        client.cancel(document.id),
    )
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert script.calls == list(calls)


def test_reading_calls_return_replies(scripted: MakeClient, document: ExpenseDocument) -> None:
    sending = Sending("P", "02-03-2026", 2, "ok", 1, 1, 0, 0)
    replies: list[Reply] = [
        OutcomeReply("0", "", (sending,)),
        OutcomeReply("1", "", (), (Refusal("WS96", "niente"),)),
        ErrorDetailReply("0", b"zip"),
        ReceiptReply("0", b"%PDF"),
        held(document),
        MonthlyReportReply("0", (DONE,), b"zip"),
        FlagDetailReply("0", (DONE,)),
        FlagReportReply("0", (DONE,), b"zip"),
    ]
    client, script = scripted(*replies)
    day = date(2026, 3, 2)
    answers = [
        client.outcome("P"),
        client.outcomes(day, day),
        client.errors("P"),
        client.receipt("P"),
        client.query(document.id),
        client.report(2026, 3),
        client.flag_detail(document.id),
        client.flag_report(day, day),
    ]
    assert answers == replies
    assert len(set(script.calls)) == 7


def test_wait_for_outcome_asks_until_the_state_is_final(scripted: MakeClient) -> None:
    states = [0, 1, 3]
    client, script = scripted(*(OutcomeReply("0", "", (Sending("P", "", s, "", 1, 1, 0, 0),)) for s in states))
    waited: list[float] = []
    answer = client.wait_for_outcome("P", [1.0, 2.0, 4.0, 8.0], waited.append)
    assert isinstance(answer, OutcomeReply)
    assert answer.sendings[0].state == 3
    assert waited == [1.0, 2.0]
    assert len(script.asked) == 3


# ---- doubts --------------------------------------------------------------------------------------------------


def lost(client: Client, script: Script, act: Callable[[], Any]) -> Uncertain:
    """Do something whose answer gets lost."""
    script.steps.insert(0, AnswerLost("The service did not answer in time."))
    doubt = act()
    assert isinstance(doubt, Uncertain)
    assert doubt.attempted_at == NOW
    return doubt


def test_resolve_insert_that_arrived(scripted: MakeClient, document: ExpenseDocument) -> None:
    client, script = scripted(held(document, protocol="99"))
    doubt = lost(client, script, lambda: client.insert(document))
    assert client.resolve_uncertain(doubt) == Accepted("99", (DONE,), by_query=True)
    assert script.calls == [Call.INSERT, Call.QUERY]


def test_resolve_insert_that_did_not_arrive(scripted: MakeClient, document: ExpenseDocument) -> None:
    client, script = scripted(NOTHING)
    assert isinstance(client.resolve_uncertain(lost(client, script, lambda: client.insert(document))), NotDone)


@pytest.mark.parametrize("changes", [{"amount": "91.00"}, {"cancelled": True}])
def test_resolve_insert_under_an_identifier_that_is_taken(
    changes: dict[str, Any], scripted: MakeClient, document: ExpenseDocument
) -> None:
    client, script = scripted(held(document, **changes))
    settled = client.resolve_uncertain(lost(client, script, lambda: client.insert(document)))
    assert isinstance(settled, Conflict)
    assert settled.held is not None


@pytest.mark.parametrize(
    "answer",
    [
        PointQueryReply("1", (Message("WS99", "RIPROVARE", "E"),)),
        PointQueryReply("0", (DONE,)),
    ],
)
def test_resolve_stays_uncertain_when_the_query_does_not_say(
    answer: PointQueryReply, scripted: MakeClient, document: ExpenseDocument
) -> None:
    client, script = scripted(answer)
    doubt = lost(client, script, lambda: client.insert(document))
    settled = client.resolve_uncertain(doubt)
    assert isinstance(settled, Uncertain)
    assert settled.document == document


def test_resolve_passes_trouble_on(scripted: MakeClient, document: ExpenseDocument) -> None:
    client, script = scripted(HttpReply(503, "", b""), AnswerLost("lost"))
    doubt = lost(client, script, lambda: client.insert(document))
    assert isinstance(client.resolve_uncertain(doubt), Unavailable)
    assert isinstance(client.resolve_uncertain(doubt), Unavailable)


def test_insert_again_takes_ones_own_earlier_attempt_for_success(
    scripted: MakeClient, document: ExpenseDocument
) -> None:
    refused = DocumentReply(Call.INSERT, "1", (PRESENT,))
    client, script = scripted(refused, held(document, protocol="99"))
    doubt = lost(client, script, lambda: client.insert(document))
    assert client.insert(document, retry_of=doubt) == Accepted("99", (DONE,), by_query=True)


def test_insert_again_of_somebody_elses_document_stays_refused(scripted: MakeClient, document: ExpenseDocument) -> None:
    refused = DocumentReply(Call.INSERT, "1", (PRESENT,))
    client, script = scripted(refused, held(document, amount="1.00"))
    doubt = lost(client, script, lambda: client.insert(document))
    assert client.insert(document, retry_of=doubt) == Refused((PRESENT,))
    client, script = scripted(refused)
    assert client.insert(document) == Refused((PRESENT,))
    assert script.calls == [Call.INSERT]  # without a doubt nothing is asked


def test_resolve_change_needs_a_new_protocol(scripted: MakeClient, document: ExpenseDocument) -> None:
    def settle(known: str | None, reply: PointQueryReply) -> object:
        client, script = scripted(reply)
        doubt = lost(client, script, lambda: client.change(document, known_protocol=known))
        return client.resolve_uncertain(doubt)

    assert settle("P0", held(document, "V", "P1")) == Accepted("P1", (DONE,), by_query=True)
    assert isinstance(settle("P1", held(document, "V", "P1")), NotDone)
    assert isinstance(settle(None, held(document, "V", "P1")), NotDone)
    assert isinstance(settle("P0", held(document, "I", "P1")), NotDone)
    assert isinstance(settle("P0", held(document, "V", "P1", amount="1.00")), NotDone)
    assert isinstance(settle("P0", NOTHING), Conflict)
    assert isinstance(settle("P0", held(document, cancelled=True)), Conflict)
    assert isinstance(settle("P0", PointQueryReply("0", (DONE,))), Uncertain)


def test_resolve_cancel(scripted: MakeClient, document: ExpenseDocument) -> None:
    def settle(reply: PointQueryReply) -> object:
        client, script = scripted(reply)
        return client.resolve_uncertain(lost(client, script, lambda: client.cancel(document.id)))

    assert isinstance(settle(held(document, cancelled=True)), Accepted)
    assert isinstance(settle(held(document)), NotDone)
    assert isinstance(settle(NOTHING), Conflict)
    assert isinstance(settle(PointQueryReply("0", (DONE,))), Uncertain)


def test_cancel_again_takes_already_cancelled_for_success(scripted: MakeClient, document: ExpenseDocument) -> None:
    refused = DocumentReply(Call.CANCEL, "1", (Message("S022", "GIA' CANCELLATO", "E"),))
    client, script = scripted(refused, held(document, cancelled=True))
    doubt = lost(client, script, lambda: client.cancel(document.id))
    assert isinstance(client.cancel(document.id, retry_of=doubt), Accepted)


def test_resolve_refund(scripted: MakeClient, document: ExpenseDocument) -> None:
    refund = replace(document, id=replace(document.id, number="NC1"))

    def settle(*replies: Step) -> object:
        client, script = scripted(*replies)
        return client.resolve_uncertain(lost(client, script, lambda: client.refund(document.id, refund)))

    assert isinstance(settle(held(refund)), Accepted)
    assert isinstance(settle(held(refund, amount="1.00")), Conflict)
    assert isinstance(settle(NOTHING, NOTHING), NotDone)
    assert isinstance(settle(NOTHING, held(document)), NotDone)
    assert isinstance(settle(NOTHING, HttpReply(503, "", b"")), Unavailable)
    assert isinstance(settle(PointQueryReply("0", (DONE,))), Uncertain)


def test_refund_again_is_confirmed_by_the_originals_refunded_totals(
    scripted: MakeClient, document: ExpenseDocument
) -> None:
    refund = replace(document, id=replace(document.id, number="NC1"))
    refused = DocumentReply(Call.REFUND, "1", (PRESENT,))
    for refunded, outcome in ((("SP", "90.0"), Accepted), (("SP", "5.0"), Refused)):
        original = held(document, refunded=(ItemTotal(*refunded),))
        client, script = scripted(refused, NOTHING, original, original)
        doubt = lost(client, script, partial(client.refund, document.id, refund))
        assert isinstance(client.refund(document.id, refund, retry_of=doubt), outcome)


UPLOADED = UploadReply("000", "", "26030210301112345", "02-03-2026 10:30:11", "4", "prova-0001.zip")


def test_files_hold_documents_in_order_and_are_made_one_at_a_time(
    scripted: MakeClient, document: ExpenseDocument, opener: Opener
) -> None:
    client, script = scripted()
    taken: list[str] = []

    def stream() -> Iterator[ExpenseDocument | BatchEntry]:
        for number in range(600):
            taken.append(f"FT{number}")
            one = replace(document, id=replace(document.id, number=f"FT{number}"))
            yield BatchEntry(one, Operation.CANCEL) if number == 1 else one

    files = client.files(stream(), "practice", max_bytes=20_000)
    first = next(files)
    assert len(taken) < 600
    rest = list(files)
    assert [first.name, rest[0].name] == ["practice-0001.zip", "practice-0002.zip"]
    assert sum(file.count for file in (first, *rest)) == 600
    inside = [*read_batch_archive(first.archive)[1]]
    assert [one.document.id.number for one in inside[:2]] == ["FT0", "FT1"]
    assert [one.operation for one in inside[:3]] == ["I", "C", "I"]
    assert opener.open(inside[0].document.citizen or "") == document.citizen_code
    assert script.calls == []


def test_upload_is_accepted_only_with_a_protocol(scripted: MakeClient) -> None:
    client, _ = scripted(
        UPLOADED, replace(UPLOADED, protocol=""), replace(UPLOADED, code="104", text="PINCODE ERRATO", protocol="")
    )
    assert client.upload(FILE) == Accepted("26030210301112345", (Message("000", "", ""),))
    doubt = client.upload(FILE)
    assert isinstance(doubt, Uncertain)
    refused = client.upload(FILE)
    assert isinstance(refused, Refused)
    assert refused.codes == {"104"}


def sending(protocol: str, at: str, state: int = 2, sent: int = 5) -> Sending:
    return Sending(protocol, at, state, "", sent, sent, 0, 0)


@pytest.mark.parametrize(
    ("sendings", "known", "expected"),
    [
        ([], (), NotDone),
        ([sending("P1", "02-03-2026 10:31:00")], (), Accepted),
        ([sending("P1", "02-03-2026 10:31:00")], ("P1",), NotDone),
        ([sending("P1", "02-03-2026 09:00:00")], (), NotDone),
        ([sending("P1", "01-03-2026")], (), NotDone),
        ([sending("P1", "02-03-2026")], (), Accepted),
        ([sending("P1", "02-03-2026 10:31:00", sent=6)], (), NotDone),
        ([sending("P1", "02-03-2026 10:31:00", state=0, sent=0)], (), Accepted),
        ([sending("P1", "02-03-2026 10:31:00"), sending("P2", "02-03-2026 10:32:00")], (), Uncertain),
        ([sending("P1", "nonsense")], (), Accepted),
    ],
)
def test_resolve_upload_by_the_list_of_sendings(
    sendings: list[Sending], known: tuple[str, ...], expected: type, scripted: MakeClient
) -> None:
    client, script = scripted(OutcomeReply("0" if sendings else "1", "", tuple(sendings)))
    doubt = lost(client, script, lambda: client.upload(FILE))
    settled = client.resolve_uncertain(doubt, frozenset(known))
    assert type(settled) is expected
    if isinstance(settled, Accepted):
        assert settled.protocol == "P1"
    assert script.calls == [Call.UPLOAD, Call.OUTCOME]


def test_resolve_upload_by_the_file_name_of_one_document(scripted: MakeClient, document: ExpenseDocument) -> None:
    client, script = scripted(held(document, file_name="prova-0001.zip", protocol="P9"))
    doubt = lost(client, script, lambda: client.upload(FILE, probe=document.id))
    assert client.resolve_uncertain(doubt) == Accepted("P9", by_query=True)
    client, script = scripted(held(document, file_name="other.zip"), OutcomeReply("1", ""))
    doubt = lost(client, script, lambda: client.upload(FILE, probe=document.id))
    assert isinstance(client.resolve_uncertain(doubt), NotDone)


def test_resolve_upload_takes_a_refused_question_for_no_answer(scripted: MakeClient, document: ExpenseDocument) -> None:
    wrong = Message("104", "PINCODE ERRATO", "E")
    client, script = scripted(PointQueryReply("1", (wrong,)))
    doubt = lost(client, script, lambda: client.upload(FILE, probe=document.id))
    settled = client.resolve_uncertain(doubt)
    assert isinstance(settled, Uncertain)
    assert settled.messages == (wrong,)
    assert script.calls == [Call.UPLOAD, Call.QUERY]
    client, script = scripted(OutcomeReply("1", "", refusals=(Refusal("104", "PINCODE ERRATO"),)))
    settled = client.resolve_uncertain(lost(client, script, lambda: client.upload(FILE)))
    assert isinstance(settled, Uncertain)
    assert settled.messages == (wrong,)


def test_resolve_insert_hands_on_what_the_state_said_instead(scripted: MakeClient, document: ExpenseDocument) -> None:
    wrong = Message("104", "PINCODE ERRATO", "E")
    client, script = scripted(PointQueryReply("1", (wrong,)))
    settled = client.resolve_uncertain(lost(client, script, lambda: client.insert(document)))
    assert isinstance(settled, Uncertain)
    assert settled.messages == (wrong,)


ALONE = replace(FILE, count=1)


@pytest.mark.parametrize("state", [2, 3])
def test_resolve_upload_of_one_document_never_takes_a_synchronous_call_for_it(state: int, scripted: MakeClient) -> None:
    one = sending("99260302000000001", "02-03-2026 10:31:00", state=state, sent=1)
    client, script = scripted(OutcomeReply("0", "", (one,)))
    doubt = lost(client, script, lambda: client.upload(ALONE))
    settled = client.resolve_uncertain(doubt)
    assert isinstance(settled, Uncertain)
    assert "sent alone" in settled.reason


def test_resolve_upload_of_one_document_that_still_waits_is_a_file(scripted: MakeClient) -> None:
    client, script = scripted(OutcomeReply("0", "", (sending("P1", "02-03-2026 10:31:00", state=0, sent=0),)))
    doubt = lost(client, script, lambda: client.upload(ALONE))
    assert client.resolve_uncertain(doubt) == Accepted("P1", by_query=True)


def test_resolve_upload_leaves_out_the_protocol_the_probe_is_held_under(
    scripted: MakeClient, document: ExpenseDocument
) -> None:
    own = "99260302000000001"
    listed = OutcomeReply("0", "", (sending(own, "02-03-2026 10:31:00", sent=1),))
    client, script = scripted(held(document, file_name="SERVIZIO SINCRONO", protocol=own), listed)
    doubt = lost(client, script, lambda: client.upload(ALONE, probe=document.id))
    assert isinstance(client.resolve_uncertain(doubt), NotDone)


def test_resolve_passes_an_uncertain_without_identifier_back(scripted: MakeClient) -> None:
    client, _ = scripted()
    doubt = Uncertain(Call.INSERT, "?", NOW)
    assert client.resolve_uncertain(doubt) is doubt


def test_same_content_compares_days_and_totals(document: ExpenseDocument) -> None:
    reply = held(document).document
    assert reply is not None
    assert same_content(document, reply)
    assert not same_content(replace(document, paid_on=date(2026, 3, 3)), reply)
    assert not same_content(document, replace(reply, totals=(ItemTotal("SP", "x"),)))
    twice = replace(document, items=(replace(document.items[0], amount=Decimal("45")),) * 2)
    assert same_content(twice, reply)


def test_sent_at_reads_days_with_and_without_a_time() -> None:
    with_time = sent_at(sending("P", "02-03-2026 10:31:00"))
    assert with_time is not None
    assert with_time.isoformat() == "2026-03-02T10:31:00+01:00"
    assert sent_at(sending("P", "31-02-2026")) is None


def test_document_ids_of_the_same_device_are_equal() -> None:
    assert WireId("1", "2026-03-02", "001", "A").document_id == DocumentId("1", date(2026, 3, 2), "A", 1)
