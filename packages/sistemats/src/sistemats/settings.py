"""Where to send, as whom, trusting what: one JSON file, secrets from environment, file or prompt.

Secrets never stand in arguments: `SISTEMATS_USER`, `SISTEMATS_PASSWORD`, `SISTEMATS_PIN` and `SISTEMATS_OWNER` (the
owner's fiscal code) are read from the environment, from the file that `<NAME>_FILE` points to, or asked for on a
terminal.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sistemats.codes import Call, Host
from sistemats.crypto import Certificate
from sistemats.documents import Sender
from sistemats.errors import InputError
from sistemats.http import Credentials, Endpoints, Timeouts, TlsSettings
from sistemats.inputs import read_sender
from sistemats.inputs.jsonform import Reader

_MEMBERS = frozenset(
    {
        "environment",
        "base",
        "endpoints",
        "sender",
        "ca",
        "certificates",
        "client_certificate",
        "ciphers",
        "timeouts",
        "deadlines",
        "test_mode",
        "seal_afresh",
    }
)
MAX_TIMEOUT = 86_400  # seconds
_HOSTS = {"test": Host.TEST.value, "production": Host.PRODUCTION.value}
PROMPTS = {
    "SISTEMATS_USER": "Sistema TS user",
    "SISTEMATS_PASSWORD": "Sistema TS password",
    "SISTEMATS_PIN": "PIN",
    "SISTEMATS_OWNER": "Owner's fiscal code",
}


@dataclass(frozen=True, slots=True)
class Account:
    """The secrets of one account. `owner_code` is the owner's fiscal code when no file gives it."""

    credentials: Credentials
    pin: str = field(repr=False)
    owner_code: str | None = field(default=None, repr=False)


class Secrets:
    """Finds secrets by name: environment, file, prompt; asks each only once."""

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        ask: Callable[[str], str] = getpass.getpass,
        interactive: bool | None = None,
    ) -> None:
        """Look in `environ` (the process's when None); `interactive` None means: if standard input is a terminal."""
        self._environ = os.environ if environ is None else environ
        self._ask = ask
        self._interactive = sys.stdin.isatty() if interactive is None else interactive
        self._known: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """Return a secret, None when it is nowhere and nobody can be asked.

        :raises InputError: `<NAME>_FILE` points to a file that cannot be read
        """
        if name not in self._known:
            found = self._find(name)
            if found is None:
                return None
            self._known[name] = found
        return self._known[name]

    def at_hand(self, name: str) -> str | None:
        """Return a secret of the environment or a file, asking nobody."""
        return self._known.get(name) or self._given(name)

    def _find(self, name: str) -> str | None:
        found = self._given(name)
        if found is None and self._interactive:
            return self._ask(f"{PROMPTS[name]}: ")
        return found

    def _given(self, name: str) -> str | None:
        if self._environ.get(name):
            return self._environ[name]
        path = self._environ.get(f"{name}_FILE")
        if path:
            try:
                return Path(path).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError):
                raise InputError(f"The file that {name}_FILE points to cannot be read.") from None
        return None

    def need(self, name: str) -> str:
        """Return a secret.

        :raises InputError: it is nowhere and nobody can be asked
        """
        value = self.get(name)
        if not value:
            raise InputError(f"{PROMPTS[name]} is missing: set {name} or {name}_FILE, or run on a terminal.")
        return value


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything but secrets. `sender` is the raw block of the file, completed with secrets by `make_sender`.

    With `seal_afresh` PIN and owner's code are encrypted anew for each request, not once for each connection.
    """

    base: str = Host.TEST.value
    exceptions: tuple[tuple[Call, str], ...] = ()
    sender: dict[str, Any] | None = field(default=None, repr=False)
    tls: TlsSettings = field(default_factory=TlsSettings)
    certificates: tuple[Path, ...] = ()
    timeouts: Timeouts = field(default_factory=Timeouts)
    deadlines: Path | None = None
    test_mode: bool = False
    account: Account | None = None
    seal_afresh: bool = False

    @property
    def production(self) -> bool:
        """True when this is the State's production host."""
        return self.base.rstrip("/").lower() == Host.PRODUCTION.value.lower()

    @property
    def state(self) -> bool:
        """True when this is one of the State's hosts, not a simulator."""
        return self.base.rstrip("/").lower() in {host.value.lower() for host in Host}

    def load_certificates(self) -> list[Certificate]:
        """Read the encryption certificates named here.

        :raises InputError: a file cannot be read
        :raises CertificateError: a file is not a certificate
        """
        return [Certificate.load(_bytes(path)) for path in self.certificates]

    def make_sender(self, secrets: Secrets, block: dict[str, Any] | None = None, pin_needed: bool = True) -> Sender:
        """Return the sender of `block` (or of the settings), with PIN and owner's code filled in.

        Without `pin_needed` nobody is asked for a PIN; it is empty when it is not at hand.

        :raises InputError: no sender anywhere, or a secret is missing
        """
        value = block or self.sender
        if value is None:
            raise InputError("No sender: give one in the documents file or in the settings file.")
        if self.account:
            pin = self.account.pin
        else:
            pin = secrets.need("SISTEMATS_PIN") if pin_needed else secrets.at_hand("SISTEMATS_PIN") or ""
        sender = read_sender(value, pin)
        if sender.owner.fiscal_code:
            return sender
        code = self.account.owner_code if self.account else secrets.get("SISTEMATS_OWNER")
        return read_sender(value, pin, owner_code=code)

    def credentials(self, secrets: Secrets) -> Credentials | None:
        """Return user and password; None when a client certificate stands for them.

        :raises InputError: a secret is missing
        """
        if self.account:
            return None if self.tls.client_certificate else self.account.credentials
        if self.tls.client_certificate and not secrets.get("SISTEMATS_USER"):
            return None
        return Credentials(secrets.need("SISTEMATS_USER"), secrets.need("SISTEMATS_PASSWORD"))

    def endpoints(self, sender: Sender) -> Endpoints:
        """Return the addresses for a sender's channel."""
        return Endpoints(self.base, sender.channel, self.exceptions)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise InputError(f"{path.name}: the file cannot be read.") from None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError:
        raise InputError(f"{path.name}: the file cannot be read.") from None
    except ValueError:
        raise InputError(f"{path.name}: this is not JSON.") from None


