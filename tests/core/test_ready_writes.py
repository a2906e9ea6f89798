"""Readied inserts and updates leave in the database what `save` leaves, and fail where it fails."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextvars import Context
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from sportello.accounts.models import Person
from sportello.billing.models import Invoice, InvoiceGroup
from sportello.core.actors import NoActor, System, acting
from sportello.core.models import AuditEntry, AuditHead, Job
from sportello.core.ready_writes import ReadyInsert, ReadyUpdate
from tests.world import World

AT = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _as_software(db: None) -> Iterator[None]:
    with acting(System("test")):
        yield


def job(key: str = "1", **more: Any) -> Job:
    return Job(handler="test.quiet", object_id=7, party_id=3, key=key, next_run_at=AT, created_at=AT, **more)


def entry(sequence: int) -> AuditEntry:
    return AuditEntry(
        chain=9, sequence=sequence, at=AT, party_id=9, action="test.deed", details={"amount": "1.00", "codes": ["è"]}
    )


def columns(row: models.Model) -> dict[str, Any]:
    """Return all that the database holds of a row, but its key and its place."""
    stored = type(row)._base_manager.filter(pk=row.pk).values().get()
    return {name: value for name, value in stored.items() if name not in {"id", "sequence", "invoice_id"}}


def test_insert_writes_what_save_writes() -> None:
    readied, saved = entry(1), entry(2)
    assert ReadyInsert(AuditEntry).insert(readied)
    saved.save(force_insert=True)
    assert readied.pk != saved.pk
    assert columns(readied) == columns(saved)
    assert not readied._state.adding


def test_insert_again_writes_another_row_with_its_own_key() -> None:
    jobs = ReadyInsert(Job)
    first, second = job("1"), job("2")
    assert jobs.insert(first)
    with CaptureQueriesContext(connection) as seen:
        assert jobs.insert(second)
    assert len(seen) == 1
    assert list(Job.objects.order_by("pk").values_list("pk", "key")) == [(first.pk, "1"), (second.pk, "2")]


def test_insert_of_a_row_with_a_key_of_its_own_keeps_it() -> None:
    assert ReadyInsert(AuditHead).insert(AuditHead(chain=77, sequence=1, hash="0" * 64))
    assert AuditHead.objects.get(pk=77).sequence == 1


def test_insert_of_a_row_that_has_a_key_from_the_database_is_refused() -> None:
    with pytest.raises(ValueError, match="gets its key"):
        ReadyInsert(Job).insert(job(pk=5))


def test_insert_of_what_is_there_breaks_the_transaction() -> None:
    jobs = ReadyInsert(Job)
    jobs.insert(job())
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            jobs.insert(job())
        with pytest.raises(TransactionManagementError):
            Job.objects.exists()
        transaction.set_rollback(True)
    assert Job.objects.count() == 1


def test_insert_unless_there_leaves_what_is_there_and_says_so() -> None:
    jobs = ReadyInsert(Job, unless_there=True)
    assert jobs.insert(job())
    second = job()
    assert not jobs.insert(second)
    assert second.pk is None
    heads = ReadyInsert(AuditHead, unless_there=True)
    assert heads.insert(AuditHead(chain=77, sequence=1, hash="0" * 64))
    assert not heads.insert(AuditHead(chain=77, sequence=2, hash="1" * 64))
    assert AuditHead.objects.get(pk=77).sequence == 1
    assert Job.objects.count() == 1


def test_insert_unless_there_of_a_row_that_contradicts_itself_is_an_error() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadyInsert(Job, unless_there=True).insert(job(state="unheard of"))


def test_insert_writes_amounts_as_cents(world: World) -> None:
    group = InvoiceGroup(invoice=world.draft, position=1, treatment="EXEMPT_HEALTH", vat_label="N4")
    group.services, group.fund, group.taxable, group.vat = map(Decimal, ("70.00", "1.40", "71.40", "0.00"))
    ReadyInsert(InvoiceGroup).insert(group)
    assert InvoiceGroup.objects.get(pk=group.pk).taxable == Decimal("71.40")


def test_update_writes_its_columns_and_no_other(world: World) -> None:
    names = ("remarks", "inputs", "planned_on", "stamp_base", "paid_on", "portal_visible", "updated_at")
    invoice = Invoice.objects.get(pk=world.draft.pk)
    before, twin = columns(invoice), copy.copy(invoice)
    for row in (invoice, twin):
        row.remarks, row.inputs, row.planned_on = "Grazie", {"regime": "RF01", "fund": None}, AT.date()
        row.stamp_base, row.paid_on, row.portal_visible, row.channel = Decimal("12.34"), None, False, "not written"
    ReadyUpdate(Invoice, names).update(invoice)
    readied = columns(invoice)
    twin.save(update_fields=names)
    saved = columns(twin)
    assert {name for name, value in readied.items() if value != before[name]} == {*names} - {"paid_on"}
    apart = {"remarks", "updated_at"}  # closed anew and stamped anew each time
    assert {name for name, value in readied.items() if value != saved[name]} == apart
    stored = Invoice.objects.get(pk=world.draft.pk)
    assert stored.remarks == "Grazie"
    assert stored.updated_at > before["updated_at"]


def test_update_changes_the_row_it_is_given_alone() -> None:
    heads = [AuditHead.objects.create(chain=chain, sequence=1, hash="0" * 64) for chain in (71, 72)]
    update = ReadyUpdate(AuditHead, ["sequence", "hash"])
    heads[0].sequence = 5
    update.update(heads[0])
    assert dict(AuditHead.objects.filter(chain__in=(71, 72)).values_list("chain", "sequence")) == {71: 5, 72: 1}
    with transaction.atomic():
        update.update(heads[1])
        transaction.set_rollback(True)
    assert AuditHead.objects.get(chain=72).sequence == 1


def test_insert_many_writes_what_save_writes() -> None:
    ReadyInsert(AuditEntry).insert_many([entry(1), entry(2)])
    entry(3).save()
    first, second, saved = AuditEntry.objects.filter(chain=9).order_by("sequence")
    assert columns(first) == columns(second) == columns(saved)


def test_insert_many_of_what_is_there_writes_none() -> None:
    entry(1).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadyInsert(AuditEntry).insert_many([entry(2), entry(1)])
    assert AuditEntry.objects.filter(chain=9).count() == 1


def test_update_many_changes_the_rows_it_is_given_alone() -> None:
    heads = [AuditHead.objects.create(chain=chain, sequence=1, hash="0" * 64) for chain in (71, 72, 73)]
    heads[0].sequence, heads[1].sequence, heads[2].sequence = 5, 6, 7
    ReadyUpdate(AuditHead, ["sequence"]).update_many(heads[:2])
    found = dict(AuditHead.objects.filter(chain__in=(71, 72, 73)).values_list("chain", "sequence"))
    assert found == {71: 5, 72: 6, 73: 1}


def test_update_many_with_a_row_that_is_gone_changes_none() -> None:
    there = AuditHead.objects.create(chain=71, sequence=1, hash="0" * 64)
    there.sequence = 5
    with pytest.raises(DatabaseError, match="not there"), transaction.atomic():
        ReadyUpdate(AuditHead, ["sequence"]).update_many([there, AuditHead(chain=70, sequence=1, hash="0" * 64)])
    assert AuditHead.objects.get(chain=71).sequence == 1


def test_update_of_a_row_that_is_gone_is_an_error() -> None:
    with pytest.raises(DatabaseError, match="not there"), transaction.atomic():
        ReadyUpdate(AuditHead, ["sequence"]).update(AuditHead(chain=70, sequence=1, hash="0" * 64))


def test_update_that_the_database_refuses_breaks_the_transaction(world: World) -> None:
    world.draft.total = Decimal("99.00")
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            ReadyUpdate(Invoice, ["total"]).update(world.draft)
        with pytest.raises(TransactionManagementError):
            Invoice.objects.exists()
        transaction.set_rollback(True)


def test_write_without_an_actor_is_refused() -> None:
    nobody = Context()
    with pytest.raises(NoActor):
        nobody.run(ReadyInsert(Job).insert, job())
    with pytest.raises(NoActor):
        nobody.run(ReadyInsert(Job).insert_many, [job()])
    with pytest.raises(NoActor):
        nobody.run(ReadyUpdate(AuditHead, ["sequence"]).update_many, [AuditHead(chain=1, sequence=1, hash="")])
    with pytest.raises(NoActor):
        nobody.run(ReadyUpdate(AuditHead, ["sequence"]).update, AuditHead(chain=1, sequence=1, hash=""))


def test_write_of_a_model_that_saves_in_its_own_way_is_refused() -> None:
    with pytest.raises(TypeError, match="own way"):
        ReadyInsert(Person)
    with pytest.raises(TypeError, match="own way"):
        ReadyUpdate(Person, ["email"])
