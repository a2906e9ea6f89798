"""`sportello simulator`: a ministry of Sistema TS to try things against, as `serve` runs it beside the demo."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
from collections.abc import Callable
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
    if not asked.supervisor:  # alone, its line of JSON is for the program that started it
        return command.main(words)
    with contextlib.redirect_stdout(Lines(_telling(sys.stdout))):
        return command.main(words)


class Lines(io.TextIOBase):
    """Takes what is printed and hands it on line by line."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell, self._begun = tell, ""

    def writable(self) -> bool:
        """It is only written to."""
        return True

    def write(self, text: str) -> int:
        """Hand on what is whole, and keep what is not."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._tell(line)
        return len(text)


def _telling(out: Any) -> Callable[[str], None]:
    """Return what says to people where the simulator is, beside `serve`; other lines stay as they are."""

    def tell(line: str) -> None:
        try:
            ready = json.loads(line)
            said = f"The simulator of Sistema TS shows its books at {ready['admin']}/"
        except (ValueError, KeyError, TypeError):
            said = line
        print(said, file=out, flush=True)

    return tell
