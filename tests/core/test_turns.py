"""The turn is one writer's at a time and ends with its holder."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from sportello.core import turns
from sportello.core.turns import thread_turn_at, turn_at

HOLD = """
import sys
sys.path[:0] = sys.argv[2:]
from sportello.core import turns
from sportello.core.turns import turn_at
with turn_at(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def _taken(
    path: Path, turn: Callable[[str], AbstractContextManager[None]] = turn_at
) -> tuple[threading.Thread, threading.Event]:
    taken = threading.Event()

    def take() -> None:
        with turn(str(path)):
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    return thread, taken


def test_turn_at_held_elsewhere_waits_until_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "turn"
    with turn_at(str(path)):
        thread, taken = _taken(path)
        assert not taken.wait(0.2)
    assert taken.wait(60)
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
        assert taken.wait(60)
        thread.join()


def test_turn_at_goes_on_without_it_after_its_patience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "turn"
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    with turn_at(str(path)):
        thread, taken = _taken(path)
        assert taken.wait(60)
        thread.join()


def test_thread_turn_at_held_by_another_thread_waits_until_it_ends(tmp_path: Path) -> None:
    with thread_turn_at(str(tmp_path)):
        thread, taken = _taken(tmp_path, thread_turn_at)
        assert not taken.wait(0.2)
    assert taken.wait(60)
    thread.join()


def test_thread_turn_at_of_another_database_does_not_wait(tmp_path: Path) -> None:
    with thread_turn_at(str(tmp_path)):
        thread, taken = _taken(tmp_path / "other", thread_turn_at)
        assert taken.wait(60)
        thread.join()


def test_thread_turn_at_whose_holder_failed_is_free(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), thread_turn_at(str(tmp_path)):
        raise ZeroDivisionError
    thread, taken = _taken(tmp_path, thread_turn_at)
    assert taken.wait(60)
    thread.join()


def test_thread_turn_at_after_its_patience_goes_on_and_leaves_the_holder_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with thread_turn_at(str(tmp_path)):
        monkeypatch.setattr(turns, "PATIENCE", 0.05)
        thread, taken = _taken(tmp_path, thread_turn_at)
        assert taken.wait(60)
        thread.join()
        monkeypatch.undo()
        second, taken = _taken(tmp_path, thread_turn_at)
        assert not taken.wait(0.2)
    assert taken.wait(60)
    second.join()


FORKED = """
import os, sys
sys.path[:0] = sys.argv[2:]
from sportello.core import turns
turns.PATIENCE = 600.0
with turns.thread_turn_at(sys.argv[1]):
    child = os.fork()
    if child == 0:
        with turns.thread_turn_at(sys.argv[1]):
            print("taken", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_thread_turn_at_held_while_the_process_was_forked_is_free_in_the_child(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED, str(tmp_path), *sys.path],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout == "taken\n"


@pytest.mark.django_db(transaction=True)
def test_one_at_a_time_outside_of_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="ends with its transaction"):
        turns.one_at_a_time("tests", 1)


@pytest.mark.django_db(transaction=True)
def test_one_at_a_time_asks_only_a_database_with_many_writers() -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        turns.one_at_a_time("tests", 1)
    assert len(asked) == (1 if connection.vendor == "postgresql" else 0)
