"""Writing down what became of a call: the step after the answer, in one transaction.

A call is settled once: whoever comes second finds it settled and changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from sportello.core import audit
from sportello.core.actors import System
from sportello.core.ready import Ready
from sportello.core.ready_many import Among
from sportello.core.ready_writes import ReadyUpdate
from sportello.core.turns import write_turn
from sportello.expenses import patience, running
from sportello.expenses.models import (
    Attempt,
    Expense,
    ExpenseKind,
    Held,
    Operation,
    Outcome,
    StopReason,
    StsSettings,
    Transmission,
    TransmissionKind,
)
from sportello.expenses.rules.answers import (
    ALREADY_CANCELLED,
    FAULT,
    OUT_OF_STEP,
    Answer,
    Refusal,
    Reply,
    Said,
    of_account,
    patiently,
)
from sportello.expenses.rules.content import ZERO, Content
from sportello.expenses.rules.next_step import CANCELLING
from sportello.expenses.standing import STATE, restate
from sportello.expenses.states import AUDIT, CallState, Visible, check_call_move
from sportello.expenses.stopping import count_refusal, stop_entity

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=2)
DOUBT_PAUSE = timedelta(minutes=10)
_STAYS_WANTED = frozenset({Said.LATER, Said.ACCOUNT})
WRITTEN = (
    *("held", "known_hash", "known_amount", "known_at", "protocol", "has_warnings"),
    *("refused_hash", "refused_operation", "messages", "messages_at", "ask", "wanted", "tries", "next_try_at"),
    *("carrier", *STATE),
)
OF_CALL = ("state", "kind", "operation", "practice", "entity", "asked", "ask_after", "protocol")
_OF_DOCUMENT = (
    *("practice", "entity", "invoice__patient", "kind", "original", "amount", "due", "problem", "should_hash"),
    *("held", "known_hash", "known_amount", "known_at", "protocol", "has_warnings", "refused_hash"),
    *("refused_operation", "carrier", "ask", "wanted", "tries", "next_try_at", "state", "version"),
)
_SENT = Ready(
    Attempt,
    lambda call: (
        Attempt.objects.select_for_update(of=("transmission", "expense"))
        .select_related("transmission", "expense__invoice")
        .only(
            *("expense", "transmission", "operation", "content_hash"),
            *(f"transmission__{name}" for name in OF_CALL),
            *(f"expense__{name}" for name in _OF_DOCUMENT),
        )
        .annotate(has_refunds=Exists(Expense.objects.filter(original_id=OuterRef("expense_id"))))
        .filter(transmission_id=call, expense__original=None)
    ),
)
"""A call with its document and of this what a settlement looks at or changes; none where it takes back from another."""
_CALL = Ready(Transmission, lambda key: Transmission.objects.select_for_update(of=("self",)).filter(pk=key))
_ATTEMPT = Ready(Attempt, lambda call: Attempt.objects.filter(transmission_id=call))
_ORIGINAL = Ready(Expense, lambda key: Expense.objects.filter(pk=key).only("original"))
_REFUND_DUE = Ready(Expense, lambda original: Expense.objects.filter(original_id=original, due=True).only("pk")[:1])
_SETTLED = ReadyUpdate(Expense, WRITTEN)
_SETTLED_SILENTLY = ReadyUpdate(Expense, [name for name in WRITTEN if name not in {"messages", "messages_at"}])
_OUTCOME = ReadyUpdate(Attempt, ["outcome", "messages"])
CLOSED = ReadyUpdate(
    Transmission, ["state", "answered_at", "settled_at", "protocol", "trouble", "messages", "ask_after"]
)


def pause(tries: int) -> timedelta:
    """
    Return how long to wait after so many tries that came to nothing: doubling from half a minute to two hours.

    >>> pause(1), pause(3)
    (datetime.timedelta(seconds=30), datetime.timedelta(seconds=120))
    """
    longer: timedelta = FIRST_PAUSE * 2 ** min(max(tries, 1) - 1, 12)
    return min(longer, LONGEST_PAUSE)


def settle_one(transmission_id: int, answer: Answer, *, now: datetime) -> Expense | None:
    """Write down what became of a single document's call; None when somebody settled it before."""
    with write_turn(), transaction.atomic():
        attempt = _SENT.first(transmission_id) or _sent_with_original(transmission_id)
        call, row = attempt.transmission, attempt.expense
        if call.state not in {CallState.WRITTEN, CallState.UNCERTAIN}:
            return None
        row.carrier = call
        answer = patiently(answer, faults_before(attempt, answer))
        if answer.said is Said.ACCOUNT:
            stop_account(call.entity_id, answer, now=now)
        close_call(call, answer, now)
        if call.state in {CallState.DONE, CallState.NOT_SENT}:
            close_attempt(attempt, answer)
            _OUTCOME.update(attempt)
            apply(row, attempt, answer, now=now)
            row.carrier = None
        _show(row, answer, now, alone=not vars(attempt).get("has_refunds", True))
        about = audit.Subject("expense", row.pk, row.invoice.patient_id, row.entity_id)
        told = deed(call, answer, about, Visible(row.state), invoice_id=row.invoice_id)
        audit.record_many(System("sistema ts", row.practice_id), [told])
    return row


