"""The buttons of a document: each changes one of the two sides, and does the next step that follows at once.

The network is outside of any transaction. Whoever presses second finds the call under way, or done, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction

from sistemats import Client
from sportello.core import audit
from sportello.core.actors import Actor, System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses import ministry, patience, running
from sportello.expenses.exchange.asking import ask
from sportello.expenses.exchange.singles import Carried, carry_out
from sportello.expenses.models import Expense, Held, StsSettings
from sportello.expenses.operations.sides import about, derive_again, leave_out, open_row
from sportello.expenses.permissions import check_may_send
from sportello.expenses.rules.answers import Answer
from sportello.expenses.rules.deeds import Deed, possible
from sportello.expenses.rules.next_step import Step
from sportello.expenses.rules.should import WhyNot
from sportello.expenses.standing import STATE, restate, sides_of
from sportello.expenses.states import Visible

_T = TypeVar("_T")
BY_HAND = "by_hand"
"""Stands for a content that is known to differ, where a person wants ours to be sent."""
SENDING = frozenset({Deed.SEND, Deed.SEND_AGAIN, Deed.UPDATE})
"""What is written down as a sending by this person; the others write down what they change."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a button did: the step, what the State said of it in its words, and where the document stands now."""

    expense_id: int
    state: Visible
    step: Step
    outcome: str
    messages: tuple[dict[str, str], ...] = ()
    trouble: str = ""


def send_now(*, actor: Actor, expense_id: int) -> Result:
    """
    Invio STS: send a document that waits, and return the State's answer.

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_not_sendable``, it is not one that waits; ``sts_stopped``, ``sts_not_active``,
        ``sts_not_configured``
    """
    return _do(actor, expense_id, Deed.SEND, _nothing, (Step.INSERT, Step.REFUND))


def send_again(*, actor: Actor, expense_id: int) -> Result:
    """
    Re-invia: send once more what the State refused, mended or not.

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: as `send_now`
    """
    return _do(actor, expense_id, Deed.SEND_AGAIN, _forget_refusal)


def update_there(*, actor: Actor, expense_id: int) -> Result:
    """
    Aggiorna su STS: have the State hold what we have, also where it holds something else under the reference.

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: as `send_now`
    """
    return _do(actor, expense_id, Deed.UPDATE, _ours_counts, (Step.CHANGE,))


def cancel_there(*, actor: Actor, expense_id: int, reason: str) -> Result:
    """
    Cancella su STS: leave a document out, with the reason, and cancel what the State holds of it, its refunds first.

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``reason_missing``, ``sts_refund_follows``, and as `send_now`
    """

    def leave(row: Expense) -> None:
        if row.held == Held.OTHER:
            row.held, row.known_hash = Held.HELD, BY_HAND
            _save(row, "held", "known_hash")
        if row.due:
            leave_out(actor, row, reason)

    return _do(actor, expense_id, Deed.CANCEL, leave, (Step.CANCEL,))


def refund_there(*, actor: Actor, expense_id: int) -> tuple[Result, ...]:
    """
    Rimborsa su STS: send the refunds of a document that the State holds: its credit notes.

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: as `send_now`
    """
    with acting(actor):
        check_may_send(actor)
        row = Expense.objects.get(pk=expense_id)
        rows = row.refunds.filter(state=Visible.READY, problem="").order_by("pk")
        waiting = list(rows.values_list("pk", flat=True))
        if not waiting:
            raise RuleViolation("sts_not_sendable", field="document")
    return tuple(send_now(actor=actor, expense_id=one) for one in waiting)


def resync(*, actor: Actor, expense_id: int) -> Result:
    """
    Risincronizza: ask the State what it holds of a document and take its answer as what is known.

    An invoice from before the activation that the State holds exactly as it would go from here becomes ours: whoever
    sent it, its credit notes go to the State from now on (decision 0116).

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_call_under_way``, and as `send_now`
    """
    account = _account(actor, expense_id)
    with acting(actor), transaction.atomic(durable=True):
        row = open_row(actor, expense_id)
        row.ask = True
        _save(row, "ask")
        audit.record(actor, "sts.ask", about(row), invoice_id=row.invoice_id)
    answer = _on_line(account, lambda client: ask(client, expense_id))
    if _compare_with_ours(actor, expense_id):
        answer = _on_line(account, lambda client: ask(client, expense_id))
        _derive_as_known(actor, expense_id)
    return _result(actor, expense_id, Step.ASK, answer)


def _compare_with_ours(actor: Actor, expense_id: int) -> bool:
    """Say what a document from before the activation would be, where the State holds it, for the next question."""
    with acting(actor), transaction.atomic(durable=True):
        row = Expense.objects.select_for_update(of=("self",)).get(pk=expense_id)
        if row.carrier_id is not None or row.held != Held.OTHER or row.why_not != WhyNot.BEFORE_ACTIVATION:
            return False
        row.ask = True
        row.save(update_fields=["ask", "updated_at"])
        derive_again(actor, row, from_any_day=True)
    return True


