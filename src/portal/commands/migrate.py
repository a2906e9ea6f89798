"""`portal migrate`: make keys, identity and tables, or bring the tables up to date."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "migrate", help="make keys and tables, or bring the tables up to date", description=__doc__
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Do it and say what was done."""
    from portal.commands import preparing
    from portal.commands.outcome import Exit, say

    preparing.ensure_keys()
    done = preparing.migrate()
    say(f"Migrations of the portal applied: {done}." if done else "The portal's tables are up to date.")
    return Exit.DONE
