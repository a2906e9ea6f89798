"""Cancelling at the State a document that no paper of ours stands for: claimed, sent and settled like any other call.

There is no row of ours to lock and no attempt to keep, so the call itself names the document (`Transmission.stray`),
and who claims one locks the account and the difference that shows it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from sistemats import Client
from sistemats.envelopes import InvalidRequest
from sistemats.errors import NotSealable
from sportello.core import audit
from sportello.core.actors import System
from sportello.core.states import codes
from sportello.core.turns import write_turn
from sportello.expenses import patience
from sportello.expenses.documents import id_of
from sportello.expenses.exchange.settling import close_call, stop_account
from sportello.expenses.exchange.singles import BREAKS_THE_SCHEMA
from sportello.expenses.models import Difference, Operation, StsSettings, Transmission, TransmissionKind
from sportello.expenses.rules.answers import ALREADY_CANCELLED, Answer, Said, read
from sportello.expenses.rules.content import Reference
from sportello.expenses.states import OPEN_CALLS, CallState

REMEDY = "cancel_there"
NOT_CARRIED_OUT = "stray_not_done"
"""The trouble of such a call that was certainly not carried out: nobody sends it again but who asks for it."""


def claim(account: StsSettings, difference_id: int, *, by: int | None, now: datetime) -> Transmission | None:
    """
    Write down the cancellation of the document that a difference is about; None where nothing is to be sent.

    That is: the account stopped or moved to another host, somebody settled the difference, or a call about the same
    document is under way or in doubt.

    :param account: as it was when it was looked at
    :param by: the person who asked
    """
    with write_turn(), transaction.atomic():
        mine = StsSettings.objects.select_for_update(of=("self",)).get(pk=account.pk)
        found = Difference.objects.select_for_update(of=("self",)).filter(pk=difference_id, resolved_at=None).first()
        if found is None or not mine.may_leave or mine.environment != account.environment:
            return None
        stray = _reference(found).key()
        calls = Transmission.objects.filter(entity_id=found.entity_id, state__in=codes(OPEN_CALLS), stray=stray)
        if calls.exists():
            return None
        call = Transmission(
            practice_id=found.practice_id,
            entity_id=found.entity_id,
            kind=TransmissionKind.SINGLE,
            operation=Operation.CANCEL,
            by_id=by,
            stray=stray,
            content_sha256=hashlib.sha256(stray.encode()).hexdigest(),
            attempted_at=now,
            lease_until=now + patience.lease(upload=False),
        )
        call.save(force_insert=True)
    return call


def _reference(found: Difference) -> Reference:
    if found.issued_on is None:
        raise ValueError(f"difference {found.pk} names no day")
    return Reference(found.vat_number, found.issued_on, found.number, found.device)


def send(client: Client, call: Transmission) -> Answer:
    """Send a cancellation that was written down, unless it is too late for that. Outside of any transaction."""
    if patience.now() > call.attempted_at + patience.leaves_within(upload=False):
        return Answer(Said.LATER, trouble="too_slow")  # somebody may soon take this process for dead: nothing left it
    try:
        return read(client.cancel(id_of(Reference.of_key(call.stray))))
    except (InvalidRequest, NotSealable) as problem:
        return Answer(Said.REFUSED, messages=({"code": BREAKS_THE_SCHEMA, "text": str(problem)[:200], "kind": "E"},))


def settle(transmission_id: int, answer: Answer, *, now: datetime) -> Answer:
    """
    Write down what became of a cancellation, and settle the differences that its document made; once.

    Return the answer as it counts: a document that the State does not hold, or no more, is cancelled.
    """
    if answer.said is Said.CONFLICT or (answer.said is Said.REFUSED and ALREADY_CANCELLED in answer.codes):
        answer = replace(answer, said=Said.DONE, trouble="")
    with write_turn(), transaction.atomic():
        call = Transmission.objects.select_for_update(of=("self",)).get(pk=transmission_id)
        if call.state not in {CallState.WRITTEN, CallState.UNCERTAIN}:
            return answer
        if answer.said is Said.ACCOUNT:
            stop_account(call.entity_id, answer, now=now)
        later = answer.said is Said.LATER
        close_call(call, replace(answer, trouble=NOT_CARRIED_OUT) if later else answer, now)
        if call.state == CallState.DONE:
            _count(call, answer)
        if answer.said in {Said.DONE, Said.WARNED}:
            _resolve(call, now)
        _tell(call, answer)
    return answer


def _count(call: Transmission, answer: Answer) -> None:
    refused = answer.said is Said.REFUSED
    call.sent, call.accepted, call.refused = 1, int(not refused), int(refused)
    call.warned = int(answer.said is Said.WARNED)
    call.save(update_fields=["sent", "accepted", "warned", "refused"])


def _resolve(call: Transmission, now: datetime) -> None:
    vat_number, issued_on, number, device = Reference.of_key(call.stray)
    rows = Difference.objects.filter(entity_id=call.entity_id, expense=None, resolved_at=None)
    same = rows.filter(vat_number=vat_number, issued_on=issued_on, number=number, device=device)
    same.update(resolved_at=now, remedy=REMEDY)


_ACTIONS = {
    Said.DONE: "sts.deleted",
    Said.WARNED: "sts.deleted",
    Said.REFUSED: "sts.rejected",
    Said.DOUBT: "sts.uncertain",
}


def _tell(call: Transmission, answer: Answer) -> None:
    about = audit.Subject("transmission", call.pk, None, call.entity_id)
    audit.record(
        System("sistema ts", call.practice_id),
        _ACTIONS.get(answer.said, "sts.not_sent"),
        about,
        operation=call.operation,
        outcome=answer.said.value,
        codes=sorted(answer.codes),
        protocol=call.protocol,
    )
