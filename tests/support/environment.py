"""What must be in the environment before the settings are read: a folder, keys, a database."""

from __future__ import annotations

import atexit
import base64
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support import postgresql

CHOICE = "SPORTELLO_TEST_DATABASE"
KEPT = {CHOICE, "SPORTELLO_CHROMIUM", "SPORTELLO_ORACLES", "SPORTELLO_BENCH_SMOKE"}


@dataclass(frozen=True, slots=True)
class Place:
    """The data folder of this test process and the address of its database."""

    data: Path
    database: str


def prepare() -> Place:
    """Make the data folder and set the environment for it; what the developer has set for real runs is left out."""
    chosen = os.environ.get(CHOICE, "") or "sqlite"
    for name in [name for name in os.environ if name.startswith("SPORTELLO_") and name not in KEPT]:
        del os.environ[name]
    data = _throwaway_folder()
    address = "" if chosen == "sqlite" else _postgresql(chosen)
    (data / "keys.txt").write_text(f"test:{base64.b64encode(os.urandom(32)).decode()}\n", encoding="ascii")
    os.environ["SPORTELLO_DATA"] = str(data)
    os.environ["SPORTELLO_HTTPS"] = "0"
    os.environ["SPORTELLO_DEMO"] = "0"
    os.environ["SPORTELLO_SECRET_KEY"] = "only-for-tests-" + "x" * 50
    os.environ["SPORTELLO_LOG"] = "WARNING"
    os.environ["SPORTELLO_HOSTS"] = "localhost,127.0.0.1,testserver"
    if address:
        os.environ["SPORTELLO_DATABASE"] = address
    return Place(data=data, database=address or "sqlite")


def _throwaway_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sportello-test-"))
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def _postgresql(chosen: str) -> str:
    """Return the server's address; the workers of a parallel run find it in the environment."""
    if chosen == "postgresql":
        chosen = postgresql.start()
        os.environ[CHOICE] = chosen
    if not chosen.startswith("postgresql://"):
        raise ValueError(f"{CHOICE} is {chosen!r}: set it to sqlite, postgresql or postgresql://…")
    return chosen
