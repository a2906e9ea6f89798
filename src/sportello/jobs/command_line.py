"""The command `sportello`: everything an installation needs, from one program.

`sportello COMMAND --help` tells each command's options; `docs/operations.md` is the guide.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from importlib import import_module

import django
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from sportello.core.crypto import KeyMissing, WrongKey
from sportello.core.storage import StorageFull
from sportello.jobs.outcome import Exit, Misused, Refused, complain

COMMANDS = (
    "serve",
    "web",
    "worker",
    "migrate",
    "practice",
    "demo",
    "invoices",
    "backup",
    "restore",
    "deployment",
    "audit",
    "keys",
    "portal",
    "simulator",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (`outcome.Exit`)."""
    asked = parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sportello.config.settings")
    if getattr(asked, "demo", False):
        os.environ["SPORTELLO_DEMO"] = "1"
    try:
        _set_up()
        return int(asked.run(asked))
    except Misused as error:
        complain(str(error))
        return Exit.USAGE
    except (Refused, KeyMissing, WrongKey, StorageFull) as error:
        complain(str(error))
        return Exit.REFUSED
    except (OperationalError, ProgrammingError) as error:
        complain(f"The database does not answer, or its tables are missing ({type(error).__name__}).")
        complain("Is SPORTELLO_DATABASE right, is the server up, has `sportello migrate` been run?")
        return Exit.REFUSED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    whole = argparse.ArgumentParser(prog="sportello", description="Run and look after a Sportello installation.")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(f"sportello.jobs.commands.{name}").add(commands)
    return whole


def _set_up() -> None:
    try:
        django.setup()
    except (ValueError, ImproperlyConfigured) as error:  # settings name the variable and the remedy
        raise Misused(f"The settings do not work: {error}") from None
    except PermissionError as error:
        raise Refused(f"{error.filename} cannot be read or written by this user.") from None
