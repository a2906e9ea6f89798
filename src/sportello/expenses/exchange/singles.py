"""One document by the synchronous service: claim, send, settle."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sistemats import Client, Uncertain
from sistemats.codes import Call
from sistemats.envelopes import InvalidRequest
from sistemats.errors import NotSealable
from sportello.expenses import patience
from sportello.expenses.documents import document_of, id_of
from sportello.expenses.exchange.claiming import Claimed, claim_one
from sportello.expenses.exchange.settling import settle_one
from sportello.expenses.models import Expense
from sportello.expenses.rules.answers import Answer, Outcome, Said, read
from sportello.expenses.rules.next_step import Step

CALLS = {Step.INSERT: Call.INSERT, Step.CHANGE: Call.CHANGE, Step.REFUND: Call.REFUND, Step.CANCEL: Call.CANCEL}
BREAKS_THE_SCHEMA = "SCHEMA"


@dataclass(frozen=True, slots=True)
class Carried:
    """What was done for a document: its step, what came of it, and the row as it is now."""

    step: Step
    answer: Answer | None
    expense: Expense | None


def carry_out(
    client: Client,
    expense_id: int,
    environment: str,
    *,
    by: int | None = None,
    only: Collection[Step] = tuple(Step),
) -> Carried:
    """
    Do the next step of a document, if there is one to do now. Outside of any transaction.

    :param environment: the host that the client speaks to
    """
    claimed = claim_one(expense_id, environment, by=by, only=only, now=patience.now())
    if isinstance(claimed, Step):
        return Carried(claimed, None, None)
    answer = send(client, claimed)
    return Carried(claimed.step, answer, settle_one(claimed.call_id, answer, now=patience.now()))


def send(client: Client, claimed: Claimed) -> Answer:
    """Send a document that was written down, unless it is too late for that. Outside of any transaction."""
    if patience.now() > claimed.attempted_at + patience.leaves_within(upload=False):
        return Answer(Said.LATER, trouble="too_slow")  # somebody may soon take this process for dead: nothing left it
    try:
        return read(_call(client, claimed))
    except (InvalidRequest, NotSealable) as problem:
        return Answer(Said.REFUSED, messages=({"code": BREAKS_THE_SCHEMA, "text": str(problem)[:200], "kind": "E"},))


def _call(client: Client, claimed: Claimed) -> Outcome:
    content = claimed.content
    doubt = doubt_of(claimed) if claimed.sent_before else None
    if content is None:
        return client.cancel(id_of(claimed.reference), retry_of=doubt)
    document = document_of(content)
    if claimed.step is Step.CHANGE:
        return client.change(document, known_protocol=claimed.protocol or None)
    if claimed.step is Step.REFUND and content.original is not None:
        return client.refund(id_of(content.original), document, retry_of=doubt)
    return client.insert(document, retry_of=doubt)


def doubt_of(claimed: Claimed) -> Uncertain:
    """Return what an earlier attempt may have done, so that the State's "already there" can be checked against it."""
    content = claimed.content
    return Uncertain(
        CALLS[claimed.step],
        "An earlier attempt may have been carried out.",
        claimed.attempted_at,
        document_id=id_of(claimed.reference),
        document=document_of(content) if content else None,
        original=id_of(content.original) if content and content.original else None,
    )
