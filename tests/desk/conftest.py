"""A paired portal, and patients who are connected through it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.hands import Portal


@pytest.fixture(autouse=True)
def _key_file(settings, tmp_path: Path) -> None:
    settings.SPORTELLO_DESK_KEY_FILE = str(tmp_path / "desk-key.pem")


@pytest.fixture
def portal(world) -> Portal:
    """Give a portal that is answered."""
    return Portal().pair()


@pytest.fixture
def bruno(portal, world) -> str:
    """Give the connection of Bruno, a patient of Rossi's."""
    return portal.connect(world.ada, world.bruno)


@pytest.fixture
def gina(portal, world) -> str:
    """Give the connection of Gina, who acts for little Mia."""
    return portal.connect(world.ada, world.mia, world.gina, account="another-account")
