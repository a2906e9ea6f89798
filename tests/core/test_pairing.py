"""Which portals are answered, the key this server is known by, and requests that are taken once."""

import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from deskwire.cards import Card
from deskwire.signing import Signer
from sportello.core import audit, pairing
from sportello.core.actors import System, acting
from sportello.core.handlers import forget_requests
from sportello.core.models import AuditEntry, Pairing, SeenRequest
from sportello.core.outbox import Work
from sportello.core.schedule import known

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PORTAL = Card.of(Signer.make(), name="Accesso paziente", address="https://pazienti.example/")
OTHER = Card.of(Signer.make(), name="Altro portale", address="https://altro.example/")


@pytest.fixture(autouse=True)
def key_file(settings, tmp_path):
    """Put the server's key into a folder of the test."""
    settings.SPORTELLO_DESK_KEY_FILE = str(tmp_path / "data" / "desk-key.pem")
    settings.SPORTELLO_DESK_ADDRESS = "https://studio.example/"
    return Path(settings.SPORTELLO_DESK_KEY_FILE)


def test_make_key_is_made_once_and_for_its_owner_alone(key_file):
    made = pairing.make_key()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert pairing.make_key().id == made.id == pairing.desk_id()


def test_desk_id_without_key_says_what_to_do():
    with pytest.raises(pairing.NoDeskKey, match="sportello portal pair"):
        pairing.desk_id()


def test_signer_follows_a_file_that_is_put_back(key_file):
    first = pairing.make_key()
    other = Signer.make()
    key_file.unlink()
    key_file.write_bytes(other.pem())
    assert pairing.signer().id == other.id != first.id


def test_desk_card_shows_where_the_server_is_reached():
    pairing.make_key()
    assert pairing.desk_card().address == "https://studio.example/"
    assert pairing.desk_card("http://127.0.0.1:8000").address == "http://127.0.0.1:8000/"
    assert pairing.desk_card().id == pairing.desk_id()


@pytest.mark.django_db(transaction=True)
def test_pair_makes_a_portal_known_and_unpair_forgets_it_at_once():
    assert pairing.known_key(PORTAL.id) is None
    pairing.pair(PORTAL, now=NOW)
    assert pairing.known_key(PORTAL.id) == PORTAL.public
    assert pairing.known_key(OTHER.id) is None

    pairing.unpair(PORTAL.id, now=NOW)
    assert pairing.known_key(PORTAL.id) is None
    assert not pairing.pairings()


@pytest.mark.django_db(transaction=True)
def test_pair_again_keeps_one_row_with_what_holds_now():
    pairing.pair(PORTAL, now=NOW)
    pairing.pair(Card(PORTAL.name, "https://neu.example/", PORTAL.key), now=NOW)
    (row,) = pairing.pairings()
    assert row.address == "https://neu.example/"


@pytest.mark.django_db(transaction=True)
def test_pair_and_unpair_are_written_down():
    pairing.pair(PORTAL, now=NOW)
    pairing.unpair(PORTAL.id, now=NOW)
    with acting(System("tests")):
        entries = AuditEntry.objects.filter(chain=0, object_kind="pairing").order_by("sequence")
        assert [entry.action for entry in entries] == ["portal.pair", "portal.unpair"]
        assert not list(audit.verify(0))


@pytest.mark.django_db(transaction=True)
def test_unpair_of_a_portal_that_is_not_paired_is_refused():
    with pytest.raises(pairing.NotPaired):
        pairing.unpair(PORTAL.id, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_portal_address_is_that_of_the_portal_paired_last():
    assert pairing.portal_address() == ""
    pairing.pair(PORTAL, now=NOW)
    pairing.pair(OTHER, now=NOW + timedelta(minutes=1))
    assert pairing.portal_address() == "https://altro.example/"
    pairing.unpair(OTHER.id, now=NOW + timedelta(minutes=2))
    assert pairing.portal_address() == "https://pazienti.example/"


@pytest.mark.django_db
def test_pairing_of_a_portal_twice_or_backwards_is_refused_by_the_database():
    more = {"portal": PORTAL.id, "name": "x", "address": PORTAL.address, "key": PORTAL.key, "paired_at": NOW}
    with acting(System("tests")):
        Pairing.objects.create(**more)
        with pytest.raises(IntegrityError), transaction.atomic():
            Pairing.objects.create(**more)
        with pytest.raises(IntegrityError), transaction.atomic():
            Pairing.objects.create(**more | {"ended_at": NOW - timedelta(days=1)})


@pytest.mark.django_db
def test_pairings_are_nobodys_rows(world):
    pairing_rows = (Pairing, SeenRequest)
    with acting(System("tests")):
        Pairing.objects.create(portal="a", name="x", address="https://x.example/", key="k", paired_at=NOW)
        SeenRequest.objects.create(issuer="a", request_id="b", until=NOW)
    with acting(world.ada):
        assert not any(model.objects.exists() for model in pairing_rows)


@pytest.mark.django_db
def test_first_time_takes_each_request_of_each_portal_once():
    seen = pairing.SeenInDatabase()
    assert seen.first_time(PORTAL.id, "r1", NOW)
    assert not seen.first_time(PORTAL.id, "r1", NOW)
    assert seen.first_time(OTHER.id, "r1", NOW)
    assert seen.first_time(PORTAL.id, "r2", NOW)


@pytest.mark.django_db(transaction=True)
def test_first_time_of_many_askers_at_once_is_told_to_one():
    told = []

    def ask():
        told.append(pairing.SeenInDatabase().first_time(PORTAL.id, "r1", NOW))
        connection.close()

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for each in askers:
        each.start()
    for each in askers:
        each.join()
    assert sorted(told) == [False] * 7 + [True]


@pytest.mark.django_db
def test_forget_requests_forgets_those_that_have_expired(monkeypatch):
    monkeypatch.setattr(pairing, "_BATCH", 2)
    now = datetime.now(UTC)
    with acting(System("tests")):
        for number in range(5):
            pairing.SeenInDatabase().first_time(PORTAL.id, f"old{number}", now - timedelta(seconds=1))
        pairing.SeenInDatabase().first_time(PORTAL.id, "new", now + timedelta(minutes=5))
        forget_requests(Work(1, "core.forget_requests", 0, 0, "", 1, False))
        assert [row.request_id for row in SeenRequest.objects.all()] == ["new"]


def test_forget_requests_is_on_the_schedule():
    assert "core.forget_requests" in {each.handler for each in known()}
