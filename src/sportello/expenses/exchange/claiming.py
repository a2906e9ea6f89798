"""Writing down what is about to leave, and taking the documents for it: the step before any byte does.

Whoever commits this has the documents for itself: the row is locked while it is looked at, so of two workers, two tabs
or two clicks one alone finds something to do.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from sportello.core.collecting import at_rest
from sportello.core.keys import held_ring
from sportello.core.ready import Ready
from sportello.core.ready_many import Among, ReadyInserts, plain_rows
from sportello.core.ready_writes import ReadyInsert, ReadyUpdate
from sportello.core.turns import write_turn
from sportello.expenses import patience
from sportello.expenses.documents import reference_of
from sportello.expenses.models import (
    Attempt,
    Expense,
    ExpenseKind,
    Held,
    StsSettings,
    Transmission,
    TransmissionKind,
)
from sportello.expenses.rules.content import Content, Reference
from sportello.expenses.rules.next_step import FLAGS, Step, next_step
from sportello.expenses.standing import Waiting, sides_of
from sportello.expenses.states import CallState, Visible

FILE_LIMIT = 2000
"""Documents in one file: far below the 5 MByte that the State takes, and settled while one watches."""
_ORIGINAL_OF = Ready(Expense, lambda key: Expense.objects.filter(pk=key).only("original"))
_LOOKED_AT = (
    *("practice", "entity", "kind", "original", "vat_number", "issued_on", "number", "device"),
    *("due", "problem", "should", "should_hash", "held", "known_hash", "known_amount", "protocol", "has_warnings"),
    *("refused_hash", "refused_operation", "state", "carrier", "ask", "wanted", "sent_once", "uid", "version"),
)
_DOCUMENT = Ready(Expense, lambda key: _to_claim().filter(pk=key))
_ALONE = Ready(Expense, lambda key: _to_claim().filter(pk=key, original=None))
"""A document that takes back from no other."""
TAKES_BACK_WHAT_RESTS = Q(original__held=Held.HELD, original__carrier=None, original__ask=False)
"""Refunds of what the State holds and nobody is speaking about."""
_NEW = frozenset({Step.INSERT, Step.REFUND})
_ACCOUNT = Ready(
    StsSettings,
    lambda entity, environment: StsSettings.objects.filter(
        entity_id=entity, environment=environment, activated_at__isnull=False, stopped_at__isnull=True
    ).only("pk"),
)
_ONE_CALL, _ONE_ATTEMPT = ReadyInsert(Transmission), ReadyInsert(Attempt)
ATTEMPTS = ReadyInserts(
    Attempt,
    [
        *("uid", "practice", "entity", "transmission", "expense"),
        *("operation", "content", "content_hash", "known_protocol"),
    ],
)
"""Documents in calls or files, many at once: see `attempt`."""
_SHOULD, _CONTENT = Expense._meta.get_field("should"), Attempt._meta.get_field("content")
_TAKEN = ReadyUpdate(Expense, ["carrier", "state", "wanted", "sent_once", "version", "updated_at"])


@dataclass(frozen=True, slots=True)
class Claimed:
    """
    A document that is this caller's to send, and what was written down for it.

    :ivar attempted_at: when it was written down (aware)
    :ivar content: what goes to the State, None for a cancellation
    :ivar protocol: the last one that the State gave it, "" for none
    :ivar sent_before: an earlier attempt may have been carried out
    """

    call_id: int
    expense_id: int
    step: Step
    attempted_at: datetime
    reference: Reference
    content: Content | None
    content_hash: str
    protocol: str
    sent_before: bool


class Parcel(NamedTuple):
    """What goes to the State of one document: the flag, and the canonical text with the patient's code."""

    expense_id: int
    operation: str
    text: str
    content_hash: str

    def __repr__(self) -> str:
        """Return no more than which document it is."""
        return f"Parcel({self.expense_id})"


@dataclass(frozen=True, slots=True)
class ClaimedFile:
    """A file that is this caller's to send: the call that was written down, and its documents in their order."""

    call: Transmission
    parcels: tuple[Parcel, ...]


