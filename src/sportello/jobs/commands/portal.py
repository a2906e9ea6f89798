"""`sportello portal pair|list|unpair`: which patients' portals this server answers."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Describe the commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "portal", help="pair, list or unpair patients' portals", description=__doc__
    )
    acts = parser.add_subparsers(metavar="ACT", required=True)
    pair = acts.add_parser("pair", help="answer a portal from now on")
    pair.add_argument("--portal", required=True, metavar="URL", help="the portal's address")
    pair.add_argument(
        "--yes", default="", metavar="FINGERPRINT", help="the fingerprint its operator told you; asks nothing then"
    )
    pair.add_argument("--code", default="", help="the one-time code of its operator (`portal pair-code`)")
    pair.add_argument(
        "--address", default="", metavar="URL", help="where the portal reaches this server (SPORTELLO_DESK_ADDRESS)"
    )
    pair.set_defaults(run=run_pair)
    acts.add_parser("list", help="show the portals that are answered").set_defaults(run=run_list)
    unpair = acts.add_parser("unpair", help="answer a portal no more, at once")
    unpair.add_argument("id", help="the portal's fingerprint, as `portal list` shows it")
    unpair.set_defaults(run=run_unpair)


def run_pair(asked: argparse.Namespace) -> int:
    """Fetch the portal's card, have its fingerprint compared, and offer to answer it."""
    from sportello.jobs import portals
    from sportello.jobs.outcome import Exit, say

    card = portals.fetch_card(asked.portal)
    say(f"The portal calls itself {card.name} and sends patients to {card.address}")
    say(f"Its fingerprint: {card.fingerprint}")
    _compare(card.id, asked.yes)
    code = asked.code or _ask("The one-time code of its operator: ", "--code")
    row = portals.offer(card, code, portal=asked.portal, address=asked.address)
    say(f"Paired. Invitations now lead to {row.address}")
    return Exit.DONE


def run_list(asked: argparse.Namespace) -> int:
    """Show the portals, and the fingerprint their operators see of this server."""
    from deskwire.cards import grouped
    from sportello.core import pairing
    from sportello.jobs.outcome import Exit, say

    rows = pairing.pairings()
    if not rows:
        say("No portal is paired: `sportello portal pair --portal URL` pairs one.")
        return Exit.DONE
    say(f"This server's fingerprint: {grouped(pairing.desk_id())}")
    for row in rows:
        say(f"{grouped(row.portal)}  {row.address}  {row.name}, since {row.paired_at:%Y-%m-%d}")
    if len(rows) > 1:
        say("New invitations lead to the last one.")
    return Exit.DONE


def run_unpair(asked: argparse.Namespace) -> int:
    """End a pairing."""
    from datetime import UTC, datetime

    from deskwire.cards import plain_fingerprint
    from sportello.core import pairing
    from sportello.jobs.outcome import Exit, Refused, say

    try:
        row = pairing.unpair(plain_fingerprint(asked.id), now=datetime.now(UTC))
    except pairing.NotPaired:
        raise Refused("No portal with this fingerprint is paired: see `sportello portal list`.") from None
    say(f"{row.address} is answered no more. Connections made through it open nothing until it is paired again.")
    return Exit.DONE


def _compare(portal: str, told: str) -> None:
    """
    Go on if the fingerprint is the one that the operator tells.

    :raises Refused: it is another
    """
    from deskwire.cards import plain_fingerprint
    from sportello.jobs.outcome import Refused

    told = told or _ask("The fingerprint as the portal's operator reads it to you: ", "--yes")
    if plain_fingerprint(told) != portal:
        raise Refused("The fingerprints differ: this is not the portal its operator means. Nothing was paired.")


def _ask(question: str, option: str) -> str:
    """
    Return what is typed.

    :raises Misused: nobody can be asked
    """
    import sys

    from sportello.jobs.outcome import Misused

    if not sys.stdin.isatty():
        raise Misused(f"{question.rstrip(': ')} is missing: give {option} (see --help).")
    return input(question).strip()
