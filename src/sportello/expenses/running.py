"""When the sender of an entity is woken: at once, at an instant, or once its account is no longer stopped."""

from __future__ import annotations

from datetime import datetime, timedelta

from sportello.core import outbox
from sportello.core.actors import System, acting
from sportello.core.models import Job
from sportello.core.states import JobState
from sportello.expenses.models import Expense, ExpenseKind, Held, MonthlyReport, StopReason
from sportello.expenses.states import Visible

RUN, REPORT, REMARKS = "expenses.run", "expenses.report", "expenses.remarks"
"""What is done for an entity: its documents sent, a monthly report fetched, its citizens' remarks fetched."""
_CUT_SHORT = frozenset({"stopped", *StopReason.values})
"""Troubles of a report that is not there because its account was refused or stopped."""
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


def go_on(entity_id: int, party_id: int, *, stopped_at: datetime) -> None:
    """
    Take up again what an account that was stopped until now left undone, inside the caller's transaction.

    :param stopped_at: since when (aware): what was asked for and ended then without an answer is asked for again
    :raises RuntimeError: no transaction is open
    """
    wake(entity_id, party_id)
    with acting(System("go on", party_id)):
        reports = MonthlyReport.objects.filter(entity_id=entity_id, trouble__in=_CUT_SHORT).order_by("pk")
        for report_id in reports.values_list("pk", flat=True):
            outbox.enqueue(REPORT, report_id, party_id=party_id)
        cut_short = Job.objects.filter(party_id=party_id, handler=REMARKS, object_id=entity_id)
        if cut_short.filter(state=JobState.DONE.value, finished_at__gte=stopped_at).exists():
            outbox.enqueue(REMARKS, entity_id, party_id=party_id)
