"""The turn is one writer's at a time and ends with its holder."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sportello.core import turns
from sportello.core.turns import turn_at

HOLD = """
import sys
sys.path[:0] = sys.argv[2:]
from sportello.core import turns
from sportello.core.turns import turn_at
with turn_at(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def _taken(path: Path) -> tuple[threading.Thread, threading.Event]:
    taken = threading.Event()

    def take() -> None:
        with turn_at(str(path)):
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    return thread, taken


def test_turn_at_held_elsewhere_waits_until_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "turn"
    with turn_at(str(path)):
        thread, taken = _taken(path)
        assert not taken.wait(0.2)
    assert taken.wait(10)
    thread.join()
    assert path.stat().st_mode & 0o077 == 0


def test_turn_at_whose_holder_was_killed_is_free(tmp_path: Path) -> None:
    path = tmp_path / "turn"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        thread, taken = _taken(path)
        assert not taken.wait(0.2)
        holder.kill()
        assert taken.wait(10)
        thread.join()


def test_turn_at_goes_on_without_it_after_its_patience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "turn"
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    with turn_at(str(path)):
        thread, taken = _taken(path)
        assert taken.wait(10)
        thread.join()