def claim_one(
    expense_id: int, environment: str, *, by: int | None = None, only: Collection[Step] = tuple(Step), now: datetime
) -> Claimed | Step:
    """
    Take one document and write its next operation down; `Step.ASK` or `Step.NOTHING` where none is to be sent.

    :param environment: the host that the caller speaks to; nothing leaves for another than the account's
    :param by: the person who asked, None for the software
    :param only: steps that may be taken
    :raises Expense.DoesNotExist: no such document
    """
    with write_turn(), transaction.atomic():
        row = _locked(expense_id)
        step = next_step(sides_of([row])[row.pk])
        if step in {Step.ASK, Step.NOTHING} or step not in only or not may_leave(row.entity_id, environment):
            return Step.ASK if step is Step.ASK else Step.NOTHING
        return _write_down(row, step, by, now)


def _to_claim() -> QuerySet[Expense]:
    """Return documents to be locked, with what claiming one looks at."""
    return Expense.objects.select_for_update(of=("self",)).only(*_LOOKED_AT)


def _locked(expense_id: int) -> Expense:
    """Lock a document, and before it what it takes back from: of a refund and its original one alone sets out."""
    alone = _ALONE.first(expense_id)
    if alone is not None:
        return alone
    original_id = _ORIGINAL_OF.one(expense_id).original_id
    if original_id is not None:
        _DOCUMENT.one(original_id)
    return _DOCUMENT.one(expense_id)


def may_leave(entity_id: int, environment: str) -> bool:
    """
    Tell whether an entity's account is active, not stopped, and speaks to this host.

    Ask once the documents are locked: whoever moves an account to another host writes to all of them before.
    """
    return bool(_ACCOUNT.rows(entity_id, environment))


def _write_down(row: Expense, step: Step, by: int | None, now: datetime) -> Claimed:
    operation = FLAGS[step]
    content, digest = (row.should, row.should_hash) if step is not Step.CANCEL else ("", "")
    sent_before = row.sent_once
    transmission = Transmission(
        practice_id=row.practice_id,
        entity_id=row.entity_id,
        kind=TransmissionKind.SINGLE,
        operation=operation,
        by_id=by,
        content_sha256=digest or hashlib.sha256(str(row.pk).encode()).hexdigest(),
        attempted_at=now,
        lease_until=now + patience.lease(upload=False),
    )
    _ONE_CALL.insert(transmission)
    _ONE_ATTEMPT.insert(
        Attempt(
            practice_id=row.practice_id,
            entity_id=row.entity_id,
            transmission=transmission,
            expense=row,
            operation=operation,
            content=content,
            content_hash=digest,
            known_protocol=row.protocol,
        )
    )
    row.carrier, row.state = transmission, Visible.QUEUED.value
    row.wanted, row.sent_once = row.wanted or by is not None, True
    row.version += 1
    _TAKEN.update(row)
    read = Content.read(content) if content else None
    return Claimed(transmission.pk, row.pk, step, now, reference_of(row), read, digest, row.protocol, sent_before)


def sendable(entity_id: int, *, now: datetime, automatic: bool) -> QuerySet[Expense, Expense]:
    """Return documents that wait to be inserted or refunded: all of them, or those that somebody asked to send."""
    rows = Expense.objects.filter(entity_id=entity_id, state=Visible.READY, problem="", carrier=None, due=True)
    rows = rows.exclude(held=Held.OTHER).filter(Q(next_try_at=None) | Q(next_try_at__lte=now))
    rows = rows.filter(Q(kind=ExpenseKind.DOCUMENT) | TAKES_BACK_WHAT_RESTS)
    return rows if automatic else rows.filter(wanted=True)


@at_rest()
def claim_file(
    entity_id: int, environment: str, *, now: datetime, automatic: bool, sizes: range = range(1, FILE_LIMIT + 1)
) -> ClaimedFile | None:
    """
    Take documents that wait for one file and write all of them down; None when too few can go.

    :param environment: as for `claim_one`
    :param sizes: how many documents a file may have
    """
    with write_turn(), transaction.atomic(), held_ring():
        mine = take(sendable(entity_id, now=now, automatic=automatic), most=sizes[-1])
        if len(mine) < sizes[0] or not may_leave(entity_id, environment):
            return None
        transmission = Transmission(
            practice_id=mine[0][0].practice_id,
            entity_id=entity_id,
            kind=TransmissionKind.BATCH,
            count=len(mine),
            content_sha256=_digest([row for row, _ in mine]),
            attempted_at=now,
            lease_until=now + patience.lease(upload=True),
        )
        transmission.file_name = f"sts-{transmission.uid.hex}-0001.zip"
        transmission.save(force_insert=True)
        parcels = tuple(parcel_of(row, step) for row, step in mine)
        ATTEMPTS.insert(attempt(transmission.pk, row, one) for (row, _), one in zip(mine, parcels, strict=True))
        Expense.objects.filter(Among("pk", [row.pk for row, _ in mine])).update(
            carrier=transmission,
            state=Visible.QUEUED.value,
            sent_once=True,
            version=F("version") + 1,
            updated_at=now,
        )
    return ClaimedFile(transmission, parcels)


