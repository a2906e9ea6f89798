"""The State's certificates that a practice loads: SanitelCF, which encrypts, and the CA of the ministry's hosts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction

from sistemats.crypto import Certificate
from sistemats.dated import key_is_known
from sistemats.errors import CertificateError
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.refusals import Gathering
from sportello.expenses.models import StsCertificate
from sportello.expenses.permissions import check_may_configure

LARGEST = 100_000
"""Bytes: a certificate has two thousand, a chain some more."""


@dataclass(frozen=True, slots=True)
class Read:
    """A certificate as its file tells it."""

    pem: str
    serial: str
    subject: str
    key_sha256: str
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class Loaded:
    """A certificate that was kept: whether its key is the one known so far, whether it had ended."""

    certificate_id: int
    known_key: bool
    ended: bool


def load_certificate(*, actor: Actor, purpose: str, data: bytes, now: datetime) -> Loaded:
    """
    Keep a certificate given as PEM or DER; one of the same serial is replaced.

    :param purpose: `sanitelcf` or `ca`
    :raises MayNot: only the owner may
    :raises Refused: ``certificate_missing``, ``certificate_too_large``, ``certificate_unreadable``,
        ``certificate_without_rsa``, ``certificate_no_authority``, ``certificate_of_a_server``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_configure(actor)
        found = Gathering()
        read = _read(data, purpose, found)
        found.stop()
        assert read is not None
        row = StsCertificate.objects.filter(purpose=purpose, serial=read.serial).first() or StsCertificate(
            practice_id=actor.party_id, purpose=purpose, serial=read.serial
        )
        row.pem, row.subject, row.key_sha256 = read.pem, read.subject, read.key_sha256
        row.valid_from, row.valid_to = read.valid_from, read.valid_to
        row.loaded_at, row.loaded_by_id = now, actor.person_id
        row.save()
        audit.record(actor, "sts.certificate", row, purpose=purpose, serial=read.serial, until=read.valid_to.date())
    known = purpose != StsCertificate.SANITELCF or key_is_known(Certificate.load(read.pem.encode()))
    return Loaded(row.pk, known, read.valid_to < now)


def remove_certificate(*, actor: Actor, certificate_id: int) -> None:
    """
    Forget a certificate that was loaded.

    :raises StsCertificate.DoesNotExist: no such certificate for this actor
    :raises MayNot: only the owner may
    """
    with acting(actor), transaction.atomic(durable=True):
        row = StsCertificate.objects.select_for_update().get(pk=certificate_id)
        check_may_configure(actor)
        audit.record(actor, "sts.certificate_remove", row, purpose=row.purpose, serial=row.serial)
        row.delete()


def _read(data: bytes, purpose: str, found: Gathering) -> Read | None:
    if not data:
        found.refuse("certificate_missing", field="file")
    elif len(data) > LARGEST:
        found.refuse("certificate_too_large", field="file", largest=LARGEST)
    else:
        return _sanitelcf(data, found) if purpose == StsCertificate.SANITELCF else _authority(data, found)
    return None


def _sanitelcf(data: bytes, found: Gathering) -> Read | None:
    certificate = _x509(data, found)
    if certificate is None:
        return None
    try:
        Certificate.load(data)
    except CertificateError:
        found.refuse("certificate_without_rsa", field="file")
        return None
    if _is_server(certificate):
        found.refuse("certificate_of_a_server", field="file")
        return None
    return _told(certificate)


def _authority(data: bytes, found: Gathering) -> Read | None:
    certificate = _x509(data, found)
    if certificate is None:
        return None
    try:
        ca = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        ca = certificate.issuer == certificate.subject
    if not ca:
        found.refuse("certificate_no_authority", field="file")
        return None
    return _told(certificate)


def _x509(data: bytes, found: Gathering) -> x509.Certificate | None:
    try:
        pem = b"-----BEGIN" in data
        return x509.load_pem_x509_certificate(data) if pem else x509.load_der_x509_certificate(data)
    except ValueError:
        found.refuse("certificate_unreadable", field="file")
        return None


def _is_server(certificate: x509.Certificate) -> bool:
    """The certificate of the ministry's web server is easily taken for the one that encrypts; it names hosts."""
    try:
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return False
    return True


def _told(certificate: x509.Certificate) -> Read:
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key)
    return Read(
        pem=certificate.public_bytes(Encoding.PEM).decode(),
        serial=f"{certificate.serial_number:X}",
        subject=certificate.subject.rfc4514_string()[:200],
        key_sha256=digest.finalize().hex(),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )
