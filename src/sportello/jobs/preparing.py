"""What must be there before anything runs: keys, tables, reference records, static files."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sportello.core import keys
from sportello.jobs.outcome import Refused, say

KEY_WORDS = """\
A key file was made: {path}
It opens everything that is encrypted in this installation. Without it, codes, mail and files are lost for good.
Keep a copy of it now, somewhere else than the database and its backups."""


def ensure_keys() -> None:
    """
    Make the key file of a new installation, and say where it is.

    :raises Refused: the file is missing, but there are data that only it can open
    """
    path = Path(settings.SPORTELLO_KEY_FILE)
    if settings.SPORTELLO_KEYS or path.exists():
        return
    if _has_people():
        raise Refused(
            f"The key file {path} is missing, but the database holds data closed with its keys. "
            "Put the file back from where you keep its copy, or set SPORTELLO_KEY_FILE to where it is."
        )
    keys.make_file(path)
    say(KEY_WORDS.format(path=path))


def migrations_waiting() -> int:
    """Return how many migrations are not yet applied."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> int:
    """Bring the tables and the reference records up to date; return how many migrations were applied."""
    from sportello.billing.terms import seed

    waiting = migrations_waiting()
    if waiting:
        call_command("migrate", interactive=False, verbosity=0)
    seed()
    return waiting


def collect_static() -> bool:
    """Copy and hash the static files when they changed since the last time; tell whether they had."""
    stamp = Path(settings.STATIC_ROOT) / "collected.txt"
    wanted = _static_fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted, encoding="ascii")
    return True


def _static_fingerprint() -> str:
    digest = hashlib.sha256(f"{version('django')} {version('whitenoise')}".encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            seen = Path(storage.path(name)).stat()
            digest.update(f"{name} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _has_people() -> bool:
    from sportello.accounts.models import Person

    if Person._meta.db_table not in connection.introspection.table_names():
        return False
    return Person.objects.exists()
