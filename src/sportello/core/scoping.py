"""Managers that show a row only to an actor who may see it, and fail closed.

The idea is django-scopes'; the filter here is the actor's, not one field's equality (STYLE 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, TypeVar, cast

from django.db import models

from sportello.core.actors import Actor, System, current

_M = TypeVar("_M", bound=models.Model)


class ScopedQuerySet(models.QuerySet[_M]):
    """Rows that know who may see them. Each model says how in `visible_to`, and for patients in `shown_to_patient`."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the rows this member of a party may see. Nothing, unless a model says otherwise."""
        return self.none()

    def shown_to_patient(self, actor: Actor) -> Self:
        """Return the rows this patient or representative may see. Nothing, unless a model says otherwise."""
        return self.none()

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[_M]:
        """
        Write many rows at once.

        :raises NoActor: nobody is acting
        """
        current()
        return super().bulk_create(objs, *args, **kwargs)

    def select_for_update(
        self, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = (), no_key: bool = True
    ) -> Self:
        """
        Lock the rows until the transaction ends; other rows may point to them meanwhile.

        Ids never change here. A lock that also guarded them would make whoever stores a reference to a row wait for it
        at the very end of a transaction, when everything else is locked already (decision 0077).
        """
        return super().select_for_update(nowait=nowait, skip_locked=skip_locked, of=of, no_key=no_key)


class ScopedManager(models.Manager[_M]):
    """Starts every query from what the current actor may see; raises `NoActor` when nobody acts."""

    use_in_migrations = False

    def get_queryset(self) -> ScopedQuerySet[_M]:
        """Return the rows of the current actor (all of them for the software itself)."""
        rows = cast(ScopedQuerySet[_M], super().get_queryset())
        who = current()
        if isinstance(who, System):
            return rows
        return rows.visible_to(who) if who.patient_id is None else rows.shown_to_patient(who)
