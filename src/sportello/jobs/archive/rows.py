"""Rows as lines of JSON and back, without opening what is encrypted and without waking any model's `save`.

Rows go through the state of the models that the migrations tell, not through the classes of today, so that a backup of
an older version fits the tables it was made from.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import connection, models

from sportello.core.fields import EncryptedTextField, Sealed

BATCH = 2000
LEFT_OUT = frozenset(
    {
        "sessions.session",
        "django_tasks_database.dbtaskresult",
        "core.workerbeat",
        "core.seenrequest",
        "migrations.migration",
    }
)
"""What a restored installation need not find again: sessions, rung alarms, another machine's workers, old requests."""

Line = list[Any]


def tables(state: Apps) -> list[type[models.Model]]:
    """Return the models whose rows a backup holds, in an order of their own names."""
    found = [
        model
        for model in state.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label_lower not in LEFT_OUT
    ]
    return sorted(found, key=lambda model: model._meta.label_lower)


def columns(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Return the columns of a model, generated ones left out."""
    return [field for field in model._meta.concrete_fields if not field.generated]


def read(model: type[models.Model]) -> Iterator[list[Line]]:
    """Yield the rows of a table in batches, each row a list of plain values in the order of its columns."""
    names = [field.attname for field in columns(model)]
    rows = model._base_manager.order_by("pk").values_list(*names)
    batch: list[Line] = []
    for row in rows.iterator(BATCH):
        batch.append([_plain(value) for value in row])
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def write(model: type[models.Model], names: list[str], lines: Iterable[Line]) -> int:
    """Insert rows by plain SQL, as they were, and return how many."""
    by_name = {field.attname: field for field in columns(model)}
    fields = [by_name[name] for name in names]
    quote = connection.ops.quote_name
    into = ", ".join(quote(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = [[_stored(field, value) for field, value in zip(fields, line, strict=True)] for line in lines]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({into}) VALUES ({marks})", values)  # noqa: S608 - names from the models
    return len(values)


def empty(state: Apps) -> None:
    """Delete what migrations wrote into the tables of a new installation."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in tables(state):
            cursor.execute(f"DELETE FROM {quote(model._meta.db_table)}")  # noqa: S608 - names from the models


def count_on(state: Apps) -> None:
    """Let new rows get numbers after those that were put back."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables(state)):
            cursor.execute(statement)


def dump(lines: list[Line]) -> bytes:
    """Return rows as lines of JSON."""
    return "".join(f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n" for line in lines).encode()


def load(data: bytes) -> list[Line]:
    """Return the rows of lines of JSON."""
    return [json.loads(line) for line in data.decode().splitlines() if line]


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal() | UUID():
            return str(value)
        case bytes() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case _:
            return value


def _stored(field: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, EncryptedTextField):
        value = Sealed(value) if value else value
    elif isinstance(field, models.BinaryField):
        value = base64.b64decode(value)
    elif isinstance(field, models.DurationField):
        value = timedelta(seconds=value)
    elif not isinstance(field, models.JSONField):
        target = field.target_field if isinstance(field, models.ForeignKey) else field
        value = target.to_python(value)
    return field.get_db_prep_save(value, connection)
