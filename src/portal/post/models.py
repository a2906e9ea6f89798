"""One outgoing mail: closed while it waits, emptied when it has left."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import ClassVar

from django.db import models


class MailState(StrEnum):
    """How a mail stands."""

    WAITING = "waiting"
    LEAVING = "leaving"  # handed to the mail server; after a crash nobody knows whether it left
    SENT = "sent"
    FAILED = "failed"


class Mail(models.Model):
    """A mail. Recipient, subject and text are closed together; nothing else tells about them."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    content_sealed = models.TextField(blank=True)
    state = models.CharField(max_length=10, default="waiting", choices=[(s.value, s.value) for s in MailState])
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    made_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "next_at"], name="mail_waiting")]

    def __str__(self) -> str:
        return f"mail {self.pk}"

    @property
    def place(self) -> str:
        """Where the content is stored: authenticated with the closed value."""
        return f"post.mail.content:{self.uid}"
