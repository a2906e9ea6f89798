"""Getting to know a portal over the network: its card, and our offer to answer it."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from deskwire.cards import CARD_PATH, LONGEST_CARD, PAIR_PATH, Card, check_address, make_offer, read_card
from deskwire.codec import Malformed
from deskwire.signing import LARGEST, MEDIA_TYPE, Rejected, UnknownVersion, open_reply, seal_request
from sportello.core import pairing
from sportello.core.models import Pairing
from sportello.jobs.outcome import Misused, Refused

PATIENCE = 20.0


def fetch_card(portal: str) -> Card:
    """
    Return the card that a portal shows. It says who it claims to be: compare the fingerprint.

    :param portal: its address, https://host or, on one machine, http://host:port
    :raises Misused: no such address
    :raises Refused: nobody answers there, or no portal
    """
    return read_card_of(_get(_address(portal) + CARD_PATH))


def read_card_of(data: bytes) -> Card:
    """
    Return the card in what an address answered.

    :raises Refused: it is none
    """
    try:
        return read_card(data)
    except Malformed:
        raise Refused("What answers there is no portal of this version: is the address right?") from None


def offer(card: Card, code: str, *, portal: str, address: str = "") -> Pairing:
    """
    Offer a portal to answer it, prove it with the code of its operator, and answer it from then on.

    :param card: the portal's card, its fingerprint compared
    :param portal: where the offer is sent
    :param address: where the portal reaches this server; "" as the settings say
    :raises Misused: our own name or address cannot be shown to a portal
    :raises Refused: the portal does not take the offer, or does not answer as itself
    """
    us = pairing.make_key()
    mine = _our_card(address)
    asked = seal_request(us, make_offer(mine, code, portal=card), audience=card.id, now=datetime.now(UTC))
    data = _post(_address(portal) + PAIR_PATH, asked.data)
    try:
        answer = open_reply(data, to=asked, key=card.public, now=datetime.now(UTC))
    except (Rejected, UnknownVersion, Malformed) as error:
        raise Refused(f"The portal's answer was not signed by it ({error}): nothing was paired here.") from None
    if answer.card.id != card.id:
        raise Refused("The portal answered with another card: nothing was paired here.")
    return pairing.pair(answer.card, now=datetime.now(UTC))


def _our_card(address: str) -> Card:
    try:
        card = pairing.desk_card(address and _address(address))
    except Malformed as error:
        raise Misused(
            f"This server's card does not do ({error}): set SPORTELLO_DESK_ADDRESS to where the portal reaches this "
            "server, like https://studio.example/, or give --address."
        ) from None
    host = urlsplit(card.address).hostname or ""
    if not validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        raise Misused(f"This server does not answer to the name {host}: add it to SPORTELLO_HOSTS, then restart it.")
    return card


def _address(text: str) -> str:
    address = text.strip().rstrip("/") + "/"
    try:
        check_address(address)
    except Malformed as error:
        raise Misused(f"{text!r} is no address of a site: {error.why}.") from None
    return address


def _get(url: str) -> bytes:
    return _answer(urllib.request.Request(url), LONGEST_CARD + 1)  # noqa: S310 - http or https was asked for


def _post(url: str, data: bytes) -> bytes:
    return _answer(
        urllib.request.Request(url, data=data, headers={"Content-Type": MEDIA_TYPE}),  # noqa: S310 - as above
        LARGEST,
    )


def _answer(request: urllib.request.Request, most: int) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310 - as above
            data: bytes = response.read(most)
            return data
    except urllib.error.HTTPError as error:
        error.close()
        raise Refused(_why(error.code, request.get_method())) from None
    except (OSError, ValueError) as error:
        raise Refused(f"Nobody answers at {request.full_url} ({type(error).__name__}): is the portal up?") from None


def _why(status: int, method: str) -> str:
    if status == HTTPStatus.UPGRADE_REQUIRED:
        return "The portal speaks another version of the wire: bring the older of the two up to date."
    if method == "GET":
        return f"There is no portal at this address (HTTP {status}): give the address that patients use."
    return (
        "The portal did not take the offer: the code is wrong, was used, or has expired, or the clocks of the two "
        "machines differ. Ask its operator for a fresh one (`portal pair-code`)."
    )
