"""Law as data: every wording, rate and code is a record that says from when, to when, and where it comes from."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from sportello.core.scoping import ScopedManager
from sportello.parties.models import BillingEntity, OfEntityRows


class ReferenceRecord(models.Model):
    """One fact of law or of a code list, the same for every practice. `is_confirmed` off: nobody could confirm it yet.

    SHARED: it belongs to nobody and tells nothing about anybody.
    """

    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=60)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    values = models.JSONField(default=dict)
    source = models.CharField(max_length=300)
    is_confirmed = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "key", "valid_from"], name="reference_one_per_day"),
            models.CheckConstraint(
                name="reference_period_forward", condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} from {self.valid_from}"


class EntityWordingQuerySet(OfEntityRows["EntityWording"]):
    """Own wordings of the entities granted."""


class EntityWording(models.Model):
    """An entity's own text in the place of a legal wording, from a day on (SPEC practice 2.17)."""

    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="wordings")
    key = models.CharField(max_length=60)
    valid_from = models.DateField()
    text_it = models.CharField(max_length=500)
    texts = models.JSONField(default=dict)

    objects = ScopedManager.from_queryset(EntityWordingQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "key", "valid_from"], name="wording_one_per_day"),
            models.CheckConstraint(name="wording_has_italian", condition=~Q(text_it="")),
        ]

    def __str__(self) -> str:
        return f"wording {self.key} of entity {self.entity_id} from {self.valid_from}"
