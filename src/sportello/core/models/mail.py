"""Mail on its way out, and the server each party sends through."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from sportello.core.actors import Actor, Role
from sportello.core.fields import EncryptedTextField
from sportello.core.scoping import ScopedManager, ScopedQuerySet
from sportello.core.states import MailState, codes

SECURITIES = ("none", "starttls", "tls")


class OutgoingMailQuerySet(ScopedQuerySet["OutgoingMail"]):
    """An owner sees what the party sent."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the party's mail to its owner."""
        return self.filter(party_id=actor.party_id) if actor.role is Role.OWNER else self.none()


class OutgoingMail(models.Model):
    """
    One mail to one address. The subject carries no personal data; address and texts are encrypted.

    `party_id` 0 is the installation (sign-in mail). `key` makes asking twice harmless. `drop_body`: the texts hold a
    secret (a link that signs in) and are emptied once the mail is gone.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party_id = models.BigIntegerField(default=0)
    key = models.CharField(max_length=100)
    purpose = models.CharField(max_length=40)
    recipient = EncryptedTextField()
    from_name = models.CharField(max_length=120, blank=True)
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(max_length=200)
    text = EncryptedTextField()
    html = EncryptedTextField(blank=True)
    language = models.CharField(max_length=10, default="it")
    drop_body = models.BooleanField(default=False)
    message_id = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=10, default=MailState.WAITING.value)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    sent_through = models.CharField(max_length=20, blank=True)

    objects = ScopedManager.from_queryset(OutgoingMailQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["party_id", "key"], name="mail_key_unique"),
            models.CheckConstraint(name="mail_state_known", condition=Q(state__in=codes(MailState))),
            models.CheckConstraint(
                name="mail_sent_has_its_time",
                condition=Q(state=MailState.SENT.value, sent_at__isnull=False)
                | (~Q(state=MailState.SENT.value) & Q(sent_at=None)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["party_id", "-id"], name="mail_party"),
            models.Index(fields=["state", "created_at"], name="mail_state"),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"

    @property
    def crypto_scope(self) -> str:
        """Whose key closes the address and the texts."""
        return f"party:{self.party_id}"


class MailServerQuerySet(ScopedQuerySet["MailServer"]):
    """An owner sees the party's mail server."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the party's server to its owner."""
        return self.filter(party_id=actor.party_id) if actor.role is Role.OWNER else self.none()


class MailServer(models.Model):
    """The SMTP server a party sends through. `verified_at` is when a test mail was last taken by it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party_id = models.BigIntegerField(unique=True)
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=10)
    username = models.CharField(max_length=254, blank=True)
    password = EncryptedTextField(blank=True)
    from_address = models.EmailField()
    from_name = models.CharField(max_length=120, blank=True)
    reply_to = models.EmailField(blank=True)
    verified_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=40, blank=True)
    changed_at = models.DateTimeField()

    objects = ScopedManager.from_queryset(MailServerQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="mail_server_security_known", condition=Q(security__in=SECURITIES)),
            models.CheckConstraint(name="mail_server_port_real", condition=Q(port__gte=1, port__lte=65535)),
            models.CheckConstraint(
                name="mail_server_password_needs_encryption",
                condition=Q(username="") | ~Q(security="none") | Q(host__in=("localhost", "127.0.0.1", "::1")),
            ),
        ]

    def __str__(self) -> str:
        return f"mail server of party {self.party_id}"

    @property
    def crypto_scope(self) -> str:
        """Whose key closes the password."""
        return f"party:{self.party_id}"
