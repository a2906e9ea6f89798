"""Pairing with a practice's server: a code, an offer with its proof, one answer for whatever is wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deskwire.cards import Card, make_offer, read_card
from deskwire.signing import MEDIA_TYPE, Signer, open_reply, seal_request
from portal.connections import identity, pairing
from portal.connections.models import Desk, PairCode
from tests.portal.conftest import connected

pytestmark = pytest.mark.django_db


def _offer(code, *, signer=None, now=None, address="http://127.0.0.1:8000/", audience=None):
    signer = signer or Signer.make()
    mine = Card.of(signer, name="Ginestra", address=address)
    portal = identity.card("http://testserver/")
    return seal_request(
        signer, make_offer(mine, code, portal=portal), audience=audience or portal.id, now=now or datetime.now(UTC)
    )


def _post(client, sealed, **more):
    return client.post("/deskwire/pair", sealed.data, content_type=MEDIA_TYPE, **more)


def test_card_shows_who_this_portal_is(client):
    card = read_card(client.get("/deskwire/card").content)
    assert card.id == identity.signer().id
    assert card.address == "http://testserver/"


def test_card_bears_the_address_of_the_settings(client, settings):
    settings.PORTAL_ADDRESS = "https://pazienti.example.org"
    assert read_card(client.get("/deskwire/card").content).address == "https://pazienti.example.org/"


def test_offer_with_a_living_code_pairs_and_is_answered_signed(client):
    code = pairing.new_pair_code(timezone.now())
    sealed = _offer(code.lower().replace("-", " "))
    answer = _post(client, sealed)
    taken = open_reply(answer.content, to=sealed, key=identity.signer().public, now=datetime.now(UTC))
    assert taken.card.id == identity.signer().id
    [desk] = Desk.objects.all()
    assert (desk.side, desk.address, desk.is_paired) == (sealed.envelope.issuer, "http://127.0.0.1:8000/", True)


def test_code_serves_once(client):
    code = pairing.new_pair_code(timezone.now())
    assert _post(client, _offer(code)).status_code == 200
    assert _post(client, _offer(code)).status_code == 404
    assert Desk.objects.count() == 1


def test_code_in_the_database_is_closed():
    code = pairing.new_pair_code(timezone.now())
    row = PairCode.objects.get()
    assert code.replace("-", "") not in row.key_sealed
    assert row.key_sealed.startswith("test.")


def test_code_is_dead_after_an_hour(client):
    code = pairing.new_pair_code(timezone.now() - timedelta(minutes=61))
    assert _post(client, _offer(code)).status_code == 404
    pairing.forget_old(timezone.now())
    assert not PairCode.objects.exists()


def test_offer_that_is_wrong_is_answered_like_any_other(client):
    code = pairing.new_pair_code(timezone.now())
    good = _offer(code)
    wrong = [
        _offer("AAAA-BBBB-CCCC-DDDD"),
        _offer(code, now=datetime.now(UTC) - timedelta(minutes=5)),
        _offer(code, audience="0" * 32),
    ]
    answers = [_post(client, each, REMOTE_ADDR=f"192.0.2.{number}") for number, each in enumerate(wrong)]
    answers.append(client.post("/deskwire/pair", good.data[:-1] + b" ", content_type=MEDIA_TYPE))
    answers.append(client.post("/deskwire/pair", b"hello", content_type=MEDIA_TYPE))
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b"")}
    assert not Desk.objects.exists()
    assert _post(client, good, REMOTE_ADDR="192.0.2.99").status_code == 200


def test_offer_is_taken_once(client):
    codes = [pairing.new_pair_code(timezone.now()) for _ in range(2)]
    sealed = _offer(codes[0])
    assert _post(client, sealed).status_code == 200
    assert _post(client, sealed).status_code == 404


def test_offer_of_another_version_is_told(client):
    sealed = _offer(pairing.new_pair_code(timezone.now()))
    data = sealed.data[:8] + bytes([99]) + sealed.data[9:]
    assert client.post("/deskwire/pair", data, content_type=MEDIA_TYPE).status_code == 426


def test_guessing_codes_is_limited(client):
    good = pairing.new_pair_code(timezone.now())
    for _ in range(6):
        _post(client, _offer("AAAA-BBBB-CCCC-DDDD"))
    assert _post(client, _offer(good)).status_code == 404
    assert _post(client, _offer(good), REMOTE_ADDR="192.0.2.5").status_code == 200


def test_server_that_moved_keeps_its_connections(client, bruno):
    signer = Signer.make()
    _post(client, _offer(pairing.new_pair_code(timezone.now()), signer=signer))
    pairing.unpair(signer.id)
    assert not Desk.objects.get().is_paired
    _post(client, _offer(pairing.new_pair_code(timezone.now()), signer=signer, address="https://studio.example/"))
    [desk] = pairing.desks()
    assert (desk.card.address, desk.is_paired) == ("https://studio.example/", True)


def test_unpaired_server_is_asked_nothing(signed_in, his, desk, bruno):
    pairing.unpair(desk.signer.id)
    assert signed_in.get(f"/c/{his.uid}/invoices/").status_code == 404
    assert "No practice has opened" in signed_in.get("/").content.decode()
    assert desk.asked == []


def test_connection_reference_is_one_accounts_alone(bruno, desk):
    from django.db import IntegrityError, transaction

    from tests.portal.conftest import account

    connected(bruno, desk, "c-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        connected(account("olga@example.org"), desk, "c-1")


def test_connection_that_is_connected_holds_no_claim(his):
    from django.db import IntegrityError, transaction

    his.claim_sealed = "k1.xxxx"
    with pytest.raises(IntegrityError), transaction.atomic():
        his.save()
