"""Inserts and updates whose SQL is made once a process and run many times (decision 0075).

They write what `Model.save` writes: each column's `pre_save` and the database's form of its value are asked for every
row, so that encrypted columns, cents and instants are as ever. They send no signals and do not look whether a key is
taken before they insert. As everywhere, nobody writes before somebody is acting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from django.db import DatabaseError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import sql

from sportello.core.actors import current
from sportello.core.ready import Place

_M = TypeVar("_M", bound=models.Model)
_Field = models.Field[Any, Any]
_WHOLE = (
    *(models.AutoField, models.BigAutoField, models.IntegerField, models.BigIntegerField, models.SmallIntegerField),
    *(models.PositiveIntegerField, models.PositiveSmallIntegerField, models.PositiveBigIntegerField),
)
_AS_GIVEN: dict[type[_Field], type] = {
    models.CharField: str,
    models.TextField: str,
    models.BooleanField: bool,
    **dict.fromkeys(_WHOLE, int),
}
"""Columns that hand values of this very type, and nothing, to the database as they are."""
_Column = tuple[str, type | None, bool, _Field]
UNLESS_THERE = "ON CONFLICT DO NOTHING"
"""Both databases: a row that a unique constraint refuses is left out, every other refusal is an error."""


@dataclass(frozen=True, slots=True)
class _Insert:
    """A statement of one connection and the columns that it wants, in order."""

    sql: str
    columns: tuple[_Column, ...]
    key_comes_back: bool
    returning: str


class ReadyInsert(Generic[_M]):
    """An insert of whole rows of a model, readied at its first use by each connection."""

    def __init__(self, model: type[_M], *, unless_there: bool = False) -> None:
        _check_plain(model)
        self.model, self._unless_there = model, unless_there
        self._plans: WeakKeyDictionary[BaseDatabaseWrapper, _Insert] = WeakKeyDictionary()

    def insert(self, row: _M) -> bool:
        """
        Write a new row and put the key that the database gave it on the object.

        Returns False when nothing was written, which happens only to an insert made with `unless_there`: a row with the
        same unique values is there.

        :raises NoActor: nobody is acting
        :raises ValueError: the row has a key already
        :raises DatabaseError: a constraint or a trigger refuses the row
        """
        current()
        connection = transaction.get_connection()
        plan = self._plans.get(connection) or self._plan(connection)
        if plan.key_comes_back and row.pk is not None:
            raise ValueError(f"a new {self.model.__name__} gets its key from the database")
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(plan.sql, _values(row, plan.columns, connection, add=True))
            found = cursor.fetchone() if plan.key_comes_back else (row.pk,) if cursor.rowcount else None
        if found is None:
            return False
        row.pk = found[0]
        row._state.adding, row._state.db = False, connection.alias
        return True

    def insert_many(self, rows: Sequence[_M]) -> None:
        """
        Write new rows at once; the keys that the database gives them do not come back.

        :raises NoActor: nobody is acting
        :raises DatabaseError: a constraint or a trigger refuses one of them; then none is written
        """
        current()
        connection = transaction.get_connection()
        plan = self._plans.get(connection) or self._plan(connection)
        ready = [_values(row, plan.columns, connection, add=True) for row in rows]
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            cursor.executemany(plan.sql.removesuffix(plan.returning), ready)

    def _plan(self, connection: BaseDatabaseWrapper) -> _Insert:
        meta = self.model._meta
        key_comes_back = isinstance(meta.pk, models.AutoField | models.BigAutoField)
        fields = tuple(each for each in meta.local_concrete_fields if not (key_comes_back and each.primary_key))
        query = sql.InsertQuery(self.model)
        query.insert_values(fields, [self.model()], raw=True)
        ((text, params),) = query.get_compiler(connection=connection).as_sql()
        if len(params) != len(fields):
            raise TypeError(f"{self.model.__name__} has columns that are no plain values")
        if self._unless_there:
            text = f"{text} {UNLESS_THERE}"
        returning = ""
        if key_comes_back:
            returning, _ = connection.ops.return_insert_columns([meta.pk])  # type: ignore[attr-defined]  # not in the stubs
            text = f"{text} {returning}"
        plan = self._plans[connection] = _Insert(text, _columns(fields), key_comes_back, returning)
        return plan


class ReadyUpdate(Generic[_M]):
    """An update of some columns of one row by its key, readied at its first use by each connection."""

    def __init__(self, model: type[_M], columns: Sequence[str]) -> None:
        _check_plain(model)
        self._model, self._columns = model, columns
        self._plans: WeakKeyDictionary[BaseDatabaseWrapper, tuple[str, tuple[_Column, ...]]] = WeakKeyDictionary()

    def update(self, row: _M) -> None:
        """
        Write these columns of a row that is there.

        :raises NoActor: nobody is acting
        :raises DatabaseError: the row is gone, or a constraint or a trigger refuses the change
        """
        current()
        connection = transaction.get_connection()
        text, columns = self._plans.get(connection) or self._plan(connection)
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(text, _values(row, columns, connection, add=False))
            if cursor.rowcount != 1:
                raise DatabaseError(f"this {self._model.__name__} is not there to be changed")

    def update_many(self, rows: Sequence[_M]) -> None:
        """
        Write these columns of rows that are there.

        :raises NoActor: nobody is acting
        :raises DatabaseError: one of them is gone, or a constraint or a trigger refuses the change
        """
        current()
        connection = transaction.get_connection()
        text, columns = self._plans.get(connection) or self._plan(connection)
        ready = [_values(row, columns, connection, add=False) for row in rows]
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            cursor.executemany(text, ready)
            if cursor.rowcount != len(ready):
                raise DatabaseError(f"one {self._model.__name__} is not there to be changed")

    def _plan(self, connection: BaseDatabaseWrapper) -> tuple[str, tuple[_Column, ...]]:
        meta = self._model._meta
        fields = [cast(_Field, meta.get_field(name)) for name in self._columns]
        query = cast(sql.UpdateQuery, self._model._base_manager.filter(pk=Place("pk")).query.chain(sql.UpdateQuery))
        query.add_update_fields([(each, None, Place(each.name)) for each in fields])  # type: ignore[misc]  # any expression
        text, params = query.get_compiler(connection=connection).as_sql()
        plan = self._plans[connection] = text, _columns((*fields, meta.pk))
        if [each.name for each in params] != [*(each.name for each in fields), "pk"]:
            raise TypeError(f"{self._model.__name__} has columns that are no plain values")
        return plan


def goes_as_given(field: _Field) -> type | None:
    """Return the type whose values a column hands to the database as they are, None where it prepares all of them."""
    return _AS_GIVEN.get(type(field.target_field if isinstance(field, models.ForeignKey) else field))


def _columns(fields: Sequence[_Field]) -> tuple[_Column, ...]:
    """Return each field with its attribute, the type that goes as it is, and whether its value is read, not made."""
    return tuple((each.attname, goes_as_given(each), _is_read(each), each) for each in fields)


def _is_read(field: _Field) -> bool:
    """Tell whether the attribute holds what is to be written, so that nothing is written where it holds nothing."""
    if isinstance(field, models.DateField):
        return not (field.auto_now or field.auto_now_add)
    return type(field).pre_save is models.Field.pre_save


def _values(row: models.Model, columns: Sequence[_Column], connection: BaseDatabaseWrapper, *, add: bool) -> list[Any]:
    found = []
    for name, plain, is_read, field in columns:
        value = getattr(row, name) if is_read else None
        if not (is_read and (value is None or type(value) is plain)):
            value = field.get_db_prep_save(field.pre_save(row, add), connection)
        found.append(value)
    return found


def _check_plain(model: type[models.Model]) -> None:
    """Refuse a model whose `save` does more than Django's, and one whose row lies in two tables."""
    if model.save is not models.Model.save or model._meta.parents:
        raise TypeError(f"{model.__name__} has its own way to be saved")
