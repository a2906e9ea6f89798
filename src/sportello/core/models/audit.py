"""The audit chain: the end of each chain and its entries."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from sportello.core.actors import Actor, Role
from sportello.core.scoping import ScopedManager, ScopedQuerySet


class AuditHead(models.Model):
    """The end of each chain: locked while an entry is appended."""

    chain = models.BigIntegerField(primary_key=True)
    sequence = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"chain {self.chain} at {self.sequence}"


class AuditEntryQuerySet(ScopedQuerySet["AuditEntry"]):
    """Entries of the actor's party; all of them to its owner, else what the page of a visible object shows."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the party's entries. Collaborators meet them on the papers they may see, the accountant nowhere."""
        if actor.role is Role.ACCOUNTANT:
            return self.none()
        return self.filter(party_id=actor.party_id)

    def shown_to_patient(self, actor: Actor) -> Self:
        """Return the party's entries about the patient's data."""
        return self.filter(party_id=actor.party_id, patient_id=actor.patient_id)


class AuditEntry(models.Model):
    """One deed. Written by `core.audit` alone, never changed (a trigger refuses it)."""

    CHAINED: ClassVar[tuple[str, ...]] = (
        "chain",
        "sequence",
        "at",
        "party_id",
        "person_id",
        "role",
        "on_behalf_of",
        "entity_id",
        "patient_id",
        "action",
        "object_kind",
        "object_id",
        "result",
        "reason",
        "details",
        "request_id",
        "address",
        "agent",
        "previous_hash",
    )
    """The columns that the hash covers, in order."""

    chain = models.BigIntegerField()
    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    party_id = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=20)
    on_behalf_of = models.BigIntegerField(null=True)
    entity_id = models.BigIntegerField(null=True)
    patient_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.BigIntegerField(null=True)
    result = models.CharField(max_length=20, default="ok")
    reason = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = ScopedManager.from_queryset(AuditEntryQuerySet)()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["chain", "sequence"], name="audit_place_unique")]
        indexes: ClassVar = [
            models.Index(fields=["party_id", "-at"], name="audit_party_at"),
            models.Index(fields=["party_id", "object_kind", "object_id"], name="audit_object"),
            models.Index(
                fields=["party_id", "patient_id", "-at"], name="audit_patient", condition=Q(patient_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chain}/{self.sequence} {self.action}"
