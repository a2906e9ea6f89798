"""Whether the installation can work: each thing it needs, tried now. For probes, `check-deploy` and the front page."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from sportello.core import beats
from sportello.core.keys import ring

LEAST_FREE = 200 * 1024 * 1024
"""Bytes that must be free in the data folder."""

_migrated: set[str] = set()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing tried: its code, and why it does not hold (empty: it does)."""

    name: str
    problem: str


def readiness() -> tuple[Finding, ...]:
    """Try everything that answering requests needs, and return how each stands."""
    tries: tuple[tuple[str, Callable[[], str]], ...] = (
        ("database", _database),
        ("migrations", _migrations),
        ("keys", _keys),
        ("disk", _disk),
        ("worker", _worker),
    )
    return tuple(Finding(name, _tried(act)) for name, act in tries)


def _tried(act: Callable[[], str]) -> str:
    try:
        return act()
    except DatabaseError:
        return "the database does not answer"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    if "all" in _migrated:  # what was applied stays applied while this program runs
        return ""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return "migrations wait: run `sportello migrate`"
    _migrated.add("all")
    return ""


def _keys() -> str:
    try:
        ring()
    except FileNotFoundError:
        return "the key file is missing"
    except (ValueError, OSError):
        return "the key file cannot be read"
    return ""


def _disk() -> str:
    folder = Path(settings.SPORTELLO_DATA)
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    return "" if free >= LEAST_FREE else f"only {free // (1024 * 1024)} MB are free"


def _worker() -> str:
    return "" if beats.alive(datetime.now(UTC)) else "no worker gives a sign of life"
