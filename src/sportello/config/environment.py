"""Settings read from the environment, each with its name, meaning and default in one table.

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
    Setting("SPORTELLO_DATA", "Folder of the database, the files, the keys and the logs.", "var"),
    Setting(
        "SPORTELLO_DATABASE",
        "sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME.",
        "sqlite in the data folder",
    ),
    Setting(
        "SPORTELLO_SECRET_KEY",
        "Signs sessions and links; at least 50 characters.",
        "made once, kept in the data folder",
    ),
    Setting(
        "SPORTELLO_KEYS", "Encryption keys, lines `id:base64`, the writing key first.", "read from SPORTELLO_KEY_FILE"
    ),
    Setting(
        "SPORTELLO_KEY_FILE",
        "File of the encryption keys. Keep a copy elsewhere than the database.",
        "keys.txt in the data folder",
    ),
    Setting("SPORTELLO_HOSTS", "Host names this site answers to, comma separated.", "localhost,127.0.0.1,[::1]"),
    Setting("SPORTELLO_DEMO", "1: demo data, a mailbox page instead of the network, no https needed.", "0"),
    Setting("SPORTELLO_DEBUG", "1: error pages with details, for developers only.", "0"),
    Setting(
        "SPORTELLO_HTTPS", "1: cookies and redirects for https; 0 only on a machine of one's own.", "1, in demo mode 0"
    ),
    Setting(
        "SPORTELLO_MAIL",
        "smtp://USER:PASSWORD@HOST:PORT or smtps://…, for practices without a server of their own.",
        "none: mail waits",
    ),
    Setting("SPORTELLO_MAIL_FROM", "Address that mail comes from.", "sportello@localhost"),
    Setting("SPORTELLO_LOG", "Least level written: DEBUG, INFO, WARNING or ERROR.", "INFO"),
    Setting(
        "SPORTELLO_METRICS_TOKEN", "Bearer token that /metrics asks for; empty: only this machine may read them.", ""
    ),
    Setting(
        "SPORTELLO_ANCHOR_FILE",
        "File that the end of every audit chain is appended to each day.",
        "anchors.jsonl in the data folder",
    ),
    Setting("SPORTELLO_ANCHOR_COMMAND", "Program that is given the same lines, to carry them off this machine.", ""),
    Setting(
        "SPORTELLO_PROXIES",
        "How many proxies of yours stand in front; so many entries at the end of X-Forwarded-For are believed.",
        "0: the address that connects is the visitor's",
    ),
    Setting(
        "SPORTELLO_DESK_ADDRESS",
        "Address at which patients' portals reach this server; they are told when they are paired.",
        "https:// and the first of SPORTELLO_HOSTS",
    ),
    Setting(
        "SPORTELLO_DESK_NAME", "What the operators of portals call this server; patients never see it.", "Sportello"
    ),
    Setting(
        "SPORTELLO_DESK_KEY_FILE",
        "File of the key that portals know this server by. Keep a copy: without it every portal is paired anew.",
        "desk-key.pem in the data folder",
    ),
    Setting(
        "SPORTELLO_DESK_SKEW",
        "Seconds that a portal's clock may be ahead of or behind this server's, 300 at most.",
        "30",
    ),
    Setting(
        "SPORTELLO_OWNER_PASSWORD", "The owner's password, for `create-practice` without a terminal only.", "asked for"
    ),
    Setting(
        "SPORTELLO_STS_SIMULATOR",
        "Folder of a simulator of Sistema TS (`sistemats simulate --dir`) that accounts may be tried against.",
        "in demo mode sts-simulator in the data folder, filled by `serve`; else none",
    ),
    Setting(
        "SPORTELLO_STS_PATIENCE",
        "Seconds that calls to Sistema TS wait: to connect, for an answer, for that to a file, and a margin.",
        "10,120,300,30",
    ),
    Setting(
        "SPORTELLO_BACKUP_PASSPHRASE",
        "Closes a backup, for `backup` and `restore` without a terminal only.",
        "asked for",
    ),
)
_KNOWN = {setting.name for setting in TABLE}


def read(name: str, default: str = "") -> str:
    """Return a variable of the environment, stripped; only names in `TABLE` may be asked for."""
    if name not in _KNOWN:
        raise BadSetting(f"{name} is not in the table of settings")
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool) -> bool:
    """
    Return a switch: 1, true, yes, on or 0, false, no, off.

    :raises BadSetting: anything else
    """
    text = read(name).lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name} is {text!r}: set it to 1 or 0")


def whole_number(name: str, *, default: int = 0, largest: int | None = None) -> int:
    """
    Return a number of zero or more, the default when the variable is not set.

    :raises BadSetting: it is no such number, or larger than the largest
    """
    text = read(name) or str(default)
    if not (text.isascii() and text.isdecimal()):
        raise BadSetting(f"{name} is {text!r}: set it to a whole number, 0 or more")
    if largest is not None and int(text) > largest:
        raise BadSetting(f"{name} is {text}: set it to {largest} at most")
    return int(text)


def seconds(name: str, default: str) -> tuple[float, ...]:
    """
    Return the numbers of a list, as many as the default has, each above zero.

    :raises BadSetting: too few, too many, or no such number
    """
    parts = [part.strip() for part in read(name, default).split(",")]
    try:
        found = tuple(float(part) for part in parts)
    except ValueError:
        found = ()
    if len(found) != len(default.split(",")) or not all(0 < each < 86_400 for each in found):
        raise BadSetting(f"{name} is {read(name)!r}: set it to seconds like {default}")
    return found


def database(data: Path) -> dict[str, Any]:
    """
    Return Django's description of the database.

    :raises BadSetting: the address is neither sqlite nor postgresql
    """
    address = read("SPORTELLO_DATABASE") or f"sqlite:///{data / 'sportello.sqlite3'}"
    parts = urlsplit(address)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": address.removeprefix("sqlite:///"),
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
            "CONN_MAX_AGE": None,  # opening reads the whole schema: each thread keeps its connection
        }
    if parts.scheme in {"postgres", "postgresql"}:
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
    raise BadSetting("SPORTELLO_DATABASE begins with neither sqlite:/// nor postgresql://")


def kept_secret(path: Path, *, make: bool) -> str:
    """Return the text of a secret file, made with 50 random bytes the first time, readable by its owner alone."""
    if not path.exists():
        if not make:
            return ""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text(encoding="ascii").strip()
