"""Two sides get to know each other: by fingerprint the one, by a code that is never sent the other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deskwire.cards import (
    Card,
    PairAccepted,
    PairOffer,
    code_key,
    make_offer,
    new_code,
    open_offer,
    plain_fingerprint,
    read_card,
    write_card,
)
from deskwire.codec import Malformed
from deskwire.signing import Rejected, Why, open_reply, seal_reply, seal_request
from tests.deskwire.people import DESK, NOW, PORTAL, STRANGER, Memory

DESK_CARD = Card.of(DESK, name="Sportello di prova", address="https://studio.example")
PORTAL_CARD = Card.of(PORTAL, name="Accesso paziente", address="https://pazienti.example/")
CODE = "K7QM-2F9D-0ABC-1XYZ"


def _offer(code=CODE, *, card=DESK_CARD, signer=DESK, portal=PORTAL_CARD):
    return seal_request(signer, make_offer(card, code, portal=portal), audience=portal.id, now=NOW)


def _open(data, *, codes=(CODE,), seen=None, audience=PORTAL.id):
    keys = [code_key(code) for code in codes]
    return open_offer(data, audience=audience, now=NOW, seen=seen or Memory(), keys=keys)


def test_read_card_takes_back_what_was_written():
    again = read_card(write_card(DESK_CARD))
    assert (again, again.id, again.public) == (DESK_CARD, DESK.id, DESK.public)
    assert again.address == "https://studio.example/"


def test_card_fingerprint_is_the_id_in_groups_however_it_is_typed():
    assert plain_fingerprint(DESK_CARD.fingerprint.upper().replace(" ", "-")) == DESK.id
    assert len(DESK_CARD.fingerprint.split()) == 8


@pytest.mark.parametrize(
    "address",
    [
        "ftp://studio.example/",
        "https://",
        "https://user:pw@studio.example/",
        "https://studio.example/?a=1",
        "https://studio.example/desk",
        "https://studio.example:port/",
        "//studio.example/",
        "javascript:alert(1)/",
        "https://studio.example/" + "a" * 200 + "/",
    ],
)
def test_card_with_an_address_that_is_none_is_refused(address):
    with pytest.raises(Malformed, match="address"):
        replace(DESK_CARD, address=address)


@pytest.mark.parametrize(
    "key",
    ["", "abc", DESK_CARD.key + "=", DESK_CARD.key[:-1], "é" * 43],
    ids=["empty", "short", "padded", "cut", "accented"],  # by name: the workers of a run draw keys of their own
)
def test_card_with_a_key_that_is_none_is_refused(key):
    with pytest.raises(Malformed, match="key"):
        replace(DESK_CARD, key=key)


@pytest.mark.parametrize("data", [b"", b"{}", b"<html>", b"x" * 5000])
def test_read_card_of_something_else_is_refused(data):
    with pytest.raises(Malformed):
        read_card(data)


def test_card_without_name_is_refused():
    with pytest.raises(Malformed, match="name"):
        replace(DESK_CARD, name=" ")


def test_open_offer_gives_the_card_and_says_which_code_was_used():
    opened, card, key = _open(_offer().data, codes=[new_code(), CODE])
    assert (card, key) == (DESK_CARD, code_key(CODE))
    assert opened.envelope.issuer == DESK.id


def test_open_offer_does_not_hold_the_code():
    data = _offer().data
    assert CODE.encode() not in data
    assert code_key(CODE).hex().encode() not in data


@pytest.mark.parametrize("typed", ["k7qm2f9d0abc1xyz", "K7QM 2F9D OABC IXYZ", "k7qm-2f9d-oabc-lxyz"])
def test_code_key_forgives_how_a_code_is_typed(typed):
    assert code_key(typed) == code_key(CODE)


def test_new_code_is_random_and_readable():
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(len(code) == 19 and not set(code) & set("OIL") for code in codes)


def test_open_offer_with_another_code_is_refused():
    with pytest.raises(Rejected) as refused:
        _open(_offer(new_code()).data)
    assert refused.value.why is Why.UNKNOWN_ISSUER
    with pytest.raises(Rejected):
        _open(_offer().data, codes=[])


def test_open_offer_to_another_portal_is_refused():
    other = Card.of(STRANGER, name="x", address="https://x.example/")
    with pytest.raises(Rejected):
        _open(_offer(portal=other).data)


def test_open_offer_with_the_card_of_another_is_refused():
    with pytest.raises(Rejected):
        _open(_offer(signer=STRANGER).data)


def test_open_offer_with_the_card_swapped_on_the_way_is_refused():
    """Who stands between has the proof, signs anew with a key of his own, and still has no code."""
    proof = make_offer(DESK_CARD, CODE, portal=PORTAL_CARD).proof
    mine = Card.of(STRANGER, name=DESK_CARD.name, address=DESK_CARD.address)
    forged = seal_request(STRANGER, PairOffer(card=mine, proof=proof), audience=PORTAL.id, now=NOW)
    with pytest.raises(Rejected):
        _open(forged.data)


def test_open_offer_twice_or_of_noise_is_refused():
    seen, data = Memory(), _offer().data
    _open(data, seen=seen)
    with pytest.raises(Rejected, match="replayed"):
        _open(data, seen=seen)
    with pytest.raises(Rejected, match="malformed"):
        _open(b"noise")


def test_open_reply_to_an_offer_names_the_portal():
    asked = _offer()
    reply = seal_reply(PORTAL, PairAccepted(PORTAL_CARD), to=asked.envelope, now=NOW)
    assert open_reply(reply, to=asked, key=PORTAL.public, now=NOW).card == PORTAL_CARD
