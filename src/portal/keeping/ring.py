"""Encryption at rest: AES-256-GCM under keys that are never in the database.

The key file holds lines `id:base64 of 32 bytes`. The first line closes new values, every line opens what it
closed, the last makes the keyed hashes by which closed values are found again. A stored value is
`id.base64url(nonce | ciphertext | tag)`; the place it belongs to (table, column, row) is authenticated with it,
so that a value copied to another row does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE = 12


class KeyTrouble(RuntimeError):
    """A stored value does not open, or there is no key file. The text says what to do and names no value."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys by id, the writing one first and the one of the keyed hashes last."""

    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """
        Read a ring; blank lines and lines that begin with # pass.

        :raises KeyTrouble: no key, an id twice, or a key that is not 32 bytes
        """
        keys: dict[str, bytes] = {}
        for line in filter(None, map(str.strip, text.splitlines())):
            if line.startswith("#"):
                continue
            key_id, _, encoded = line.partition(":")
            key = _decoded(encoded)
            if not key_id.isalnum() or key_id in keys or len(key) != 32:
                raise KeyTrouble("each line of the key file is `id:base64 of 32 bytes`, ids of letters and digits")
            keys[key_id] = key
        if not keys:
            raise KeyTrouble("the key file holds no key: put its copy back")
        return cls(keys)

    def seal(self, plain: str, *, place: str) -> str:
        """Return the text to store for `plain` at this place."""
        key_id = next(iter(self.keys))
        nonce = os.urandom(NONCE)
        closed = AESGCM(_derived(self.keys[key_id], "value")).encrypt(nonce, plain.encode(), place.encode())
        return f"{key_id}.{base64.urlsafe_b64encode(nonce + closed).decode()}"

    def open(self, stored: str, *, place: str) -> str:
        """
        Return what `seal` closed.

        :raises KeyTrouble: the key is not in the ring, or value or place were altered
        """
        key_id, _, encoded = stored.partition(".")
        if key_id not in self.keys:
            raise KeyTrouble(f"the key file has no key {key_id!r}: add its line")
        closed = base64.urlsafe_b64decode(encoded)
        cipher = AESGCM(_derived(self.keys[key_id], "value"))
        try:
            return cipher.decrypt(closed[:NONCE], closed[NONCE:], place.encode()).decode()
        except InvalidTag:
            raise KeyTrouble(f"a value of {place.partition(':')[0]} does not open with key {key_id!r}") from None

    def lookup(self, value: str, *, purpose: str) -> str:
        """Return a keyed hash of 64 hex digits to find a closed value by; one purpose tells nothing of another."""
        oldest = self.keys[list(self.keys)[-1]]
        return hmac.new(_derived(oldest, f"lookup|{purpose}"), value.encode(), hashlib.sha256).hexdigest()


def ring() -> KeyRing:
    """
    Return this installation's ring; a line added to the file is there at once.

    :raises KeyTrouble: the file is missing or malformed
    """
    path = settings.PORTAL_KEY_FILE
    try:
        seen = os.stat(path)  # noqa: PTH116 - at every opened value: the plain call is the quick one
    except FileNotFoundError:
        raise KeyTrouble(f"the key file {path} is missing: put its copy back, or set PORTAL_KEY_FILE") from None
    return _read(path, seen.st_mtime_ns, seen.st_size, seen.st_ino)


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        return b""


@lru_cache(maxsize=4)
def _read(path: str, changed: int, size: int, inode: int) -> KeyRing:
    return KeyRing.parse(Path(path).read_text(encoding="ascii"))


@lru_cache(maxsize=64)
def _derived(master: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"portal|{purpose}".encode()).derive(master)
