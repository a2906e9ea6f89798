"""The certificate with which a region or body signs in (PROTOCOL 1, channel `/enti`): one PEM text with its key.

Units: none. Nothing of the key is kept here or told.
"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from sportello.core.violations import RuleViolation

FIELD = "client_certificate"


def ends_of(pem: str) -> datetime:
    """
    Return until when a certificate to sign in with is valid (aware).

    :raises RuleViolation: ``sts_client_unreadable``, no certificate in it; ``sts_client_locked``, its key asks for a
        passphrase; ``sts_client_without_key``; ``sts_client_other_key``, the key belongs to another certificate
    """
    data = pem.encode()
    try:
        certificate = x509.load_pem_x509_certificate(data)
    except ValueError:
        raise RuleViolation("sts_client_unreadable", field=FIELD) from None
    try:
        key = load_pem_private_key(data, None)
    except TypeError:
        raise RuleViolation("sts_client_locked", field=FIELD) from None
    except (ValueError, UnsupportedAlgorithm):
        raise RuleViolation("sts_client_without_key", field=FIELD) from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise RuleViolation("sts_client_other_key", field=FIELD)
    return certificate.not_valid_after_utc
