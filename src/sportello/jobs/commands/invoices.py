"""`sportello invoices verify|gaps`: recompute hashes, figures and numbers of what was issued."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Describe the commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "invoices", help="verify issued papers and their numbers", description=__doc__
    )
    acts = parser.add_subparsers(metavar="ACT", required=True)
    verify = acts.add_parser("verify", help="recompute hashes, figures, standings and numbers of all issued papers")
    verify.add_argument("--without-files", action="store_true", help="leave the bytes of the PDFs alone")
    verify.set_defaults(run=run_verify)
    gaps = acts.add_parser("gaps", help="missing and double numbers and dates that run backwards, series by series")
    gaps.set_defaults(run=run_gaps)
    for each in (verify, gaps):
        each.add_argument("--party", type=int, help="only this practice")


def run_verify(asked: argparse.Namespace) -> int:
    """Verify; 1 when something is not as it was issued."""
    from sportello.billing.verification import verify_papers
    from sportello.core.actors import System, acting
    from sportello.jobs.outcome import Exit, complain, say

    faults = 0
    with acting(System("invoices verify")):
        for fault in verify_papers(asked.party, with_files=not asked.without_files):
            faults += 1
            complain(f"Paper {fault.number} (id {fault.invoice_id}): {fault.code}")
    unclean = _gaps(asked.party)
    if not faults and not unclean:
        say("Every issued paper is as it was issued, and the numbers hold.")
    return Exit.FINDINGS if faults or unclean else Exit.DONE


def run_gaps(asked: argparse.Namespace) -> int:
    """Report the numbers; 1 when a series has a gap, a double or a date that runs backwards."""
    from sportello.jobs.outcome import Exit

    return Exit.FINDINGS if _gaps(asked.party, tell_all=True) else Exit.DONE


def _gaps(party: int | None, *, tell_all: bool = False) -> int:
    from sportello.billing.verification import verify_numbers
    from sportello.core.actors import System, acting
    from sportello.jobs.outcome import complain, say

    unclean = 0
    with acting(System("gap report")):
        for series in verify_numbers(party):
            head = f"Entity {series.entity_id}, series {series.series}, {series.year or 'endless'}"
            if series.report.is_clean:
                if tell_all:
                    say(f"{head}: no gap")
                continue
            unclean += 1
            complain(f"{head}: {_words(series.report)}")
    return unclean


def _words(report: Any) -> str:
    missing = [str(first) if first == last else f"{first}-{last}" for first, last in report.missing]
    told = (
        ("missing", missing),
        ("double", [str(number) for number in report.duplicates]),
        ("dates that run backwards", [f"{each.number} of {each.on}" for each in report.inversions]),
    )
    return "; ".join(f"{what}: {', '.join(which)}" for what, which in told if which)
