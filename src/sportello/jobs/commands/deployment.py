"""`sportello check-deploy`: what keeps this installation from being fit for real people, each with its remedy."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check-deploy", help="list what is not fit for real people yet, with remedies", description=__doc__
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """List the findings; 1 when a grave one is among them."""
    from sportello.jobs.deployment import findings
    from sportello.jobs.outcome import Exit, say

    found = findings()
    for finding in found:
        say(f"{'Must' if finding.grave else 'Should'}: {finding.what}\n      {finding.remedy}")
    if not found:
        say("Nothing to mend.")
    return Exit.FINDINGS if any(finding.grave for finding in found) else Exit.DONE
