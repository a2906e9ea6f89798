"""Putting a backup back into an installation that has nobody in it yet: all of it, or nothing."""

from __future__ import annotations

import json
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from django.apps.registry import Apps
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor

from sportello.core import audit, guards
from sportello.core.actors import System, acting
from sportello.core.models import OutgoingMail
from sportello.core.states import MailState, codes
from sportello.core.streams import Damaged
from sportello.jobs.archive import rows
from sportello.jobs.archive.container import reader

RESTORED = "restored"
SPOOL = 1024 * 1024


class NotEmpty(RuntimeError):
    """The installation has people or files in it: a backup is put back into an empty one only."""


class AnotherVersion(RuntimeError):
    """The tables cannot be brought to the version of the backup: it is newer, or the database is not a new one."""


@dataclass(slots=True)
class _Progress:
    models: dict[str, Any]
    counts: dict[str, int] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    ended: dict[str, Any] | None = None


def restore(path: Path, passphrase: str = "") -> dict[str, int]:
    """
    Put a backup back and return how many rows of each table it held.

    The tables are brought to the version of the backup first, and to today's at the end. Mail that waited when the
    backup was made may have gone out since: it is left to a person (`UNCERTAIN`).

    :raises NotEmpty: there are people in the database, or files in the storage
    :raises AnotherVersion: made by a newer version, or the database is further than the backup
    :raises Damaged: altered, cut off, no backup, or another passphrase
    :raises NeedsPassphrase: closed with a passphrase, and none is given
    :raises KeyMissing: closed under a key that the ring does not hold
    """
    why = System("restore")
    with acting(why), path.open("rb") as source, reader(cast(BinaryIO, source), passphrase) as members:
        name, content = next(members, ("", None))
        if name != "manifest.json" or content is None:
            raise Damaged("this is no backup of Sportello")
        state = _bring_tables_to(json.load(content)["migrations"])
        progress = _Progress({model._meta.label_lower: model for model in rows.tables(state)})
        with _files_or_none(progress), transaction.atomic(durable=True), guards.lifted(_tables(state)):
            rows.empty(state)
            _fill(progress, members)
            rows.count_on(state)
    call_command("migrate", interactive=False, verbosity=0)
    with acting(why), transaction.atomic(durable=True):
        waiting = OutgoingMail.objects.filter(state__in=codes({MailState.WAITING, MailState.HANDING}))
        waiting.update(state=MailState.UNCERTAIN.value, last_error=RESTORED)
        audit.record(why, "installation.restore", rows=sum(progress.counts.values()), files=len(progress.places))
    return progress.counts


def check_empty() -> None:
    """
    Pass only when nobody is in the database.

    :raises NotEmpty: somebody is
    """
    from sportello.accounts.models import Person

    if Person._meta.db_table in connection.introspection.table_names() and Person.objects.exists():
        raise NotEmpty("there are people in this database")


def _bring_tables_to(migrations: list[list[str]]) -> Apps:
    """Migrate to where the backup was made, in either direction, and return the models as they were then."""
    wanted = {(app, name) for app, name in migrations}
    executor = MigrationExecutor(connection)
    if not wanted <= set(executor.loader.disk_migrations):
        raise AnotherVersion("the backup was made by a newer version: install that version")
    check_empty()
    graph = executor.loader.graph
    last = [
        key
        for key in sorted(wanted)
        if not any(child.key in wanted and child.key[0] == key[0] for child in graph.node_map[key].children)
    ]
    try:
        executor.migrate(last)
    except IrreversibleError:
        raise AnotherVersion("restore into a new, empty database: this one is further than the backup") from None
    return MigrationExecutor(connection).loader.project_state(last).apps


@contextmanager
def _files_or_none(progress: _Progress) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for place in progress.places:
            default_storage.delete(place)
        raise


def _fill(progress: _Progress, members: Iterator[tuple[str, IO[bytes]]]) -> None:
    for name, content in members:
        if name.startswith("rows/"):
            _put_rows(progress, content.read())
        elif name.startswith("files/"):
            _put_file(progress, name.removeprefix("files/"), content)
        elif name == "end.json":
            progress.ended = json.load(content)
    told = progress.ended
    if told is None or {label: count for label, count in told["rows"].items() if count} != progress.counts:
        raise Damaged("the backup is not whole: rows are missing")
    if told["files"] != len(progress.places):
        raise Damaged("the backup is not whole: files are missing")


def _put_rows(progress: _Progress, packed: bytes) -> None:
    head, _, body = zlib.decompress(packed).partition(b"\n")
    told = json.loads(head)
    count = rows.write(progress.models[told["model"]], told["columns"], rows.load(body))
    progress.counts[told["model"]] = progress.counts.get(told["model"], 0) + count


def _put_file(progress: _Progress, place: str, content: IO[bytes]) -> None:
    if default_storage.exists(place):
        raise NotEmpty("there are files of this backup in the storage already")
    with tempfile.SpooledTemporaryFile(max_size=SPOOL) as whole:
        shutil.copyfileobj(content, whole)
        whole.seek(0)
        progress.places.append(default_storage.save(place, File(cast(IO[bytes], whole), name=place)))


def _tables(state: Apps) -> set[str]:
    return {model._meta.db_table for model in rows.tables(state)}
