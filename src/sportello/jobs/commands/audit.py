"""`sportello audit verify|anchor`: recompute the audit chains, or write down where they stand."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Describe the commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "audit", help="verify or anchor the audit chains", description=__doc__
    )
    acts = parser.add_subparsers(metavar="ACT", required=True)
    verify = acts.add_parser("verify", help="recompute every chain and name the first entry that does not hold")
    verify.add_argument("--party", type=int, help="only the chain of this party (0: the software's own)")
    verify.add_argument(
        "--anchors", type=Path, action="append", default=[], metavar="FILE", help="compare with a file of anchors too"
    )
    verify.set_defaults(run=run_verify)
    anchor = acts.add_parser("anchor", help="append where every chain stands to the anchor file, now")
    anchor.set_defaults(run=run_anchor)


def run_verify(asked: argparse.Namespace) -> int:
    """Verify the chains; 1 when one does not hold."""
    from sportello.core import anchors, audit
    from sportello.core.actors import System, acting
    from sportello.jobs.outcome import Exit, Misused, complain, say

    with acting(System("audit verify")):
        broken = list(audit.verify(asked.party))
        for path in asked.anchors:
            try:
                broken += list(anchors.compare(anchors.read(path)))
            except (OSError, ValueError) as error:
                raise Misused(f"{path.name}: {error}") from None
    for each in broken:
        complain(f"Chain {each.chain} does not hold from entry {each.sequence} on: {each.why}.")
    if not broken:
        say("Every chain holds.")
    return Exit.FINDINGS if broken else Exit.DONE


def run_anchor(asked: argparse.Namespace) -> int:
    """Write down where every chain stands."""
    from datetime import UTC, datetime

    from sportello.core import anchors
    from sportello.core.actors import System, acting
    from sportello.jobs.outcome import Exit, Refused, say

    with acting(System("audit anchor")):
        try:
            written = anchors.anchor(datetime.now(UTC))
        except anchors.AnchorNotCarried:
            raise Refused("The anchors are in the file, but SPORTELLO_ANCHOR_COMMAND did not take them.") from None
    say(f"Anchored chains: {len(written)}.")
    return Exit.DONE
