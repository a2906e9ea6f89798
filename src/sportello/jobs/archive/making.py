"""Making a backup while people work: one moment of the database, then the files that its rows point to."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from sportello.core.actors import System, acting
from sportello.core.storage import whole_or_full
from sportello.jobs.archive import rows
from sportello.jobs.archive.container import Writer

FORMAT = 1


def make(path: Path, passphrase: str = "") -> dict[str, int]:
    """
    Write a backup to a new file, readable by its owner alone, and return how many rows of each table it holds.

    The file appears under its name only when it is whole.

    :raises FileExistsError: there is a file of that name
    :raises StorageFull: no room; nothing is left behind
    """
    if path.exists():
        raise FileExistsError(path)
    part = path.with_name(f".{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with whole_or_full(), os.fdopen(handle, "wb") as out:
            counts = _write(cast(BinaryIO, out), passphrase)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return counts


def _write(out: BinaryIO, passphrase: str) -> dict[str, int]:
    writer = Writer(out, passphrase)
    counts: dict[str, int] = {}
    files: list[str] = []
    with acting(System("backup")), _one_moment():
        loader = MigrationExecutor(connection).loader
        state = loader.project_state().apps
        writer.add("manifest.json", _json(_manifest(loader)))
        for model in rows.tables(state):
            label = model._meta.label_lower
            counts[label] = 0
            for number, batch in enumerate(rows.read(model)):
                head = {"model": label, "columns": [field.attname for field in rows.columns(model)]}
                body = _json(head) + b"\n" + rows.dump(batch)
                writer.add(f"rows/{label}/{number:06d}.z", zlib.compress(body, 6))
                counts[label] += len(batch)
                if label == "core.storedfile":
                    place = head["columns"].index("place")
                    files += [line[place] for line in batch]
    counted = _files(writer, files)
    writer.add("end.json", _json({"rows": counts, "files": counted}))
    writer.close()
    return counts


def _files(writer: Writer, places: list[str]) -> int:
    """Add the closed bytes of kept files; one dropped since the moment of the rows is left out."""
    added = 0
    for place in places:
        try:
            with default_storage.open(place, "rb") as source:
                writer.add_stream(f"files/{place}", cast(Any, source), default_storage.size(place))
        except FileNotFoundError:
            continue
        added += 1
    return added


@contextmanager
def _one_moment() -> Iterator[None]:
    """See the database as it is at one moment, without keeping anybody from writing."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _manifest(loader: Any) -> dict[str, Any]:
    try:
        program = version("sportello")
    except PackageNotFoundError:  # run from its sources
        program = "source"
    applied = sorted([app, name] for app, name in loader.applied_migrations)
    return {"format": FORMAT, "made_at": datetime.now(UTC).isoformat(), "program": program, "migrations": applied}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
