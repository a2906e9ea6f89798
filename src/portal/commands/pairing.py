"""`portal pair-code`, `portal desks`, `portal unpair`: which practices' servers this portal asks."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any


def add(commands: Any) -> None:
    """Describe the commands."""
    code: argparse.ArgumentParser = commands.add_parser(
        "pair-code", help="a one-time code for a practice's server, good for an hour"
    )
    code.add_argument("--quiet", action="store_true", help="print the code alone, for scripts")
    code.set_defaults(run=pair_code)
    listed: argparse.ArgumentParser = commands.add_parser("desks", help="the practices' servers that are paired")
    listed.set_defaults(run=desks)
    unpair: argparse.ArgumentParser = commands.add_parser("unpair", help="ask a practice's server nothing any more")
    unpair.add_argument("id", help="its id, as `portal desks` shows it")
    unpair.set_defaults(run=run_unpair)


def pair_code(asked: argparse.Namespace) -> int:
    """Print a fresh code, and the fingerprint that the other side should see."""
    from django.conf import settings

    from portal.commands.outcome import Exit, say
    from portal.connections import identity, pairing

    code = pairing.new_pair_code(datetime.now(UTC))
    if asked.quiet:
        say(code)
        return Exit.DONE
    where = settings.PORTAL_ADDRESS or "ADDRESS"
    say(f"Code:        {code}  (once, within an hour)")
    say(f"Fingerprint: {identity.card(settings.PORTAL_ADDRESS or 'http://localhost').fingerprint}")
    say(f"On the practice's server:  sportello portal pair --portal {where}")
    return Exit.DONE


def desks(asked: argparse.Namespace) -> int:
    """List the servers."""
    from portal.commands.outcome import Exit, say
    from portal.connections import pairing

    found = pairing.desks()
    if not found:
        say("No practice's server is paired. `portal pair-code` makes a code for one.")
    for each in found:
        state = f"paired {each.paired_at:%Y-%m-%d}" if each.is_paired else "not asked any more"
        say(f"{each.card.id}  {each.card.name:<30} {each.card.address:<40} {state}, connections: {each.connections}")
        say(f"    fingerprint {each.card.fingerprint}")
    return Exit.DONE


def run_unpair(asked: argparse.Namespace) -> int:
    """
    Stop asking a server.

    :raises Refused: there is no such server
    """
    from portal.commands.outcome import Exit, Refused, say
    from portal.connections import pairing
    from portal.connections.models import Desk

    try:
        pairing.unpair(asked.id)
    except Desk.DoesNotExist:
        raise Refused(f"There is no server {asked.id}: `portal desks` lists them.") from None
    say("It is asked nothing any more. Pairing it again brings its connections back.")
    return Exit.DONE
