"""What the tests of the practice's pages share: the day it is, pages as text, and counted queries."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.world import DAY

HTMX = {"HX-Request": "true"}


def text_of(response) -> str:
    """Return a page or file as text without line breaks."""
    return unescape(re.sub(r"\s+", " ", response.getvalue().decode()))


@pytest.fixture
def on_the_day():
    """Let it be the day of the cast, at ten in the morning."""
    with time_machine.travel(datetime(DAY.year, DAY.month, DAY.day, 9, 0, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
def counted():
    """Give a function that returns how many queries a page takes, the second time it is opened."""

    def count(client, address: str) -> int:
        assert client.get(address).status_code == 200
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = client.get(address)
            response.getvalue()
        return len(queries)

    return count
