"""What a command needs: screen, settings, secrets, and from them a sender and a client."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sistemats.certificates import CertificateStore, default_store
from sistemats.cli.exits import WrongArguments
from sistemats.cli.show import Screen
from sistemats.connection import connect
from sistemats.crypto import Certificate, choose_certificate
from sistemats.dated import Calendar
from sistemats.documents import Sender
from sistemats.exchange import Client
from sistemats.exchange.resolve import ITALY
from sistemats.rules import check_certificate
from sistemats.settings import Secrets, Settings, load_settings, simulator_settings


@dataclass
class Context:
    """One run of a command."""

    arguments: argparse.Namespace
    screen: Screen
    settings: Settings
    secrets: Secrets = field(default_factory=Secrets)
    now: Callable[[], datetime] = lambda: datetime.now(tz=ITALY)

    @property
    def today(self) -> date:
        """The day to check against."""
        given: date | None = getattr(self.arguments, "today", None)
        return given or self.now().date()

    @property
    def test_mode(self) -> bool:
        """True when wrong check digits are only warnings."""
        return bool(getattr(self.arguments, "test_mode", False)) or self.settings.test_mode

    def calendar(self) -> Calendar:
        """Return the table of deadlines."""
        return Calendar.load(self.settings.deadlines)

    def store(self) -> CertificateStore:
        """Return the folder of loaded certificates."""
        return CertificateStore(default_store())

    def certificate(self) -> Certificate:
        """Choose the certificate to seal with and say what is remarkable about it.

        Certificates of the settings go before those of the store, which are the State's.
        """
        known = self.settings.load_certificates() or self.store().all()
        chosen = choose_certificate(known, self.now())
        for finding in check_certificate(chosen, self.now(), production=self.settings.state):
            self.screen.complain(finding.italian if self.screen.language == "it" else finding.english)
        return chosen

    def sender(self, block: dict[str, Any] | None = None, pin_needed: bool = True) -> Sender:
        """Return the sender of a documents file, or of the settings; checking and building need no PIN."""
        return self.settings.make_sender(self.secrets, block, pin_needed)

    @contextmanager
    def client(self, sender: Sender) -> Iterator[Client]:
        """Open a client for a sender."""
        with connect(self.settings, self.secrets, sender, self.certificate(), self.now) as client:
            yield client


def make_context(arguments: argparse.Namespace) -> Context:
    """Read settings and make a context.

    :raises InputError: the settings cannot be read, or `--account` without `--dir`
    """
    screen = Screen(arguments.json, arguments.lang)
    if arguments.dir:
        return Context(arguments, screen, simulator_settings(arguments.dir, arguments.account))
    if arguments.account:
        raise WrongArguments("--account goes with --dir, the directory of a simulator.")
    path = arguments.settings or _usual_settings()
    return Context(arguments, screen, load_settings(path) if path else Settings())


def _usual_settings() -> Path | None:
    named = os.environ.get("SISTEMATS_SETTINGS")
    if named:
        return Path(named)
    here = Path("sistemats.json")
    return here if here.is_file() else None
