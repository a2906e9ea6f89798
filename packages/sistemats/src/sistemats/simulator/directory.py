"""The folder a client gets everything from: five files, over TLS two more for each region, and no others.

`ca.pem` trusts the TLS server; `SanitelCF.cer` (DER) and `SanitelCF.pem` encrypt; `users.json` says who may call;
`endpoints.json` says where. Over TLS a region comes in by a client certificate: `client-USER.pem` and its key.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
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


_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FOR_ALL, _FOR_OWNER = 0o644, 0o600


def _client_file(user: str) -> str:
    """Return the stem of a region's files; a name that would not do as a file name is told by its digest."""
    plain = user if _PLAIN_NAME.fullmatch(user) else hashlib.sha256(user.encode("utf-8")).hexdigest()[:16]
    return f"client-{plain}"


class Directory:
    """Writes the files, each whole or not at all."""

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
        """Write the users; over TLS a region gets a client certificate and key, as PEM and as files of their own."""
        rows = []
        for user in users:
            row = user.as_json()
            if tls and user.role is Role.ENTITY:
                row |= self._write_client(user.name)
            rows.append(row)
        self._json("users.json", {"users": rows})

    def _write_client(self, user: str) -> dict[str, str]:
        """Write certificate and key of a region, and return what `users.json` says of them."""
        identity, stem = self._keyring.client(user), _client_file(user)
        certificate, key = certificate_pem(identity.certificate), key_pem(identity.key)
        self._write(f"{stem}.pem", certificate)
        self._write(f"{stem}.key", key, _FOR_OWNER)
        return {
            "client_certificate": certificate.decode("ascii"),
            "client_key": key.decode("ascii"),
            "client_certificate_file": f"{stem}.pem",
            "client_key_file": f"{stem}.key",
        }

    def write_endpoints(self, base: str, admin: str) -> None:
        """Write where everything is."""
        self._json("endpoints.json", endpoints(base, admin))

    def _json(self, name: str, values: object) -> None:
        self._write(name, (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))

    def _write(self, name: str, content: bytes, mode: int = _FOR_ALL) -> None:
        """Put a file in place at once, so that nobody reads half of one, nor a key that is not theirs."""
        draft = self.folder / f".{name}.new"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
        draft.replace(self.folder / name)
