"""How many invoices are issued in a second, one and eight at a time, beside a bare insert of the same rows.

Issuing checks, numbers, computes, freezes, signs the audit chain and queues the PDF in one transaction. The bare insert
saves the same rows through the same models, a transaction each, and does none of that. SQLite by default;
SPORTELLO_TEST_DATABASE=postgresql measures on PostgreSQL.

Eight at a time are two processes of four threads: the web server as `script/server` starts it. Eight processes, which
a machine with as many cores would have, are shown beside it without an aim: on two cores they mostly wait for a core.
"""

from __future__ import annotations

import os
from typing import Any

from bench import issuing

COUNT, ROUNDS = (16, 1) if os.environ.get("SPORTELLO_BENCH_SMOKE") else (48, 3)
PROCESSES, THREADS = 2, 4
AT_ONCE = PROCESSES * THREADS
NO_SLOWER = 0.95
"""Two runs of the same thing differ by a few parts in a hundred: eight at a time may be that much below one."""
OF_BARE = 0.3


def results() -> list[dict[str, Any]]:
    """Return invoices a second one at a time, eight at a time and inserted bare, in turn; of each the best round."""
    papers = ROUNDS * (3 * COUNT + (1 + 2 * AT_ONCE) * issuing.WARM)
    place = issuing.Installation(drafts=papers)
    seconds: dict[str, float] = {}
    rows: issuing.BareRows | None = None
    for _ in range(ROUNDS):
        for name, processes, threads in (("alone", 1, 1), ("web", PROCESSES, THREADS), ("processes", AT_ONCE, 1)):
            drafts = place.take(COUNT + processes * threads * issuing.WARM)
            taken = issuing.issue_with(processes, threads, drafts)
            seconds[name] = min(taken, seconds.get(name, taken))
        rows = rows or issuing.BareRows()
        taken = rows.insert(COUNT)
        seconds["bare"] = min(taken, seconds.get("bare", taken))
    issuing.check_numbers(papers)
    rates = {name: COUNT / taken for name, taken in seconds.items()}
    together = f"issue, {AT_ONCE} at a time: {PROCESSES} processes x {THREADS} threads"
    return [
        _result("issue, 1 at a time", rates["alone"], rates["bare"], OF_BARE, "of a bare insert of the same rows"),
        _result(together, rates["web"], rates["alone"], NO_SLOWER, "of 1 at a time"),
        _result(f"issue, {AT_ONCE} at a time: {AT_ONCE} processes", rates["processes"], rates["alone"], None, ""),
        _result("bare insert", rates["bare"], None, None, ""),
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
