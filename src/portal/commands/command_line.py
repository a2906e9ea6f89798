"""The command `portal`: everything a portal needs, from one program.

`portal COMMAND --help` tells each command's options; `docs/operations.md` is the guide.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from importlib import import_module

import django
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from portal.commands.outcome import Exit, Misused, Refused, complain
from portal.keeping.ring import KeyTrouble

COMMANDS = ("serve", "web", "mail", "migrate", "pairing", "accounts", "keys", "deployment", "demo")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (`outcome.Exit`)."""
    asked = parser().parse_args(arguments)
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.config.settings"
    if getattr(asked, "demo", False):
        os.environ["PORTAL_DEMO"] = "1"
    try:
        _set_up()
        return int(asked.run(asked))
    except Misused as error:
        complain(str(error))
        return Exit.USAGE
    except (Refused, KeyTrouble) as error:
        complain(str(error))
        return Exit.REFUSED
    except (OperationalError, ProgrammingError) as error:
        complain(f"The database does not answer, or its tables are missing ({type(error).__name__}).")
        complain("Is PORTAL_DATABASE right, is the server up, has `portal migrate` been run?")
        return Exit.REFUSED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    whole = argparse.ArgumentParser(prog="portal", description="Run and look after the patients' portal.")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(f"portal.commands.{name}").add(commands)
    return whole


def _set_up() -> None:
    try:
        django.setup()
    except (ValueError, ImproperlyConfigured) as error:  # settings name the variable and the remedy
        raise Misused(f"The settings do not work: {error}") from None
    except PermissionError as error:
        raise Refused(f"{error.filename} cannot be read or written by this user.") from None
