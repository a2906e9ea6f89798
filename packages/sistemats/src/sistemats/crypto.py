"""RSA with the certificate SanitelCF: sealing codes and PINs, opening them again, choosing a certificate.

Source: technical note of the kit, and what every working client does: PKCS#1 v1.5 padding, base64 on one line.
A 1024-bit key gives 128-byte blocks, 172 characters. Padding is random: the same text never seals twice alike.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sistemats.errors import CertificateError, NotOpenable, NotSealable

WARN_BEFORE = timedelta(days=60)
_PADDING = padding.PKCS1v15()


@dataclass(frozen=True, slots=True)
class Certificate:
    """An encryption certificate: serial, validity (aware, UTC) and fingerprint of its key, with the key inside."""

    serial: str
    valid_from: datetime
    valid_to: datetime
    key_sha256: str
    public_key: rsa.RSAPublicKey = field(repr=False, compare=False)

    @classmethod
    def load(cls, data: bytes) -> Certificate:
        """Read a certificate from PEM or DER bytes, whatever the file was called.

        :raises CertificateError: not a certificate, or its key is not RSA
        """
        try:
            read = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
            certificate = read(data)
            key = certificate.public_key()
        except ValueError:
            raise CertificateError("This file is not an X.509 certificate in PEM or DER form.") from None
        if not isinstance(key, rsa.RSAPublicKey):
            raise CertificateError("This certificate has no RSA key: SanitelCF has one.")
        spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return cls(
            serial=f"{certificate.serial_number:X}",
            valid_from=certificate.not_valid_before_utc,
            valid_to=certificate.not_valid_after_utc,
            key_sha256=hashlib.sha256(spki).hexdigest(),
            public_key=key,
        )

    def valid_at(self, now: datetime) -> bool:
        """Tell whether `now` (aware) falls within the validity."""
        return self.valid_from <= now <= self.valid_to

    def ends_soon(self, now: datetime, before: timedelta = WARN_BEFORE) -> bool:
        """Tell whether the certificate has ended or ends within `before`."""
        return now > self.valid_to - before

    def same_key(self, other: Certificate) -> bool:
        """Tell whether two certificates wrap the same key; then either seals for the same reader."""
        return self.key_sha256 == other.key_sha256


def choose_certificate(certificates: Iterable[Certificate], now: datetime) -> Certificate:
    """Return the certificate to seal with: a valid one that lasts longest, else the one that ended last.

    An expired certificate is a warning, not a refusal: the State cannot see which one was used.

    :raises CertificateError: no certificate at all
    """
    known = list(certificates)
    if not known:
        raise CertificateError("No SanitelCF certificate: load one with `sistemats certificate --file PATH`.")
    started = [c for c in known if c.valid_from <= now] or known
    return max(started, key=lambda c: c.valid_to)


class Sealer:
    """Encrypts short texts for the State."""

    __slots__ = ("_key", "_limit", "certificate")

    def __init__(self, certificate: Certificate) -> None:
        """Seal with this certificate; its validity is the caller's concern."""
        self.certificate = certificate
        self._key = certificate.public_key
        self._limit = self._key.key_size // 8 - 11

    def seal(self, text: str) -> str:
        """Return `text` encrypted, as base64 on one line (172 characters with a 1024-bit key).

        :raises NotSealable: empty, not ASCII, or longer than the key allows (117 bytes)
        """
        try:
            plain = text.encode("ascii")
        except UnicodeEncodeError:
            raise NotSealable("Only ASCII can be encrypted: this value has other characters.") from None
        if not 0 < len(plain) <= self._limit:
            raise NotSealable(f"A value of {len(plain)} bytes cannot be encrypted: 1 to {self._limit} can.")
        return binascii.b2a_base64(self._key.encrypt(plain, _PADDING), newline=False).decode("ascii")


class Opener:
    """Decrypts what a Sealer made; only who holds the private key has one."""

    __slots__ = ("_key", "_size")

    def __init__(self, private_key: rsa.RSAPrivateKey) -> None:
        """Open with this key."""
        self._key = private_key
        self._size = private_key.key_size // 8

    def open(self, sealed: str) -> str:
        """Return the text of a ciphertext.

        Bad padding is not always an error: newer OpenSSL returns random bytes instead, so judge the text by its
        shape. Bytes that are not ASCII come back as U+FFFD.

        :raises NotOpenable: not strict base64 of exactly one block, or refused by the key
        """
        try:
            block = base64.b64decode(sealed.encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise NotOpenable("The value is not strict base64.") from None
        if len(block) != self._size:
            raise NotOpenable(f"The value holds {len(block)} bytes, the key opens {self._size}.")
        try:
            return self._key.decrypt(block, _PADDING).decode("ascii", errors="replace")
        except ValueError:
            raise NotOpenable("The value cannot be decrypted with this key.") from None


def looks_sealed(text: str) -> bool:
    """Tell whether a text has the shape of a ciphertext (strict base64 of 128, 256 or 512 bytes)."""
    try:
        return len(base64.b64decode(text.encode("ascii"), validate=True)) in {128, 256, 512}
    except (binascii.Error, UnicodeEncodeError):
        return False