def _derive_as_known(actor: Actor, expense_id: int) -> None:
    """Leave a document ours where the State holds what it would be, else to the program that sent it."""
    with acting(actor), transaction.atomic(durable=True):
        row = Expense.objects.select_for_update(of=("self",)).get(pk=expense_id)
        derive_again(actor, row)
        running.wake(row.entity_id, row.practice_id)


def renew_reference(*, actor: Actor, expense_id: int) -> Result:
    """
    Send a cancelled document that is due again under the next device number: the State may not take the same again.

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: as `send_now`
    """

    def renew(row: Expense) -> None:
        row.device, row.sent_once = row.device + 1, False
        row.held, row.protocol = Held.NONE, ""
        row.refused_hash = row.refused_operation = ""
        _save(row, "device", "sent_once", "held", "protocol", "refused_hash", "refused_operation")
        audit.record(actor, "sts.renew", about(row), invoice_id=row.invoice_id, device=row.device)
        derive_again(actor, row)

    return _do(actor, expense_id, Deed.RENEW, renew, (Step.INSERT, Step.REFUND))


def _do(
    actor: Actor,
    expense_id: int,
    deed: Deed,
    change: Callable[[Expense], None],
    only: Collection[Step] = (Step.INSERT, Step.CHANGE, Step.REFUND, Step.CANCEL),
) -> Result:
    """Change a side, if the deed makes sense now, then do the step that follows."""
    account = _account(actor, expense_id)
    with acting(actor), transaction.atomic(durable=True):
        row = Expense.objects.select_for_update(of=("self",)).get(pk=expense_id)
        if row.carrier_id is not None:  # somebody was quicker: one operation, and its answer comes
            return _result(actor, expense_id, Step.NOTHING, None)
        with acting(System("both sides", actor.party_id)):
            sides = sides_of([row])[row.pk]
        if deed not in possible(sides, excluded=row.excluded):
            raise RuleViolation("sts_not_sendable", field="document", state=row.state)
        change(row)
        if deed in SENDING:
            audit.record(actor, "sts.send", about(row), invoice_id=row.invoice_id, deed=deed.value)
    carried = _on_line(account, lambda client: _carry(client, account, expense_id, actor, only))
    return _result(actor, expense_id, carried.step, carried.answer)


def _carry(client: Client, account: StsSettings, expense_id: int, actor: Actor, only: Collection[Step]) -> Carried:
    with acting(System("by hand", actor.party_id)):
        before = None
        for refund_id in _in_the_way(expense_id, only):
            before = carry_out(client, refund_id, account.environment, by=actor.person_id, only=only)
        carried = carry_out(client, expense_id, account.environment, by=actor.person_id, only=only)
    if carried.answer is None and before is not None:  # a refund stayed: what was said of it is the answer
        return Carried(before.step, before.answer, carried.expense)
    return carried


def _in_the_way(expense_id: int, only: Collection[Step]) -> list[int]:
    """Return the refunds that are cancelled before a document is, none for any other step."""
    if Step.CANCEL not in only or len(only) > 1:
        return []
    rows = Expense.objects.filter(original_id=expense_id, held=Held.HELD, carrier=None)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _account(actor: Actor, expense_id: int) -> StsSettings:
    """
    Return the account of a document's entity, ready to send.

    :raises RuleViolation: ``sts_not_active``, ``sts_stopped``
    """
    with acting(actor):
        entity_id = Expense.objects.values_list("entity_id", flat=True).get(pk=expense_id)
        check_may_send(actor)
    with acting(System("account", actor.party_id)):
        account = StsSettings.objects.filter(entity_id=entity_id).first()
    if account is None or not account.is_active:
        raise RuleViolation("sts_not_active", field="account")
    if account.stopped_at is not None:
        raise RuleViolation("sts_stopped", field="account", reason=account.stop_reason)
    return account


def _on_line(account: StsSettings, act: Callable[[Client], _T]) -> _T:
    try:
        with acting(System("by hand", account.practice_id)), ministry.speaking(account, now=patience.now) as client:
            return act(client)
    except ministry.NotConfigured as missing:
        raise RuleViolation("sts_not_configured", field="account", missing=missing.code) from None


def _nothing(row: Expense) -> None:
    """Change nothing: the next step is what is asked for."""


def _forget_refusal(row: Expense) -> None:
    row.refused_hash = row.refused_operation = ""
    row.tries, row.next_try_at = 0, None
    _save(row, "refused_hash", "refused_operation", "tries", "next_try_at")


def _ours_counts(row: Expense) -> None:
    if row.held == Held.OTHER:
        row.held, row.known_hash = Held.HELD, BY_HAND
    row.refused_hash = row.refused_operation = ""
    _save(row, "held", "known_hash", "refused_hash", "refused_operation")


def _save(row: Expense, *columns: str) -> None:
    with acting(System("both sides", row.practice_id)):
        restate([row])
    row.version += 1
    row.save(update_fields=[*columns, *STATE])


def _result(actor: Actor, expense_id: int, step: Step, answer: Answer | None) -> Result:
    with acting(actor):
        state = Expense.objects.values_list("state", flat=True).get(pk=expense_id)
    if answer is None:
        return Result(expense_id, Visible(state), step, "")
    return Result(expense_id, Visible(state), step, answer.said.value, answer.messages, answer.trouble)
