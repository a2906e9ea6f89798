"""Marks: which objects changed since somebody last looked. Ids alone; a mark goes when it was looked at."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from sportello.core.scoping import ScopedManager, ScopedQuerySet


class ChangeMarkQuerySet(ScopedQuerySet["ChangeMark"]):
    """Marks are the software's own: no person sees them."""


class ChangeMark(models.Model):
    """Something about an object of a party changed. `topic` says what kind of object, as `billing.document`."""

    topic = models.CharField(max_length=40)
    party_id = models.BigIntegerField()
    object_id = models.BigIntegerField()

    objects = ScopedManager.from_queryset(ChangeMarkQuerySet)()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["topic", "party_id", "id"], name="change_mark_queue")]

    def __str__(self) -> str:
        return f"mark of {self.topic} {self.object_id}"
