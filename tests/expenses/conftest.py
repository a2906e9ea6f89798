"""What tests of the exchange with the State share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.expenses.counter import Counter, counter_at
from tests.world import World


@pytest.fixture
def counter(world: World, tmp_path: Path) -> Iterator[Counter]:
    """Give the State's counter with Ada's account at it."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened
