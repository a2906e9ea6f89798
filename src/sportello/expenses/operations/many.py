"""Sending what a person selected, or everything that waits: queued, by file when they are many."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import F, Q

from sportello.core import audit
from sportello.core.actors import Actor, System, acting
from sportello.core.ready_many import Among
from sportello.core.violations import RuleViolation
from sportello.expenses import patience, running
from sportello.expenses.again import refused
from sportello.expenses.models import Expense, StsSettings
from sportello.expenses.permissions import check_may_send
from sportello.expenses.states import Visible, check_move

AT_ONCE = 2000
"""Documents marked by one statement."""
_WAITS = Q(state=Visible.READY, problem="", carrier=None)


def send_many(*, actor: Actor, entity_id: int, expense_ids: Collection[int] | None = None) -> int:
    """
    Have documents of an entity sent, those named or all that wait; return how many. What cannot be sent is passed over.

    Of those named also what the State refused goes once more, as it is now: a person says so.

    :raises StsSettings.DoesNotExist: no account of this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_not_active``, ``sts_stopped``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_send(actor)
        account = StsSettings.objects.get(entity_id=entity_id)
        if not account.is_active:
            raise RuleViolation("sts_not_active", field="account")
        if account.stopped_at is not None:
            raise RuleViolation("sts_stopped", field="account", reason=account.stop_reason)
        which = _WAITS if expense_ids is None else (_WAITS | refused()) & Among("pk", expense_ids)
        rows = Expense.objects.filter(which, entity_id=entity_id)
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        with acting(System("send many", actor.party_id)):
            for start in range(0, len(ids), AT_ONCE):
                mine = ids[start : start + AT_ONCE]
                _forget_refusals(mine)
                Expense.objects.filter(Among("pk", mine)).update(wanted=True, next_try_at=None)
            if ids:
                running.wake(entity_id, account.practice_id)
        subject = audit.Subject("billingentity", entity_id, None, entity_id)
        audit.record(actor, "sts.send_many", subject, documents=len(ids), selected=expense_ids is not None)
    return len(ids)


def _forget_refusals(expense_ids: Collection[int]) -> None:
    """Have documents that the State refused wait again; others are left alone. Locks them as everybody does."""
    rows = Expense.objects.select_for_update(of=("self",)).filter(refused(), Among("pk", expense_ids))
    again = list(rows.order_by("pk").values_list("pk", flat=True))
    check_move(Visible.REJECTED, Visible.READY)
    Expense.objects.filter(Among("pk", again)).update(
        refused_hash="",
        refused_operation="",
        tries=0,
        state=Visible.READY.value,
        version=F("version") + 1,
        updated_at=patience.now(),
    )
