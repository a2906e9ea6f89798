"""Certificates with their keys, made for one test."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


@cache
def _pair(name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    return builder.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256()), key


def pem_of(name: str, *, certificate: bool = True, key: bool = True, passphrase: bytes = b"") -> bytes:
    """Return a PEM text with the certificate of a name, its key, or both."""
    made, private = _pair(name)
    lock: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    parts = [made.public_bytes(Encoding.PEM)] if certificate else []
    if key:
        parts.append(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    return b"".join(parts)
