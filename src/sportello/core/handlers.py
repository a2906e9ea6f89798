"""Work that `core` itself does later."""

from __future__ import annotations

from datetime import timedelta

from sportello.core.mail import delivery
from sportello.core.mail.queueing import SEND
from sportello.core.outbox import Work, handler


@handler(SEND, attempts=300, limit=timedelta(minutes=5), longest_pause=timedelta(minutes=30))
def send_mail(work: Work) -> None:
    """Send a queued mail; a server that is down is tried for about six days."""
    delivery.send(work)
