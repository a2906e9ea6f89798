"""The examples in the docstrings of the portal run."""

import doctest
import importlib

import pytest

MODULES = ("addresses", "devices", "factors", "limits", "passwords")


@pytest.mark.parametrize("name", MODULES)
def test_doctests_of_a_module_hold(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"portal.accounts.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
