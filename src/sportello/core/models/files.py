"""Files that are kept: what they are and where their closed bytes lie."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from sportello.core.actors import Actor
from sportello.core.fields import EncryptedTextField
from sportello.core.scoping import ScopedManager, ScopedQuerySet

FileIds = Callable[[Actor], Any]
_SHOWN: dict[str, FileIds] = {}


def show_to_patients(paper: str, ids: FileIds) -> None:
    """
    Say which files belong to papers of a kind that a patient may see.

    :param ids: gives, for a patient's actor who is acting, a queryset of file ids
    """
    _SHOWN[paper] = ids


class StoredFileQuerySet(ScopedQuerySet["StoredFile"]):
    """Files of the actor's party; which of them a role may open is decided by the paper that points to them."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the party's files."""
        return self.filter(party_id=actor.party_id)

    def shown_to_patient(self, actor: Actor) -> Self:
        """Return the files of papers that are shown to the patient, as each application says."""
        mine = Q(pk__in=[])
        for ids in _SHOWN.values():
            mine |= Q(pk__in=ids(actor))
        return self.filter(mine, party_id=actor.party_id)


class StoredFile(models.Model):
    """
    One file: its hash, its type by content and its size, in bytes, before encryption.

    The bytes lie in the storage under `place`, which tells nothing; the name it came with is encrypted.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party_id = models.BigIntegerField()
    purpose = models.CharField(max_length=20)
    name = EncryptedTextField(blank=True)
    media_type = models.CharField(max_length=80)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    place = models.CharField(max_length=120, unique=True)
    key_id = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    objects = ScopedManager.from_queryset(StoredFileQuerySet)()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(name="stored_file_not_empty", condition=Q(size__gt=0))]
        indexes: ClassVar = [
            models.Index(fields=["party_id", "-id"], name="stored_file_party"),
            models.Index(fields=["key_id"], name="stored_file_key"),
        ]

    def __str__(self) -> str:
        return f"file {self.pk}"

    @property
    def crypto_scope(self) -> str:
        """Whose key closes the bytes and the name."""
        return f"party:{self.party_id}"
