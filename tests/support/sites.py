"""A practice and a portal as an operator runs them: processes, databases and folders of their own, and paired.

The portal has a folder for temporary files to itself and says everything it can say; mail of both goes to a server of
the test. `Sites.store` is all that the portal has written anywhere.
"""

from __future__ import annotations

import email
import email.policy
import http.client
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.support import searching, smtp
from tests.support.installation import Installation, eventually, free_port, made

PATIENCE = 240.0
OURS = ("keys.txt", "secret.txt", "identity.pem", "static")
"""What no patient can have any part in: keys, and pictures and style sheets as they came with the product."""
_LINK = re.compile(r"http://\S+/i/[0-9a-f]{32}/[\w-]{43}")


@dataclass
class Sites:
    """Both sites, running."""

    practice: Installation
    portal: Installation
    practice_url: str
    portal_url: str
    post: smtp.Post
    temporary: Path
    cast: dict[str, Any] = field(default_factory=dict, repr=False)
    secrets: set[str] = field(default_factory=set, repr=False)
    """Passwords and links that people used: nothing of them may be kept either."""
    _taken: set[int] = field(default_factory=set, repr=False)

    def take(self, language: str) -> dict[str, Any]:
        """Return a patient of this language whom no test has taken yet."""
        free = (
            each for each in self.cast["patients"] if each["language"] == language and each["id"] not in self._taken
        )
        chosen: dict[str, Any] = next(free)
        self._taken.add(chosen["id"])
        return chosen

    def mail_to(self, address: str) -> EmailMessage:
        """Return the last mail that came to an address; wait for it."""
        found: EmailMessage = eventually(lambda: self.mails_to(address)[-1:], PATIENCE)[0]
        return found

    def mails_to(self, address: str) -> list[EmailMessage]:
        """Return the mails that came to an address so far."""
        read = [email.message_from_string(text, policy=email.policy.default) for text in list(self.post.mails)]
        return [mail for mail in read if address in str(mail["To"])]

    def link_to(self, address: str) -> str:
        """Return the link of the invitation that came to an address; wait for it."""
        body = self.mail_to(address).get_body(("plain",))
        found = _LINK.search(body.get_content() if body else "")
        assert found, "no link in the mail"
        self.secrets.add(found[0].rpartition("/")[2])
        return found[0]

    def store(self) -> dict[str, bytes]:
        """Return everything on the portal's side: database with its journal, data folder, log, temporary files."""
        return searching.everything(self.portal.data, self.temporary, but=OURS)

    def needles(self, *patients: dict[str, Any]) -> set[str]:
        """Return what must not be found of these patients, of all of them when none is named; and every secret."""
        chosen = patients or self.cast["patients"]
        return {each for patient in chosen for each in patient["needles"]} | self.secrets


@contextmanager
def running(folder: Path, write: Callable[[Installation], dict[str, Any]]) -> Iterator[Sites]:
    """
    Start both sites below a folder, pair them by the operators' own commands, and end them with the block.

    :param write: writes the practice's data before it is started, and returns who is in them
    """
    with ExitStack() as closing:
        post = closing.enter_context(smtp.running(smtp.Post(extensions=())))
        ports = free_port(), free_port()
        practice_url, portal_url = (f"http://127.0.0.1:{port}/" for port in ports)
        (folder / "practice").mkdir()
        mail = f"smtp://127.0.0.1:{post.port}"
        more = {"SPORTELLO_MAIL": mail, "SPORTELLO_DESK_ADDRESS": practice_url}
        practice = closing.enter_context(made(folder / "practice", **more))
        cast = write(practice)
        portal = _portal(folder, practice.environment, portal_url, mail)
        _start(closing, practice, ports[0], "serve", "--no-portal", "--workers", "1")
        _start(closing, portal, ports[1], "serve", "--workers", "1")
        _pair(practice, portal, portal_url)
        yield Sites(practice, portal, practice_url, portal_url, post, folder / "temporary", cast)


def answers(port: int) -> bool:
    """Tell whether a site is ready."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("GET", "/readyz")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


def _portal(folder: Path, environment: dict[str, str], url: str, mail: str) -> Installation:
    """Return the portal: nothing of the practice's settings reaches it."""
    kept = {name: value for name, value in environment.items() if not name.startswith(("SPORTELLO_", "PORTAL_"))}
    for name in ("portal", "temporary"):
        (folder / name).mkdir()
    own = {
        "PORTAL_DATA": str(folder / "portal"),
        "PORTAL_HTTPS": "0",
        "PORTAL_ADDRESS": url.rstrip("/"),
        "PORTAL_MAIL": mail,
        "PORTAL_LOG": "DEBUG",
        "TMPDIR": str(folder / "temporary"),
        "DJANGO_SETTINGS_MODULE": "portal.config.settings",
    }
    return Installation(folder / "portal", kept | own, "portal.commands")


def _start(closing: ExitStack, site: Installation, port: int, *words: str) -> None:
    process = closing.enter_context(site.running(*words, "--port", str(port)))
    closing.callback(process.wait, 120)
    closing.callback(process.terminate)
    eventually(lambda: answers(port) or process.poll() is not None, PATIENCE)
    assert process.poll() is None, site.log(words[0])


def _pair(practice: Installation, portal: Installation, portal_url: str) -> None:
    said = portal.sportello("pair-code").stdout
    code, fingerprint = (re.search(rf"{word}: +(.+?)(?:  |$)", said, re.M) for word in ("Code", "Fingerprint"))
    assert code, said
    assert fingerprint, said
    done = practice.sportello("portal", "pair", "--portal", portal_url, "--yes", fingerprint[1], "--code", code[1])
    assert done.returncode == 0, done.stderr
