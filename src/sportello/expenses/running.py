"""When the sender of an entity is woken: at once, or at an instant."""

from __future__ import annotations

from datetime import datetime, timedelta

from sportello.core import outbox
from sportello.expenses.models import Expense, ExpenseKind, Held
from sportello.expenses.states import Visible

RUN = "expenses.run"
AT_ONCE = frozenset({Visible.TO_UPDATE.value, Visible.TO_DELETE.value})
"""States of what was sent and is no longer right: it is mended at once and alone, also where nothing is automatic."""


def goes_at_once(row: Expense) -> bool:
    """Tell whether a document must be mended at the State now: a change, a cancellation, a refund of what it holds."""
    if row.carrier_id is not None:
        return False
    if row.state in AT_ONCE or row.ask:
        return True
    refund = row.kind == ExpenseKind.REFUND and row.state == Visible.READY and not row.problem
    return refund and row.original is not None and row.original.held == Held.HELD


def wake(entity_id: int, party_id: int, at: datetime | None = None) -> None:
    """
    Have the sender look at an entity, inside the caller's transaction.

    A run that is asked for at an instant has a key of its own, so that the run which asks is not simply repeated. It
    begins with the second that follows: one run does what is due within a second, and nothing falls due just after it.

    :raises RuntimeError: no transaction is open
    """
    second = None if at is None else at.replace(microsecond=0) + timedelta(seconds=1)
    key = str(entity_id) if second is None else f"{entity_id}:{int(second.timestamp())}"
    outbox.enqueue(RUN, entity_id, party_id=party_id, key=key, at=second)
