"""What the tests share: the official material when it is there, a key pair of our own, an invented practice."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, settings
from lxml import etree

from sistemats.codes import ExpenseType, SenderCategory, Service
from sistemats.crypto import Certificate, Opener, Sealer
from sistemats.documents import DocumentId, ExpenseDocument, Item, Owner, Sender

DAY = date(2026, 3, 2)
SCHEMA_FILES = {
    Service.DOCUMENT: "DocumentoSpesa730pSchema.xsd",
    Service.UPLOAD: "InvioTelematicoSpeseSanitarie730p_schema1.xsd",
    Service.OUTCOME: "EsitoInvioDatiSpesa730Service_schema.xsd",
    Service.ERRORS: "DettaglioErrori730Service_schema.xsd",
    Service.RECEIPT: "RicevutaPdf730Service_schema.xsd",
    Service.QUERY: "InterrogazionePuntuale730Service_schema.xsd",
    Service.REPORT: "ReportMensile730Service_schema.xsd",
    Service.FLAG_DETAIL: "DettaglioSegnalazione730Service_schema.xsd",
    Service.FLAG_REPORT: "ReportSegnalazioni730Service_schema.xsd",
}
# The same examples each time, however slow the machine: what is found is found by whoever looks for it, with
# `pytest --hypothesis-profile=explore`, and never by an unrelated change.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session")
def official() -> Path:
    """The folder of official material: `sts/official` of SPORTELLO_SHARED, or of the repository's sibling `shared`."""
    given = os.environ.get("SPORTELLO_SHARED")
    shared = Path(given) if given else Path(__file__).resolve().parents[4] / "shared"
    folder = shared / "sts" / "official"
    if not folder.is_dir():
        pytest.skip("the official material of Sistema TS is not here (set SPORTELLO_SHARED)")
    return folder


@pytest.fixture(scope="session")
def official_schemas(official: Path) -> dict[Service, etree.XMLSchema]:
    """The official schema of each service's messages."""
    return {service: etree.XMLSchema(file=next(official.rglob(name))) for service, name in SCHEMA_FILES.items()}


@dataclass(frozen=True)
class Keys:
    """An RSA-1024 key and a certificate of the shape of SanitelCF."""

    private: rsa.RSAPrivateKey
    pem: bytes
    der: bytes

    @property
    def private_pem(self) -> bytes:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def make_keys(
    private: rsa.RSAPrivateKey | None = None,
    begins: datetime = datetime(2025, 1, 1, tzinfo=UTC),
    days: int = 3 * 365,
) -> Keys:
    """Make a certificate, around a given key or a new one."""
    key = private or rsa.generate_private_key(65537, 1024)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SanitelCF of a test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return Keys(
        key,
        certificate.public_bytes(serialization.Encoding.PEM),
        certificate.public_bytes(serialization.Encoding.DER),
    )


@pytest.fixture(scope="session")
def keys() -> Keys:
    return make_keys()


@pytest.fixture(scope="session")
def new_keys() -> Callable[..., Keys]:
    return make_keys


@pytest.fixture(scope="session")
def certificate(keys: Keys) -> Certificate:
    return Certificate.load(keys.pem)


@pytest.fixture(scope="session")
def sealer(certificate: Certificate) -> Sealer:
    return Sealer(certificate)


@pytest.fixture(scope="session")
def opener(keys: Keys) -> Opener:
    return Opener(keys.private)


@pytest.fixture
def sender() -> Sender:
    """Ada, an invented psychologist with codes that pass every check."""
    return Sender(SenderCategory.HEALTH_PROFESSIONAL, Owner("RSSMRA80A01H501U"), pin="3489543096")


@pytest.fixture
def pharmacy() -> Sender:
    owner = Owner("RSSMRA80A01H501U", "130", "204", "78909")
    return Sender(SenderCategory.PHARMACY, owner, pin="1729594276")


@pytest.fixture
def document() -> ExpenseDocument:
    """A paid session of Bruno, who is invented."""
    return ExpenseDocument(
        DocumentId("00265910661", DAY, "FT1/2026"),
        DAY,
        (Item(ExpenseType.SP, Decimal("90.00"), vat_nature="N4"),),
        "BNCBRN75C15F205A",
        traceable=True,
    )


@pytest.fixture
def make_document(document: ExpenseDocument) -> Callable[[int], ExpenseDocument]:
    def make(number: int) -> ExpenseDocument:
        return replace(document, id=replace(document.id, number=f"N{number}"))

    return make


class ConstantSealer(Sealer):
    """Seals everything alike, so that two ways of writing can be held together."""

    def seal(self, text: str) -> str:
        return f"sealed {len(text)}"


@pytest.fixture
def constant(sealer: Sealer) -> Sealer:
    """A sealer whose ciphertexts do not change."""
    return ConstantSealer(sealer.certificate)
