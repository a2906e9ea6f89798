"""The patients' portal beside the practice: started by the same command on the next port, and paired by itself.

The portal is another program with another folder and another database; nothing of it is imported here. What both need
to know (demo, https, mail server, proxies) is handed on in the environment unless the portal has settings of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from deskwire.cards import Card
from sportello.core import pairing
from sportello.jobs import portals, serving
from sportello.jobs.demo.cast import SignIn
from sportello.jobs.outcome import Refused

HANDED_ON = {
    "PORTAL_MAIL": "SPORTELLO_MAIL",
    "PORTAL_MAIL_FROM": "SPORTELLO_MAIL_FROM",
    "PORTAL_PROXIES": "SPORTELLO_PROXIES",
    "PORTAL_LOG": "SPORTELLO_LOG",
}
LOOPBACK = {"127.0.0.1", "localhost", "*"}
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Beside:
    """Where both sites listen on this machine."""

    host: str
    port: int
    portal_port: int

    @property
    def portal_url(self) -> str:
        """Where the portal is reached from this machine."""
        return _url(self.host, self.portal_port)

    @property
    def desk_url(self) -> str:
        """Where the portal reaches this server: directly, or, where that name is not answered to, as from outside."""
        direct = LOOPBACK & set(settings.ALLOWED_HOSTS)
        return _url(self.host, self.port) if direct else str(settings.SPORTELLO_DESK_ADDRESS)

    def child(self, *, workers: int, threads: int) -> serving.Child:
        """Return the portal as a child of the supervisor."""
        listen = ["--host", self.host, "--port", str(self.portal_port)]
        words = ["serve", *listen, "--workers", str(workers), "--threads", str(threads)]
        return serving.Child("portal", words, vital=False, module="portal.commands", environment=environment())


def environment() -> dict[str, str]:
    """Return the variables that the portal is started with."""
    found = dict(os.environ)
    found.setdefault("PORTAL_DATA", str(Path(settings.SPORTELLO_DATA) / "portal"))
    found.setdefault("PORTAL_DEMO", str(int(settings.DEMO)))
    found.setdefault("PORTAL_HTTPS", str(int(settings.HTTPS)))
    for theirs, ours in HANDED_ON.items():
        if ours in found:
            found.setdefault(theirs, found[ours])
    return found


def pair(place: Beside) -> Card | None:
    """
    Let this server answer the portal beside it, unless it does already; return the portal's card where it is new.

    An operator who paired another portal has chosen: then nothing is done. Fingerprints need no comparing, since the
    portal proves by its own command line that it is the one of this machine.

    :raises Refused: the portal does not answer, or gives no code
    """
    card = portals.fetch_card(place.portal_url)
    known = pairing.pairings()
    if known and all(row.portal != card.id for row in known):
        return None
    if any(row.portal == card.id and row.address == card.address for row in known) and _asks_us(place):
        return None
    portals.offer(card, _portal("pair-code", "--quiet").strip(), portal=place.portal_url, address=place.desk_url)
    return card


def demo_patients() -> list[SignIn]:
    """
    Let the demo's patients have their accounts at the portal, and return who can sign in there.

    :raises Refused: the portal does not open them
    """
    from sportello.jobs.demo import window

    def accept(links: list[tuple[str, str]]) -> None:
        _portal("demo-accounts", given="".join(f"{link} {password}\n" for link, password in links))

    return window.open_accounts(accept)


def _asks_us(place: Beside) -> bool:
    """Tell whether the portal knows this server at its present address."""
    lines = _portal("desks").splitlines()
    return any(line.startswith(pairing.desk_id()) and f" {place.desk_url} " in line for line in lines)


def _portal(*words: str, given: str = "") -> str:
    """
    Run a command of the portal and return what it says.

    :raises Refused: it did not go well; the text is the command's own
    """
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "portal.commands", *words],
        env=environment(),
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise Refused(f"The portal's command `{words[0]}` did not go well: {done.stderr.strip()}")
    return done.stdout


def _url(host: str, port: int) -> str:
    name = serving.local(host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"
