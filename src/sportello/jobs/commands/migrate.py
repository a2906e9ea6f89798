"""`sportello migrate`: make or update the tables, the key file and the reference records."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "migrate", help="make or update tables, key file and reference records", description=__doc__
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Bring everything up to date; a second run changes nothing."""
    from sportello.jobs import preparing
    from sportello.jobs.outcome import Exit, say

    preparing.ensure_keys()
    done = preparing.migrate()
    say(f"Migrations applied: {done}." if done else "The tables are up to date.")
    return Exit.DONE
