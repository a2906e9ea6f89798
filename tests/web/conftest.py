"""Signed-in browsers for the tests of pages."""

from __future__ import annotations

import time

import pytest
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,  # no public name says whose proof it is
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.test import Client


@pytest.fixture
def signed_in(world):
    """Give a function that returns a client in which somebody of the cast is signed in."""

    def client_of(name: str, **more) -> Client:
        client = Client(**more)
        client.force_login(world.people[name])
        return client

    return client_of


@pytest.fixture
def proved(world, signed_in):
    """Give a function like `signed_in` whose people have just proved who they are, for pages that ask again."""

    def client_of(name: str, **more) -> Client:
        client = signed_in(name, **more)
        session = client.session
        session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(world.people[name].pk)
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time()}]
        session.save()
        return client

    return client_of