def faults_before(attempt: Attempt, answer: Answer) -> int:
    """Return how often the same was answered with a fault before; nothing is asked where this answer is none."""
    if answer.trouble != FAULT:
        return 0
    same = Attempt.objects.filter(expense_id=attempt.expense_id, operation=attempt.operation)
    return same.filter(content_hash=attempt.content_hash, transmission__trouble=FAULT).count()


def _sent_with_original(transmission_id: int) -> Attempt:
    """Lock a call, then what its document takes back from, then the document: in the order in which everybody locks."""
    call = _CALL.one(transmission_id)
    attempt = _ATTEMPT.one(call.pk)
    ids = [key for key in (_ORIGINAL.one(attempt.expense_id).original_id, attempt.expense_id) if key]
    rows = Expense.objects.select_for_update(of=("self",)).select_related("original", "invoice")
    found = {row.pk: row for row in rows.defer("invoice__snapshot").filter(pk__in=ids).order_by("pk")}
    attempt.transmission, attempt.expense = call, found[attempt.expense_id]
    return attempt


def _show(row: Expense, answer: Answer, now: datetime, *, alone: bool) -> None:
    """Put the state that follows, of the document and of what it takes back from; wake the sender where due."""
    restate([row], alone=alone)
    row.version += 1
    (_SETTLED if answer.messages else _SETTLED_SILENTLY).update(row)
    if row.original_id:
        original = Expense.objects.get(pk=row.original_id)
        if restate([original]):
            original.version += 1
            original.save(update_fields=STATE)
    follow_up(row, now=now, alone=alone and not connection.features.has_select_for_update)


def follow_up(row: Expense, *, now: datetime, alone: bool = False) -> None:
    """
    Wake the sender for what a settled document leaves to be done: a change, an answer to ask for, its refunds.

    :param alone: the caller knows that it has none
    """
    if row.carrier_id is not None:
        return
    waits = row.next_try_at is not None and row.next_try_at > now
    may_have = not alone and row.kind == ExpenseKind.DOCUMENT and row.held == Held.HELD
    refunds = may_have and bool(_REFUND_DUE.rows(row.pk))
    original = row.original
    unties = row.held != Held.HELD and original is not None and original.state == Visible.TO_DELETE
    if running.goes_at_once(row) or refunds or unties:
        running.wake(row.entity_id, row.practice_id, at=row.next_try_at if waits else None)
    elif waits:
        running.wake(row.entity_id, row.practice_id, at=row.next_try_at)


def close_call(call: Transmission, answer: Answer, now: datetime) -> None:
    """Put an answer into a call of one document and save it: to its end, or in doubt."""
    to = {
        Said.DOUBT: CallState.UNCERTAIN,
        Said.LATER: CallState.NOT_SENT,
        Said.ACCOUNT: CallState.NOT_SENT,
    }.get(answer.said, CallState.DONE)
    call.trouble, call.messages = answer.trouble, list(answer.messages)
    if to is CallState.UNCERTAIN:
        doubt(call, now=now, upload=call.kind == TransmissionKind.BATCH)
        return
    end_call(call, to, answer.protocol, now)
    CLOSED.update(call)


def end_call(call: Transmission, to: CallState, protocol: str, now: datetime) -> None:
    """
    Put an end into a call. Saves nothing: `CLOSED` does.

    :raises ForbiddenSight: the table of calls does not know the step
    """
    check_call_move(CallState(call.state), to)
    call.state, call.answered_at, call.settled_at = to.value, now, now
    call.protocol = protocol[:40]


def doubt(call: Transmission, *, now: datetime, upload: bool) -> None:
    """Leave a call in doubt until the State can be asked; each time that it does not say, later."""
    wait = patience.doubt_lasts(upload=upload) if not call.asked else min(pause(call.asked), DOUBT_PAUSE)
    if call.state != CallState.UNCERTAIN:
        check_call_move(CallState(call.state), CallState.UNCERTAIN)
    call.state, call.ask_after, call.lease_until = CallState.UNCERTAIN.value, now + wait, now
    call.save(update_fields=["state", "ask_after", "lease_until", "trouble", "messages"])
    running.wake(call.entity_id, call.practice_id, at=call.ask_after)


def close_attempt(attempt: Attempt, answer: Answer) -> None:
    """Put what became of a document into its attempt. Saves nothing."""
    attempt.outcome = {
        Said.DONE: Outcome.ACCEPTED,
        Said.WARNED: Outcome.WARNED,
        Said.REFUSED: Outcome.REFUSED,
        Said.CONFLICT: Outcome.CONFLICT,
    }.get(answer.said, Outcome.NOT_SENT)
    attempt.messages = list(answer.messages)


