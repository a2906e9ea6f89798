"""How many invoices are issued in a second, one and eight at a time, beside a bare insert of the same rows.

Issuing checks, numbers, computes, freezes, signs the audit chain and queues the PDF in one transaction. The bare insert
saves the same rows through the same models, a transaction each, and does none of that. SQLite by default;
SPORTELLO_TEST_DATABASE=postgresql measures on PostgreSQL.
"""

from __future__ import annotations

import os
from typing import Any

from bench import issuing

COUNT, ROUNDS = (16, 1) if os.environ.get("SPORTELLO_BENCH_SMOKE") else (48, 3)
AT_ONCE = 8
NO_SLOWER = 0.95
"""Two runs of the same thing differ by a few parts in a hundred: eight at a time may be that much below one."""
OF_BARE = 0.3


def results() -> list[dict[str, Any]]:
    """Return invoices a second with one process, with eight and inserted bare, in turn; of each the best round."""
    papers = ROUNDS * (2 * COUNT + (1 + AT_ONCE) * issuing.WARM)
    place = issuing.Installation(drafts=papers)
    alone = together = bare = float("inf")
    rows: issuing.BareRows | None = None
    for _ in range(ROUNDS):
        alone = min(alone, issuing.issue_with(1, place.take(COUNT + issuing.WARM)))
        together = min(together, issuing.issue_with(AT_ONCE, place.take(COUNT + AT_ONCE * issuing.WARM)))
        rows = rows or issuing.BareRows()
        bare = min(bare, rows.insert(COUNT))
    issuing.check_numbers(papers)
    return [
        _result("issue, 1 at a time", COUNT / alone, COUNT / bare, OF_BARE, "of a bare insert of the same rows"),
        _result(f"issue, {AT_ONCE} at a time", COUNT / together, COUNT / alone, NO_SLOWER, "of 1 at a time"),
        _result("bare insert", COUNT / bare, None, None, ""),
    ]


def _result(name: str, value: float, baseline: float | None, aim: float | None, of: str) -> dict[str, Any]:
    ratio = None if baseline is None else round(value / baseline, 2)
    return {
        "name": name,
        "value": round(value, 1),
        "unit": "invoices/s",
        "baseline": None if baseline is None else round(baseline, 1),
        "ratio": ratio,
        "aim": "" if aim is None else f">= {aim} {of}",
        "holds": None if ratio is None or aim is None else ratio >= aim,
    }
