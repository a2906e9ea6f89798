"""Readied queries find what the querysets they come from find, for each value, person and connection."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.test.utils import CaptureQueriesContext

from sportello.billing.models import Invoice, InvoiceLine
from sportello.core.actors import NoActor, System, acting
from sportello.core.ready import Ready
from sportello.parties.models import BillingEntity, Counter, FiscalTerms
from tests.world import World

SYSTEM = System("test")


def test_one_of_several_keys_is_each_time_the_row_asked_for(world: World) -> None:
    query = Ready(BillingEntity, lambda key: BillingEntity.objects.filter(pk=key))
    with acting(SYSTEM):
        entities = list(BillingEntity.objects.order_by("pk"))
        assert len(entities) > 1
        for entity in entities:
            found = query.one(entity.pk)
            assert found.__dict__.keys() == entity.__dict__.keys()
            assert (found.pk, found.name, found.created_at) == (entity.pk, entity.name, entity.created_at)
            assert not found._state.adding


def test_rows_for_a_person_are_those_that_the_person_sees(world: World) -> None:
    query = Ready(BillingEntity, lambda key: BillingEntity.objects.filter(pk=key))
    with acting(SYSTEM):
        foreign = BillingEntity.objects.exclude(practice_id=world.ada.party_id)[0]
        assert query.one(foreign.pk) == foreign
    with acting(world.ada):
        assert query.rows(foreign.pk) == []
        with pytest.raises(BillingEntity.DoesNotExist):
            query.one(foreign.pk)


def test_rows_readied_after_a_person_asked_are_not_that_persons(world: World) -> None:
    query = Ready(BillingEntity, lambda key: BillingEntity.objects.filter(pk=key))
    with acting(SYSTEM):
        foreign = BillingEntity.objects.exclude(practice_id=world.ada.party_id)[0]
    with acting(world.ada):
        assert query.first(foreign.pk) is None
    with acting(SYSTEM):
        assert query.first(foreign.pk) == foreign


def test_rows_without_an_actor_are_refused(world: World) -> None:
    with pytest.raises(NoActor):
        Ready(BillingEntity, lambda key: BillingEntity.objects.filter(pk=key)).rows(1)


def test_rows_by_uuid_are_the_row_of_that_id(world: World) -> None:
    query = Ready(Invoice, lambda uid: Invoice.objects.filter(uid=uid))
    with acting(SYSTEM):
        for uid in (world.draft.uid, world.twin_draft.uid):
            assert query.one(uid).uid == uid
        assert query.first(uuid4()) is None


def test_rows_by_day_are_the_terms_that_began_before(world: World) -> None:
    query = Ready(FiscalTerms, lambda on: FiscalTerms.objects.filter(valid_from__lte=on).order_by("-valid_from", "pk"))
    with acting(SYSTEM):
        for day in {row.valid_from for row in FiscalTerms.objects.all()}:
            expected = FiscalTerms.objects.filter(valid_from__lte=day).order_by("-valid_from", "pk")
            assert query.rows(day) == list(expected)


def test_rows_with_a_related_one_read_both_in_one_statement(world: World) -> None:
    lines = InvoiceLine.objects.get_queryset
    with acting(SYSTEM):
        query = Ready(InvoiceLine, lambda key: lines().filter(invoice_id=key).select_related("service"))
        with CaptureQueriesContext(connection) as seen:
            (line,) = query.rows(world.draft.pk)
            assert line.service is not None
            assert line.service.pk == line.service_id
        assert len(seen) == 1
        assert line.quantity == lines().get(pk=line.pk).quantity


def test_rows_changed_in_between_are_read_again(world: World) -> None:
    query = Ready(Invoice, lambda key: Invoice.objects.filter(pk=key))
    with acting(SYSTEM):
        assert query.one(world.draft.pk).series_code == ""
        Invoice.objects.filter(pk=world.draft.pk).update(second_language="de")
        assert query.one(world.draft.pk).second_language == "de"


@pytest.mark.django_db(transaction=True)
def test_rows_to_lock_outside_of_a_transaction_are_refused(world: World) -> None:
    query = Ready(Counter, lambda year: Counter.objects.select_for_update().filter(year=year))
    with acting(SYSTEM):
        with transaction.atomic():
            query.rows(2026)
        with pytest.raises((RuntimeError, transaction.TransactionManagementError)):
            query.rows(2026)


def test_rows_bear_what_the_query_adds_to_them(world: World) -> None:
    lines = InvoiceLine.objects.get_queryset
    with acting(SYSTEM):
        mine = lines().filter(invoice_id=OuterRef("pk"))
        query = Ready(Invoice, lambda key: Invoice.objects.filter(pk=key).only("state").annotate(has=Exists(mine)))
        invoice = query.one(world.draft.pk)
        assert (vars(invoice)["has"], invoice.state) == (True, "DRAFT")
        lines().filter(invoice_id=world.draft.pk).delete()
        assert vars(query.one(world.draft.pk))["has"] is False
