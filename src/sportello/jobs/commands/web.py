"""`sportello web`: the web process alone, for who supervises processes by other means."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "web", help="run the web process alone (`serve` runs web and worker)", description=__doc__
    )
    add_options(parser)
    parser.add_argument("--supervisor", type=int, default=0, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe what `serve` and `web` have in common."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=port, default=8000, help="port to listen on (default: 8000)")
    parser.add_argument("--workers", type=int, default=2, help="web processes (default: 2)")
    parser.add_argument("--threads", type=int, default=4, help="requests at a time in each (default: 4)")


def run(asked: argparse.Namespace) -> int:
    """Answer requests until told to stop."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from sportello.jobs.outcome import Exit
    from sportello.jobs.serving import check_port, end_with

    check_port(asked.host, asked.port)
    end_with(asked.supervisor)
    Granian(
        "sportello.config.wsgi:application",
        address=asked.host,
        port=asked.port,
        interface=Interfaces.WSGI,
        workers=asked.workers,
        blocking_threads=asked.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        websockets=False,
        log_level=LogLevels.warning,
        log_access=False,  # addresses may carry what somebody searched for
    ).serve()
    return Exit.DONE


def port(text: str) -> int:
    """
    Return the number of a port.

    :raises ArgumentTypeError: it is none
    """
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return number
