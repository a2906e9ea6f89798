"""Many rows at once without Django's look at each value (decision 0110).

`Among` is `IN` for whole numbers: Django asks every one of them whether it is an expression, which for five hundred
keys takes longer than the database takes to find the rows. `plain_rows` reads columns as `values_list` does, but makes
each different value of a column once. `ReadyInserts` writes many new rows by one statement whose SQL is made once a
process, and looks only at the columns that differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from itertools import chain, repeat
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast
from uuid import UUID
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.constants import MULTI

from sportello.core.actors import current
from sportello.core.cents import EuroField
from sportello.core.fields import EncryptedTextField, Sealed
from sportello.core.ready_writes import goes_as_given

_M = TypeVar("_M", bound=models.Model)
_Field = models.Field[Any, Any]
_Column = Iterable[Any]


class Among(Expression):
    """
    That a column of whole numbers is one of these: `rows.filter(Among("invoice_id", ids))`. Of none nothing is found.

    :ivar keys: whole numbers; nothing else can stand here
    """

    conditional = True

    def __init__(self, column: str, keys: Iterable[int]) -> None:
        super().__init__(output_field=BooleanField())
        self.column: Any = F(column)
        self.keys = [int(key) for key in keys]

    def get_source_expressions(self) -> list[Any]:
        """Return the column."""
        return [self.column]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Put the column as the query sees it."""
        (self.column,) = exprs

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:  # type: ignore[override]  # a list, as Django takes it too
        """Return the condition for SQLite: all keys in one JSON text."""
        column, params = self._column(compiler)
        return f"{column} IN (SELECT value FROM json_each(%s))", [*params, json.dumps(self.keys)]  # noqa: S608 - a column

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        """Return the condition for PostgreSQL: all keys in one array."""
        column, params = self._column(compiler)
        return f"{column} = ANY(%s)", [*params, self.keys]

    def _column(self, compiler: SQLCompiler) -> tuple[str, Sequence[Any]]:
        if not self.keys:
            raise EmptyResultSet
        return compiler.compile(self.column)


def plain_rows(rows: models.QuerySet[Any, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """
    Return what a `values_list` queryset finds, in its order, for columns of numbers, texts, days, amounts and UUIDs.

    The papers of a practice share days, prices and words: every different value of a column becomes what the field
    makes of it once, and all rows with it hold the same object. A JSON column cannot be read so.

    :raises TypeError: a column's values could be changed, so that rows cannot share them
    """
    compiler: Any = rows.query.get_compiler(connection=transaction.get_connection())
    found = list(chain.from_iterable(compiler.execute_sql(MULTI)))
    if not found:
        return iter(())
    chosen = [column for column, _, _ in compiler.select[: compiler.col_count]]
    if any(isinstance(column.output_field, models.JSONField) for column in chosen):
        raise TypeError("rows do not share what can be changed: ask the database for a key of the JSON column")
    columns: list[_Column] = list(zip(*found, strict=True))
    for place, (converters, column) in compiler.get_converters(chosen).items():
        made = {value: _made(value, converters, column, compiler.connection) for value in set(columns[place])}
        columns[place] = map(made.__getitem__, columns[place])
    return zip(*columns, strict=True)


def _made(value: Any, converters: Iterable[Callable[..., Any]], column: Any, connection: BaseDatabaseWrapper) -> Any:
    for convert in converters:
        value = convert(value, column, connection)
    return value


class ReadyInserts(Generic[_M]):
    """
    Inserts of new rows by one statement, readied at its first use by each connection.

    `columns` are given for each row, in this order; all others get their default, `auto_now` the instant. Values are
    what the column takes; of an encrypted one what its `closed` gave. No signals, no keys that come back.
    """

    def __init__(self, model: type[_M], columns: Sequence[str]) -> None:
        if model.save is not models.Model.save or model._meta.parents:
            raise TypeError(f"{model.__name__} has its own way to be saved")
        self._model, self._columns = model, tuple(columns)
        self._plans: WeakKeyDictionary[BaseDatabaseWrapper, _Plan] = WeakKeyDictionary()

    def insert(self, rows: Iterable[Sequence[Any]]) -> int:
        """
        Write new rows and return how many.

        :raises NoActor: nobody is acting
        :raises DatabaseError: a constraint or a trigger refuses one of them; then none is written
        """
        current()
        connection = transaction.get_connection()
        plan = self._plans.get(connection) or self._plan(connection)
        ready = plan.filled(list(rows), connection)
        if ready:
            with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
                cursor.executemany(plan.sql, ready)
        return len(ready)

    def _plan(self, connection: BaseDatabaseWrapper) -> _Plan:
        meta, quote = self._model._meta, connection.ops.quote_name
        given = [cast(_Field, meta.get_field(name)) for name in self._columns]
        rest = [each for each in meta.local_concrete_fields if each not in given and not each.primary_key]
        names = ", ".join(quote(str(each.column)) for each in (*given, *rest))
        places = ", ".join(["%s"] * (len(given) + len(rest)))
        sql = f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608 - our own names
        plan = self._plans[connection] = _Plan(sql, [_adapter(each, connection) for each in given], rest)
        return plan


class _Plan:
    """A statement of one connection, and what it does to the values that are given and to those that are not."""

    def __init__(
        self, sql: str, adapters: Sequence[Callable[[Sequence[Any]], _Column]], rest: Sequence[_Field]
    ) -> None:
        self.sql, self._adapters, self._rest = sql, adapters, rest

    def filled(self, rows: Sequence[Sequence[Any]], connection: BaseDatabaseWrapper) -> list[tuple[Any, ...]]:
        """Return the parameters of each row, made column by column."""
        if not rows:
            return []
        pairs = zip(self._adapters, zip(*rows, strict=True), strict=True)
        given = [adapt(column) for adapt, column in pairs]
        now = datetime.now(UTC)
        rest = [each.get_db_prep_save(_default(each, now), connection) for each in self._rest]
        return list(zip(*given, *map(repeat, rest), strict=False))  # what is not given repeats for ever


def _default(field: _Field, now: datetime) -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return now
    return field.get_default()


def _adapter(field: _Field, connection: BaseDatabaseWrapper) -> Callable[[Sequence[Any]], _Column]:
    """Return what a field does to a column of values: the quick way where all are of exactly the type for it."""
    if goes_as_given(field) is not None:
        return _as_they_are
    kind, quick = _quick(field, connection)

    def adapted(column: Sequence[Any]) -> _Column:
        if set(map(type, column)) == {kind}:
            return quick(column)
        return [field.get_db_prep_save(value, connection) for value in column]

    return adapted


def _quick(field: _Field, connection: BaseDatabaseWrapper) -> tuple[type | None, Callable[[Sequence[Any]], _Column]]:
    match field:
        case EncryptedTextField():
            return Sealed, _as_they_are
        case EuroField():
            return Decimal, partial(map, field.get_prep_value)
        case models.UUIDField() if connection.features.has_native_uuid_field:
            return UUID, _as_they_are
        case models.UUIDField():
            return UUID, partial(map, attrgetter("hex"))
        case models.DateField() if not isinstance(field, models.DateTimeField):
            return date, partial(map, connection.ops.adapt_datefield_value)
        case _:
            return None, _as_they_are


def _as_they_are(column: Sequence[Any]) -> _Column:
    return column
