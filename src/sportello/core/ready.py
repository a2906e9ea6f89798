"""Queries whose SQL is made once a process and run many times (decision 0074).

Where an operation reads a dozen rows by key, Django spends far more time writing each statement than the database
spends answering it. A `Ready` query is an ordinary queryset, written as a function of what it is asked for; its SQL is
kept, never what it found.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

from sportello.core.actors import System, acting, current

_M = TypeVar("_M", bound=models.Model)
Given = int | str | date | UUID


class Place(Expression):
    """Where a value will stand in a statement."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:  # type: ignore[override]  # the place itself is the parameter
        return "%s", [self]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A statement of one connection: its SQL, its parameters with their places, and how a row becomes an object."""

    sql: str
    params: tuple[Any, ...]
    compiler: Any
    converters: Any
    columns: slice
    names: tuple[str, ...]
    related: Sequence[Any]
    annotations: tuple[tuple[str, int], ...]
    locks: bool


class Ready(Generic[_M]):
    """
    A query over whole rows, readied at its first use by each connection.

    `make` takes values (whole numbers, texts, days, UUIDs) and returns a queryset that uses each of them only as what a
    column is compared with. For the software itself the kept SQL runs; for a person the queryset is built as ever,
    because what it may find is that person's.
    """

    def __init__(self, model: type[_M], make: Callable[..., models.QuerySet[_M]]) -> None:
        self._model, self._make = model, make
        self._names = tuple(inspect.signature(make).parameters)
        self._plans: WeakKeyDictionary[BaseDatabaseWrapper, _Plan] = WeakKeyDictionary()

    def rows(self, *given: Given) -> list[_M]:
        """
        Return what the query finds for these values, in the order of `make`'s parameters.

        :raises NoActor: nobody is acting
        :raises RuntimeError: rows are to be locked outside of a transaction
        """
        if not isinstance(current(), System):
            return list(self._make(*given))
        connection = transaction.get_connection()
        plan = self._plans.get(connection) or self._plan(connection)
        if plan.locks and not connection.in_atomic_block:
            raise RuntimeError("rows are locked inside a transaction")
        values = dict(zip(self._names, (_plain(value, connection) for value in given), strict=True))
        params = [values[each.name] if isinstance(each, Place) else each for each in plan.params]
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, params)
            found = cursor.fetchall()
        return [self._object(plan, row) for row in plan.compiler.apply_converters(found, plan.converters)]

    def first(self, *given: Given) -> _M | None:
        """Return the first row found, None when there is none."""
        return next(iter(self.rows(*given)), None)

    def one(self, *given: Given) -> _M:
        """
        Return the row found.

        :raises DoesNotExist: the model's own, when there is none
        """
        found = self.first(*given)
        if found is None:
            raise self._model.DoesNotExist  # type: ignore[attr-defined]  # every model has one
        return found

    def _plan(self, connection: BaseDatabaseWrapper) -> _Plan:
        with acting(System("ready a query")):
            rows = self._make(*(Place(name) for name in self._names))
        compiler = rows.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        select, shape = compiler.select, compiler.klass_info
        first, last = shape["select_fields"][0], shape["select_fields"][-1]
        columns = slice(first, last + 1)
        plan = _Plan(
            sql=sql,
            params=tuple(params),
            compiler=compiler,
            converters=compiler.get_converters([column for column, _, _ in select]),
            columns=columns,
            names=tuple(column.target.attname for column, _, _ in select[columns]),
            related=get_related_populators(shape, select, connection.alias),  # type: ignore[call-arg]  # newer stubs
            annotations=tuple(compiler.annotation_col_map.items()),
            locks=rows.query.select_for_update,
        )
        self._plans[connection] = plan
        return plan

    def _object(self, plan: _Plan, row: Sequence[Any]) -> _M:
        found = self._model.from_db(plan.compiler.connection.alias, plan.names, row[plan.columns])
        for each in plan.related:
            each.populate(row, found)
        for name, place in plan.annotations:
            setattr(found, name, row[place])
        return found


def _plain(value: Given, connection: BaseDatabaseWrapper) -> Any:
    """Return a value as the database has it."""
    match value:
        case date():
            return connection.ops.adapt_datefield_value(value)
        case UUID() if not connection.features.has_native_uuid_field:
            return value.hex
        case _:
            return value
