"""The folder a client gets everything from: five files, and no others.

`ca.pem` trusts the TLS server; `SanitelCF.cer` (DER) and `SanitelCF.pem` encrypt; `users.json` says who may call, with
the client certificates of regions; `endpoints.json` says where.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sistemats.codes import Call, Channel, endpoint_path
from sistemats.simulator.keyring import Keyring
from sistemats.simulator.keys import certificate_der, certificate_pem, key_pem
from sistemats.simulator.users import Role, User


def endpoints(base: str, admin: str) -> dict[str, Any]:
    """Return the address of every operation on every channel, with the base addresses."""
    return {
        "service": base,
        "admin": admin,
        "ca": "ca.pem",
        "certificate": "SanitelCF.cer",
        "channels": {
            channel.value: {call.value: base + endpoint_path(call, channel) for call in Call} for channel in Channel
        },
    }


class Directory:
    """Writes the five files, each whole or not at all."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        """Write into this folder, making it when absent."""
        self.folder, self._keyring = folder, keyring
        folder.mkdir(parents=True, exist_ok=True)

    def write_certificates(self) -> None:
        """Write the authority and SanitelCF."""
        sanitelcf = self._keyring.sanitelcf.certificate
        self._write("ca.pem", certificate_pem(self._keyring.authority.certificate))
        self._write("SanitelCF.cer", certificate_der(sanitelcf))
        self._write("SanitelCF.pem", certificate_pem(sanitelcf))

    def write_users(self, users: Iterable[User], *, tls: bool) -> None:
        """Write the users; over TLS a region gets its client certificate and key as PEM."""
        rows = []
        for user in users:
            row = user.as_json()
            if tls and user.role is Role.ENTITY:
                identity = self._keyring.client(user.name)
                row["client_certificate"] = certificate_pem(identity.certificate).decode("ascii")
                row["client_key"] = key_pem(identity.key).decode("ascii")
            rows.append(row)
        self._json("users.json", {"users": rows})

    def write_endpoints(self, base: str, admin: str) -> None:
        """Write where everything is."""
        self._json("endpoints.json", endpoints(base, admin))

    def _json(self, name: str, values: object) -> None:
        self._write(name, (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))

    def _write(self, name: str, content: bytes) -> None:
        """Put a file in place at once, so that nobody reads half of one."""
        draft = self.folder / f".{name}.new"
        draft.write_bytes(content)
        draft.replace(self.folder / name)
