"""`sportello restore FILE`: put a backup back into an installation that has nobody in it yet."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "restore", help="put a backup back into an empty installation", description=__doc__
    )
    parser.add_argument("file", type=Path, help="the backup")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Put everything back."""
    from sportello.core.streams import Damaged
    from sportello.jobs.archive import restoring
    from sportello.jobs.outcome import Exit, Misused, Refused, say

    if not asked.file.is_file():
        raise Misused(f"{asked.file}: there is no such file.")
    try:
        counts = restoring.restore(asked.file, _passphrase(asked.file))  # asks only where the file needs one
    except Damaged as error:
        raise Refused(f"{asked.file} cannot be restored: {error}.") from None
    except (restoring.NotEmpty, restoring.AnotherVersion) as error:
        raise Refused(f"Nothing was restored: {error}.") from None
    say(f"Restored: {sum(counts.values())} rows of {len(counts)} tables.")
    say("Mail that waited when the backup was made is not sent by itself: look at the list of outgoing mail.")
    return Exit.DONE


def _passphrase(path: Path) -> str:
    from sportello.core.streams import read_header
    from sportello.jobs.commands.backup import given_passphrase

    with path.open("rb") as file:
        header, _ = read_header(file)
    return given_passphrase(new=False) if header.get("by") == "passphrase" else ""
