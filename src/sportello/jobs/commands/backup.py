"""`sportello backup FILE`: write everything, rows and files, into one encrypted file, while people work.

It is closed with a passphrase (asked for, or in SPORTELLO_BACKUP_PASSPHRASE), or with the key ring (--with-ring). What
is encrypted in the database stays so in the backup: keep a copy of the key file apart from it.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import Any

PASSPHRASE = "SPORTELLO_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable
SHORTEST = 16


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "backup", help="write everything into one encrypted file", description=__doc__
    )
    parser.add_argument("file", type=Path, help="the file to write; it must not exist")
    parser.add_argument("--with-ring", action="store_true", help="close it with the key ring instead of a passphrase")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Write the backup."""
    from sportello.jobs.archive import making
    from sportello.jobs.outcome import Exit, Refused, say

    passphrase = "" if asked.with_ring else given_passphrase(new=True)
    try:
        counts = making.make(asked.file, passphrase)
    except FileExistsError:
        raise Refused(f"{asked.file} exists already: give another name.") from None
    except OSError as error:
        raise Refused(f"{asked.file} cannot be written: {error.strerror}.") from None
    say(f"{asked.file}: {sum(counts.values())} rows of {sum(1 for count in counts.values() if count)} tables.")
    say("The key file is not in it. Keep a copy of it too, apart from the backup.")
    return Exit.DONE


def given_passphrase(*, new: bool) -> str:
    """
    Return the passphrase, from its variable or from the person at the terminal; a new one is asked for twice.

    :raises Misused: nobody gives one, or a new one is too short
    """
    from sportello.jobs.outcome import Misused

    given = os.environ.get(PASSPHRASE, "")
    if not given and sys.stdin.isatty():
        given = getpass.getpass("Passphrase: ")
        if new and getpass.getpass("Once more: ") != given:
            raise Misused("The two passphrases differ.")
    if not given:
        raise Misused(f"Set {PASSPHRASE}, or run this at a terminal, which asks for it (or use --with-ring).")
    if new and len(given) < SHORTEST:
        raise Misused(f"A passphrase has {SHORTEST} characters at least: some words in a row do well.")
    return given
