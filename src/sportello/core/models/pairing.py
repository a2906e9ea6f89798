"""The portals this server answers, and the requests of theirs that were already taken."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from sportello.core.scoping import ScopedManager, ScopedQuerySet


class PairingQuerySet(ScopedQuerySet["Pairing"]):
    """Nobody sees pairings: they are the installation's, and the software reads them."""


class Pairing(models.Model):
    """A portal whose signed requests are answered, until `ended_at`. `portal` is what its public key hashes to."""

    portal = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=200)
    key = models.CharField(max_length=43)
    paired_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = ScopedManager.from_queryset(PairingQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["portal"], condition=Q(ended_at=None), name="pairing_once"),
            models.CheckConstraint(
                name="pairing_period_forward", condition=Q(ended_at=None) | Q(ended_at__gte=F("paired_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"pairing {self.pk}"


class SeenRequestQuerySet(ScopedQuerySet["SeenRequest"]):
    """Nobody sees these."""


class SeenRequest(models.Model):
    """The id of a request that a portal sent: it is not taken a second time. Forgotten when it has expired anyway."""

    issuer = models.CharField(max_length=32)
    request_id = models.CharField(max_length=64)
    until = models.DateTimeField()

    objects = ScopedManager.from_queryset(SeenRequestQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "request_id"], name="seen_request_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["until"], name="seen_request_until")]

    def __str__(self) -> str:
        return f"seen request {self.pk}"
