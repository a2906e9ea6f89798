"""A throwaway installation with drafts, processes that issue them, and the bare rows to compare with."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sportello.core.actors import Actor

DAY = date(2026, 3, 12)
WARM = 2
"""Drafts that each thread issues before the clock starts."""
_BARE_FROM = 1_000_000
"""Numbers of the bare rows, far from those of the papers."""
ROOT = Path(__file__).resolve().parents[1]


class Installation:
    """A fresh database with one practice and as many drafts as asked for. Only one a process."""

    def __init__(self, drafts: int) -> None:
        from tests.support import environment

        environment.prepare()
        os.environ["DJANGO_SETTINGS_MODULE"] = "sportello.config.settings"
        set_up()
        self.drafts = _write_drafts(drafts)

    def take(self, count: int) -> list[int]:
        """Return the ids of drafts that nobody took yet."""
        taken, self.drafts = self.drafts[:count], self.drafts[count:]
        return taken


def set_up() -> None:
    """Make Django ready in this process."""
    import django

    sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
    django.setup()


def _write_drafts(count: int) -> list[int]:
    from django.core.management import call_command

    from sportello.billing.operations.drafts import save_draft
    from sportello.billing.resolve import values_of
    from sportello.billing.terms import seed
    from sportello.core.actors import acting
    from tests.world import build_world

    call_command("migrate", interactive=False, verbosity=0)
    seed()
    world = build_world()
    with acting(world.ada):
        values = values_of(world.draft)
    return [save_draft(actor=world.ada, values=values).pk for _ in range(count)]


def issue_with(processes: int, threads: int, invoice_ids: Sequence[int]) -> float:
    """
    Issue drafts with so many processes of so many threads and return the seconds from the word go to the last commit.

    Each thread issues `WARM` of them before: what an import and a first statement cost is not what is measured.
    """
    shares = [invoice_ids[number::processes] for number in range(processes)]
    command = [sys.executable, "-m", "bench.issuing", str(threads)]
    started = [
        subprocess.Popen(  # noqa: S603 - our own arguments
            [*command, *map(str, share)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
    ]
    _await(started, "ready")
    begun = time.perf_counter()
    for process in started:
        _to(process).write("go\n")
        _to(process).flush()
    _await(started, "done")
    seconds = time.perf_counter() - begun
    for process in started:
        process.communicate()
        if process.returncode:
            raise RuntimeError("a process that issues failed")
    return seconds


def _await(processes: Sequence[subprocess.Popen[str]], word: str) -> None:
    for process in processes:
        if _from(process).readline() != f"{word}\n":
            raise RuntimeError(f"a process that issues did not say {word}")


def _from(process: subprocess.Popen[str]) -> Any:
    return process.stdout


def _to(process: subprocess.Popen[str]) -> Any:
    return process.stdin


def check_numbers(count: int) -> None:
    """Fail when the papers do not bear the numbers 1 to `count`: a fast wrong answer is none."""
    from sportello.billing.models import Invoice
    from sportello.core.actors import System, acting

    with acting(System("bench")):
        papers = Invoice.objects.filter(number__lt=_BARE_FROM).order_by("number")
        numbers = list(papers.values_list("number", flat=True))
    if numbers != list(range(1, count + 1)):
        raise RuntimeError("the numbers have a gap or a double")


class BareRows:
    """The rows of one issued paper, to be inserted again and again with nothing but the insert."""

    def __init__(self) -> None:
        from django.db.models import Model
        from django_tasks_db.models import DBTaskResult

        from sportello.billing.models import Invoice, InvoiceGroup, InvoiceLine, StampRecord
        from sportello.core.actors import System, acting
        from sportello.core.models import AuditEntry, Job

        with acting(System("bench")):
            self.paper = Invoice.objects.filter(number__lt=_BARE_FROM).order_by("-number")[0]
            mine = {"invoice_id": self.paper.pk}
            parts: list[list[Model]] = [
                list(rows.objects.filter(**mine)) for rows in (InvoiceLine, InvoiceGroup, StampRecord)
            ]
            entry = AuditEntry.objects.filter(action="invoice.issue", object_id=self.paper.pk)
            job = Job.objects.filter(handler="billing.render_paper", object_id=self.paper.pk)
            self.rows = [*(row for rows in parts for row in rows), *entry, *job, DBTaskResult.objects.all()[0]]
        self.next_number = _BARE_FROM

    def insert(self, count: int) -> float:
        """Insert them so many times, a transaction each, and return the seconds it took."""
        from django.db import transaction

        with without_guards():
            self._insert_once()
            begun = time.perf_counter()
            for _ in range(count):
                with transaction.atomic():
                    self._insert_once()
            return time.perf_counter() - begun

    def _insert_once(self) -> None:
        self.next_number += 1
        fresh = {"number": self.next_number, "sequence": self.next_number, "key": str(self.next_number)}
        self.paper.pk, self.paper.uid, self.paper.number = None, uuid.uuid4(), self.next_number
        self.paper.save(force_insert=True)
        for row in self.rows:
            row.pk = uuid.uuid4() if isinstance(row.pk, uuid.UUID) else None
            for name, value in (fresh | {"invoice_id": self.paper.pk}).items():
                if hasattr(row, name):
                    setattr(row, name, value)
            row.save(force_insert=True)


@contextmanager
def without_guards() -> Iterator[None]:
    """Take the triggers that guard issued papers away for a while: a bare insert has none."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _, text in triggers:
            cursor.execute(text)


def main() -> None:
    """Issue the drafts named on the command line, after the number of threads: a few at once, the rest when told to."""
    set_up()
    threads, *invoice_ids = [int(text) for text in sys.argv[1:]]
    actor = _owner(invoice_ids[0])
    ready = threading.Barrier(threads + 1)
    with ThreadPoolExecutor(threads) as pool:
        shares = [invoice_ids[number::threads] for number in range(threads)]
        done = [pool.submit(_issue_share, actor, share, ready) for share in shares]
        ready.wait()
        print("ready", flush=True)
        sys.stdin.readline()
        ready.wait()
        for each in done:
            each.result()
    print("done", flush=True)


def _owner(invoice_id: int) -> Actor:
    from sportello.billing.models import Invoice
    from sportello.core.actors import System, acting
    from sportello.parties.models import Membership
    from sportello.parties.queries import actor_for

    with acting(System("bench")):
        practice_id = Invoice.objects.get(pk=invoice_id).practice_id
        owner_id = Membership.objects.get(party_id=practice_id, role="owner").person_id
    actor = actor_for(owner_id, practice_id)
    if actor is None:
        raise RuntimeError("the practice has no owner to issue")
    return actor


def _issue_share(actor: Actor, invoice_ids: Sequence[int], ready: threading.Barrier) -> None:
    from sportello.billing.operations.issue import issue_invoice

    try:
        for invoice_id in invoice_ids[:WARM]:
            issue_invoice(actor=actor, invoice_id=invoice_id, today=DAY)
        ready.wait()
        ready.wait()
        for invoice_id in invoice_ids[WARM:]:
            issue_invoice(actor=actor, invoice_id=invoice_id, today=DAY)
    except BaseException:
        ready.abort()
        raise


if __name__ == "__main__":
    main()
