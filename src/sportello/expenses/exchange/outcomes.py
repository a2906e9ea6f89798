"""What became of an uploaded file: asked for ever less often, and written down document by document.

In state 3 the documents that the list of errors does not name are held: only the others are to be mended (protocol 8).
Where it names fewer or more than the State counts, or cannot be had, nobody is taken for held unasked. The receipt and
the list are kept as they came. Settling goes slice by slice; killed in between, it goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from sistemats import Client
from sistemats.codes import SendingState
from sistemats.errors import BadArchive, UnreadableMessage
from sistemats.exchange.outcomes import PASSING_CODES
from sistemats.replies import ErrorDetailReply, OutcomeReply, ReceiptReply, Sending
from sistemats.replies.files import ErrorRow, read_error_archive, read_receipt
from sportello.core import audit
from sportello.core.actors import System
from sportello.core.collecting import at_rest
from sportello.core.files import keeping
from sportello.core.files.content import FileRefused, Purpose
from sportello.core.ready_many import Among, plain_rows
from sportello.core.turns import write_turn
from sportello.expenses import patience, running
from sportello.expenses.exchange.files import SLICE, next_look, save_slice
from sportello.expenses.exchange.naming import named
from sportello.expenses.exchange.settling import (
    accept_all,
    apply,
    close_attempt,
    follow_up,
    stop_account,
    stop_if_refused,
    wake_refunds,
)
from sportello.expenses.exchange.unsaid import NO_LIST, NOT_NAMED, ask_each, refuse_unless_held
from sportello.expenses.models import Attempt, Expense, Outcome, Transmission, TransmissionKind
from sportello.expenses.rules.answers import Answer, Said, of_account, read, scrubbed
from sportello.expenses.standing import restate_originals
from sportello.expenses.states import CallState, check_call_move

WHOLE = frozenset({SendingState.REJECTED_IN_PROCESSING, SendingState.REJECTED_AT_ACCEPTANCE})
FILE_REFUSED = "FILE"
RECEIPT_TRIES = {TransmissionKind.BATCH.value: 40, TransmissionKind.SINGLE.value: 6}
"""How often a receipt is asked for; that of a document alone somebody waits for, who can ask again."""
LOOKS, MOST_LOOKS = 54, 344
"""Looks after which a file is given up that the State knows no more, or whose list of errors it does not hand out; and
any other that comes to no end. Counted since it last said something new: about a day, and a week."""


def due_for_a_look(entity_id: int) -> list[int]:
    """Return the files of an entity whose outcome, or receipt, is to be asked for now, oldest first."""
    rows = Transmission.objects.filter(entity_id=entity_id, next_poll_at__lte=patience.now())
    return list(rows.order_by("next_poll_at", "pk").values_list("pk", flat=True))


def look(client: Client, transmission_id: int) -> Transmission:
    """Ask what became of a file and write down what is known; its receipt once it is settled."""
    call = Transmission.objects.get(pk=transmission_id)
    if call.state == CallState.TAKEN:
        reply = client.outcome(call.protocol)
        if isinstance(reply, OutcomeReply) and not _passing(reply):
            _heard(client, call, reply)
        else:
            _look_later(call, read(reply) if not isinstance(reply, OutcomeReply) else _BUSY)
        call = Transmission.objects.get(pk=transmission_id)
    if call.state == CallState.DONE and call.next_poll_at is not None:
        fetch_receipt(client, call)
    return call


_BUSY = Answer(Said.LATER, trouble="busy")


def _passing(reply: OutcomeReply) -> bool:
    """Tell whether a reply says no more than that the State has trouble of its own."""
    return not reply.sendings and any(one.code in PASSING_CODES for one in reply.refusals)


def _heard(client: Client, call: Transmission, reply: OutcomeReply) -> None:
    refused = of_account(reply)
    if refused is not None:
        _look_later(call, refused)
        return
    mine = next((one for one in reply.sendings if one.protocol == call.protocol), None)
    state = None if mine is None else mine.known_state
    if mine is None or state is None or not state.final:
        _note(call, mine)
        return
    rows: Sequence[ErrorRow] | None = ()
    if state is SendingState.DONE_WITH_ERRORS:
        rows = _error_rows(client, call)
        if rows is None and (call.sts_state != mine.state or call.polls < LOOKS):
            _note(call, mine)
            return
    settle_file(call, mine, rows)


def _error_rows(client: Client, call: Transmission) -> list[ErrorRow] | None:
    """Return the rows of the list of errors, which is kept as it came; None when it cannot be had or read now."""
    reply = client.errors(call.protocol)
    if stop_if_refused(call.entity_id, reply):
        return None
    if not isinstance(reply, ErrorDetailReply) or not reply.archive:
        return None
    try:
        rows = read_error_archive(reply.archive)
    except (BadArchive, UnreadableMessage):
        return None
    _keep(call, "errors_file", reply.archive)
    return rows


def _note(call: Transmission, sending: Sending | None) -> None:
    """Write down how far the State is, and when to ask again; or that it is asked about each document instead."""
    with write_turn(), transaction.atomic():
        row = Transmission.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if row.state != CallState.TAKEN:
            return
        before, row.sts_state = row.sts_state, None  # nothing: a file that the State does not know
        if sending is not None:
            _counts(row, sending)
        row.polls = row.polls + 1 if row.sts_state == before else 1
        row.next_poll_at = next_look(row.polls, patience.now())
        row.save()
        running.wake(row.entity_id, row.practice_id, at=row.next_poll_at)
    if row.polls > (LOOKS if sending is None else MOST_LOOKS):
        ask_each(call.pk)


def _look_later(call: Transmission, answer: Answer) -> None:
    with write_turn(), transaction.atomic():
        row = Transmission.objects.select_for_update(of=("self",)).get(pk=call.pk)
        row.polls += 1
        row.next_poll_at = next_look(row.polls, patience.now())
        row.save(update_fields=["polls", "next_poll_at"])
        if answer.said is Said.ACCOUNT:
            stop_account(row.entity_id, answer, now=patience.now())
            return
        running.wake(row.entity_id, row.practice_id, at=row.next_poll_at)
    if row.polls > MOST_LOOKS and row.state == CallState.TAKEN:
        ask_each(call.pk)


def _counts(row: Transmission, sending: Sending) -> None:
    row.sts_state, row.sts_words = sending.state, scrubbed(sending.text)[:200]
    row.sent, row.accepted = sending.sent, sending.accepted
    row.warned, row.refused = sending.warnings, sending.errors


class _Verdict(NamedTuple):
    """
    What the State said of a file.

    :ivar said: rows of its list of errors, by the document that they mean
    :ivar doubts_silent: it may have refused documents that the list does not name; `doubts_refused`: not all it names
    """

    state: SendingState
    protocol: str
    said: Mapping[int, Sequence[ErrorRow]]
    doubts_silent: bool = False
    doubts_refused: bool = False

    @property
    def in_doubt(self) -> bool:
        """Whether documents have to be asked about."""
        return self.doubts_silent or self.doubts_refused


def _judge(call: Transmission, sending: Sending, rows: Sequence[ErrorRow] | None) -> _Verdict:
    """Hold what the State counts against what went and what its list of errors names."""
    state, known = SendingState(sending.state or 0), named(call.pk, rows or ())
    if state in WHOLE:
        return _Verdict(state, sending.protocol, {})
    if sending.errors is None:
        listless = state is SendingState.DONE_WITH_ERRORS and not known.said
        return _Verdict(state, sending.protocol, known.said, doubts_silent=listless or known.strangers > 0)
    more, fewer = sending.errors > known.refused, sending.errors < known.refused
    lacks = sending.sent is not None and sending.sent < call.count
    return _Verdict(state, sending.protocol, known.said, doubts_silent=more or lacks, doubts_refused=fewer)


def settle_file(call: Transmission, sending: Sending, rows: Sequence[ErrorRow] | None) -> None:
    """
    Write down what became of every document of a file, then of the file.

    :param rows: the list of errors, None where it cannot be had
    """
    verdict = _judge(call, sending, rows)
    while _settle_slice(call.pk, verdict, patience.now()) == SLICE:
        pass
    now = patience.now()
    with write_turn(), transaction.atomic():
        row = Transmission.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if row.state != CallState.TAKEN:
            return
        check_call_move(CallState.TAKEN, CallState.DONE)
        _counts(row, sending)
        row.state, row.settled_at, row.polls, row.next_poll_at = CallState.DONE.value, now, 0, now
        if verdict.state in WHOLE:
            row.trouble = "refused_whole"
        elif verdict.in_doubt:
            row.trouble = NO_LIST if rows is None else NOT_NAMED
        row.save()
        running.wake(row.entity_id, row.practice_id, at=now)
        _tell(row)


class _Sent(NamedTuple):
    """A document of a file that is being settled, locked: what was sent of it, and what tells whether that is right."""

    pk: int
    due: bool
    should_hash: str
    original_id: int | None
    attempts__pk: int
    attempts__content_hash: str

    @property
    def is_right(self) -> bool:
        """Whether the State holds it as it should be, if it took it."""
        return self.due and self.should_hash == self.attempts__content_hash


@at_rest()
def _settle_slice(transmission_id: int, verdict: _Verdict, now: datetime) -> int:
    with write_turn(), transaction.atomic():
        sent = _open_slice(transmission_id)
        taken = verdict.state not in WHOLE and not verdict.doubts_silent
        smooth = {row.pk: row.attempts__pk for row in sent if taken and row.is_right and row.pk not in verdict.said}
        if smooth:
            protocol = verdict.protocol[:40]
            accept_all(smooth, Attempt.objects.filter(Among("pk", smooth.values())), protocol, now=now)
        rough = [row.pk for row in sent if row.pk not in smooth]
        settled = _settle_all_rough(transmission_id, rough, verdict, now)
        restate_originals({row.original_id for row in sent if row.original_id is not None})
        wake_refunds(smooth)  # last: see decision 0077
        for expense in settled:
            follow_up(expense, now=now)
    return len(sent)


def _open_slice(transmission_id: int) -> list[_Sent]:
    """Return some documents of a file that are not settled yet, locked in the order in which everybody locks."""
    rows = Expense.objects.select_for_update(of=("self",)).order_by("pk")
    rows = rows.filter(attempts__transmission_id=transmission_id, attempts__outcome=Outcome.OPEN)
    return [_Sent._make(row) for row in plain_rows(rows.values_list(*_Sent._fields)[:SLICE])]


def _settle_all_rough(
    transmission_id: int, expense_ids: Collection[int], verdict: _Verdict, now: datetime
) -> list[Expense]:
    """Settle one by one, as models, documents that were refused or warned of, changed meanwhile, or are in doubt."""
    rows = {row.pk: row for row in Expense.objects.filter(Among("pk", expense_ids)).defer("should").order_by("pk")}
    attempts = Attempt.objects.filter(Among("expense_id", expense_ids), transmission_id=transmission_id)
    for attempt in attempts.order_by("expense_id"):
        _settle_rough(attempt, rows[attempt.expense_id], verdict, now)
    return list(rows.values())


def _settle_rough(attempt: Attempt, row: Expense, verdict: _Verdict, now: datetime) -> None:
    answer = _answer(verdict, verdict.said.get(row.pk, ()))
    if verdict.doubts_silent and answer.said is not Said.REFUSED:
        refuse_unless_held(row, attempt, answer.messages, now=now)
    else:
        close_attempt(attempt, answer)
        apply(row, attempt, answer, now=now)
        row.ask |= verdict.doubts_refused and answer.said is Said.REFUSED
    attempt.save(update_fields=["outcome", "messages"])
    row.carrier = None
    save_slice([row])


def _answer(verdict: _Verdict, said: Sequence[ErrorRow]) -> Answer:
    if verdict.state in WHOLE:
        words = {"code": FILE_REFUSED, "text": "", "kind": "E"}
        return Answer(Said.REFUSED, messages=(words,))
    messages = tuple(
        {"code": scrubbed(one.code)[:20], "text": scrubbed(one.text), "kind": "E" if one.blocking else "W"}
        for one in said
    )
    if any(one.blocking for one in said):
        return Answer(Said.REFUSED, messages=messages)
    return Answer(Said.WARNED if said else Said.DONE, verdict.protocol, messages)


def fetch_receipt(client: Client, call: Transmission) -> bool:
    """Fetch the State's PDF of a settled call, and of a file with errors its error file; tell whether all is there."""
    if call.receipt_id is None:
        reply = client.receipt(call.protocol)
        if stop_if_refused(call.entity_id, reply):
            return False
        if isinstance(reply, ReceiptReply) and reply.pdf:
            with suppress(BadArchive):
                _keep(call, "receipt", read_receipt(reply.pdf))
    errors = call.kind == TransmissionKind.BATCH and call.sts_state == SendingState.DONE_WITH_ERRORS
    if errors and call.errors_file_id is None:
        _error_rows(client, call)
    call.refresh_from_db(fields=["receipt", "errors_file"])
    complete = call.receipt_id is not None and (not errors or call.errors_file_id is not None)
    _receipt_later(call, complete)
    return complete


