"""A throwaway practice with any number of paid invoices and an account at a ministry beside it.

One invoice goes through the real operations; the others are copies of its rows, made by the database itself.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.issuing import ROOT, set_up, without_guards

if TYPE_CHECKING:
    from django.db.models import Model

    from sistemats.envelopes import HttpReply
    from sportello.billing.models import Invoice
    from sportello.core.actors import Actor
    from sportello.expenses.models import StsSettings

DAY = date(2026, 3, 12)
_AFTER = 1_000
"""Ids and numbers of the copies begin behind those of the world."""
_WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN")
Statement = tuple[str, Any, bool]


@dataclass
class Clock:
    """Seconds spent on the way to the ministry and in it, and seconds in which nothing was due."""

    away: float = 0.0
    idle: float = 0.0
    calls: int = 0


@dataclass
class Place:
    """The practice, its account, and the paid invoice that the others are copies of."""

    ada: Actor
    account: StsSettings
    template: Invoice
    clock: Clock = field(default_factory=Clock)
    papers: int = 0

    def add_papers(self, count: int) -> tuple[int, int]:
        """Copy the paid invoice so many times; return the first and the last id of the copies."""
        from sportello.billing.models import Invoice, InvoiceGroup, InvoiceLine, Payment

        first, number = _AFTER + self.papers, _AFTER + self.papers
        with without_guards():
            paper = {"number": f"{number} + n", "printed_number": f"({number} + n) || '/2026'", "snapshot": "''"}
            _copy(Invoice, self.template.pk, count, {"id": f"{first} + n"} | paper)
            for model in (InvoiceLine, InvoiceGroup, Payment):
                for key in model.objects.filter(invoice_id=self.template.pk).values_list("pk", flat=True):
                    _copy(model, key, count, {"invoice_id": f"{first} + n"})
        self.papers += count
        return first, first + count - 1

    def add_books(self, first: int, last: int) -> None:
        """Write accepted expenses for invoices, copies of one that was derived from the first of them."""
        from sportello.expenses.models import Expense

        self.mark(range(first, first + 1))
        self.take_in()
        row = Expense.objects.get(invoice_id=first)
        there = {"state": "'ACCEPTED'", "held": "'held'", "known_hash": "should_hash"}
        named = {"invoice_id": f"{first} + 1 + n", "number": f"{first} + 1 + n || 'X'"}
        _copy(Expense, row.pk, last - first, there | named)

    def mark(self, invoice_ids: Sequence[int] | range) -> None:
        """Say that invoices changed, as a payment does."""
        from django.db import transaction

        from sportello.billing import changes
        from sportello.core import marks

        with transaction.atomic():
            marks.note(changes.DOCUMENT, self.account.practice_id, list(invoice_ids))

    def take_in(self) -> float:
        """Derive what changed and return the seconds it took."""
        from sportello.expenses import taking_in

        begun = time.perf_counter()
        taking_in.take_in(self.account.practice_id)
        return time.perf_counter() - begun

    def work_off(self) -> None:
        """Do what is queued, each thing when it is due, until nothing is."""
        from sportello.core import runner
        from sportello.core.models import Job

        while True:
            waiting = Job.objects.filter(state="waiting", handler__startswith="expenses.").order_by("next_run_at", "pk")
            job = waiting.first()
            if job is None:
                return
            wait = (job.next_run_at - datetime.now(UTC)).total_seconds()
            if wait > 0:
                self.clock.idle += wait
                time.sleep(wait)
            runner.run(job.pk)

    def not_accepted(self) -> int:
        """Return how many documents are not at the ministry."""
        from sportello.expenses.models import Expense

        return Expense.objects.exclude(state="ACCEPTED").count()


@contextmanager
def place() -> Iterator[Place]:
    """
    Give the practice with its account, acting as the software; once a process.

    :raises RuntimeError: the ministry does not start
    """
    from tests.support import environment

    environment.prepare()
    os.environ["DJANGO_SETTINGS_MODULE"] = "sportello.config.settings"
    set_up()
    from django.conf import settings

    from sportello.core.actors import System, acting

    with tempfile.TemporaryDirectory() as folder, _ministry(Path(folder)):
        settings.SPORTELLO_STS_SIMULATOR = Path(folder)
        found = _found()
        with acting(System("bench", found.account.practice_id)), _timed(found.clock):
            yield found


@contextmanager
def _ministry(folder: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.ministry", str(folder)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen(command, **pipes) as process:  # noqa: S603 - our own module
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError("the ministry of the bench does not start")
        try:
            yield
        finally:
            process.communicate()


def _found() -> Place:
    from django.core.management import call_command

    from sportello.billing.models import Payment
    from sportello.billing.terms import seed
    from sportello.core.actors import System, acting
    from sportello.core.models import Job
    from tests.billing.desk import line, paid
    from tests.expenses.counter import open_account
    from tests.world import build_world

    call_command("migrate", interactive=False, verbosity=0)
    seed()
    world = build_world()
    account = open_account(world)
    with acting(world.ada):
        template = paid(world, line("70.00"), on=DAY)
    with acting(System("bench")):
        if Payment.objects.filter(invoice=template).count() != 1 or template.total != Decimal("71.40"):
            raise RuntimeError("the invoice to copy is not what the bench expects")
        Job.objects.all().delete()
    return Place(world.ada, account, template)


@contextmanager
def _timed(clock: Clock) -> Iterator[None]:
    """Measure every call of the ministry's line."""
    from sportello.expenses import ministry

    make = ministry.make_transport

    class Timed:
        def __init__(self, *arguments: Any) -> None:
            self._line = make(*arguments)

        def send(self, request: Any) -> HttpReply:
            begun = time.perf_counter()
            try:
                return self._line.send(request)
            finally:
                clock.away += time.perf_counter() - begun
                clock.calls += 1

        def close(self) -> None:
            close = getattr(self._line, "close", None)
            if close:
                close()

    ministry.make_transport = Timed  # type: ignore[assignment]
    try:
        yield
    finally:
        ministry.make_transport = make


