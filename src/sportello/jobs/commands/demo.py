"""`sportello demo`: load the demo data into an empty database."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo", help="load the demo data into an empty database", description=__doc__
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Load, and say who can sign in."""
    from sportello.jobs import demo
    from sportello.jobs.outcome import Exit, Refused, say

    signs = demo.load_when_empty()
    if not signs:
        raise Refused("There are people in this database already: the demo is loaded into an empty one only.")
    for sign in signs:
        say(f"{sign.role:<22} {sign.email:<38} {sign.password}")
    return Exit.DONE
