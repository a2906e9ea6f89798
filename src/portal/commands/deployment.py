"""`portal check-deploy`: what keeps this portal from being fit for real people, each with its remedy."""

from __future__ import annotations

import argparse
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check-deploy", help="what to mend before real people sign in", description=__doc__
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Say what is the matter; the exit code is 1 when anything is."""
    from portal.commands.outcome import Exit, say

    found = list(findings())
    for what, remedy in found:
        say(f"- {what}\n  {remedy}")
    say(f"To mend: {len(found)}." if found else "Nothing to mend.")
    return Exit.FINDINGS if found else Exit.DONE


def findings() -> Iterator[tuple[str, str]]:
    """Yield what is the matter and what to do."""
    yield from _settings()
    yield from _files()
    yield from _store()


def _settings() -> Iterator[tuple[str, str]]:
    from django.conf import settings

    from portal.post import sender

    if settings.DEMO or settings.DEBUG:
        yield "It runs as a demo or with error details.", "Unset PORTAL_DEMO and PORTAL_DEBUG."
    if not settings.HTTPS:
        yield "Cookies travel without https.", "Unset PORTAL_HTTPS and put a proxy with a certificate in front."
    if not settings.PORTAL_ADDRESS.startswith("https://"):
        yield "Links in mail follow the visitor's request.", "Set PORTAL_ADDRESS to https:// and your host name."
    if not settings.HOSTS or "*" in settings.HOSTS:
        yield "It answers to local names alone, or to any name.", "Set PORTAL_HOSTS to its host name."
    if len(settings.SECRET_KEY) < 50:
        yield "The secret key is short.", "Set PORTAL_SECRET_KEY to 50 characters or more, or unset it."
    try:
        if sender.server() is None:
            yield "No mail server: who forgets a password gets no link.", "Set PORTAL_MAIL."
        elif settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
            yield "Mail comes from an address that nobody can answer.", "Set PORTAL_MAIL_FROM."
    except sender.BadMailServer as trouble:
        yield f"{trouble}.", "Correct PORTAL_MAIL."


def _files() -> Iterator[tuple[str, str]]:
    from django.conf import settings

    for path in (Path(settings.PORTAL_KEY_FILE), Path(settings.PORTAL_IDENTITY_FILE)):
        if not path.exists():
            yield f"{path} is missing.", "Run `portal migrate`, or put its copy back."
        elif path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield f"Others on this machine may read {path}.", f"chmod 600 {path}"
    if Path(settings.PORTAL_KEY_FILE).parent == Path(settings.PORTAL_DATA):
        yield "The key file lies beside the database.", "Move it and set PORTAL_KEY_FILE."
    if Path(settings.PORTAL_DATA).exists() and Path(settings.PORTAL_DATA).stat().st_mode & stat.S_IRWXO:
        yield f"Everybody on this machine may look into {settings.PORTAL_DATA}.", f"chmod 700 {settings.PORTAL_DATA}"


def _store() -> Iterator[tuple[str, str]]:
    from portal.commands import preparing
    from portal.connections import pairing

    waiting = preparing.migrations_waiting()
    if waiting:
        yield f"{waiting} migrations wait.", "Run `portal migrate`."
        return
    yield from _keys()
    if not any(each.is_paired for each in pairing.desks()):
        yield "No practice's server is paired: there is nothing to see.", "Run `portal pair-code`."


def _keys() -> Iterator[tuple[str, str]]:
    from portal.keeping import rotation
    from portal.keeping.ring import KeyTrouble, ring

    try:
        ids = list(ring().keys)
    except KeyTrouble:
        return  # said of the files already
    used = rotation.usage()
    if lost := sum(count for key_id, count in used.items() if key_id not in ids):
        yield f"{lost} values are closed under keys that the key file does not hold.", "Put their lines back."
    if old := sum(count for key_id, count in used.items() if key_id in ids[1:]):
        yield f"{old} values are still closed under an older key.", "Run `portal rotate-key --resume`."
