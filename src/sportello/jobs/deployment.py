"""What keeps an installation from being fit for real people, each with its remedy."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from sportello.core import beats, pairing, rotation
from sportello.core.actors import System, acting
from sportello.core.crypto import KeyRing
from sportello.core.health import LEAST_FREE
from sportello.core.mail import transport
from sportello.core.models import MailServer
from sportello.jobs import preparing

LONG_SECRET = 50
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What is the matter, and what to do. A `grave` one must be mended before real data come in."""

    grave: bool
    what: str
    remedy: str


def findings() -> list[Finding]:
    """Look at everything and return what is not as it should be; the grave ones first."""
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _modes,
        _hosts,
        _secret,
        _keys,
        _folder,
        _disk,
        _database,
        _worker,
        _mail,
        _anchors,
        _portals,
        _zone,
    )
    with acting(System("check-deploy")):
        found = [finding for look in looks for finding in look()]
    return sorted(found, key=lambda finding: not finding.grave)


def _modes() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(True, "Error pages show details of the program and of people.", "Unset SPORTELLO_DEBUG.")
    if settings.DEMO:
        yield Finding(True, "The demo is on: known passwords, and no mail leaves.", "Unset SPORTELLO_DEMO; start anew.")
    if not settings.HTTPS:
        yield Finding(
            True,
            "Cookies go over http, where anybody on the way reads them.",
            "Put a proxy with a certificate in front, and unset SPORTELLO_HTTPS.",
        )


def _hosts() -> Iterator[Finding]:
    if any("*" in host for host in settings.ALLOWED_HOSTS):
        yield Finding(True, "The site answers to any host name.", "Name the real ones in SPORTELLO_HOSTS.")
    elif set(settings.ALLOWED_HOSTS) <= LOCAL:
        yield Finding(False, "The site answers on this machine alone.", "Name the site's host in SPORTELLO_HOSTS.")


def _secret() -> Iterator[Finding]:
    if len(settings.SECRET_KEY) < LONG_SECRET or len(set(settings.SECRET_KEY)) < 10:
        yield Finding(
            True, "The secret that signs sessions is short.", "Set SPORTELLO_SECRET_KEY to 50 random characters."
        )
    path = Path(settings.SPORTELLO_DATA) / "secret.txt"
    if _open_to_others(path):
        yield Finding(True, f"Others on this machine may read {path}.", f"chmod 600 {path}")


def _keys() -> Iterator[Finding]:
    if settings.SPORTELLO_KEYS:
        ring = KeyRing.parse(settings.SPORTELLO_KEYS)
    else:
        path = Path(settings.SPORTELLO_KEY_FILE)
        if not path.exists():
            yield Finding(
                True, "There is no key file.", "Put its copy back; in a new installation run `sportello migrate`."
            )
            return
        if _open_to_others(path):
            yield Finding(True, f"Others on this machine may read {path}.", f"chmod 600 {path}")
        if path.resolve().is_relative_to(Path(settings.SPORTELLO_DATA).resolve()):
            yield Finding(
                False,
                "The key file lies beside what it opens: whoever copies the folder has both.",
                "Move it elsewhere and set SPORTELLO_KEY_FILE to its new place.",
            )
        ring = KeyRing.parse(path.read_text(encoding="ascii"))
    if not preparing.migrations_waiting():
        used = rotation.usage()
        if used["?"]:
            remedy = "Put the missing lines back into the key file."
            yield Finding(True, f"{used['?']} values are closed under keys that are not here.", remedy)
        if any(used[key_id] for key_id in ring.keys if key_id != ring.active):
            yield Finding(False, "A key rotation is not finished.", "Run `sportello keys rotate --resume`.")


def _folder() -> Iterator[Finding]:
    folder = Path(settings.SPORTELLO_DATA)
    if not os.access(folder, os.W_OK):
        yield Finding(True, f"The data folder {folder} cannot be written.", "Give it to the user that runs Sportello.")
    elif folder.stat().st_mode & 0o007:
        yield Finding(True, f"Everybody on this machine may look into {folder}.", f"chmod 700 {folder}")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.SPORTELLO_DATA).free
    if free < LEAST_FREE:
        yield Finding(True, f"Only {free // 2**20} MB are free for data.", "Free some space, or move the data folder.")


def _database() -> Iterator[Finding]:
    waiting = preparing.migrations_waiting()
    if waiting:
        yield Finding(True, f"{waiting} migrations wait.", "Run `sportello migrate`.")


def _worker() -> Iterator[Finding]:
    if preparing.migrations_waiting():
        return
    if not beats.alive(datetime.now(UTC)):
        yield Finding(True, "No worker gives a sign of life: no PDF, no mail.", "Run `sportello serve` or `worker`.")


def _mail() -> Iterator[Finding]:
    try:
        server = transport.parse_address(settings.SPORTELLO_MAIL, settings.DEFAULT_FROM_EMAIL)
    except ValueError as error:
        yield Finding(True, f"{error}.", "Correct SPORTELLO_MAIL.")
        return
    if server is None:
        yield Finding(True, "No mail server: who forgets a password gets no link.", "Set SPORTELLO_MAIL.")
    elif settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        yield Finding(True, "Mail comes from an address that nobody can answer.", "Set SPORTELLO_MAIL_FROM.")
    if preparing.migrations_waiting():
        return
    for row in MailServer.objects.filter(verified_at=None).order_by("party_id"):
        what = f"The mail server of practice {row.party_id} was never tried with success."
        yield Finding(False, what, "Its owner presses “Send me a test” on the page of the mail server.")


def _anchors() -> Iterator[Finding]:
    if not settings.SPORTELLO_ANCHOR_COMMAND:
        yield Finding(
            False,
            "The anchors of the audit stay on this machine, where who alters the audit can alter them too.",
            "Set SPORTELLO_ANCHOR_COMMAND to a program that carries them elsewhere.",
        )


def _portals() -> Iterator[Finding]:
    rows = [] if preparing.migrations_waiting() else pairing.pairings()
    if not rows:
        return
    path = Path(settings.SPORTELLO_DESK_KEY_FILE)
    if not path.exists():
        remedy = "Put the copy of its file back, or pair every portal anew with `sportello portal pair`."
        yield Finding(True, "The key that portals know this server by is missing: patients see nothing.", remedy)
    if _open_to_others(path):
        yield Finding(True, f"Others on this machine may read {path}.", f"chmod 600 {path}")
    if _on_the_open_wire(settings.SPORTELLO_DESK_ADDRESS):
        yield Finding(
            True,
            "Portals ask this server over http: who is on the way reads patients' papers.",
            "Set SPORTELLO_DESK_ADDRESS to an https:// address, then run `sportello portal pair` again.",
        )
    for row in rows:
        if _on_the_open_wire(row.address):
            remedy = "Have its operator serve it over https, then run `sportello portal pair` again."
            yield Finding(True, f"Patients reach the portal {row.address} over http.", remedy)


def _on_the_open_wire(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme != "https" and parts.hostname not in LOCAL


def _zone() -> Iterator[Finding]:
    try:
        ZoneInfo(settings.TIME_ZONE)
    except ZoneInfoNotFoundError:
        yield Finding(True, "This machine knows no time zones.", "Install its package tzdata.")


def _open_to_others(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
