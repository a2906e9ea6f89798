"""`portal unlock`: let somebody try again who tried too often. What was tried stays written down."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import UTC, datetime
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "unlock", help="let somebody try again who tried too often", description=__doc__
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """
    Ask for the e-mail address, since words on a command line are seen by others, and unlock it.

    :raises Refused: no account has this address
    """
    from portal.accounts import operations
    from portal.commands.outcome import Exit, Refused, say

    typed = getpass.getpass("E-mail address: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not operations.unlock(typed.strip(), datetime.now(UTC)):
        raise Refused("No account has this address.")
    say("It may be tried again.")
    return Exit.DONE
