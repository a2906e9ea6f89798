"""Triggers by which the database itself refuses to change what is frozen.

Each app lists its guards in `guards.py`. They are (re)made after every migration, because SQLite rebuilds a table by
copying it and drops the triggers of the old one on the way. The same rule is written for SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

_GUARDS: dict[str, Guard] = {}


@dataclass(frozen=True, slots=True)
class Guard:
    """
    What may not happen to a table.

    `event` is UPDATE, DELETE or INSERT. `when` is a condition on OLD and NEW that both databases read; `columns`
    narrows it to a change of one of these (for UPDATE). `message` is what the refused caller reads.
    """

    name: str
    table: str
    event: str
    message: str
    when: str = "1 = 1"
    columns: tuple[str, ...] = ()

    def condition(self, differs: str) -> str:
        """Return the whole condition, with the database's own way to say that two values differ."""
        changed = " OR ".join(f'OLD."{column}" {differs} NEW."{column}"' for column in self.columns)
        return f"({self.when}) AND ({changed})" if changed else self.when


def declare(guards: Iterable[Guard]) -> None:
    """Add guards to those installed after a migration."""
    for guard in guards:
        _GUARDS[guard.name] = guard


def declared() -> tuple[Guard, ...]:
    """Return every guard, in the order of their declaration."""
    return tuple(_GUARDS.values())


def install(using: str = "default") -> list[str]:
    """Make the triggers of all tables that exist and return their names."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    present = [guard for guard in declared() if guard.table in tables]
    with connection.cursor() as cursor:
        for guard in present:
            for statement in _statements(connection, guard):
                cursor.execute(statement)
    return [guard.name for guard in present]


def remove(using: str = "default") -> None:
    """Drop the triggers: only a test that empties its database does this."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for guard in declared():
            if guard.table in tables:
                cursor.execute(_drop(connection, guard))


@contextmanager
def lifted(tables: Collection[str], using: str = "default") -> Iterator[None]:
    """
    Let rows of these tables be written although their guards refuse it; the same transaction puts the guards back.

    Two things need this, and neither changes what a row says: closing encrypted columns under a new key, and putting
    back a backup into an empty database.

    :raises RuntimeError: no transaction is open, so that the guards could stay away
    """
    connection = connections[using]
    if not connection.in_atomic_block:
        raise RuntimeError("guards are lifted within a transaction only")
    present = set(connection.introspection.table_names())
    mine = [guard for guard in declared() if guard.table in tables and guard.table in present]
    with connection.cursor() as cursor:
        for guard in mine:
            cursor.execute(_drop(connection, guard))
        yield
        for guard in mine:
            for statement in _statements(connection, guard):
                cursor.execute(statement)


def _drop(connection: BaseDatabaseWrapper, guard: Guard) -> str:
    where = f' ON "{guard.table}"' if connection.vendor == "postgresql" else ""
    return f'DROP TRIGGER IF EXISTS "{guard.name}"{where}'


def _statements(connection: BaseDatabaseWrapper, guard: Guard) -> list[str]:
    if connection.vendor == "postgresql":
        back = "OLD" if guard.event == "DELETE" else "NEW"
        return [
            f'CREATE OR REPLACE FUNCTION "{guard.name}"() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN '
            f"IF {guard.condition('IS DISTINCT FROM')} THEN RAISE EXCEPTION '{guard.message}' "
            f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {back}; END $guard$",
            _drop(connection, guard),
            f'CREATE TRIGGER "{guard.name}" BEFORE {guard.event} ON "{guard.table}" '
            f'FOR EACH ROW EXECUTE FUNCTION "{guard.name}"()',
        ]
    return [
        _drop(connection, guard),
        f'CREATE TRIGGER "{guard.name}" BEFORE {guard.event} ON "{guard.table}" FOR EACH ROW '
        f"WHEN {guard.condition('IS NOT')} BEGIN SELECT RAISE(ABORT, '{guard.message}'); END",
    ]
