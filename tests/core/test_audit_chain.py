"""Entries written at once hang in the chain as entries written one after the other do."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from sportello.core import audit
from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry

CHAIN = 41
WHO = System("sistema ts", CHAIN)


def deed(number: int) -> audit.Deed:
    return audit.Deed("sts.accepted", audit.Subject("expense", number, 3, 5), {"codes": ["è"], "invoice_id": number})


def content(sequence: int) -> dict[str, Any]:
    entry = AuditEntry.objects.get(chain=CHAIN, sequence=sequence)
    apart = {"sequence", "previous_hash", "at"}
    return {name: getattr(entry, name) for name in AuditEntry.CHAINED if name not in apart}


@pytest.mark.django_db
def test_record_many_appends_what_record_appends() -> None:
    with acting(WHO):
        with transaction.atomic():
            audit.record(WHO, "sts.send", audit.Subject("expense", 1))
            audit.record_many(WHO, [deed(2), deed(3)])
            audit.record(WHO, *deed(2)[:2], **deed(2).details)
        assert set(AuditEntry.objects.filter(chain=CHAIN).values_list("sequence", flat=True)) == {1, 2, 3, 4}
        assert content(2) == content(4) != content(3)
        assert not list(audit.verify(CHAIN))


@pytest.mark.django_db
def test_record_many_of_nothing_begins_no_chain() -> None:
    with acting(WHO), transaction.atomic():
        audit.record_many(WHO, [])
        assert not AuditEntry.objects.filter(chain=CHAIN).exists()


@pytest.mark.django_db(transaction=True)
def test_record_many_outside_of_a_transaction_is_refused() -> None:
    with acting(WHO), pytest.raises(RuntimeError, match="transaction"):
        audit.record_many(WHO, [deed(1)])
