"""The search for cycles rests during a slice of work, and goes on afterwards, whatever happens."""

from __future__ import annotations

import gc

import pytest

from sportello.core.collecting import at_rest


def test_at_rest_stops_the_search_and_starts_it_again():
    assert gc.isenabled()
    with at_rest():
        assert not gc.isenabled()
        with at_rest():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_at_rest_ends_with_a_failing_slice():
    @at_rest()
    def slice_of_work() -> None:
        assert not gc.isenabled()
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        slice_of_work()
    assert gc.isenabled()


def test_at_rest_leaves_the_search_off_where_it_was_off():
    gc.disable()
    try:
        with at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
