"""Closing everything anew under the key that writes, in small steps that can be stopped and gone on with.

What is left to do is told by the values themselves, since each names its key. A value that changed meanwhile is left to
whoever changed it, who wrote with the new key already. Keyed hashes stay as they are: the last key of the ring makes
them, and practices know accounts by one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Greatest, StrIndex, Substr

from portal.keeping.ring import ring

BATCH = 500
"""Rows that one transaction closes anew."""
ENDING = "_sealed"
"""How the name of each closed column ends. Its model has a `place`, with which the value is authenticated."""


@dataclass(frozen=True, slots=True)
class Column:
    """A closed column."""

    model: type[models.Model]
    name: str

    def closed(self) -> models.QuerySet[Any]:
        """Return the rows that hold a closed value, with the id of its key as `key`."""
        until = Greatest(StrIndex(self.name, models.Value(".")) - 1, models.Value(0))
        rows: models.QuerySet[Any] = self.model._base_manager.exclude(**{self.name: ""})
        named: models.QuerySet[Any] = rows.annotate(key=Substr(self.name, 1, until, output_field=models.TextField()))
        return named


def columns() -> list[Column]:
    """Return every closed column of the portal; a new one joins by its name."""
    return [
        Column(model, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.name.endswith(ENDING)
    ]


def usage() -> Counter[str]:
    """Return how many values each key closes, also keys that are not in the ring."""
    used: Counter[str] = Counter()
    for column in columns():
        used.update(dict(column.closed().order_by().values_list("key").annotate(models.Count("pk"))))
    return used


def close_anew() -> Iterator[int]:
    """
    Close all values under the writing key; yields how many each step did, once they are stored.

    It goes through the columns until it finds nothing more: a request that read a row before and stored it whole
    afterwards put the value of the old key back.

    :raises KeyTrouble: a value does not open, or its key is not in the ring
    """
    found = True
    while found:
        found = False
        for column in columns():
            for count in _close_column(column):
                found = found or bool(count)
                yield count


def _close_column(column: Column) -> Iterator[int]:
    writing = next(iter(ring().keys))
    after = 0
    while rows := list(column.closed().exclude(key=writing).filter(pk__gt=after).order_by("pk")[:BATCH]):
        with transaction.atomic():
            done = sum(_close_row(column, row) for row in rows)
        yield done
        after = rows[-1].pk


def _close_row(column: Column, row: Any) -> int:
    old = getattr(row, column.name)
    new = ring().seal(ring().open(old, place=row.place), place=row.place)
    return column.model._base_manager.filter(pk=row.pk, **{column.name: old}).update(**{column.name: new})
