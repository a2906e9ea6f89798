"""Documents by the synchronous service, some in a row: written down together, sent one by one, settled together.

Each is a call of its own, with its own attempt and its own place in the record of deeds; only the two transactions
around the calls are shared (decision 0114). Killed in between, each of them is asked about like any other lost call.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from sistemats import Client
from sportello.core import audit
from sportello.core.actors import System
from sportello.core.collecting import at_rest
from sportello.core.keys import held_ring
from sportello.core.ready_many import Among, ReadyInserts
from sportello.core.turns import write_turn
from sportello.expenses import patience
from sportello.expenses.exchange.claiming import ATTEMPTS, Claimed, attempt, may_leave, parcel_of, sendable, take
from sportello.expenses.exchange.settling import CLOSED, OF_CALL, accept_all, deed, end_call, settle_one, wake_refunds
from sportello.expenses.exchange.singles import send
from sportello.expenses.models import Attempt, Expense, Outcome, StsSettings, Transmission, TransmissionKind
from sportello.expenses.rules.answers import Answer, Said
from sportello.expenses.rules.content import Content
from sportello.expenses.rules.next_step import FLAGS, Step
from sportello.expenses.standing import Waiting
from sportello.expenses.states import CallState, Visible

MOST = 25
SPAN = 0.5
"""Seconds that the calls of a round may take: so long, at most, do answers wait to be written down."""
_CALLS = ReadyInserts(
    Transmission,
    ["uid", "practice", "entity", "kind", "operation", "content_sha256", "attempted_at", "lease_until"],
)


class Pace:
    """How many documents go in the next round: one at first, then as many as the State takes within `SPAN`."""

    def __init__(self) -> None:
        self.size = 1
        self._begun = time.monotonic()

    def begin(self) -> int:
        """Begin a round and return how many documents may go in it."""
        self._begun = time.monotonic()
        return self.size

    def end(self, sent: int) -> None:
        """End a round of so many documents; the next has at most twice as many."""
        seconds = max(time.monotonic() - self._begun, 1e-6)
        self.size = max(1, min(int(SPAN * sent / seconds), self.size * 2, MOST))


def send_round(client: Client, account: StsSettings, expense_ids: Sequence[int], *, automatic: bool) -> list[Answer]:
    """
    Insert or refund documents that wait, as far as they still do; return the answers. Outside of any transaction.

    After a refusal of the account nothing more leaves: the others of the round are given back as not carried out.

    :param account: the account as it was when the line was opened
    :param automatic: also send what nobody asked for
    """
    claimed = claim_round(account, expense_ids, now=patience.now(), automatic=automatic)
    answers: list[Answer] = []
    try:
        for each in claimed:
            refused = next((replace(one, counts=False) for one in answers[-1:] if one.said is Said.ACCOUNT), None)
            answers.append(refused or send(client, each))
    finally:
        settle_round(list(zip(claimed, answers, strict=False)), now=patience.now())
    return answers


@at_rest()
def claim_round(account: StsSettings, expense_ids: Collection[int], *, now: datetime, automatic: bool) -> list[Claimed]:
    """Take the documents among these that wait to be inserted or refunded, and write a call down for each."""
    with write_turn(), transaction.atomic(), held_ring():
        rows = sendable(account.entity_id, now=now, automatic=automatic).filter(Among("pk", expense_ids))
        mine = take(rows)
        if not mine or not may_leave(account.entity_id, account.environment):
            return []
        calls = _write_calls(mine, now)
        parcels = [parcel_of(row, step) for row, step in mine]
        ATTEMPTS.insert(attempt(calls[row.pk], row, parcel) for (row, _), parcel in zip(mine, parcels, strict=True))
        _carry([row.pk for row, _ in mine], now)
    return [
        _claimed(calls[row.pk], row, step, parcel.text, now) for (row, step), parcel in zip(mine, parcels, strict=True)
    ]


def _write_calls(mine: Sequence[tuple[Waiting, Step]], now: datetime) -> dict[int, int]:
    """Write a call down for each document; return their keys by document."""
    lease_until, uids = now + patience.lease(upload=False), [uuid.uuid4() for _ in mine]
    _CALLS.insert(
        (
            uid,
            row.practice_id,
            row.entity_id,
            TransmissionKind.SINGLE.value,
            FLAGS[step],
            row.should_hash,
            now,
            lease_until,
        )
        for uid, (row, step) in zip(uids, mine, strict=True)
    )
    keys = dict(Transmission.objects.filter(uid__in=uids).order_by("pk").values_list("uid", "pk"))
    return {row.pk: keys[uid] for uid, (row, _) in zip(uids, mine, strict=True)}


def _carry(expense_ids: Collection[int], now: datetime) -> None:
    """Put each document on its way with the call that its open attempt belongs to."""
    call = Attempt.objects.filter(expense_id=OuterRef("pk"), outcome=Outcome.OPEN).order_by("pk")
    Expense.objects.filter(Among("pk", expense_ids)).update(
        carrier=Subquery(call.values("transmission_id")[:1]),
        state=Visible.QUEUED.value,
        sent_once=True,
        version=F("version") + 1,
        updated_at=now,
    )


def _claimed(call_id: int, row: Waiting, step: Step, text: str, now: datetime) -> Claimed:
    content = Content.read(text)
    return Claimed(call_id, row.pk, step, now, content.reference, content, row.should_hash, row.protocol, row.sent_once)


class _Sent(NamedTuple):
    """A document of a round that is being settled, locked: whether it is held as it should be, and whose it is."""

    pk: int
    due: bool
    should_hash: str
    original_id: int | None
    practice_id: int
    entity_id: int
    invoice_id: int
    invoice__patient_id: int | None

    @property
    def subject(self) -> audit.Subject:
        """What the record of deeds says it is about."""
        return audit.Subject("expense", self.pk, self.invoice__patient_id, self.entity_id)


def settle_round(sent: Sequence[tuple[Claimed, Answer]], *, now: datetime) -> None:
    """Write down what became of each document: those held as they should be together, the others one by one."""
    done = [(each, answer) for each, answer in sent if answer.said is Said.DONE]
    alike = [(each, answer) for each, answer in done if answer.messages == done[0][1].messages]
    settled = _accept(alike, now) if len(alike) > 1 else set()
    for each, answer in sent:
        if each.call_id not in settled:
            settle_one(each.call_id, answer, now=now)


@at_rest()
def _accept(sent: Sequence[tuple[Claimed, Answer]], now: datetime) -> set[int]:
    """Settle in one transaction what was accepted in the same words and is as it should be; return the calls."""
    answers = {each.call_id: answer for each, answer in sent}
    messages = list(sent[0][1].messages)
    with write_turn(), transaction.atomic():
        calls = _open_calls(answers)
        rows = _locked([each.expense_id for each, _ in sent])
        mine = {each.call_id: row for each, _ in sent if _is_right(row := rows[each.expense_id], each, calls)}
        if not mine:
            return set()
        for key in mine:
            calls[key].trouble, calls[key].messages = "", messages
            end_call(calls[key], CallState.DONE, answers[key].protocol, now)
        CLOSED.update_many([calls[key] for key in mine])
        protocol = Subquery(Transmission.objects.filter(pk=OuterRef("carrier_id")).values("protocol")[:1])
        ids = [row.pk for row in mine.values()]
        attempts = Attempt.objects.filter(Among("transmission_id", mine))
        accept_all(ids, attempts, protocol, messages=messages, now=now)
        deeds = [
            deed(calls[key], answers[key], row.subject, Visible.ACCEPTED, invoice_id=row.invoice_id)
            for key, row in mine.items()
        ]
        audit.record_many(System("sistema ts", rows[sent[0][0].expense_id].practice_id), deeds)
        wake_refunds(ids)
    return set(mine)


def _open_calls(ids: Iterable[int]) -> dict[int, Transmission]:
    """Lock calls, and return by key those that nobody settled."""
    rows = Transmission.objects.select_for_update(of=("self",)).filter(Among("pk", ids)).only(*OF_CALL).order_by("pk")
    return {row.pk: row for row in rows if row.state in {CallState.WRITTEN, CallState.UNCERTAIN}}


def _locked(expense_ids: Iterable[int]) -> dict[int, _Sent]:
    rows = Expense.objects.select_for_update(of=("self",)).filter(Among("pk", expense_ids)).order_by("pk")
    return {row[0]: _Sent._make(row) for row in rows.values_list(*_Sent._fields)}


def _is_right(row: _Sent, sent: Claimed, calls: Mapping[int, Transmission]) -> bool:
    """Tell whether a document is held exactly as it should be; a refund has its original to be looked at too."""
    as_it_should_be = row.due and row.should_hash == sent.content_hash
    return sent.call_id in calls and as_it_should_be and row.original_id is None
