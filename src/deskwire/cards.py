"""How a desk and a portal get to know each other: cards that are shown, and an offer that proves who was invited.

The portal shows its card at `CARD_PATH`. A person compares its fingerprint with what the portal's operator reads out.
Then the desk posts a `PairOffer` to `PAIR_PATH`: signed by the desk's own key, with the desk's card and a proof made
from the one-time code that the operator gave. The code itself is never sent. The portal answers with `PairAccepted`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from deskwire import codec
from deskwire.messages import Asks, Message
from deskwire.signing import SKEW, OpenedRequest, Rejected, Seen, Signer, Why, open_request, peek, side_id

CARD_PATH = "deskwire/card"
"""Where a portal shows its card, below its address."""
PAIR_PATH = "deskwire/pair"
"""Where a portal takes the offer of a desk, below its address."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans("OIL", "011")
_CODE_SIGNS = 16
LONGEST_CARD = 4096


@dataclass(frozen=True, slots=True)
class Card(Message):
    """Who a side is: what people call it, where it is reached (https://host/), and its public key (base64url)."""

    name: str
    address: str
    key: str

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > 120:
            raise codec.Malformed("name", "must be 1 to 120 signs")
        check_address(self.address)
        if len(_unbase(self.key)) != 32:
            raise codec.Malformed("key", "must be an Ed25519 public key")

    @classmethod
    def of(cls, signer: Signer, *, name: str, address: str) -> Card:
        """
        Return the card of a side.

        :raises Malformed: no name, or an address that is none
        """
        return cls(name=name, address=address.rstrip("/") + "/", key=_base(signer.public))

    @property
    def public(self) -> bytes:
        """The public key."""
        return _unbase(self.key)

    @property
    def id(self) -> str:
        """How the side is named in envelopes and links."""
        return side_id(self.public)

    @property
    def fingerprint(self) -> str:
        """What two people compare: the id in groups of four."""
        return grouped(self.id)


@dataclass(frozen=True, slots=True, repr=False)
class PairAccepted(Message):
    """The portal took the offer; its card, signed this time."""

    card: Card


@dataclass(frozen=True, slots=True, repr=False)
class PairOffer(Asks[PairAccepted]):
    """A desk offers to answer this portal. `proof` is made with a code that the portal's operator gave away."""

    card: Card
    proof: str
    kind: ClassVar[str] = "pair.offer"
    answer: ClassVar[type[Message]] = PairAccepted


def check_address(address: str) -> None:
    """
    Let the address of a side pass: https://host/ or, on one machine or in a private network, http://host/.

    :raises Malformed: another scheme, no host, a user, a query, or a path that does not end in a stroke
    """
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise codec.Malformed("address", "must be an http or https address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise codec.Malformed("address", "must be an http or https address")
    if parts.query or parts.fragment or not parts.path.endswith("/") or len(address) > 200:
        raise codec.Malformed("address", "must end in / and hold nothing after it")


def write_card(card: Card) -> bytes:
    """Return a card as the JSON text that is shown at `CARD_PATH`."""
    return codec.to_bytes(codec.dump(card))


def read_card(data: bytes) -> Card:
    """
    Return the card that somebody showed. It says who they claim to be: compare the fingerprint.

    :raises Malformed: no card
    """
    if len(data) > LONGEST_CARD:
        raise codec.Malformed("", "is too long for a card")
    return codec.load(Card, codec.from_bytes(data))


def grouped(side: str) -> str:
    """Return the id of a side as its fingerprint is read out."""
    return " ".join(side[start : start + 4] for start in range(0, len(side), 4))


def plain_fingerprint(text: str) -> str:
    """Return a fingerprint as typed in the form of an id: lower case, no blanks, no strokes."""
    return "".join(sign for sign in text.lower() if sign.isalnum())


def new_code() -> str:
    """Return a fresh pairing code, 80 random bits in groups of four signs, easy to read out."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_SIGNS))
    return "-".join(signs[start : start + 4] for start in range(0, _CODE_SIGNS, 4))


def code_key(code: str) -> bytes:
    """Return what a portal keeps of a code, and a desk proves with: its hash, however it was typed."""
    signs = "".join(sign for sign in code.upper() if sign.isalnum()).translate(_ALIKE)
    return hashlib.sha256(b"deskwire pairing code\0" + signs.encode()).digest()


def pairing_proof(key: bytes, card: Card, *, portal_id: str) -> str:
    """Return the proof that whoever offers this card to this portal holds the code with this `code_key`."""
    content = codec.to_bytes(["deskwire pair", portal_id, codec.dump(card)])
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def make_offer(card: Card, code: str, *, portal: Card) -> PairOffer:
    """Return the offer of a desk to a portal."""
    return PairOffer(card=card, proof=pairing_proof(code_key(code), card, portal_id=portal.id))


def open_offer(
    data: bytes, *, audience: str, now: datetime, seen: Seen, keys: Iterable[bytes], skew: timedelta = SKEW
) -> tuple[OpenedRequest, Card, bytes]:
    """
    Open the offer of a desk nobody knew, and return it with its card and the key of the code it was made with.

    :param audience: the portal's own id
    :param keys: the `code_key` of every code that is alive
    :raises UnknownVersion: of a version that is not spoken here
    :raises Rejected: altered, stale, for another portal, not signed by the key of its card, or no living code fits
    """
    try:
        _, payload = peek(data)
        card = codec.load(PairOffer, payload).card
    except codec.Malformed:
        raise Rejected(Why.MALFORMED) from None
    opened = open_request(
        data,
        find_key={card.id: card.public}.get,
        audience=audience,
        now=now,
        seen=seen,
        skew=skew,
        kinds={PairOffer.kind: PairOffer},
    )
    offer = opened.message
    assert isinstance(offer, PairOffer)
    fitting = [
        key for key in keys if hmac.compare_digest(pairing_proof(key, offer.card, portal_id=audience), offer.proof)
    ]
    if not fitting:
        raise Rejected(Why.UNKNOWN_ISSUER, opened.envelope, proved=True)
    return opened, offer.card, fitting[0]


def _base(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unbase(text: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise codec.Malformed("key", "must be an Ed25519 public key") from None
    if _base(data) != text:
        raise codec.Malformed("key", "must be an Ed25519 public key")
    return data
