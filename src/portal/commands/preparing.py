"""What must be there before anything runs: keys, identity, tables, static files."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal.commands.outcome import Refused, say
from portal.connections import identity
from portal.keeping import key_file

KEY_WORDS = """\
Files were made that only this portal has: {keys}, {identity}
Without the first nobody's account opens any more, without the second every practice has to pair again.
Keep a copy of both now, somewhere else than the database and its backups."""


def ensure_keys() -> None:
    """
    Make the key file and the identity of a new portal, and say where they are.

    :raises Refused: one is missing, but there are accounts or practices that need it
    """
    keys, own = Path(settings.PORTAL_KEY_FILE), Path(settings.PORTAL_IDENTITY_FILE)
    missing = [path for path in (keys, own) if not path.exists()]
    if not missing:
        return
    if _is_in_use():
        names = ", ".join(str(path) for path in missing)
        raise Refused(f"{names} is missing, but this portal is in use. Put the file back from where you keep its copy.")
    if not keys.exists():
        key_file.make(keys)
    if not own.exists():
        identity.make_file(own)
    say(KEY_WORDS.format(keys=keys, identity=own))


def migrations_waiting() -> int:
    """Return how many migrations are not yet applied."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> int:
    """Bring the tables up to date; return how many migrations were applied."""
    waiting = migrations_waiting()
    if waiting:
        call_command("migrate", interactive=False, verbosity=0)
    return waiting


def collect_static() -> None:
    """Copy and hash the static files when they changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / "collected.txt"
    wanted = _static_fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted, encoding="ascii")


def _static_fingerprint() -> str:
    digest = hashlib.sha256(f"{version('django')} {version('whitenoise')}".encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            seen = Path(storage.path(name)).stat()
            digest.update(f"{name} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _is_in_use() -> bool:
    from portal.accounts.models import Account
    from portal.connections.models import Desk

    tables = connection.introspection.table_names()
    return any(model._meta.db_table in tables and model.objects.exists() for model in (Account, Desk))
