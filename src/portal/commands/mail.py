"""`portal mail`: hand waiting mail over, and keep house, until told to stop."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

PAUSE = 2.0
HOUSEKEEPING = timedelta(minutes=30)
log = logging.getLogger("portal.commands")


def add(commands: Any) -> None:
    """Describe the command."""
    from portal.commands.web import add_supervisor

    parser: argparse.ArgumentParser = commands.add_parser(
        "mail", help="hand waiting mail over and keep house (`serve` runs web and mail)", description=__doc__
    )
    add_supervisor(parser)
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Work until SIGTERM."""
    from portal.commands.outcome import Exit
    from portal.commands.serving import end_with

    end_with(asked.supervisor)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.set())
    housekept = datetime.min.replace(tzinfo=UTC)
    while not stopping.wait(PAUSE):
        now = datetime.now(UTC)
        turn(now, housekeeping=now - housekept > HOUSEKEEPING)
        housekept = now if now - housekept > HOUSEKEEPING else housekept
    return Exit.DONE


def turn(now: datetime, *, housekeeping: bool) -> None:
    """Send what is due; now and then forget what is over. A database that is away is tried again next time."""
    from django.db import DatabaseError, close_old_connections

    from portal.accounts import operations
    from portal.connections import pairing
    from portal.post import sender

    try:
        close_old_connections()
        sender.send_due(now)
        if housekeeping:
            sender.forget_old(now)
            operations.forget_old(now)
            pairing.forget_old(now)
    except DatabaseError as trouble:
        log.warning("the database does not answer: %s", type(trouble).__name__)
