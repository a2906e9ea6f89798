"""An installation of its own for one test: a folder, a database of the kind under test, and real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection
from psycopg import sql

_PORTS = iter(range(10_000 + os.getpid() * 7 % 20_000, 32_000))
ROOT = Path(__file__).resolve().parents[2]
PATHS = os.pathsep.join(str(ROOT / each) for each in ("src", "packages/sistemats/src", "."))


@dataclass
class Installation:
    """Where it lives and how to talk to it."""

    data: Path
    environment: dict[str, str] = field(repr=False)
    module: str = "sportello.jobs"
    """Whose commands it runs."""

    def sportello(self, *words: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", self.module, *words],
            env=self.environment | more,
            input=given,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            cwd=self.data,
        )

    def python(self, code: str) -> Any:
        """Run code in the installation, with Django set up and the software acting; its last line prints JSON."""
        head = (
            "import django, json; django.setup()\n"
            "from sportello.core.actors import System, acting\n"
            "_who = acting(System('test')); _who.__enter__()\n"
        )
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", head + textwrap.dedent(code)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            cwd=self.data,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None

    @contextmanager
    def running(self, *words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command beside the test; what still runs at the end of the block is killed with all its children."""
        log = (self.data / f"{words[0]}.log").open("w+")
        process = subprocess.Popen(
            [sys.executable, "-m", self.module, *words],
            env=self.environment | more,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.data,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(120)
            log.close()

    def log(self, name: str) -> str:
        """Return what a running command wrote so far."""
        return (self.data / f"{name}.log").read_text()


@contextmanager
def made(data: Path, **environment: str) -> Iterator[Installation]:
    """Make a migrated installation on the kind of database that is under test, and take it down at the end."""
    with _database(data) as address:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SPORTELLO_")}
        settings = {
            "SPORTELLO_DATA": str(data),
            "SPORTELLO_DATABASE": address,
            "SPORTELLO_HTTPS": "0",
            "SPORTELLO_LOG": "INFO",
            "PYTHONPATH": PATHS,
            "DJANGO_SETTINGS_MODULE": "sportello.config.settings",
        }
        installation = Installation(data, kept | settings | environment)
        done = installation.sportello("migrate")
        assert done.returncode == 0, done.stderr
        yield installation


def eventually(holds: Callable[[], Any], seconds: float = 120.0, every: float = 0.1) -> Any:
    """Wait until something holds and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(every)
    raise AssertionError("it did not happen in time")


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a process outright, as a crash would."""
    process.send_signal(signal.SIGKILL)
    process.wait(120)


def free_port() -> int:
    """
    Return a port nobody listens on.

    It lies below those the system gives out by itself, and each test process begins to look somewhere else: nobody
    takes it before the server under test does.
    """
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")


@contextmanager
def _database(data: Path) -> Iterator[str]:
    if connection.vendor == "sqlite":
        yield f"sqlite:///{data / 'own.sqlite3'}"
        return
    given = connection.settings_dict
    name = f"own_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(
        host=given["HOST"] or None,
        port=given["PORT"] or None,
        user=given["USER"] or None,
        password=given["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        secret = f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else ""
        host = quote(str(given["HOST"]), safe="")
        port = f"&port={given['PORT']}" if given["PORT"] else ""
        try:
            yield f"postgresql://{quote(str(given['USER']))}{secret}@/{name}?host={host}{port}"
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
