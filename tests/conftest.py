"""What holds for every test: no network, no leak, rows in no order, real databases put back as they were."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import TransactionTestCase

from tests.support import asking, databases, secrecy, shuffling
from tests.world import world

__all__ = ["world"]

collect_ignore = ["portal"]  # another Django project: script/test portal


def pytest_configure(config: pytest.Config) -> None:
    """
    Have leaks looked for, and give `django.db.models` back the names of its submodules.

    pytest-randomly imports model_bakery, which imports Django's models before there are settings: that fails
    half way and leaves submodules loaded that their package does not know, and migrations name one of them.
    """
    package = sys.modules["django.db.models"]
    for name, module in list(sys.modules.items()):
        parent, _, child = name.rpartition(".")
        if parent == package.__name__:
            setattr(package, child, module)
    config.pluginmanager.register(secrecy, "secrecy")


@pytest.hookimpl(tryfirst=True)  # before marks are chosen by
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that ask for a database."""
    asking.mark(items)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Fill in the reference records, as every installation has them; tests with real transactions get that back."""
    from sportello.billing.terms import seed

    with django_db_blocker.unblock():
        seed()
        databases.remember()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: databases.restore())
        yield
    with django_db_blocker.unblock():
        databases.forget()


@pytest.fixture(scope="session", autouse=True)
def _rows_in_any_order(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        shuffling.install(patch, seed=request.config.getoption("randomly_seed", 0))
        yield
