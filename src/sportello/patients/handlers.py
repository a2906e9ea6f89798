"""Work about patients that is done later: invitations that time, mail servers and birthdays move; bulk invitations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sportello.core.outbox import Work, handler
from sportello.core.schedule import periodic
from sportello.patients.operations.portal import bulk, tending


@periodic("patients.tend_access", every=timedelta(minutes=10))
@handler("patients.tend_access", limit=timedelta(minutes=20))
def tend_access(work: Work) -> None:
    """Note what bounced, let expire what is due, end what powers no longer carry."""
    now = datetime.now(UTC)
    tending.note_bounces(now=now)
    tending.expire_invitations(now=now)
    tending.end_powers(now=now)


@handler(bulk.HANDLER, attempts=20, limit=timedelta(hours=2))
def bulk_invite(work: Work) -> None:
    """Go on inviting the patients of a bulk invitation."""
    bulk.run_bulk_invitation(bulk_id=work.object_id, now=datetime.now(UTC))
