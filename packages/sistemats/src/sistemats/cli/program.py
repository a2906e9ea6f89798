"""The program: finds the command, runs it, turns trouble into an exit code and one plain sentence."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sistemats.cli import checking, following, sending, uploading
from sistemats.cli.exits import Exit, WrongArguments
from sistemats.cli.parser import Command, build_parser
from sistemats.cli.show import Screen
from sistemats.envelopes.batch import InvalidBatch
from sistemats.errors import SistemaTSError

COMMANDS: dict[str, Command] = {
    "check": checking.check,
    "build": checking.build,
    "send": sending.send,
    "change": sending.send,
    "refund": sending.send,
    "cancel": sending.send,
    "upload": uploading.upload,
    "outcome": following.outcome,
    "errors": following.errors,
    "receipt": following.receipt,
    "query": following.query,
    "report": following.report,
    "flags": following.flags,
    "certificate": checking.certificate,
    "schema": checking.schema,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code (see `sistemats --help`)."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["simulate"]:
        from sistemats.simulator.command import main as simulate  # only this command needs the server

        return simulate(words[1:])
    arguments = build_parser(COMMANDS).parse_args(words)
    try:
        command: Command = arguments.run
        return int(command(arguments))
    except (SistemaTSError, InvalidBatch) as problem:
        screen = Screen(arguments.json, arguments.lang)
        screen.complain(str(problem))
        screen.data({"error": str(problem)})
        return int(Exit.USAGE if isinstance(problem, WrongArguments) else Exit.INPUT)
    except KeyboardInterrupt:
        Screen(arguments.json, arguments.lang).complain("Interrupted. Run the same command again to go on.")
        return 130