def apply(row: Expense, attempt: Attempt, answer: Answer, *, now: datetime) -> None:
    """
    Put an answer to an attempt into what is known of its document. Saves nothing.

    What was certainly not carried out stays wanted, so that it goes again also where nothing is automatic.
    """
    if answer.said in {Said.DONE, Said.WARNED} or _was_cancelled_already(attempt, answer):
        _known(row, attempt, answer, now)
    elif answer.said is Said.REFUSED:
        _refused(row, attempt, answer)
    elif answer.said is Said.CONFLICT:
        row.ask = True
    elif answer.said is Said.LATER:
        row.tries += 1
        row.next_try_at = now + pause(row.tries)
    row.wanted = row.wanted and answer.said in _STAYS_WANTED
    if answer.messages:
        row.messages, row.messages_at = list(answer.messages), now


def accept_all(
    expense_ids: Collection[int],
    attempts: QuerySet[Attempt],
    protocol: str | Subquery,
    *,
    messages: Sequence[Mapping[str, str]] = (),
    now: datetime,
) -> None:
    """
    Write down documents, with their attempts, that are held exactly as they should be: two statements for all.

    :param messages: what the State said of each of them
    """
    attempts.update(outcome=Outcome.ACCEPTED, messages=list(messages))
    Expense.objects.filter(Among("pk", expense_ids)).update(
        held=Held.HELD,
        known_hash=F("should_hash"),
        known_amount=F("amount"),
        known_at=now,
        protocol=protocol,
        has_warnings=False,
        refused_hash="",
        refused_operation="",
        messages=list(messages),
        messages_at=now if messages else F("messages_at"),
        ask=False,
        wanted=False,
        tries=0,
        next_try_at=None,
        carrier=None,
        state=Visible.ACCEPTED.value,
        version=F("version") + 1,
        updated_at=now,
    )


def wake_refunds(expense_ids: Collection[int]) -> None:
    """Have the sender go on with the refunds of documents that are held now. Call it last: see decision 0077."""
    waiting = Expense.objects.filter(Among("original_id", expense_ids), due=True, held=Held.NONE)
    for entity_id, practice_id in waiting.order_by("pk").values_list("entity_id", "practice_id")[:1]:
        running.wake(entity_id, practice_id)


def _was_cancelled_already(attempt: Attempt, answer: Answer) -> bool:
    """A second cancellation is refused with S022: the aim is reached all the same."""
    cancelling = attempt.operation == Operation.CANCEL
    return cancelling and answer.said is Said.REFUSED and ALREADY_CANCELLED in answer.codes


def _known(row: Expense, attempt: Attempt, answer: Answer, now: datetime) -> None:
    row.refused_hash = row.refused_operation = ""
    row.tries, row.next_try_at, row.ask = 0, None, False
    row.known_at = now
    row.protocol = (answer.protocol or row.protocol)[:40]
    if attempt.operation == Operation.CANCEL:
        row.held, row.known_hash, row.known_amount = Held.CANCELLED, "", ZERO
        row.has_warnings = False
        return
    row.held, row.known_hash = Held.HELD, attempt.content_hash
    as_it_should_be = attempt.content_hash == row.should_hash
    row.known_amount = row.amount if as_it_should_be else Content.read(attempt.content).total
    row.has_warnings = answer.said is Said.WARNED


def _refused(row: Expense, attempt: Attempt, answer: Answer) -> None:
    row.refused_operation = attempt.operation
    row.refused_hash = CANCELLING if attempt.operation == Operation.CANCEL else attempt.content_hash
    row.ask = not answer.codes.isdisjoint(OUT_OF_STEP)


def stop_account(entity_id: int, answer: Answer, *, now: datetime) -> None:
    """
    Stop everything for an entity whose account an answer refuses, inside the caller's transaction.

    The first to say so names the reason; every refused sign-in counts.
    """
    account = StsSettings.objects.select_for_update(of=("self",)).select_related("entity").get(entity_id=entity_id)
    if answer.counts:
        count_refusal(account)
    stop_entity(account, StopReason(answer.reason), now=now)


def stop_if_refused(entity_id: int, reply: Refusal | Reply) -> Answer | None:
    """
    Stop everything for an entity if the answer to a question refuses its account; return that answer, else None.

    For questions, whose answer settles no call. Outside of any transaction; act as `System`.
    """
    answer = of_account(reply)
    if answer is not None:
        with write_turn(), transaction.atomic():
            stop_account(entity_id, answer, now=patience.now())
    return answer


def deed(call: Transmission, answer: Answer, about: audit.Subject, state: Visible, *, invoice_id: int) -> audit.Deed:
    """Return what the record of deeds keeps of a call: operation, outcome and codes, never a person's data."""
    details = {
        "operation": call.operation,
        "outcome": answer.said.value,
        "codes": sorted(answer.codes),
        "protocol": call.protocol,
        "invoice_id": invoice_id,
    }
    return audit.Deed(AUDIT[state], about, details)
