"""`sportello simulator`: a ministry of Sistema TS to try things against, as `serve` runs it beside the demo."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "simulator", help="a ministry to try Sistema TS against", description=__doc__
    )
    parser.add_argument("--port", type=int, default=0, help="port of its services (default: any free one)")
    parser.add_argument("--supervisor", type=int, default=0, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Run until told to stop; its books are kept in the folder, so that a restart forgets nothing."""
    from django.conf import settings

    from sistemats.simulator import command
    from sportello.jobs import serving
    from sportello.jobs.outcome import Misused

    folder = settings.SPORTELLO_STS_SIMULATOR
    if folder is None:
        raise Misused("Say where the simulator keeps its books: set SPORTELLO_STS_SIMULATOR, or SPORTELLO_DEMO=1.")
    folder.mkdir(parents=True, exist_ok=True)
    serving.end_with(asked.supervisor)
    words = ["--port", str(asked.port), "--dir", str(folder), "--state", str(folder / "books.sqlite3")]
    return command.main(words)
