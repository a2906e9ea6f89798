"""Which tests ask for a database: they alone can end differently on another kind of it.

pytest-django closes the database to every test that does not ask for one, so what has no mark here has seen none. The
mark is set while tests are collected; `-m database` runs the marked ones (decision 0113).
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.support import installation

FIXTURES = frozenset({"db", "transactional_db", "live_server", "django_db_setup"})
MADE = (installation, installation.made, installation.nothing_yet)
"""What makes an installation with a database of its own, in processes that pytest-django does not see."""


def mark(items: Iterable[pytest.Item]) -> None:
    """Mark each test that asks for a database."""
    for item in items:
        if asks(item):
            item.add_marker(pytest.mark.database)


def asks(item: pytest.Item) -> bool:
    """Tell whether a test, a fixture of it, or an installation that it makes needs a database."""
    if FIXTURES.intersection(getattr(item, "fixturenames", ())) or item.get_closest_marker("django_db"):
        return True
    module = getattr(item, "module", None)  # the test of a text file has none
    return any(each is made for each in vars(module).values() for made in MADE) if module else False
