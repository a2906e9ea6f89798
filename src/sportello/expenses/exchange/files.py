"""Many documents in one file: build it, upload it, and write down whether the State took it in charge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef

from sistemats import Client
from sistemats.envelopes import BatchFile, Sealing, seal_batch
from sistemats.envelopes.batch import InvalidBatch
from sistemats.errors import NotSealable
from sportello.core import audit
from sportello.core.actors import System
from sportello.core.collecting import at_rest
from sportello.core.turns import write_turn
from sportello.expenses import patience, running
from sportello.expenses.documents import entry_of, id_of
from sportello.expenses.exchange.claiming import FILE_LIMIT, ClaimedFile, Parcel
from sportello.expenses.exchange.settling import WRITTEN as COLUMNS
from sportello.expenses.exchange.settling import apply, doubt, faults_before, stop_account
from sportello.expenses.exchange.singles import BREAKS_THE_SCHEMA
from sportello.expenses.models import Attempt, Expense, Outcome, Transmission, TransmissionKind
from sportello.expenses.rules.answers import Answer, Said, patiently, read
from sportello.expenses.rules.content import Content
from sportello.expenses.standing import restate
from sportello.expenses.states import CallState, Visible, check_call_move

SLICE = 1000
TOO_LARGE, REFUSED_AT_ACCEPTANCE = "too_large", "refused_at_acceptance"
_NOT_THEIRS = {"108": TOO_LARGE, "200": "busy"}
"""Refusals at acceptance (protocol 11.1) that say nothing of the documents, as troubles."""
SMALLER_FOR = timedelta(days=30)
"""How long files stay smaller than one that the State refused for its size."""
FIRST_LOOK = 5.0
"""Seconds after a file was taken in charge until its outcome is asked for the first time."""
LONGEST_WAIT = 1800.0


def send_file(client: Client, sealing: Sealing, claimed: ClaimedFile) -> Answer:
    """Build and upload a file that was written down, and write down what the State says. Outside any transaction."""
    answer = _upload(client, sealing, claimed)
    settle_upload(claimed.call.pk, answer, now=patience.now())
    return answer


def _upload(client: Client, sealing: Sealing, claimed: ClaimedFile) -> Answer:
    call, parcels = claimed.call, claimed.parcels
    try:
        with at_rest():
            contents = [Content.read(parcel.text) for parcel in parcels]
            file = _build(sealing, call, zip(contents, (one.operation for one in parcels), strict=True))
    except (InvalidBatch, NotSealable) as problem:
        place = problem.index if isinstance(problem, InvalidBatch) else None
        return _broken(parcels[place or 0], problem)
    if patience.now() > call.attempted_at + patience.leaves_within(upload=True):
        return Answer(Said.LATER, trouble="too_slow")  # somebody may soon take this process for dead: nothing left it
    return read(client.upload(file, probe=id_of(contents[0].reference)))


def _build(sealing: Sealing, call: Transmission, entries: Iterable[tuple[Content, str]]) -> BatchFile:
    documents = (entry_of(content, operation) for content, operation in entries)
    files = list(seal_batch(sealing, documents, call.file_name.removesuffix("-0001.zip")))
    if len(files) != 1:
        raise RuntimeError(f"transmission {call.pk} does not fit into one file")
    return files[0]


def _broken(parcel: Parcel, problem: Exception) -> Answer:
    """Blame the one document that breaks the schema, so that the others go in the next file."""
    with write_turn(), transaction.atomic():
        row = Expense.objects.select_for_update(of=("self",)).get(pk=parcel.expense_id)
        row.refused_hash, row.refused_operation = parcel.content_hash, parcel.operation
        row.messages = [{"code": BREAKS_THE_SCHEMA, "text": str(problem)[:200], "kind": "E"}]
        row.messages_at = patience.now()
        row.save(update_fields=["refused_hash", "refused_operation", "messages", "messages_at", "updated_at"])
    return Answer(Said.LATER, trouble="schema")


def settle_upload(transmission_id: int, answer: Answer, *, now: datetime) -> None:
    """Write down whether a file was taken in charge; once, whoever comes first."""
    with write_turn(), transaction.atomic():
        call = Transmission.objects.select_for_update(of=("self",)).get(pk=transmission_id)
        if call.state not in {CallState.WRITTEN, CallState.UNCERTAIN}:
            return
        answer = _weighed(call, answer)
        call.trouble, call.messages = answer.trouble, list(answer.messages)
        if answer.said is Said.DOUBT:
            Expense.objects.filter(carrier=call).update(state=Visible.UNCERTAIN.value, updated_at=now)
            doubt(call, now=now, upload=True)
            return
        if answer.said is Said.ACCOUNT:
            stop_account(call.entity_id, answer, now=now)
        taken = answer.said in {Said.DONE, Said.WARNED}
        to = CallState.TAKEN if taken else CallState.NOT_SENT
        check_call_move(CallState(call.state), to)
        call.state, call.answered_at = to.value, now
        if taken:
            _take_in_charge(call, answer, now)
        else:
            call.settled_at = now
        call.save()
        _tell(call, "sts.taken" if taken else "sts.not_sent", answer)
    if not taken:
        release(transmission_id, answer, now=now)


def _weighed(call: Transmission, answer: Answer) -> Answer:
    """
    Return an answer as it counts for the documents of a file.

    Too large is no fault of theirs: they go in smaller files. The State's own error (200) passes; a fault may, and is
    believed the third time. Whatever else it says of a file that it does not accept, a person has to look at.
    """
    if answer.said is not Said.REFUSED:
        return answer
    for code, trouble in _NOT_THEIRS.items():
        if code in answer.codes:
            return Answer(Said.LATER, messages=answer.messages, trouble=trouble)
    first = Attempt.objects.filter(transmission=call).order_by("pk")[:1].get()
    counts = patiently(answer, faults_before(first, answer))
    return replace(counts, trouble=REFUSED_AT_ACCEPTANCE) if counts.said is Said.REFUSED else counts


def most_in_a_file(entity_id: int, *, now: datetime) -> int:
    """Return how many documents may go in one file: half of the smallest that the State lately found too large."""
    rows = Transmission.objects.filter(entity_id=entity_id, kind=TransmissionKind.BATCH, trouble=TOO_LARGE)
    smallest = rows.filter(attempted_at__gte=now - SMALLER_FOR).aggregate(count=Min("count"))["count"]
    return FILE_LIMIT if smallest is None else smallest // 2


def _take_in_charge(call: Transmission, answer: Answer, now: datetime) -> None:
    call.protocol, call.sts_state = answer.protocol[:40], 0
    call.next_poll_at = next_look(0, now)
    Expense.objects.filter(carrier=call).update(
        state=Visible.TAKEN_IN_CHARGE.value, version=F("version") + 1, updated_at=now
    )
    running.wake(call.entity_id, call.practice_id, at=call.next_poll_at)


def next_look(polls: int, now: datetime) -> datetime:
    """Return when to ask for an outcome again: after five seconds, then ever later, up to half an hour."""
    return now + timedelta(seconds=min(FIRST_LOOK * 2 ** min(polls, 12), LONGEST_WAIT))


def left_over(entity_id: int) -> list[Transmission]:
    """Return files that were not carried out and still hold documents: whoever gave these back was killed."""
    carried = Expense.objects.filter(carrier=OuterRef("pk"))
    rows = Transmission.objects.filter(Exists(carried), entity_id=entity_id, state=CallState.NOT_SENT)
    return list(rows.order_by("pk"))


def give_back(call: Transmission, *, now: datetime) -> None:
    """Go on with giving the documents of a file back that was not carried out."""
    said = Said.REFUSED if call.trouble == REFUSED_AT_ACCEPTANCE else Said.LATER
    release(call.pk, Answer(said, messages=tuple(call.messages), trouble=call.trouble or "not_done"), now=now)


def release(transmission_id: int, answer: Answer, *, now: datetime) -> None:
    """Give the documents of a file that was not carried out back, slice by slice; killed in between, it goes on."""
    while rows := _slice(transmission_id, answer, now):
        if rows < SLICE:
            return


def _slice(transmission_id: int, answer: Answer, now: datetime) -> int:
    refused = answer.said is Said.REFUSED
    mine = answer if refused else replace(answer, messages=())  # what is said of a file that goes again is not of them
    with write_turn(), transaction.atomic():
        attempts, found = open_slice(transmission_id)
        for attempt in attempts:
            row = found[attempt.expense_id]
            apply(row, attempt, mine, now=now)
            row.carrier = None
        outcome = Outcome.REFUSED if refused else Outcome.NOT_SENT
        ids = [one.pk for one in attempts]
        Attempt.objects.filter(pk__in=ids).update(outcome=outcome, messages=list(mine.messages))
        save_slice(found.values())
        if attempts:
            later = [row.next_try_at for row in found.values() if row.next_try_at is not None]
            if later:
                running.wake(attempts[0].entity_id, attempts[0].practice_id, at=max(later))
    return len(attempts)


def open_slice(transmission_id: int) -> tuple[list[Attempt], dict[int, Expense]]:
    """Return some attempts of a file that are not closed yet, and their documents, locked, by id."""
    rows = Attempt.objects.filter(transmission_id=transmission_id, outcome=Outcome.OPEN).order_by("expense_id")
    attempts = list(rows.defer("content")[:SLICE])
    ids = [attempt.expense_id for attempt in attempts]
    locked = Expense.objects.select_for_update(of=("self",)).defer("should").filter(pk__in=ids).order_by("pk")
    return attempts, {row.pk: row for row in locked}


def save_slice(rows: Iterable[Expense]) -> None:
    """Put the state that follows and save, row by row."""
    mine = list(rows)
    restate(mine)
    for row in mine:
        row.version += 1
        row.save(update_fields=COLUMNS)


def _tell(call: Transmission, action: str, answer: Answer) -> None:
    about = audit.Subject("transmission", call.pk, None, call.entity_id)
    audit.record(
        System("sistema ts", call.practice_id),
        action,
        about,
        documents=call.count,
        protocol=call.protocol,
        codes=sorted(answer.codes),
        trouble=call.trouble,
    )
