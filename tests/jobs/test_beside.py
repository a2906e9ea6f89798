"""The portal beside the practice: what it is started with, and when the two are paired."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from deskwire.cards import Card
from deskwire.signing import Signer
from sportello.core import pairing
from sportello.jobs import beside, portals
from sportello.jobs.beside import Beside
from sportello.jobs.outcome import Refused

PLACE = Beside("127.0.0.1", 8000, 8001)


@pytest.fixture
def portal(monkeypatch, db, settings, tmp_path):
    """A portal that shows a card, gives codes, and tells which servers it knows."""
    settings.SPORTELLO_DESK_KEY_FILE = str(tmp_path / "desk-key.pem")
    pairing.make_key()
    card = Card.of(Signer.make(), name="Sportello", address="http://127.0.0.1:8001/")
    known = SimpleNamespace(card=card, offers=[], desks="")

    def offer(card, code, *, portal, address):
        known.offers.append((card.id, code, portal, address))
        known.desks = f"{pairing.desk_id()}  Sportello  {address} paired"

    monkeypatch.setattr(portals, "fetch_card", lambda url: known.card)
    monkeypatch.setattr(portals, "offer", offer)
    said = {"pair-code": "ABCD-EFGH\n"}
    monkeypatch.setattr(beside, "_portal", lambda *words, **more: said.get(words[0], known.desks))
    return known


def _pair(card):
    """Write the pairing that the offer would have written."""
    pairing.pair(card, now=datetime.now(UTC))


@pytest.mark.django_db(transaction=True)
def test_pair_offers_this_server_with_a_code_of_the_portal(portal):
    assert beside.pair(PLACE) == portal.card
    assert portal.offers == [(portal.card.id, "ABCD-EFGH", "http://127.0.0.1:8001/", "http://127.0.0.1:8000/")]


@pytest.mark.django_db(transaction=True)
def test_pair_leaves_what_is_paired(portal):
    beside.pair(PLACE)
    _pair(portal.card)
    assert beside.pair(PLACE) is None
    assert len(portal.offers) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", [Beside("127.0.0.1", 9000, 8001), Beside("127.0.0.1", 8000, 9001)])
def test_pair_tells_the_portal_when_a_site_moved(portal, place):
    beside.pair(PLACE)
    _pair(portal.card)
    moved = Card(portal.card.name, f"http://127.0.0.1:{place.portal_port}/", portal.card.key)
    portal.card = moved
    assert beside.pair(place) == moved
    assert portal.offers[-1][2:] == (place.portal_url, place.desk_url)


@pytest.mark.django_db(transaction=True)
def test_pair_leaves_the_portal_that_the_operator_chose(portal):
    _pair(Card.of(Signer.make(), name="Altrove", address="https://pazienti.example/"))
    assert beside.pair(PLACE) is None
    assert portal.offers == []


def test_desk_url_is_the_public_one_where_local_names_are_not_answered(settings):
    settings.ALLOWED_HOSTS = ["studio.example"]
    settings.SPORTELLO_DESK_ADDRESS = "https://studio.example/"
    assert PLACE.desk_url == "https://studio.example/"


def test_environment_hands_on_what_both_need(settings, monkeypatch, tmp_path):
    settings.SPORTELLO_DATA, settings.DEMO, settings.HTTPS = tmp_path, True, False
    monkeypatch.setenv("SPORTELLO_MAIL", "smtp://mail.example")
    monkeypatch.delenv("PORTAL_MAIL", raising=False)
    found = beside.environment()
    assert found["PORTAL_DATA"] == str(tmp_path / "portal")
    assert (found["PORTAL_DEMO"], found["PORTAL_HTTPS"], found["PORTAL_MAIL"]) == ("1", "0", "smtp://mail.example")
    monkeypatch.setenv("PORTAL_MAIL", "smtp://other.example")
    assert beside.environment()["PORTAL_MAIL"] == "smtp://other.example"


def test_portal_command_that_fails_is_told(settings, tmp_path):
    settings.SPORTELLO_DATA = tmp_path
    with pytest.raises(Refused, match="no-such-command"):
        beside._portal("no-such-command")
