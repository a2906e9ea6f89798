"""`sportello create-practice`: make a practice and its owner. The password is asked for, or read from a variable."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from typing import Any

PASSWORD = "SPORTELLO_OWNER_PASSWORD"  # noqa: S105 - the name of a variable


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "create-practice", help="make a practice and its owner", description=__doc__
    )
    parser.add_argument("--name", help="the practice's name")
    parser.add_argument("--email", help="the address its owner signs in with")
    parser.add_argument("--given-name", default="", help="the owner's given name")
    parser.add_argument("--family-name", default="", help="the owner's family name")
    parser.add_argument("--language", default="it", choices=["it", "fr", "en"], help="of the owner (default: it)")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Ask for what is missing and make the practice."""
    from sportello.core.violations import RuleViolation
    from sportello.jobs.founding import Owner, found_practice
    from sportello.jobs.outcome import Exit, Misused, say

    name = asked.name or _ask("Name of the practice: ")
    email = asked.email or _ask("E-mail of the owner: ")
    owner = Owner(
        email=email,
        given_name=asked.given_name or _ask("Given name of the owner: "),
        family_name=asked.family_name or _ask("Family name of the owner: "),
        password=_password(email),
        language=asked.language,
    )
    try:
        found_practice(name, owner)
    except RuleViolation as refusal:
        raise Misused(f"The address does not do: {refusal.code}.") from None
    say(f"{name} is there. {email} can sign in now; the settings pages ask for the rest.")
    return Exit.DONE


def _ask(question: str) -> str:
    from sportello.jobs.outcome import Misused

    if not sys.stdin.isatty():
        raise Misused(f"{question.rstrip(': ')} is missing: give it as an option (see --help).")
    return input(question).strip()


def _password(email: str) -> str:
    from sportello.accounts.models import Person
    from sportello.jobs.outcome import Misused

    if Person.objects.filter(email__iexact=email.strip()).exists():
        return ""
    if given := os.environ.get(PASSWORD):
        return given
    if not sys.stdin.isatty():
        raise Misused(f"Set {PASSWORD} to the owner's password, or run this at a terminal, which asks for it.")
    first, second = getpass.getpass("Password (12 characters at least): "), getpass.getpass("Once more: ")
    if first != second:
        raise Misused("The two passwords differ.")
    return first
