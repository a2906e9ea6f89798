"""Settings of the portal read from the environment, each with its name, meaning and default in one table.

`docs/reference/settings.md` is generated from `TABLE`; a test fails when a variable is read that is not in it.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class BadSetting(ValueError):
    """A variable of the environment holds what it cannot mean. The text names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: its name, what it is for, and what holds when it is not set."""

    name: str
    meaning: str
    default: str


TABLE: tuple[Setting, ...] = (
    Setting("PORTAL_DATA", "Folder of the portal's database and keys; never the practice's.", "portal in `var`"),
    Setting(
        "PORTAL_DATABASE",
        "sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME; a database of its own.",
        "sqlite in the portal's data folder",
    ),
    Setting("PORTAL_SECRET_KEY", "Signs sessions and links; at least 50 characters.", "made once, kept in the folder"),
    Setting(
        "PORTAL_KEY_FILE",
        "File of the encryption keys. Keep it, and a copy, elsewhere than the database.",
        "keys.txt in the portal's data folder",
    ),
    Setting(
        "PORTAL_IDENTITY_FILE",
        "File of the Ed25519 key that practice servers know this portal by.",
        "identity.pem in the portal's data folder",
    ),
    Setting("PORTAL_HOSTS", "Host names this site answers to, comma separated, besides the local ones.", "none"),
    Setting(
        "PORTAL_ADDRESS",
        "Address of this site as patients type it, for the links in mail: https://pazienti.example.org.",
        "the address a request came to",
    ),
    Setting("PORTAL_DEMO", "1: a mailbox page instead of the network, no https needed.", "0"),
    Setting("PORTAL_DEBUG", "1: error pages with details, for developers only.", "0"),
    Setting("PORTAL_HTTPS", "1: `__Host-` cookies and redirects for https; 0 only on a machine of one's own.", "1"),
    Setting("PORTAL_MAIL", "smtp://USER:PASSWORD@HOST:PORT or smtps://…", "none: mail waits"),
    Setting("PORTAL_MAIL_FROM", "Address that the portal's mail comes from.", "portal@localhost"),
    Setting("PORTAL_LOG", "Least level written: DEBUG, INFO, WARNING or ERROR.", "INFO"),
    Setting(
        "PORTAL_PROXIES",
        "How many proxies of yours stand in front; so many entries at the end of X-Forwarded-For are believed.",
        "0: the address that connects is the visitor's",
    ),
    Setting("PORTAL_DESK_TIMEOUT", "Seconds that a practice server may take to begin its answer.", "10"),
)
_KNOWN = {setting.name for setting in TABLE}


def read(name: str, default: str = "") -> str:
    """
    Return a variable of the environment, stripped; the default when it is empty.

    :raises BadSetting: the name is not in `TABLE`
    """
    if name not in _KNOWN:
        raise BadSetting(f"{name} is not in the table of settings")
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """
    Return a switch: 1, true, yes, on or 0, false, no, off.

    :raises BadSetting: anything else
    """
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    text = read(name).lower()
    if text and text not in words:
        raise BadSetting(f"{name} is {text!r}: set it to 1 or 0")
    return words[text] if text else default


def whole_number(name: str, default: int = 0) -> int:
    """
    Return a number of zero or more.

    :raises BadSetting: it is no such number
    """
    text = read(name, str(default))
    if not text.isdecimal():
        raise BadSetting(f"{name} is {text!r}: set it to a whole number, 0 or more")
    return int(text)


def site_address() -> str:
    """
    Return the address of this site without a slash at its end, or nothing when it is not set.

    :raises BadSetting: it is no http or https address
    """
    text = read("PORTAL_ADDRESS").rstrip("/")
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.path):
        raise BadSetting(f"PORTAL_ADDRESS is {text!r}: set it to https:// and a host name")
    return text


def database(data: Path) -> dict[str, Any]:
    """
    Return Django's description of the database.

    :raises BadSetting: the address is neither sqlite nor postgresql
    """
    address = read("PORTAL_DATABASE", f"sqlite:///{data / 'portal.sqlite3'}")
    parts = urlsplit(address)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": address.removeprefix("sqlite:///"),
            "OPTIONS": _SQLITE,
            "CONN_MAX_AGE": None,  # opening reads the whole schema: each thread keeps its connection
        }
    if parts.scheme not in {"postgres", "postgresql"}:
        raise BadSetting("PORTAL_DATABASE begins with neither sqlite:/// nor postgresql://")
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
    }


_SQLITE: dict[str, Any] = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    # secure_delete and temp_store: what was deleted or sorted leaves no trace on the disk.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
        "PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
    ),
}


def kept_secret(path: Path) -> str:
    """Return the text of a secret file, made with 50 random bytes the first time, readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text(encoding="ascii").strip()
