"""The database itself refuses to touch what was issued, whoever asks and by whatever way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from sportello.billing.guards import FOLLOWING
from sportello.billing.models import Invoice, InvoiceGroup, InvoiceLine, Payment
from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry
from tests.billing.desk import issued, line, paid
from tests.world import World

FROZEN = sorted(
    str(field.column)
    for field in Invoice._meta.concrete_fields
    if field.column not in FOLLOWING and not field.primary_key
)


def change(table: str, column: str, pk: int) -> None:
    """Write another value of the column's own kind, past every model and check of ours."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM "{table}" WHERE id = %s', [pk])
        cursor.execute(f'UPDATE "{table}" SET "{column}" = %s WHERE id = %s', [_other(cursor.fetchone()[0]), pk])


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return "2001-02-03" if value is None else None


@pytest.mark.parametrize(
    "column", ["total", "services", "number", "issued_on", "snapshot", "patient_id", "printed_number"]
)
def test_issued_invoice_column_cannot_be_changed(world: World, column: str) -> None:
    invoice = issued(world, line("90.00"))
    with pytest.raises(IntegrityError):
        change("billing_invoice", column, invoice.pk)


def test_frozen_columns_are_all_but_those_that_follow() -> None:
    assert {"total", "inputs", "snapshot", "stamp", "customer_id", "remarks", "uid"} <= set(FROZEN)
    assert not FOLLOWING - {str(field.column) for field in Invoice._meta.concrete_fields}


def test_issued_invoice_cannot_be_deleted_nor_made_a_draft(world: World) -> None:
    invoice = issued(world)
    with acting(System("tests")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(state="DRAFT")
        with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("DELETE FROM billing_invoice WHERE id = %s", [invoice.pk])


@pytest.mark.parametrize("model", [InvoiceLine, InvoiceGroup])
def test_lines_and_groups_of_an_issued_invoice_are_frozen(world: World, model: Any) -> None:
    invoice = issued(world)
    with acting(System("tests")):
        row = model.objects.get(invoice=invoice)
        with pytest.raises(IntegrityError), transaction.atomic():
            row.delete()
        row.position = 9
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
        row.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)


def test_payment_can_be_voided_but_not_changed(world: World) -> None:
    invoice = paid(world)
    with acting(System("tests")):
        payment = Payment.objects.get(invoice=invoice)
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(amount=Decimal("1.00"))
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).delete()


def test_audit_entry_cannot_be_changed_nor_deleted(world: World) -> None:
    issued(world)
    with acting(System("tests")):
        entry = AuditEntry.objects.get(action="invoice.issue")
        with pytest.raises(IntegrityError), transaction.atomic():
            AuditEntry.objects.filter(pk=entry.pk).update(action="nothing")
        with pytest.raises(IntegrityError), transaction.atomic():
            AuditEntry.objects.filter(pk=entry.pk).delete()


def test_number_given_twice_is_refused_by_the_database(world: World) -> None:
    first, second = issued(world), issued(world)
    from sportello.core import guards

    guards.remove()
    try:
        with acting(System("tests")), pytest.raises(IntegrityError), transaction.atomic():
            Invoice.objects.filter(pk=second.pk).update(number=first.number)
    finally:
        guards.install()