def take(rows: QuerySet[Expense, Expense], *, most: int = FILE_LIMIT) -> list[tuple[Waiting, Step]]:
    """Lock documents that wait, at most so many, oldest first; return those to insert or refund now."""
    locked = _lock_ready(rows, most)
    found = sides_of(locked)
    steps = ((row, next_step(found[row.pk])) for row in locked)
    return [(row, step) for row, step in steps if step in _NEW]


def _lock_ready(rows: QuerySet[Expense, Expense], most: int) -> list[Waiting]:
    """
    Lock what waits, oldest first, and what it takes back from; what others hold is passed over where the database can.

    Nothing is waited for, so that it does not matter that originals are locked after their refunds here.
    """
    if not connection.features.has_select_for_update_skip_locked:
        return _waiting(rows.order_by("pk")[:most])
    locked = rows.select_for_update(of=("self",), skip_locked=True).only("original").order_by("pk")[:most]
    original_of = {row.pk: row.original_id for row in locked}
    wanted = {original_id for original_id in original_of.values() if original_id}
    originals = Expense.objects.select_for_update(skip_locked=True).filter(Among("pk", wanted)).order_by("pk")
    ours = {None, *originals.values_list("pk", flat=True)}
    free = [pk for pk, original_id in original_of.items() if original_id in ours]
    return _waiting(Expense.objects.filter(Among("pk", free)).order_by("pk"))


def _waiting(rows: QuerySet[Expense, Expense]) -> list[Waiting]:
    return [Waiting._make(row) for row in plain_rows(rows.values_list(*Waiting._fields))]


def parcel_of(row: Waiting, step: Step) -> Parcel:
    """Return what goes to the State of a document."""
    text = _SHOULD.opened(row.should, scope=f"party:{row.practice_id}", uid=row.uid)
    return Parcel(row.pk, FLAGS[step], text, row.should_hash)


def attempt(call_id: int, row: Waiting, parcel: Parcel) -> Sequence[object]:
    """Return the row of `ATTEMPTS` for a document in a call or file, its content closed."""
    uid = uuid.uuid4()
    content = _CONTENT.closed(parcel.text, scope=f"party:{row.practice_id}", uid=uid)
    return (
        *(uid, row.practice_id, row.entity_id, call_id, row.pk),
        *(parcel.operation, content, parcel.content_hash, row.protocol),
    )


def _digest(rows: Sequence[Waiting]) -> str:
    whole = hashlib.sha256()
    for row in rows:
        whole.update(row.should_hash.encode())
    return whole.hexdigest()


def take_over(transmission_id: int, *, now: datetime) -> Transmission | None:
    """
    Take a call whose sender died or that is in doubt, to ask about it; None when it is another's or not yet time.

    The lease is renewed by a conditional update, so that one process alone asks.
    """
    with write_turn(), transaction.atomic():
        row = Transmission.objects.select_for_update(of=("self",)).get(pk=transmission_id)
        dead = row.state == CallState.WRITTEN and row.lease_until <= now
        doubted = row.state == CallState.UNCERTAIN and (row.ask_after or now) <= now and row.lease_until <= now
        if not (dead or doubted):
            return None
        row.lease_until = now + patience.lease(upload=row.kind == TransmissionKind.BATCH)
        row.asked += 1
        if dead:
            row.state, row.trouble = CallState.UNCERTAIN.value, "worker_died"
            row.ask_after = row.attempted_at + patience.doubt_lasts(upload=row.kind == TransmissionKind.BATCH)
            Expense.objects.filter(carrier=row).update(state=Visible.UNCERTAIN.value, updated_at=now)
        row.save(update_fields=["state", "trouble", "ask_after", "lease_until", "asked"])
    return row