def _receipt_later(call: Transmission, complete: bool) -> None:
    with write_turn(), transaction.atomic():
        row = Transmission.objects.select_for_update(of=("self",)).get(pk=call.pk)
        row.polls += 1
        give_up = complete or row.polls >= RECEIPT_TRIES[row.kind] or row.next_poll_at is None
        row.next_poll_at = None if give_up else next_look(row.polls, patience.now())
        row.save(update_fields=["polls", "next_poll_at"])
        if row.next_poll_at is not None:
            running.wake(row.entity_id, row.practice_id, at=row.next_poll_at)


def _keep(call: Transmission, column: str, data: bytes) -> None:
    """Keep a file of the State with its call, once; what is neither PDF nor archive is not kept."""
    try:
        written = keeping.write(data, party_id=call.practice_id, purpose=Purpose.RECEIPT)
    except FileRefused:
        return
    with write_turn(), transaction.atomic():
        row = Transmission.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if getattr(row, f"{column}_id") is None:
            setattr(row, column, keeping.keep(written))
            row.save(update_fields=[column])


def _tell(call: Transmission) -> None:
    about = audit.Subject("transmission", call.pk, None, call.entity_id)
    audit.record(
        System("sistema ts", call.practice_id),
        "sts.outcome",
        about,
        documents=call.count,
        protocol=call.protocol,
        state=call.sts_state,
        accepted=call.accepted,
        warned=call.warned,
        refused=call.refused,
    )
