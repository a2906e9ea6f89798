"""The command `sistemats simulate`.

    sistemats simulate [--port N] [--tls] [--dir DIR] [--state memory|FILE] [--admin-port N] [--faults FILE]
                       [--clock DATE]

One line of JSON on standard output says when it is ready and where. It ends on SIGINT or SIGTERM with exit code 0, and
with 2 when the arguments are wrong.
"""

from __future__ import annotations

import argparse
import gc
import json
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sistemats.errors import InputError, SistemaTSError
from sistemats.simulator.clock import read_instant
from sistemats.simulator.faults import Rule, read_rules
from sistemats.simulator.settings import Settings
from sistemats.simulator.simulator import Options, Simulator


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of the command."""
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="port of the services; 0 takes any free one")
    parser.add_argument(
        "--admin-port", type=_port, default=0, metavar="N", help="port of journal, books, faults, clock"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (loopback)")
    parser.add_argument("--tls", action="store_true", help="serve HTTPS; DIR/ca.pem trusts it")
    parser.add_argument("--old-tls", action="store_true", help="as --tls, with the cipher suites of old servers only")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="folder that receives certificates, users, endpoints")
    parser.add_argument("--state", default="memory", metavar="memory|FILE", help="where the books are kept")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="JSON: faults, or an object of faults and settings")
    parser.add_argument("--clock", metavar="DATE", help="day or instant the clock starts at")


def read_faults(path: Path | None) -> tuple[tuple[Rule, ...], dict[str, Any]]:
    """Return the rules and settings of a file.

    :raises InputError: it cannot be read, or something in it is wrong
    """
    if path is None:
        return (), {}
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise InputError("--faults: this file cannot be read as JSON.") from None
    if isinstance(values, dict) and ("faults" in values or "settings" in values):
        return tuple(read_rules(values.get("faults", []))), dict(values.get("settings", {}))
    return tuple(read_rules(values)), {}


def read_options(arguments: argparse.Namespace) -> Options:
    """Return the options that arguments stand for.

    :raises InputError: one of them is wrong
    """
    rules, settings = read_faults(arguments.faults)
    try:
        clock = None if arguments.clock is None else read_instant(arguments.clock)
    except ValueError:
        raise InputError("--clock: give an ISO day such as 2026-03-31, or a date and time.") from None
    return Options(
        host=arguments.host,
        port=arguments.port,
        admin_port=arguments.admin_port,
        tls=arguments.tls or arguments.old_tls,
        old_tls=arguments.old_tls,
        folder=arguments.dir,
        state=None if arguments.state == "memory" else Path(arguments.state),
        clock=clock,
        settings=Settings().changed(settings),
        faults=rules,
    )


def run(arguments: argparse.Namespace) -> int:
    """Run until told to stop; return the exit code."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        simulator = Simulator(read_options(arguments))
    except (SistemaTSError, OSError) as problem:
        print(f"sistemats simulate: {problem}", file=sys.stderr)
        return 2
    with simulator:
        _settle_memory()
        print(json.dumps(simulator.ready()), flush=True)
        stopped.wait()
    return 0


def _settle_memory() -> None:
    """Look for lost cycles seldom: a call makes none, and the thousands of calls in the journal are no garbage."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, or those of the process."""
    parser = argparse.ArgumentParser(prog="sistemats simulate", description="A ministry to test against.")
    add_arguments(parser)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
