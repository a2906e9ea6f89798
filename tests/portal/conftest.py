"""What holds for every test of the portal: it is another Django project, run by itself (`script/test portal`)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone, translation
from script.lib import catalogues

from portal import wire
from portal.accounts.models import Account
from portal.connections.codes import ConnectionState
from portal.connections.identity import signer
from portal.connections.models import Connection
from portal.connections.models import Desk as Paired
from tests.portal.desk import Desk
from tests.support import asking, shuffling

PASSWORD = "gatto nero sul sofà"


def pytest_configure() -> None:
    """Compile the catalogues, and give `django.db.models` back the names of its submodules (`tests/conftest.py`)."""
    catalogues.compile_all(root for root in catalogues.ROOTS if root.source.name == "portal")
    package = sys.modules["django.db.models"]
    for name, module in list(sys.modules.items()):
        parent, _, child = name.rpartition(".")
        if parent == package.__name__:
            setattr(package, child, module)


@pytest.hookimpl(tryfirst=True)  # before marks are chosen by
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that ask for a database."""
    asking.mark(items)


@pytest.fixture(scope="session", autouse=True)
def _rows_in_any_order(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        shuffling.install(patch, seed=request.config.getoption("randomly_seed", 0))
        yield


@pytest.fixture(autouse=True)
def _speaks_english() -> Iterator[None]:
    """Tests read the sentences of the sources."""
    with translation.override("en"):
        yield
    wire.hang_up()


@pytest.fixture
def client() -> Client:
    """A browser that asks for English, where nobody has chosen a language."""
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A practice's server, running."""
    server = Desk(signer())
    yield server
    server.stop()


@pytest.fixture
def other_desk() -> Iterator[Desk]:
    """Another one."""
    server = Desk(signer(), name="Bianchi")
    yield server
    server.stop()


def text_of(answer) -> str:
    """Return a page without the tokens of its forms, which are new each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", answer.content.decode())


def paired(desk: Desk) -> Paired:
    """Return the row of a desk that is paired."""
    values = {"name": desk.card.name, "address": desk.card.address, "key": desk.card.key}
    row, _made = Paired.objects.get_or_create(side=desk.card.id, defaults=values | {"paired_at": timezone.now()})
    return row


def account(address: str = "bruno.neri@example.org", *, language: str = "en") -> Account:
    """Return an account with the password of the tests."""
    row = Account.objects.new(address=address, language=language)
    row.set_password(PASSWORD)
    row.save()
    return row


def connected(account: Account, desk: Desk, reference: str = "c-1") -> Connection:
    """Return a connection of an account with a desk."""
    return Connection.objects.create(
        account=account,
        desk=paired(desk),
        reference=reference,
        state=ConnectionState.CONNECTED.value,
        made_at=timezone.now(),
    )


@pytest.fixture
def bruno(db: None) -> Account:
    """Bruno, who has an account."""
    return account()


@pytest.fixture
def his(bruno: Account, desk: Desk) -> Connection:
    """Bruno's connection with the desk."""
    return connected(bruno, desk)


@pytest.fixture
def signed_in(client, bruno: Account):
    """A browser in which Bruno is signed in."""
    answer = client.post("/sign-in/", {"address": "bruno.neri@example.org", "password": PASSWORD})
    assert answer.status_code == 302
    return client
