"""What the worker does towards Sistema TS: take in what changed, send, ask, follow up."""

from __future__ import annotations

from datetime import time, timedelta

from django.db import transaction
from django.db.models import Q

from sportello.core import marks
from sportello.core.outbox import TryLater, Work, enqueue, handler
from sportello.core.schedule import periodic
from sportello.expenses import ministry, patience, running, taking_in, watching
from sportello.expenses.exchange import reports
from sportello.expenses.exchange.run import run
from sportello.expenses.models import Expense, ExpenseKind, Held, MonthlyReport, StsSettings, Transmission
from sportello.expenses.states import CallState, Visible

TAKE_IN = "expenses.take_in"


@handler(TAKE_IN, attempts=50)
def take_in(work: Work) -> None:
    """Derive what a party's marks point to."""
    taking_in.take_in(work.object_id)


@handler("expenses.mark_entity", attempts=50, limit=timedelta(hours=6))
def mark_entity(work: Work) -> None:
    """Derive every document of an entity that is paid or in the books."""
    taking_in.take_in_entity(work.object_id, work.party_id)


@handler(running.RUN, attempts=50, limit=timedelta(hours=2))
def run_entity(work: Work) -> None:
    """
    Do everything that is to be done for an entity now.

    :raises TryLater: no line can be made: something is missing in the account
    """
    try:
        run(work.object_id)
    except ministry.NotConfigured as missing:
        raise TryLater(f"sts_{missing.code}", timedelta(minutes=10)) from None


@periodic("expenses.automatic", every=timedelta(minutes=10))
@handler("expenses.automatic")
def automatic(work: Work) -> None:
    """Have every entity that sends by itself look for what is new."""
    rows = StsSettings.objects.filter(activated_at__isnull=False, stopped_at=None, automatic=True).order_by("pk")
    for entity_id, practice_id in rows.values_list("entity_id", "practice_id").iterator(1000):
        with transaction.atomic():
            running.wake(entity_id, practice_id)


@periodic("expenses.sweep", every=timedelta(minutes=1))
@handler("expenses.sweep")
def sweep(work: Work) -> None:
    """Find what was left lying: marks that nobody took in, calls whose sender died, what must be mended at once."""
    for party_id in marks.parties_waiting(taking_in.TOPICS):
        with transaction.atomic():
            enqueue(TAKE_IN, party_id, party_id=party_id, key=f"marks:{party_id}")
    for entity_id, practice_id in left_lying():
        with transaction.atomic():
            running.wake(entity_id, practice_id)


@periodic("expenses.warn", daily_at=time(7, 30))
@handler("expenses.warn")
def warn(work: Work) -> None:
    """Tell in time of a password or certificate that runs out, and of a deadline with documents still missing."""
    watching.watch(patience.now())


@handler(running.REPORT, attempts=12)
def report(work: Work) -> None:
    """
    Fetch a monthly report and compare it with our books; not while the account is stopped: see `running.go_on`.

    :raises TryLater: the State did not give it now
    """
    try:
        had = reports.reconcile(work.object_id)
    except ministry.NotConfigured as missing:
        raise TryLater(f"sts_{missing.code}", timedelta(minutes=10)) from None
    if not had and _may_leave(MonthlyReport.objects.get(pk=work.object_id).entity_id):
        raise TryLater("sts_no_report", timedelta(minutes=5))


@handler(running.REMARKS, attempts=12)
def remarks(work: Work) -> None:
    """
    Fetch what citizens remarked on an entity's expenses; not while the account is stopped: see `running.go_on`.

    :raises TryLater: the State did not say now
    """
    account = StsSettings.objects.get(entity_id=work.object_id)
    if not account.may_leave:
        return
    try:
        with ministry.speaking(account, now=patience.now) as client:
            fetched = reports.fetch_remarks(client, account, until=patience.now().date())
    except ministry.NotConfigured as missing:
        raise TryLater(f"sts_{missing.code}", timedelta(minutes=10)) from None
    if fetched is None and _may_leave(work.object_id):
        raise TryLater("sts_no_report", timedelta(minutes=5))


def _may_leave(entity_id: int) -> bool:
    """Tell whether asking again makes sense: nobody stopped the account, and it was not refused."""
    return StsSettings.objects.get(entity_id=entity_id).may_leave


def left_lying() -> list[tuple[int, int]]:
    """Return entities, with their practices, where something waits although nobody is awake for it."""
    now = patience.now()
    dead = Q(state=CallState.WRITTEN, lease_until__lte=now) | Q(state=CallState.UNCERTAIN, ask_after__lte=now)
    looks = Q(next_poll_at__lte=now) | Q(state=CallState.NOT_SENT, carried__isnull=False)
    calls = Transmission.objects.filter(dead | looks).values_list("entity_id", flat=True)
    ripe = Expense.objects.filter(carrier=None).filter(Q(next_try_at=None) | Q(next_try_at__lte=now))
    asked = Q(state=Visible.READY, wanted=True) | Q(state__in=sorted(running.AT_ONCE), problem="") | Q(ask=True)
    refunds = Q(state=Visible.READY, kind=ExpenseKind.REFUND, original__held=Held.HELD, problem="")
    entities = ripe.filter(asked | refunds).values_list("entity_id", flat=True)
    rows = StsSettings.objects.filter(activated_at__isnull=False, stopped_at=None)
    found = rows.filter(Q(entity_id__in=calls) | Q(entity_id__in=entities)).order_by("pk")
    return list(found.values_list("entity_id", "practice_id"))
