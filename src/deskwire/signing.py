"""One message, closed by the side that says it and opened by the side that is meant.

Layout: `deskwire`, one byte of version, an Ed25519 signature (64 bytes), then the body: UTF-8 JSON of an envelope and a
payload. The signature is over `deskwire`, the version, what the message is for (`request`, `reply`, `head`, `tail`), a
zero byte and the exact bytes of the body. So nothing is parsed in two ways, and a reply can never pass for a request.

An envelope lives 60 seconds at most, names issuer and audience by what their keys hash to, and has a random id that is
taken once. A reply names the request it answers.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from deskwire import codec
from deskwire.messages import REFUSED, REQUESTS, Asks, AsksStream, Message, Refusal

MAGIC = b"deskwire"
VERSION = 1
SIGNATURE_BYTES = 64
HEAD_BYTES = len(MAGIC) + 1 + SIGNATURE_BYTES
LARGEST = 1024 * 1024
"""Bytes of the largest message; papers travel in streams."""
LONGEST_LIFE = timedelta(seconds=60)
USUAL_LIFE = timedelta(seconds=30)
SKEW = timedelta(seconds=30)
"""How far the clocks of two sides may be apart, unless said otherwise."""

MEDIA_TYPE = "application/vnd.deskwire"
STREAM_TYPE = "application/vnd.deskwire.stream"
DESK_PATH = "desk/v1/"
"""Where a desk listens, below its address."""

_R = TypeVar("_R", bound=Message, covariant=True)
_Request = TypeVar("_Request", bound=Asks[Any] | AsksStream)
_Sent = TypeVar("_Sent", bound=Asks[Any] | AsksStream, covariant=True)


class Purpose(StrEnum):
    """What a signature is for; it is signed too."""

    REQUEST = "request"
    REPLY = "reply"
    HEAD = "head"
    TAIL = "tail"


class Why(StrEnum):
    """Why a message was not opened: for the record of the side that refuses, never for the other."""

    MALFORMED = "malformed"
    UNKNOWN_ISSUER = "unknown_issuer"
    BAD_SIGNATURE = "bad_signature"
    WRONG_AUDIENCE = "wrong_audience"
    EXPIRED = "expired"
    FROM_THE_FUTURE = "from_the_future"
    LIVES_TOO_LONG = "lives_too_long"
    UNKNOWN_KIND = "unknown_kind"
    REPLAYED = "replayed"
    OTHER_REQUEST = "other_request"


class Rejected(Exception):
    """
    A message was not opened. `issuer` and `connection` are what it claims, empty when that cannot be read.

    Only where `proved` is true did the issuer really sign it.
    """

    def __init__(self, why: Why, envelope: Envelope | None = None, *, proved: bool = False) -> None:
        super().__init__(why.value)
        self.why, self.proved = why, proved
        self.issuer = envelope.issuer if envelope else ""
        self.connection = envelope.connection if envelope else ""


class UnknownVersion(Exception):
    """The message is of a version of the wire that this side does not speak: the newer side must speak an older one."""

    def __init__(self, version: int) -> None:
        super().__init__(f"deskwire {version} is not spoken here, deskwire {VERSION} is")
        self.version = version


class RefusedByDesk(Exception):
    """The desk answered, and the answer is no. `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal


class Seen(Protocol):
    """Remembers ids of requests until they could no longer be taken anyway."""

    def first_time(self, issuer: str, request_id: str, until: datetime) -> bool:
        """Tell whether this id of this issuer is new, and remember it until then; of two askers at once one is told."""
        ...


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is said about a message. Instants are milliseconds since 1970 in UTC; `answers` is the id of a request."""

    id: str
    issuer: str
    audience: str
    issued_at: int
    expires_at: int
    kind: str
    connection: str
    answers: str


class Signer:
    """A side's private key."""

    __slots__ = ("_key", "id", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public: bytes = key.public_key().public_bytes_raw()
        self.id = side_id(self.public)

    def __repr__(self) -> str:
        return f"Signer({self.id})"

    @classmethod
    def make(cls) -> Signer:
        """Return a fresh key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, pem: bytes) -> Signer:
        """
        Return the key that a PEM text (PKCS 8, not encrypted) holds.

        :raises ValueError: it holds no Ed25519 key
        """
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("the key of a desk or portal is an Ed25519 key")
        return cls(key)

    def pem(self) -> bytes:
        """Return the key as the PEM text that `read` takes."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, purpose: Purpose, body: bytes) -> bytes:
        """Return the signature over a body for a purpose."""
        return self._key.sign(_signed(purpose, body))


@dataclass(frozen=True, slots=True)
class SealedRequest(Generic[_Sent]):
    """A request on its way: its bytes, and what its answer is held against."""

    request: _Sent
    envelope: Envelope
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request that was signed by `envelope.issuer`, is meant for us, is fresh, and came for the first time."""

    envelope: Envelope
    message: Asks[Any] | AsksStream


def side_id(public: bytes) -> str:
    """Return how a side is named in envelopes and links: 32 hex digits of what its public key hashes to."""
    return hashlib.sha256(public).hexdigest()[:32]


def seal_request(
    signer: Signer,
    request: _Request,
    *,
    audience: str,
    now: datetime,
    connection: str = "",
    life: timedelta = USUAL_LIFE,
) -> SealedRequest[_Request]:
    """
    Close a request for one desk and one connection.

    :raises Malformed: the request holds what its kind does not allow
    """
    envelope = _envelope(signer, audience, now, life, request.kind, connection)
    return SealedRequest(request, envelope, _seal(signer, Purpose.REQUEST, envelope, request))


def open_request(
    data: bytes,
    *,
    find_key: Callable[[str], bytes | None],
    audience: str,
    now: datetime,
    seen: Seen,
    skew: timedelta = SKEW,
    kinds: Mapping[str, type[Asks[Message]] | type[AsksStream]] = REQUESTS,
) -> OpenedRequest:
    """
    Open a request that was sent to us. Each refusal costs one verification of a signature, whatever its reason.

    :param find_key: returns the public key of an issuer, None for one that is not known
    :param audience: our own id
    :raises UnknownVersion: of a version that is not spoken here
    :raises Rejected: unsigned, altered, expired, for somebody else, seen before, or not understood
    """
    envelope, payload = _verified(data, Purpose.REQUEST, find_key)
    _check_fresh(envelope, audience, now, skew)
    kind = kinds.get(envelope.kind)
    if kind is None:
        raise Rejected(Why.UNKNOWN_KIND, envelope, proved=True)
    try:
        message = codec.load(kind, payload)
    except codec.Malformed:
        raise Rejected(Why.MALFORMED, envelope, proved=True) from None
    if not seen.first_time(envelope.issuer, envelope.id, _instant(envelope.expires_at) + skew):
        raise Rejected(Why.REPLAYED, envelope, proved=True)
    return OpenedRequest(envelope, message)


def seal_reply(signer: Signer, reply: Message, *, to: Envelope, now: datetime) -> bytes:
    """
    Close the answer to a request: the message its kind promises, or a `Refusal`.

    :raises Malformed: the reply holds what its type does not allow
    """
    kind = REFUSED if isinstance(reply, Refusal) else to.kind
    envelope = _envelope(signer, to.issuer, now, USUAL_LIFE, kind, to.connection, answers=to.id)
    return _seal(signer, Purpose.REPLY, envelope, reply)


def open_reply(data: bytes, *, to: SealedRequest[Asks[_R]], key: bytes, now: datetime, skew: timedelta = SKEW) -> _R:
    """
    Open the answer to a request of ours.

    :param key: the public key of the desk that was asked
    :raises RefusedByDesk: the desk says no
    :raises UnknownVersion: of a version that is not spoken here
    :raises Rejected: not signed by that desk, altered, stale, or the answer to something else
    """
    return cast(_R, _open_answer(data, to, key, now, skew))


def open_refusal(data: bytes, *, to: SealedRequest[Any], key: bytes, now: datetime, skew: timedelta = SKEW) -> Refusal:
    """
    Open the message that came where a stream was asked for: it can only be a refusal.

    :raises UnknownVersion: of a version that is not spoken here
    :raises Rejected: not signed by that desk, altered, stale, or no refusal
    """
    try:
        _open_answer(data, to, key, now, skew)
    except RefusedByDesk as refused:
        return refused.refusal
    raise Rejected(Why.UNKNOWN_KIND)


def _open_answer(data: bytes, to: SealedRequest[Any], key: bytes, now: datetime, skew: timedelta) -> Message:
    envelope, payload = open_answering(data, Purpose.REPLY, to=to.envelope, key=key, now=now, skew=skew)
    answer = getattr(to.request, "answer", None) if envelope.kind == to.envelope.kind else None
    expected: type[Message] | None = Refusal if envelope.kind == REFUSED else answer
    if expected is None:
        raise Rejected(Why.UNKNOWN_KIND, envelope, proved=True)
    try:
        reply = codec.load(expected, payload)
    except codec.Malformed:
        raise Rejected(Why.MALFORMED, envelope, proved=True) from None
    if isinstance(reply, Refusal):
        raise RefusedByDesk(reply)
    return reply


def seal_answering(signer: Signer, purpose: Purpose, part: Any, *, to: Envelope, now: datetime) -> bytes:
    """Close a part of an answer (head or tail of a stream) to a request."""
    envelope = _envelope(signer, to.issuer, now, USUAL_LIFE, to.kind, to.connection, answers=to.id)
    return _seal(signer, purpose, envelope, part)


def open_answering(
    data: bytes, purpose: Purpose, *, to: Envelope, key: bytes, now: datetime, skew: timedelta = SKEW
) -> tuple[Envelope, Any]:
    """
    Return envelope and payload of what answers a request of ours.

    :raises Rejected: not signed by the side that was asked, altered, stale, or the answer to something else
    """
    envelope, payload = _verified(data, purpose, {to.audience: key}.get)
    _check_fresh(envelope, to.issuer, now, skew)
    if envelope.answers != to.id or envelope.connection != to.connection:
        raise Rejected(Why.OTHER_REQUEST, envelope, proved=True)
    return envelope, payload


def peek(data: bytes) -> tuple[Envelope, Any]:
    """
    Return envelope and payload without having verified anything: only to learn which key to verify with.

    :raises UnknownVersion: of a version that is not spoken here
    :raises Malformed: no such message
    """
    _, body = _split(data)
    whole = codec.from_bytes(body)
    if not isinstance(whole, dict) or whole.keys() != {"envelope", "payload"}:
        raise codec.Malformed("", "holds an envelope and a payload")
    return codec.load(Envelope, whole["envelope"], "envelope"), whole["payload"]


def verified(data: bytes, purpose: Purpose, public: bytes) -> bool:
    """Tell whether these bytes bear the signature of the key for the purpose."""
    signature, body = _split(data)
    return _holds(public, signature, _signed(purpose, body))


_DECOY = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
"""Stands in for the key of an unknown issuer, so that refusing one takes the work of refusing any."""


def _verified(data: bytes, purpose: Purpose, find_key: Callable[[str], bytes | None]) -> tuple[Envelope, Any]:
    try:
        envelope, payload = peek(data)
    except codec.Malformed:
        find_key("")
        _holds(_DECOY, data[:SIGNATURE_BYTES].ljust(SIGNATURE_BYTES, b"\0"), data)
        raise Rejected(Why.MALFORMED) from None
    key = find_key(envelope.issuer)
    signed = verified(data, purpose, key or _DECOY)
    if key is None:
        raise Rejected(Why.UNKNOWN_ISSUER, envelope)
    if not signed:
        raise Rejected(Why.BAD_SIGNATURE, envelope)
    return envelope, payload


def _check_fresh(envelope: Envelope, audience: str, now: datetime, skew: timedelta) -> None:
    problem = None
    issued, expires, current = envelope.issued_at, envelope.expires_at, _millis(now)
    tolerated = int(skew / timedelta(milliseconds=1))
    if envelope.audience != audience:
        problem = Why.WRONG_AUDIENCE
    elif not 0 < expires - issued <= LONGEST_LIFE / timedelta(milliseconds=1):
        problem = Why.LIVES_TOO_LONG
    elif issued > current + tolerated:
        problem = Why.FROM_THE_FUTURE
    elif expires <= current - tolerated:
        problem = Why.EXPIRED
    if problem:
        raise Rejected(problem, envelope, proved=True)


def _envelope(
    signer: Signer, audience: str, now: datetime, life: timedelta, kind: str, connection: str, answers: str = ""
) -> Envelope:
    issued = _millis(now)
    return Envelope(
        id=secrets.token_hex(16),
        issuer=signer.id,
        audience=audience,
        issued_at=issued,
        expires_at=issued + int(life / timedelta(milliseconds=1)),
        kind=kind,
        connection=connection,
        answers=answers,
    )


def _seal(signer: Signer, purpose: Purpose, envelope: Envelope, payload: Any) -> bytes:
    body = codec.to_bytes({"envelope": codec.dump(envelope), "payload": codec.dump(payload)})
    if len(body) + HEAD_BYTES > LARGEST:
        raise codec.Malformed("", f"is larger than {LARGEST} bytes")
    return MAGIC + bytes([VERSION]) + signer.sign(purpose, body) + body


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Return signature and body."""
    if not data.startswith(MAGIC) or len(data) <= HEAD_BYTES or len(data) > LARGEST:
        raise codec.Malformed("", "is no message of this wire")
    version = data[len(MAGIC)]
    if version != VERSION:
        raise UnknownVersion(version)
    return data[len(MAGIC) + 1 : HEAD_BYTES], data[HEAD_BYTES:]


def _signed(purpose: Purpose, body: bytes) -> bytes:
    return b"".join((MAGIC, bytes([VERSION]), purpose.encode(), b"\0", body))


def _holds(public: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _millis(at: datetime) -> int:
    return int((at - _EPOCH) / timedelta(milliseconds=1))


def _instant(millis: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=millis)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
