"""`portal demo-accounts`: open accounts for invented people by their links. In a demo only."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo-accounts", help="open accounts by links, lines `LINK PASSWORD` on standard input; in a demo only"
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """
    Open an account for each link, or add the practice to the account that is there already.

    :raises Refused: this is no demo
    """
    from django.conf import settings

    from portal.commands.outcome import Exit, Refused

    if not settings.DEMO:
        raise Refused("This is no demo: people open their accounts themselves.")
    for line in sys.stdin:
        link, _, password = line.strip().partition(" ")
        side, token = link.rstrip("/").split("/")[-2:]
        _accept(side, token, password)
    return Exit.DONE


def _accept(side: str, token: str, password: str) -> None:
    from portal import joining

    now = datetime.now(UTC)
    found = joining.look_at(side, token)
    if found.account:
        joining.connect(found.account, found, proof="", now=now)
    else:
        joining.open_account(found, password=password, proof="", language=found.shown.language, now=now)
