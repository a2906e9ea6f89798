"""The certificates SanitelCF a user has loaded: a folder of PEM files named by serial.

The State's file is not part of this package; `sistemats certificate --file PATH` puts it here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sistemats.crypto import Certificate
from sistemats.errors import CertificateError


def default_store(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder for certificates: `SISTEMATS_HOME`, or `sistemats` in the user's configuration folder."""
    where = os.environ if environ is None else environ
    if where.get("SISTEMATS_HOME"):
        return Path(where["SISTEMATS_HOME"]) / "certificates"
    config = where.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "sistemats" / "certificates"


@dataclass(frozen=True, slots=True)
class CertificateStore:
    """A folder of certificates."""

    folder: Path

    def all(self) -> list[Certificate]:
        """Return the certificates of the folder, oldest first; files that are none are passed over."""
        found = []
        for path in sorted(self.folder.glob("*.pem")) if self.folder.is_dir() else []:
            try:
                found.append(Certificate.load(path.read_bytes()))
            except CertificateError:
                continue
        return sorted(found, key=lambda certificate: certificate.valid_from)

    def add(self, data: bytes) -> Certificate:
        """Keep a certificate given as PEM or DER, replacing one with the same serial.

        :raises CertificateError: not a certificate with an RSA key
        """
        certificate = Certificate.load(data)
        read = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{certificate.serial}.pem").write_bytes(read(data).public_bytes(Encoding.PEM))
        return certificate
