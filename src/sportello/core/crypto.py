"""Encryption at rest: AES-256-GCM under keys that are never in the database.

A key ring is a text file (or the setting SPORTELLO_KEYS) of lines `id:base64key`; the first line is the key
that new values are written with, the others still open what they closed. Each party gets its own key,
derived by HKDF-SHA256 from the ring's key and the party's scope (threat T14: one stolen database, many practices).

A stored value is `keyid.base64url(nonce | ciphertext | tag)`. The place it is stored in (model, field, row) is
authenticated with it, so a value copied to another row does not open.
"""

from __future__ import annotations

import base64
import hmac
import os
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class KeyMissing(RuntimeError):
    """A value was written under a key that the ring does not hold."""


class WrongKey(RuntimeError):
    """A value does not open: the key is another, or the value was moved or altered."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The master keys by id, which one writes, and the one that keyed hashes use."""

    keys: dict[str, bytes] = field(repr=False)
    active: str

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """
        Read a ring from lines `id:base64key`, the writing key first; blank lines and `#` comments pass.

        :raises ValueError: no key, a doubled id, or a key that is not 32 bytes
        """
        keys: dict[str, bytes] = {}
        for line in text.splitlines():
            entry = line.strip()
            if not entry or entry.startswith("#"):
                continue
            key_id, _, encoded = entry.partition(":")
            key = base64.b64decode(encoded, validate=True)
            if not key_id.isalnum() or key_id in keys or len(key) != 32:
                raise ValueError("each key is `id:base64 of 32 bytes`, its id unique, letters and digits")
            keys[key_id] = key
        if not keys:
            raise ValueError("the key ring is empty")
        return cls(keys=keys, active=next(iter(keys)))

    def seal(self, plain: bytes, *, scope: str, place: str) -> str:
        """Return the text to store for `plain`, closed for this scope (party) and place (model.field:row)."""
        nonce = os.urandom(NONCE_BYTES)
        cipher = _cipher(self.keys[self.active], scope)
        sealed = nonce + cipher.encrypt(nonce, plain, place.encode())
        return f"{self.active}.{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, stored: str, *, scope: str, place: str) -> bytes:
        """
        Return what `seal` closed.

        :raises KeyMissing: it was closed under a key that is not in the ring
        :raises WrongKey: another scope or place, another key with the same id, or altered bytes
        """
        key_id, _, encoded = stored.partition(".")
        if key_id not in self.keys:
            raise KeyMissing(f"no key {key_id!r} in the key ring: add the line of this key to the key file")
        sealed = base64.urlsafe_b64decode(encoded)
        try:
            return _cipher(self.keys[key_id], scope).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
        except InvalidTag:
            raise WrongKey(f"a value in {place.partition(':')[0]} does not open with key {key_id!r}") from None

    def fingerprint(self, value: str, *, scope: str) -> str:
        """Return a keyed hash (64 hex digits) to look an encrypted value up by; the oldest key makes it."""
        oldest = next(reversed(self.keys.values()))
        return hmac.digest(_derive(oldest, f"lookup|{scope}"), value.encode(), "sha256").hex()

    def derived(self, key_id: str, purpose: str) -> bytes:
        """
        Return a key of its own for a purpose such as `file|party:3|uid`, derived from the key with this id.

        :raises KeyMissing: the ring does not hold that key
        """
        if key_id not in self.keys:
            raise KeyMissing(f"no key {key_id!r} in the key ring: add the line of this key to the key file")
        return _derive(self.keys[key_id], purpose)


def new_key_line(key_id: str) -> str:
    """Return a fresh line for a key file."""
    return f"{key_id}:{base64.b64encode(os.urandom(32)).decode()}"


@lru_cache(maxsize=4096)
def _derive(master: bytes, info: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info.encode()).derive(master)


@lru_cache(maxsize=4096)
def _cipher(master: bytes, scope: str) -> AESGCM:
    return AESGCM(_derive(master, f"value|{scope}"))
