"""Signed-in browsers for the tests of pages."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.fixture
def signed_in(world):
    """Give a function that returns a client in which somebody of the cast is signed in."""

    def client_of(name: str, **more) -> Client:
        client = Client(**more)
        client.force_login(world.people[name])
        return client

    return client_of
