"""A running ministry for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sistemats.simulator import Options, Settings, Simulator, admin, keyring, keys, processing
from sistemats.simulator.clock import read_instant

from .cast import TODAY, World

Start = Callable[..., World]


@pytest.fixture(autouse=True)
def _ready_made_keys(monkeypatch: pytest.MonkeyPatch, _key_pool: dict[tuple[int, int], Any]) -> None:
    """Making RSA keys takes longer than most tests: use the same ones again."""
    made = {"count": 0}
    fresh = keys.new_key

    def from_pool(bits: int) -> Any:
        made["count"] += 1
        place = (bits, made["count"])
        if place not in _key_pool:
            _key_pool[place] = fresh(bits)
        return _key_pool[place]

    monkeypatch.setattr(keys, "new_key", from_pool)
    monkeypatch.setattr(keyring, "new_key", from_pool)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks about a file waits until it is worked on, however slow the machine is today."""
    monkeypatch.setattr(processing, "PATIENCE", 120.0)
    monkeypatch.setattr(admin, "_PATIENCE", 120.0)


@pytest.fixture(scope="session")
def _key_pool() -> dict[tuple[int, int], Any]:
    return {}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start simulators with any options; they are stopped after the test."""
    running: list[Simulator] = []

    def begin(**options: Any) -> World:
        quick = Settings(queue_seconds=0, processing_seconds=0)
        values = {"folder": tmp_path / "dir", "clock": read_instant(TODAY.isoformat()), "settings": quick, **options}
        simulator = Simulator(Options(**values))
        simulator.start()
        running.append(simulator)
        return World(simulator)

    yield begin
    for simulator in running:
        simulator.stop()


@pytest.fixture
def world(start: Start) -> World:
    """A simulator on 10 March 2026 that processes files at once."""
    return start()
