"""How fast the figures of an invoice are computed, beside the same rules written straight down.

Both run over the same documents in one process, in turns, and the best of several rounds counts, in processor time: a
busy machine slows both alike.
"""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench.plain_totals import plain_totals
from bench.random_documents import documents
from sportello.billing.rules.totals import DocumentInput, compute

COUNT, ROUNDS = (300, 2) if os.environ.get("SPORTELLO_BENCH_SMOKE") else (4_000, 7)
SEED = 20260302
AIM = 1.2
"""Times the plain version; both figures must agree before either is timed."""


def results() -> list[dict[str, Any]]:
    """Return documents a second of ours and of the plain version, on one core."""
    sample = list(documents(COUNT, SEED))
    for document in sample:
        ours, plain = compute(document), plain_totals(document)
        if (ours.total, ours.payable) != (plain.total, plain.payable):
            raise AssertionError("the two versions disagree")
    ours_best = plain_best = float("inf")
    for _ in range(ROUNDS):
        ours_best = min(ours_best, _seconds(compute, sample))
        plain_best = min(plain_best, _seconds(plain_totals, sample))
    ratio = plain_best / ours_best
    return [
        {
            "name": "totals",
            "value": round(COUNT / ours_best),
            "unit": "documents/s",
            "baseline": round(COUNT / plain_best),
            "ratio": round(ratio, 2),
            "aim": f">= {AIM} times the plain version",
            "holds": ratio >= AIM,
        }
    ]


def _seconds(work: Callable[[DocumentInput], object], sample: Sequence[DocumentInput]) -> float:
    start = time.process_time()
    for document in sample:
        work(document)
    return time.process_time() - start
