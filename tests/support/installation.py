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
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection
from psycopg import sql

from tests.support import databases

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
    """
    Make an installation on the kind of database that is under test, and take it down at the end.

    Tables and reference records are copied from the database of the tests, where there is one: the same migrations
    made them. Otherwise `sportello migrate` makes them.
    """
    with ExitStack() as closing:
        address, filled = closing.enter_context(_database(data, environment.get("SPORTELLO_DATABASE", "")))
        installation = _installation(data, **environment | {"SPORTELLO_DATABASE": address})
        if filled:
            from sportello.core import keys  # not for the portal's tests, which use the rest of this module

            keys.make_file(data / "keys.txt")
        else:
            done = installation.sportello("migrate")
            assert done.returncode == 0, done.stderr
        yield installation


@contextmanager
def nothing_yet(data: Path) -> Iterator[Installation]:
    """Give an installation that nobody has started: an empty folder, an empty database of the kind under test."""
    with _database(data, fill=False) as (address, _):
        yield _installation(data, SPORTELLO_DATABASE=address)


def _installation(data: Path, **environment: str) -> Installation:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPORTELLO_")}
    settings = {
        "SPORTELLO_DATA": str(data),
        "SPORTELLO_HTTPS": "0",
        "SPORTELLO_LOG": "INFO",
        "PYTHONPATH": PATHS,
        "DJANGO_SETTINGS_MODULE": "sportello.config.settings",
    }
    return Installation(data, kept | settings | environment)


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
def _database(data: Path, given: str = "", *, fill: bool = True) -> Iterator[tuple[str, bool]]:
    """Give the address of a new database, the given one where there is one, and whether the tables are in it."""
    sqlite = "sqlite:///"
    if given or connection.vendor == "sqlite":
        address = given or f"{sqlite}{data / 'own.sqlite3'}"
        alike = connection.vendor == "sqlite" and address.startswith(sqlite)
        yield address, fill and alike and databases.hand_out(address.removeprefix(sqlite))
        return
    name = f"own_{os.getpid()}_{time.monotonic_ns()}"
    filled = fill and databases.hand_out(name)
    with databases.maintenance() as server:
        if not filled:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield _address(name), filled
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _address(name: str) -> str:
    """Return the address of another database on the PostgreSQL server under test."""
    server = connection.settings_dict
    secret = f":{quote(server['PASSWORD'])}" if server["PASSWORD"] else ""
    port = f"&port={server['PORT']}" if server["PORT"] else ""
    return f"postgresql://{quote(str(server['USER']))}{secret}@/{name}?host={quote(str(server['HOST']), safe='')}{port}"
