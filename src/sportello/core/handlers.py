"""Work that `core` itself does later."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from importlib import import_module

from django.conf import settings

from sportello.core import anchors, beats, pairing, tasks_port
from sportello.core.files import keeping
from sportello.core.mail import delivery
from sportello.core.mail.queueing import SEND
from sportello.core.models import Job
from sportello.core.outbox import TryLater, Work, handler
from sportello.core.schedule import periodic
from sportello.core.states import JobState

DONE_KEPT = timedelta(days=30)
ALARMS_KEPT = timedelta(hours=1)
ALARM_DEAD_AFTER = timedelta(hours=3)
ORPHANS_KEPT = timedelta(days=1)
BATCH = 5000


@handler(SEND, attempts=300, limit=timedelta(minutes=5), longest_pause=timedelta(minutes=30))
def send_mail(work: Work) -> None:
    """Send a queued mail; a server that is down is tried for about six days."""
    delivery.send(work)


@periodic("core.anchor_audit", daily_at=time(3, 10))
@handler("core.anchor_audit", attempts=12)
def anchor_audit(work: Work) -> None:
    """
    Write down where every audit chain stands, once a day.

    :raises TryLater: the operator's command did not take the lines
    """
    try:
        anchors.anchor(datetime.now(UTC))
    except anchors.AnchorNotCarried:
        raise TryLater("anchor_not_carried") from None


@periodic("core.prune", every=timedelta(hours=1))
@handler("core.prune")
def prune(work: Work) -> None:
    """Forget finished work after a month, rung alarms after an hour, dead workers and sessions that are over."""
    now = datetime.now(UTC)
    old = Job.objects.filter(state=JobState.DONE.value, finished_at__lt=now - DONE_KEPT)
    Job.objects.filter(pk__in=list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])).delete()
    tasks_port.forget_finished(now - ALARMS_KEPT)
    tasks_port.forget_dead(now - ALARM_DEAD_AFTER)
    beats.forget_silent(now)
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@periodic("core.forget_requests", every=timedelta(minutes=10))
@handler("core.forget_requests")
def forget_requests(work: Work) -> None:
    """Forget the ids of portals' requests that have expired: they would be refused for their age."""
    pairing.forget_requests(datetime.now(UTC))


@periodic("core.drop_orphans", daily_at=time(4, 20))
@handler("core.drop_orphans", limit=timedelta(hours=2))
def drop_orphans(work: Work) -> None:
    """Delete the bytes of files whose deed never committed."""
    keeping.drop_orphans(datetime.now(UTC) - ORPHANS_KEPT)
