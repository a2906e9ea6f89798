"""Two deeds of one party that share work for later wait in one order: the database need not end either."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from sportello.core import audit, outbox
from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry, Job

pytestmark = pytest.mark.django_db(transaction=True)
PARTY, WORK, KEY = 71, "billing.render_paper", "shared"
WHO = System("tests", PARTY)


def _until_somebody_waits() -> None:
    """Return once another connection waits for a lock."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_enqueue_waits_where_audit_entries_wait():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: two deeds are never half done at once")
    audited = threading.Event()

    def entry_then_work() -> None:
        with acting(WHO), transaction.atomic():
            audit.record(WHO, "test.first")
            audited.set()
            _until_somebody_waits()
            outbox.enqueue(WORK, 1, party_id=PARTY, key=KEY)

    def work_then_entry() -> None:
        assert audited.wait(60)
        with acting(WHO), transaction.atomic():
            outbox.enqueue(WORK, 1, party_id=PARTY, key=KEY)
            audit.record(WHO, "test.second")

    def closing(deed) -> None:
        try:
            deed()
        finally:
            connections.close_all()

    with acting(WHO), transaction.atomic():
        audit.record(WHO, "test.before")
    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(closing, deed) for deed in (entry_then_work, work_then_entry)]:
            running.result(timeout=120)
    with acting(WHO):
        actions = list(AuditEntry.objects.filter(chain=PARTY).order_by("sequence").values_list("action", flat=True))
        assert actions == ["test.before", "test.first", "test.second"]
        assert Job.objects.filter(party_id=PARTY, key=KEY).count() == 1
