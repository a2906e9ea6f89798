"""The key ring follows its file, and is held still only for the moment of a block."""

from __future__ import annotations

from pathlib import Path

import pytest

from sportello.core import keys


@pytest.fixture
def key_file(tmp_path: Path, settings) -> Path:
    path = tmp_path / "keys"
    keys.make_file(path)
    settings.SPORTELLO_KEYS, settings.SPORTELLO_KEY_FILE = "", path
    return path


def test_ring_knows_a_key_that_was_added_just_now(key_file: Path) -> None:
    assert keys.ring().active == "k1"
    keys.add_to_file(key_file)
    assert keys.ring().active == "k2"


def test_held_ring_stays_as_it_was_until_the_block_ends(key_file: Path) -> None:
    with keys.held_ring():
        keys.add_to_file(key_file)
        assert keys.ring().active == "k1"
    assert keys.ring().active == "k2"


def test_held_ring_is_let_go_after_an_error(key_file: Path) -> None:
    with pytest.raises(RuntimeError), keys.held_ring():
        raise RuntimeError
    keys.add_to_file(key_file)
    assert keys.ring().active == "k2"


def test_held_ring_of_a_missing_file_says_so(key_file: Path) -> None:
    key_file.unlink()
    with pytest.raises(FileNotFoundError), keys.held_ring():
        pytest.fail("there is no ring to hold")