def _copy(model: type[Model], key: Any, count: int, changes: dict[str, str]) -> None:
    """Insert copies of a row; `changes` gives columns SQL expressions in n, counted from 0."""
    from django.db import connection

    fields = [one for one in model._meta.concrete_fields if not one.primary_key or one.column in changes]
    values = [changes.get(str(one.column)) or _own(str(one.column)) for one in fields]
    columns = ", ".join(f'"{one.column}"' for one in fields)
    table, name = model._meta.db_table, model._meta.pk.column if model._meta.pk else "id"
    text = (
        "WITH RECURSIVE seq(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM seq WHERE n + 1 < %s) "  # noqa: S608 - our names
        f'INSERT INTO "{table}" ({columns}) SELECT {", ".join(values)} FROM "{table}", seq WHERE "{name}" = %s'
    )
    with connection.cursor() as cursor:
        cursor.execute(text, [count, key])


def _own(column: str) -> str:
    return "lower(hex(randomblob(16)))" if column == "uid" else f'"{column}"'


@contextmanager
def written(into: list[Statement]) -> Iterator[None]:
    """Note every statement that writes, until the block ends."""
    from django.db import connection

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(_WRITES):
            into.append((sql, params, many))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield


def save_copy(path: Path) -> None:
    """Write a copy of the database as it is now."""
    from django.db import connection

    connection.ensure_connection()
    target = sqlite3.connect(path)
    connection.connection.backup(target)
    target.close()


def replay(path: Path, statements: Sequence[Statement]) -> float:
    """Write the same rows in the same transactions with nothing but the database; return the seconds it took."""
    line = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        line.execute(f"PRAGMA {pragma}")
    ready = [(_marked(sql, params, many), params or (), many) for sql, params, many in statements]
    begun = time.perf_counter()
    for sql, params, many in ready:
        if sql.startswith("BEGIN") and line.in_transaction:
            line.execute("COMMIT")
        if many:
            line.executemany(sql, params)
        else:
            line.execute(sql, params).fetchall()
    if line.in_transaction:
        line.execute("COMMIT")
    seconds = time.perf_counter() - begun
    line.close()
    return seconds


def _marked(sql: str, params: Any, many: bool) -> str:
    first = next(iter(params), ()) if many and params else params
    return sql % (("?",) * len(first)) if first else sql
