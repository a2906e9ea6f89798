"""`sportello worker`: do later and periodic work."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "worker", help="do later and periodic work", description=__doc__
    )
    parser.add_argument("--threads", type=_at_least_one, default=2, help="pieces of work at a time (default: 2)")
    parser.add_argument(
        "--lease",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="after so long a silence its work goes to another worker (default: 60)",
    )
    parser.add_argument("--supervisor", type=int, default=0, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Work until told to stop."""
    from sportello.jobs.worker import Pace, Worker, set_lease

    set_lease(asked.lease)
    pace = Pace(beat=min(10.0, asked.lease / 4), sweep=min(15.0, asked.lease / 2))
    return Worker(asked.threads, pace, asked.supervisor).run()


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