def load_settings(path: Path) -> Settings:
    """Read a settings file; paths inside are relative to it.

    :raises InputError: a member is unknown or of another form
    """
    reader = Reader(_json(path), path.name, _MEMBERS)
    folder = path.parent
    environment = reader.text("environment", "test")
    if environment not in _HOSTS:
        raise InputError(f"{path.name}.environment: test or production is wanted here.")
    client = reader.raw("client_certificate", None)
    ca, ciphers = reader.text("ca", None), reader.text("ciphers", TlsSettings().ciphers)
    deadlines = reader.text("deadlines", None)
    return Settings(
        base=reader.text("base", _HOSTS[environment]),
        exceptions=_exceptions(reader.raw("endpoints", {}), path.name),
        sender=reader.raw("sender", None),
        tls=TlsSettings(folder / ca if ca else None, _pair(client, folder, path.name), ciphers),
        certificates=tuple(folder / str(name) for name in _list(reader.raw("certificates", []), path.name)),
        timeouts=_timeouts(reader.raw("timeouts", {}), path.name),
        deadlines=folder / deadlines if deadlines else None,
        test_mode=reader.truth("test_mode", environment == "test"),
        seal_afresh=reader.truth("seal_afresh", False),
    )


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{name}.certificates: a list of paths is wanted here.")
    return value


def _pair(value: object, folder: Path, name: str) -> tuple[Path, Path] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(f"{name}.client_certificate: a list of two paths, certificate and key, is wanted here.")
    return folder / str(value[0]), folder / str(value[1])


def _exceptions(value: object, name: str) -> tuple[tuple[Call, str], ...]:
    reader = Reader(value, f"{name}.endpoints", frozenset(Call))
    return tuple((call, address) for call in Call if (address := reader.text(call, None)))


def _timeouts(value: object, name: str) -> Timeouts:
    reader = Reader(value, f"{name}.timeouts", frozenset({"connect", "read", "upload_read"}))
    usual = Timeouts()
    return Timeouts(
        _seconds(reader, name, "connect", usual.connect),
        _seconds(reader, name, "read", usual.read),
        _seconds(reader, name, "upload_read", usual.upload_read),
    )


def _seconds(reader: Reader, name: str, member: str, usual: float) -> float:
    value = reader.raw(member, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_TIMEOUT:
        raise InputError(f"{name}.timeouts.{member}: seconds, above 0 and at most {MAX_TIMEOUT}, are wanted here.")
    return float(value)


def simulator_settings(directory: Path, label: str | None = None) -> Settings:
    """Return settings for a simulator from the directory it filled (`sistemats simulate --dir`).

    `label` picks one of its accounts by label, category or user name; without one the secrets come from elsewhere.
    A region comes in by its client certificate when the simulator speaks TLS.

    :raises InputError: a file is missing or does not hold what it should
    """
    if not (directory / "endpoints.json").is_file():
        raise InputError(
            f"{directory.name}: no simulator has filled this directory yet; start one with `sistemats simulate --dir`"
            " and wait for the line that says it is ready."
        )
    try:
        base = str(_json(directory / "endpoints.json")["service"])
        users = _json(directory / "users.json")
        chosen = None if label is None else _pick(users["users"], label)
        ca = directory / "ca.pem"
        return Settings(
            base=base,
            sender=None if chosen is None else _sender_block(chosen),
            tls=TlsSettings(ca if ca.is_file() else None, None if chosen is None else _client_pair(chosen, directory)),
            certificates=(directory / "SanitelCF.pem",),
            test_mode=True,
            account=None if chosen is None else _account(chosen),
        )
    except (KeyError, TypeError):
        raise InputError(f"{directory.name}: this is not the directory of a simulator.") from None


def _client_pair(user: dict[str, Any], directory: Path) -> tuple[Path, Path] | None:
    """Return the files of a region's client certificate and key, None for everybody else."""
    certificate, key = user.get("client_certificate_file"), user.get("client_key_file")
    return (directory / str(certificate), directory / str(key)) if certificate and key else None


def _pick(users: list[dict[str, Any]], label: str) -> dict[str, Any]:
    """Return the first account with this label, category or name, in that order of preference."""
    wanted = label.casefold()
    for member in ("label", "category", "user"):
        for user in users:
            if wanted == str(user.get(member) or "").casefold():
                return user
    labels = ", ".join(str(user.get("label")) for user in users)
    raise InputError(f"The simulator has no such account; it has: {labels}.")


def _acting(user: dict[str, Any]) -> dict[str, Any]:
    """Return whose documents the account sends: its own, or those of the first owner who delegates to it."""
    delegations = user.get("delegations") or []
    found: dict[str, Any] = delegations[0] if delegations else user
    return found


def _sender_block(user: dict[str, Any]) -> dict[str, Any]:
    acting = _acting(user)
    return {
        "category": acting["category"],
        "owner": {name: value for name, value in acting["owner"].items() if value},
        "channel": user["channel"],
        "intermediary": user.get("intermediary") or None,
    }


def _account(user: dict[str, Any]) -> Account:
    return Account(Credentials(user["user"], user["password"]), user["pin"], _acting(user)["owner"].get("fiscal_code"))
