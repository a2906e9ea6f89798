"""From paid invoices to all accepted by the State, on the embedded default: by file, one by one, and the diff alone.

The ministry is a simulator in a process of its own. "Ours" is all that is neither on the way to it nor waiting for the
hour at which something is due. By file, the baseline is the database alone: the very statements that wrote, in the same
transactions, on a copy of the database, with nothing around them. The diff is measured with the same thousand changed
invoices among few and among many: its work must grow with what changed, not with what exists.

SPORTELLO_BENCH_DOCUMENTS in the environment sends another number of documents than ten thousand, for a look in between.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.expense_place import Place, Statement, place, replay, save_copy, written

_SMOKE = bool(os.environ.get("SPORTELLO_BENCH_SMOKE"))
SENT = 60 if _SMOKE else int(os.environ.get("SPORTELLO_BENCH_DOCUMENTS", "10000"))
FEW, MANY, CHANGED = (200, 2_000, 50) if _SMOKE else (10_000, 1_000_000, 1_000)
ROUNDS = 1 if _SMOKE else 3
OF_DATABASE, OF_WHOLE, GROWTH = 3.0, 0.5, 1.5


def results() -> list[dict[str, Any]]:
    """Return the seconds of each way with where they went, and what the diff costs among few and among many."""
    with place() as desk:
        found = [*_by_file(desk), *_one_by_one(desk)]
        if desk.not_accepted():
            raise RuntimeError("not every document was accepted")
        return [*found, *_diff(desk)]


def _by_file(desk: Place) -> list[dict[str, Any]]:
    from sportello.core.actors import acting
    from sportello.expenses.operations.many import send_many

    desk.mark(range(*_open(desk.add_papers(SENT))))
    statements: list[Statement] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.sqlite3"
        save_copy(path)
        begun = time.perf_counter()
        with written(statements):
            desk.take_in()
            with acting(desk.ada):
                send_many(actor=desk.ada, entity_id=desk.account.entity_id)
            desk.work_off()
        whole = time.perf_counter() - begun
        bare = replay(path, statements)
    away, idle = desk.clock.away, desk.clock.idle
    ours = whole - away - idle
    return [
        _row(f"{SENT} by file, ours", ours, bare, OF_DATABASE, "times the database alone"),
        _row("by file, ministry and way", away),
        _row("by file, queue", idle),
    ]


def _one_by_one(desk: Place) -> list[dict[str, Any]]:
    from sportello.expenses.exchange.run import run

    desk.mark(range(*_open(desk.add_papers(SENT))))
    desk.clock.away = desk.clock.idle = 0.0
    begun = time.perf_counter()
    desk.take_in()
    while run(desk.account.entity_id, automatic=True, many=10**9).calls:
        pass
    whole, away = time.perf_counter() - begun, desk.clock.away
    return [
        _row(f"{SENT} one by one, ours", whole - away, whole, OF_WHOLE, "of the whole"),
        _row("one by one, ministry and way", away),
    ]


def _diff(desk: Place) -> list[dict[str, Any]]:
    changed = range(*_open(desk.add_papers(CHANGED)))
    few = FEW - CHANGED
    desk.add_books(*desk.add_papers(few))
    among_few = min(_taken_in(desk, changed) for _ in range(ROUNDS))
    desk.add_books(*desk.add_papers(MANY - few - CHANGED))
    among_many = min(_taken_in(desk, changed) for _ in range(ROUNDS))
    return [
        _row(f"diff of {CHANGED} among {FEW}", among_few),
        _row(f"diff of {CHANGED} among {MANY}", among_many, among_few, GROWTH, f"times among {FEW}"),
    ]


def _taken_in(desk: Place, changed: range) -> float:
    """Derive the changed ones as if they had never been seen."""
    from sportello.core.models import ChangeMark
    from sportello.expenses.models import Expense

    Expense.objects.filter(invoice_id__in=changed)._raw_delete("default")
    desk.mark(changed)
    seconds = desk.take_in()
    if Expense.objects.filter(invoice_id__in=changed).count() != len(changed) or ChangeMark.objects.exists():
        raise RuntimeError("the diff left something out")
    return seconds


def _open(ends: tuple[int, int]) -> tuple[int, int]:
    return ends[0], ends[1] + 1


def _row(
    name: str, value: float, baseline: float | None = None, aim: float | None = None, of: str = ""
) -> dict[str, Any]:
    ratio = None if baseline is None else round(value / baseline, 2)
    return {
        "name": name,
        "value": round(value, 2),
        "unit": "s",
        "baseline": None if baseline is None else round(baseline, 2),
        "ratio": ratio,
        "aim": "" if aim is None else f"<= {aim} {of}",
        "holds": None if ratio is None or aim is None else ratio <= aim,
    }
