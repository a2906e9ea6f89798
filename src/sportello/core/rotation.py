"""Closing everything anew under the key that writes: columns and files, in small steps that can be stopped and resumed.

What is done is told by the values themselves (each names its key), so a second run goes on where the first ended. A
value that changed meanwhile is left to the run that changed it, which wrote with the new key already. Look-up hashes
stay as they are: the ring's last key makes them, and it stays in the ring.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from sportello.core import guards
from sportello.core.fields import EncryptedTextField, Sealed
from sportello.core.files import keeping
from sportello.core.keys import ring
from sportello.core.models import StoredFile

BATCH = 500


@dataclass(frozen=True, slots=True)
class Column:
    """An encrypted column of a model."""

    model: type[models.Model]
    field: EncryptedTextField

    @property
    def names(self) -> tuple[str, str, str]:
        """Return table, column and primary key as the database spells them."""
        quote = connection.ops.quote_name
        meta = self.model._meta
        return quote(meta.db_table), quote(str(self.field.column)), quote(str(meta.pk.column if meta.pk else "id"))


def columns() -> list[Column]:
    """Return every encrypted column of the installation."""
    return [
        Column(model, field)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def usage() -> Counter[str]:
    """Return how many values and files each key closes; a key not in the ring counts as `?`. Act as `System`."""
    used: Counter[str] = Counter()
    for column in columns():
        table, name, _ = column.names
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE {name} <> ''")  # noqa: S608 - names from the models
            closed = cursor.fetchone()[0]
            for key_id in ring().keys:
                cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE {name} LIKE %s", [f"{key_id}.%"])  # noqa: S608 - as above
                count = cursor.fetchone()[0]
                used[key_id] += count
                closed -= count
        used["?"] += closed
    for key_id, count in StoredFile.objects.order_by().values_list("key_id").annotate(models.Count("pk")):
        used[key_id if key_id in ring().keys else "?"] += count
    return +used


def close_anew() -> Iterator[int]:
    """
    Close all values and files under the writing key; yields how many each step did. Act as `System`.

    :raises KeyMissing: a value is closed under a key that the ring does not hold
    :raises WrongKey: a value does not open
    """
    for column in columns():
        after: Any = None
        while ids := _old_values(column, after):
            with transaction.atomic():
                done = _close_rows(column, ids)
            yield done  # committed: whoever stops here loses nothing
            after = ids[-1]
    while stored := list(StoredFile.objects.exclude(key_id=ring().active).order_by("pk")[:BATCH]):
        for each in stored:
            yield int(keeping.close_anew(each))


def _old_values(column: Column, after: Any) -> list[Any]:
    table, name, key = column.names
    beyond = "" if after is None else f"AND {key} > %s"
    old = f"{name} <> '' AND {name} NOT LIKE %s {beyond}"
    values = [f"{ring().active}.%", *([] if after is None else [after])]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key} FROM {table} WHERE {old} ORDER BY {key} LIMIT {BATCH}", values)  # noqa: S608 - names from the models
        return [row[0] for row in cursor.fetchall()]


def _close_rows(column: Column, ids: list[Any]) -> int:
    table, name, key = column.names
    done = 0
    with guards.lifted([column.model._meta.db_table]), connection.cursor() as cursor:
        for row in column.model._base_manager.filter(pk__in=ids):
            old = row.__dict__[column.field.attname]
            if not isinstance(old, Sealed):
                continue
            new = _sealed_anew(column.field, row, old)
            cursor.execute(
                f"UPDATE {table} SET {name} = %s WHERE {key} = %s AND {name} = %s",  # noqa: S608 - names from the models
                [new, row.pk, str(old)],
            )
            done += cursor.rowcount
    return done


def _sealed_anew(field: EncryptedTextField, row: models.Model, old: str) -> str:
    plain = field.open(row, old)
    scope = row.crypto_scope  # type: ignore[attr-defined]  # the field's check makes sure of it
    return ring().seal(plain.encode(), scope=scope, place=field.place(row))
