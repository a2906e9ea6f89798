"""Django's mail backend, so that sign-in mail takes the same way as all other: queued, retried, visible."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils.translation import get_language

from sportello.core.mail.queueing import queue

INSTALLATION = 0


class OutboxBackend(BaseEmailBackend):
    """Queues each message as the installation's own mail; the text is emptied once it has gone."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue one mail an address and return how many messages were queued."""
        with transaction.atomic():
            for message in email_messages:
                for address in message.recipients():
                    queue(
                        party_id=INSTALLATION,
                        purpose="account",
                        key=uuid.uuid4().hex,
                        to=address,
                        subject=str(message.subject),
                        text=str(message.body),
                        html=_html(message),
                        language=get_language() or "it",
                        drop_body=True,
                    )
        return len(email_messages)


def _html(message: EmailMessage) -> str:
    if isinstance(message, EmailMultiAlternatives):
        for content, kind in message.alternatives:
            if kind == "text/html":
                return str(content)
    return ""
