"""Settling what is in doubt by asking, never by sending again (protocol 12).

A call is in doubt when its answer was lost, or when whoever made it died. A document alone is asked for by its
reference; a file by one document inside, then by the list of sendings since the attempt, at last by all its documents.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from sistemats import Client, Uncertain
from sistemats.codes import Call
from sportello.core.turns import write_turn
from sportello.expenses import patience
from sportello.expenses.documents import document_of, id_of, reference_of
from sportello.expenses.exchange import strays
from sportello.expenses.exchange.claiming import take_over
from sportello.expenses.exchange.files import settle_upload
from sportello.expenses.exchange.settling import doubt, settle_one, stop_account
from sportello.expenses.exchange.singles import CALLS
from sportello.expenses.exchange.unsaid import ask_each
from sportello.expenses.models import Attempt, Transmission, TransmissionKind
from sportello.expenses.rules.answers import Answer, Said, read
from sportello.expenses.rules.content import Content, Reference
from sportello.expenses.rules.next_step import FLAGS
from sportello.expenses.states import CallState

_CALLS = {FLAGS[step]: call for step, call in CALLS.items()}
_REASON = "Nobody learned the outcome."
ASKS = 20
"""Questions, some hours, after which a file that cannot be told from others is given up for its documents."""
OURS = 2000
"""Protocols of files that are known already, so that one of them is not taken for a lost one: the latest."""


def in_doubt(entity_id: int) -> list[int]:
    """Return the calls of an entity whose sender died or whose outcome may be asked for now, oldest first."""
    now = patience.now()
    lapsed = Q(state=CallState.WRITTEN, lease_until__lte=now)
    asked = Q(state=CallState.UNCERTAIN, ask_after__lte=now, lease_until__lte=now)
    rows = Transmission.objects.filter(lapsed | asked, entity_id=entity_id)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def settle_doubt(client: Client, transmission_id: int) -> Answer | None:
    """Ask what became of a call and write it down; None when it is another's to ask, or not yet time."""
    call = take_over(transmission_id, now=patience.now())
    if call is None:
        return None
    if (call.ask_after or patience.now()) > patience.now():
        return None
    if call.kind == TransmissionKind.BATCH:
        known = Transmission.objects.filter(entity_id=call.entity_id).exclude(protocol="").order_by("-pk")
        protocols = frozenset(known.values_list("protocol", flat=True)[:OURS])
        answer = read(client.resolve_uncertain(_lost_file(call), protocols))
    else:
        answer = read(client.resolve_uncertain(_lost_call(call)))
    if _says_nothing(answer):
        if call.kind == TransmissionKind.BATCH and answer.said is Said.DOUBT and call.asked >= ASKS:
            ask_each(call.pk)
        else:
            _ask_later(call, answer)
        return answer
    if call.kind == TransmissionKind.BATCH:
        settle_upload(call.pk, answer, now=patience.now())
    elif call.stray:
        strays.settle(call.pk, answer, now=patience.now())
    else:
        settle_one(call.pk, answer, now=patience.now())
    return answer


def _says_nothing(answer: Answer) -> bool:
    """Tell whether the question itself went unanswered; "not done" is an answer."""
    if answer.said is Said.LATER:
        return answer.trouble != "not_done"
    return answer.said in {Said.DOUBT, Said.ACCOUNT, Said.REFUSED}


def _ask_later(call: Transmission, answer: Answer) -> None:
    with write_turn(), transaction.atomic():
        row = Transmission.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if row.state != CallState.UNCERTAIN:
            return
        row.trouble, row.messages = answer.trouble or "no_answer", list(answer.messages)
        if answer.said is Said.ACCOUNT:
            stop_account(row.entity_id, answer, now=patience.now())
        doubt(row, now=patience.now(), upload=row.kind == TransmissionKind.BATCH)


def _lost_call(call: Transmission) -> Uncertain:
    if call.stray:
        return Uncertain(Call.CANCEL, _REASON, call.attempted_at, document_id=id_of(Reference.of_key(call.stray)))
    attempt = Attempt.objects.select_related("expense").get(transmission=call)
    content = Content.read(attempt.content) if attempt.content else None
    return Uncertain(
        _CALLS[attempt.operation],
        _REASON,
        call.attempted_at,
        document_id=id_of(content.reference if content else reference_of(attempt.expense)),
        document=document_of(content) if content else None,
        original=id_of(content.original) if content and content.original else None,
        known_protocol=attempt.known_protocol or None,
    )


def _lost_file(call: Transmission) -> Uncertain:
    probe = Attempt.objects.filter(transmission=call).order_by("pk").first()
    return Uncertain(
        Call.UPLOAD,
        _REASON,
        call.attempted_at,
        file_name=call.file_name,
        count=call.count,
        probe=id_of(Content.read(probe.content).reference) if probe else None,
    )
