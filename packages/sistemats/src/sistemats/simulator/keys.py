"""The simulator's own keys: a certificate shaped like SanitelCF, and a small authority for TLS.

Source of the shape: the SanitelCF certificate of the kit (1024 bits, e = 65537, key and data encipherment only, a
private authority in Italian State style). Nothing here trusts or is trusted by anyone else.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEAR = timedelta(days=365)
SANITELCF_BITS = 1024
TLS_BITS = 2048


def new_key(bits: int) -> rsa.RSAPrivateKey:
    """Make an RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def key_pem(key: rsa.RSAPrivateKey) -> bytes:
    """Return a private key as unencrypted PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_key(pem: bytes) -> rsa.RSAPrivateKey:
    """Read back what `key_pem` wrote.

    :raises ValueError: not an RSA key in PEM
    """
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key


def _name(common: str, unit: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "IT"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Simulatore sistemats"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(**allowed: bool) -> x509.KeyUsage:
    names = [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ]
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: its own certificate and key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def new(cls, common: str, valid_from: datetime, valid_to: datetime) -> Authority:
        """Make a self-signed authority."""
        key, name = new_key(TLS_BITS), _name(common, "Prova")
        public = key.public_key()
        builder = (
            _builder(name, name, public, valid_from, valid_to)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True, digital_signature=True), critical=True)
        )
        return cls(builder.sign(key, hashes.SHA256()), key)

    def _issue(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return builder.add_extension(authority_id, critical=False).sign(self.key, hashes.SHA256())

    def sanitelcf(self, key: rsa.RSAPrivateKey, valid_from: datetime, valid_to: datetime) -> x509.Certificate:
        """Issue an encryption certificate like SanitelCF around a key."""
        subject = _name("SanitelCF", "Servizi Telematici")
        builder = _builder(subject, self.certificate.subject, key.public_key(), valid_from, valid_to)
        return self._issue(builder.add_extension(_usage(key_encipherment=True, data_encipherment=True), critical=True))

    def server(self, key: rsa.RSAPrivateKey, host: str, valid_from: datetime, valid_to: datetime) -> x509.Certificate:
        """Issue a TLS certificate for loopback and one more host name or address."""
        builder = _builder(_name(host, "TLS"), self.certificate.subject, key.public_key(), valid_from, valid_to)
        return self._issue(
            builder.add_extension(x509.SubjectAlternativeName(_addresses(host)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True, key_encipherment=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        )

    def client(self, key: rsa.RSAPrivateKey, user: str, valid_from: datetime, valid_to: datetime) -> x509.Certificate:
        """Issue a TLS client certificate whose common name is the user."""
        builder = _builder(_name(user, "Enti"), self.certificate.subject, key.public_key(), valid_from, valid_to)
        return self._issue(
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True, key_encipherment=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        )


def _builder(
    subject: x509.Name, issuer: x509.Name, public: rsa.RSAPublicKey, valid_from: datetime, valid_to: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_to)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _addresses(host: str) -> list[x509.GeneralName]:
    """Return the names a server certificate carries: loopback by name and number, and the host itself."""
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
    try:
        extra: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        extra = x509.DNSName(host)
    return names if extra in names else [*names, extra]


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def certificate_der(certificate: x509.Certificate) -> bytes:
    """Return a certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)
