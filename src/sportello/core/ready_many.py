"""Many rows at once without Django's look at each value (decision 0110).

`Among` is `IN` for whole numbers: Django asks every one of them whether it is an expression, which for five hundred
keys takes longer than the database takes to find the rows. `ReadyInserts` writes many new rows by one statement whose
SQL is made once a process, and looks only at the columns that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler

from sportello.core.actors import current
from sportello.core.ready_writes import goes_as_given

_M = TypeVar("_M", bound=models.Model)
_Field = models.Field[Any, Any]


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
        """Return the condition for SQLite: every key a parameter of its own."""
        column, params = self._column(compiler)
        return f"{column} IN ({', '.join(['%s'] * len(self.keys))})", [*params, *self.keys]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        """Return the condition for PostgreSQL: all keys in one array."""
        column, params = self._column(compiler)
        return f"{column} = ANY(%s)", [*params, self.keys]

    def _column(self, compiler: SQLCompiler) -> tuple[str, Sequence[Any]]:
        if not self.keys:
            raise EmptyResultSet
        return compiler.compile(self.column)


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
        rest = plan.rest(datetime.now(UTC), connection)
        ready = [[*plan.adapted(row), *rest] for row in rows]
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

    def __init__(self, sql: str, adapters: Sequence[Callable[[Any], Any] | None], rest: Sequence[_Field]) -> None:
        self.sql, self._adapters, self._rest = sql, adapters, rest

    def adapted(self, row: Sequence[Any]) -> list[Any]:
        pairs = zip(self._adapters, row, strict=True)
        return [value if adapt is None else adapt(value) for adapt, value in pairs]

    def rest(self, now: datetime, connection: BaseDatabaseWrapper) -> list[Any]:
        return [each.get_db_prep_save(_default(each, now), connection) for each in self._rest]


def _default(field: _Field, now: datetime) -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return now
    return field.get_default()


def _adapter(field: _Field, connection: BaseDatabaseWrapper) -> Callable[[Any], Any] | None:
    if goes_as_given(field) is not None:
        return None
    return lambda value: field.get_db_prep_save(value, connection)
