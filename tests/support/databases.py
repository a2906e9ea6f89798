"""Put the test database back as it was made: reference rows there, everything else gone.

Django empties every table after a test with real transactions. Ours must not: issued papers and the audit
refuse to be deleted by the database itself, and dated reference rows came with the migrations. So the fresh
database is remembered once and copied back.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
from django.db import connection, connections
from psycopg import sql

_kept: list[str] = []
"""The name of the copy, while there is one."""


def remember() -> None:
    """Keep a copy of the database as the migrations left it."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(_sqlite_copy())) as copy:
            connection.connection.backup(copy)
        _kept[:] = [_sqlite_copy()]
        return
    name = connection.settings_dict["NAME"]
    connections.close_all()
    _copy_postgresql(source=name, to=f"{name}_fresh")
    _kept[:] = [f"{name}_fresh"]


def restore() -> None:
    """Copy the fresh database back over the used one."""
    if connection.vendor == "sqlite":
        connection.close()
        with closing(sqlite3.connect(_sqlite_copy())) as copy, closing(sqlite3.connect(_sqlite_path())) as used:
            copy.backup(used)
        return
    name = connection.settings_dict["NAME"]
    connections.close_all()
    _copy_postgresql(source=f"{name}_fresh", to=name)


def hand_out(to: str) -> bool:
    """
    Copy the fresh database for an installation of its own; tell whether there is one to copy.

    :param to: the path of a file for SQLite, the name of a database that is not there yet for PostgreSQL
    """
    if not _kept:
        return False
    if connection.vendor == "sqlite":
        shutil.copyfile(_kept[0], to)
    else:
        _copy_postgresql(source=_kept[0], to=to)
    return True


def forget() -> None:
    """Drop the copy."""
    _kept.clear()
    if connection.vendor == "sqlite":
        Path(_sqlite_copy()).unlink(missing_ok=True)
        return
    with maintenance() as server:
        server.execute(_drop(f"{connection.settings_dict['NAME']}_fresh"))


def _sqlite_path() -> str:
    return str(connection.settings_dict["NAME"])


def _sqlite_copy() -> str:
    return f"{_sqlite_path()}.fresh"


def _copy_postgresql(*, source: str, to: str) -> None:
    with maintenance() as server:
        server.execute(_drop(to))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(to), sql.Identifier(source)))


def _drop(name: str) -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))


def maintenance() -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection to the server's own database, outside any transaction."""
    given = connection.settings_dict
    return psycopg.connect(
        host=given["HOST"] or None,
        port=given["PORT"] or None,
        user=given["USER"] or None,
        password=given["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    )
