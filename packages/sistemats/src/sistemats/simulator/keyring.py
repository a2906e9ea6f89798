"""The keys of one simulator: made once, kept with the state, so that clients keep working after a restart."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from sistemats.crypto import Opener
from sistemats.simulator.keys import (
    SANITELCF_BITS,
    TLS_BITS,
    YEAR,
    Authority,
    certificate_pem,
    key_pem,
    new_key,
    read_key,
)
from sistemats.simulator.store import Store

TLS_YEARS = 2
OLD_SUITES = "AES128-SHA:AES256-SHA:@SECLEVEL=0"


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)


class Keyring:
    """Makes keys and certificates on demand and keeps them in the store.

    Certificates are good from a year before the earlier of the machine's day and the clock's to two after the later.
    """

    def __init__(self, store: Store, today: datetime) -> None:
        """Load or make the authority and SanitelCF; `today` is the clock's instant."""
        self._store = store
        machine = datetime.now(UTC)
        self.valid_from = min(machine, today).replace(microsecond=0) - YEAR
        self.valid_to = max(machine, today).replace(microsecond=0) + TLS_YEARS * YEAR
        self.authority = self._authority()
        self.sanitelcf = self._identity("sanitelcf", SANITELCF_BITS, None)

    def _load(self, name: str) -> Identity | None:
        certificate, key = self._store.meta(f"{name}.certificate", ""), self._store.meta(f"{name}.key", "")
        if not certificate or not key:
            return None
        loaded = x509.load_pem_x509_certificate(certificate.encode("ascii"))
        if name != "sanitelcf" and loaded.not_valid_after_utc < datetime.now(UTC) + YEAR / 12:
            return None
        return Identity(loaded, read_key(key.encode("ascii")))

    def _keep(self, name: str, identity: Identity) -> Identity:
        with self._store.transaction():
            self._store.set_meta(f"{name}.certificate", certificate_pem(identity.certificate).decode("ascii"))
            self._store.set_meta(f"{name}.key", key_pem(identity.key).decode("ascii"))
        return identity

    def _authority(self) -> Authority:
        found = self._load("authority")
        if found is not None:
            return Authority(found.certificate, found.key)
        made = Authority.new("CA del simulatore", self.valid_from, self.valid_to + YEAR)
        self._keep("authority", Identity(made.certificate, made.key))
        return made

    def _identity(self, name: str, bits: int, host: str | None) -> Identity:
        found = self._load(name)
        if found is not None:
            return found
        key = new_key(bits)
        if name == "sanitelcf":
            certificate = self.authority.sanitelcf(key, self.valid_from, self.valid_to)
        elif host is not None:
            certificate = self.authority.server(key, host, self.valid_from, self.valid_to)
        else:
            certificate = self.authority.client(key, name.removeprefix("client."), self.valid_from, self.valid_to)
        return self._keep(name, Identity(certificate, key))

    def opener(self) -> Opener:
        """Return what opens texts sealed with SanitelCF."""
        return Opener(self.sanitelcf.key)

    def renew_sanitelcf(self, valid_from: datetime, valid_to: datetime, *, same_key: bool) -> None:
        """Reissue SanitelCF for a period, around the same key as every real renewal so far, or around a new one."""
        key = self.sanitelcf.key if same_key else new_key(SANITELCF_BITS)
        certificate = self.authority.sanitelcf(key, valid_from, valid_to)
        self.sanitelcf = self._keep("sanitelcf", Identity(certificate, key))

    def client(self, user: str) -> Identity:
        """Return the TLS client certificate of a region."""
        return self._identity(f"client.{user}", TLS_BITS, None)

    def context(self, host: str, *, old: bool) -> ssl.SSLContext:
        """Return the TLS context of the server; `old` allows only the suites of old servers."""
        return _context(self._identity(f"server.{host}", TLS_BITS, host), self.authority.certificate, old=old)

    def untrusted_context(self, host: str) -> ssl.SSLContext:
        """Return a context whose certificate comes from an authority that no client knows."""
        stranger = Authority.new("CA sconosciuta", self.valid_from, self.valid_to)
        key = new_key(TLS_BITS)
        certificate = stranger.server(key, host, self.valid_from, self.valid_to)
        return _context(Identity(certificate, key), self.authority.certificate, old=False)


def _context(identity: Identity, clients: x509.Certificate, *, old: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if old:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(OLD_SUITES)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=certificate_pem(clients).decode("ascii"))
    with tempfile.TemporaryDirectory() as folder:  # the ssl module loads a key from a file only
        file = Path(folder) / "server.pem"
        file.touch(mode=0o600)
        file.write_bytes(certificate_pem(identity.certificate) + key_pem(identity.key))
        context.load_cert_chain(file)
    return context
