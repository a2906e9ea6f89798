"""Many keys find what `IN` finds, and many rows written at once are those that a model would have saved."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.fields.json import KeyTextTransform
from django.test.utils import CaptureQueriesContext

from sportello.accounts.models import Person
from sportello.billing.models import Invoice, InvoiceLine, Payment
from sportello.core.actors import NoActor, System, acting
from sportello.core.models import ChangeMark
from sportello.core.ready_many import Among, ReadyInserts, plain_rows
from sportello.parties.models import BillingEntity, Site
from sportello.patients.models import Patient
from tests.billing.desk import paid
from tests.world import World

SYSTEM = System("test")


def test_among_finds_the_rows_with_these_keys(world: World) -> None:
    with acting(SYSTEM):
        keys = list(Patient.objects.order_by("pk").values_list("pk", flat=True))
        assert len(keys) > 2
        wanted = keys[:-1]
        assert set(Patient.objects.filter(Among("pk", wanted)).values_list("pk", flat=True)) == set(wanted)
        assert set(Patient.objects.exclude(Among("pk", wanted)).values_list("pk", flat=True)) == {keys[-1]}


def test_among_of_no_keys_finds_nothing_and_asks_nothing(world: World) -> None:
    with acting(SYSTEM), CaptureQueriesContext(connection) as asked:
        assert not list(Patient.objects.filter(Among("pk", [])))
        assert not asked.captured_queries
        assert Patient.objects.exclude(Among("pk", [])).exists()


def test_among_takes_a_column_of_a_joined_table(world: World) -> None:
    with acting(SYSTEM):
        mine = InvoiceLine.objects.filter(Among("invoice__entity_id", [world.studio.pk]))
        assert mine.exists()
        assert not InvoiceLine.objects.filter(Among("invoice__entity_id", [0])).exists()


def test_among_takes_more_keys_than_a_statement_has_places_by_default(world: World) -> None:
    with acting(SYSTEM):
        assert (
            Patient.objects.filter(Among("pk", range(10_000))).count() == Patient.objects.filter(pk__lt=10_000).count()
        )


def test_among_narrows_what_is_changed_and_deleted(world: World) -> None:
    with acting(SYSTEM):
        ChangeMark.objects.bulk_create([ChangeMark(topic="t", party_id=1, object_id=n) for n in range(3)])
        keys = list(ChangeMark.objects.order_by("pk").values_list("pk", flat=True))
        assert ChangeMark.objects.filter(Among("pk", keys[:2])).update(object_id=9) == 2
        ChangeMark.objects.filter(Among("pk", keys[:1])).delete()
        assert list(ChangeMark.objects.order_by("pk").values_list("pk", "object_id")) == [(keys[1], 9), (keys[2], 2)]


def test_among_refuses_what_is_no_whole_number() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Among("pk", ["1); DROP"])  # type: ignore[list-item]  # that is what is tried


def test_plain_rows_are_what_values_list_finds_in_its_order(world: World) -> None:
    invoice = paid(world)
    columns = ("invoice_id", "service_id", "nature", "vat_label", "quantity", "net", "bears_fund")
    with acting(SYSTEM):
        people = Patient.objects.order_by("-pk").values_list("uid", "family_name", "born_on", "archived_at", "pk")
        papers = Invoice.objects.filter(pk=invoice.pk).values_list(
            *("paid_on", "total", "traceable", "opposed", "issued_at", "corrects_id"),
            KeyTextTransform("customer", "inputs"),
            KeyTextTransform("unheard", "inputs"),
        )
        for rows in (people, papers, InvoiceLine.objects.order_by("pk").values_list(*columns)):
            wanted = list(rows)
            assert list(plain_rows(rows)) == wanted
            assert [[type(each) for each in row] for row in plain_rows(rows)] == [
                [type(each) for each in row] for row in wanted
            ]
        assert next(plain_rows(papers))[-2:] == ("PRIVATE", None)


def test_plain_rows_of_a_closed_column_stay_closed(world: World) -> None:
    with acting(SYSTEM):
        rows = plain_rows(Patient.objects.filter(pk=world.bruno.pk).values_list("uid", "practice_id", "codice_fiscale"))
        ((uid, party, stored),) = rows
        assert world.bruno.codice_fiscale not in stored
        field = Patient._meta.get_field("codice_fiscale")
        assert field.opened(stored, scope=f"party:{party}", uid=uid) == world.bruno.codice_fiscale


def test_plain_rows_finds_no_more_than_the_queryset_of_its_actor(world: World) -> None:
    with acting(world.olga):
        assert world.bruno.pk not in {pk for (pk,) in plain_rows(Patient.objects.values_list("pk"))}


def test_plain_rows_of_nothing_is_empty(world: World) -> None:
    with acting(SYSTEM):
        assert not list(plain_rows(Patient.objects.filter(Among("pk", [])).values_list("pk")))
        assert not list(plain_rows(Patient.objects.filter(pk=0).values_list("pk", "uid")))


def test_plain_rows_refuse_a_column_whose_values_can_be_changed(world: World) -> None:
    paid(world)
    with acting(SYSTEM), pytest.raises(TypeError, match="JSON column"):
        plain_rows(Invoice.objects.values_list("pk", "inputs"))


def test_insert_writes_what_a_model_would_have_saved(world: World) -> None:
    wanted = Patient._meta.get_field("codice_fiscale")
    inserts = ReadyInserts(Patient, ["uid", "practice", "family_name", "given_name", "folded_name", "codice_fiscale"])
    uids = [uuid.uuid4(), uuid.uuid4()]
    party = world.ada.party_id
    with acting(SYSTEM):
        rows = (
            (uid, party, "Prova", "Anna", "prova anna", wanted.closed(code, scope=f"party:{party}", uid=uid))
            for uid, code in zip(uids, ("PRVNNA80A41H501A", ""), strict=True)
        )
        assert inserts.insert(rows) == 2
        first, second = (Patient.objects.get(uid=uid) for uid in uids)
        assert (first.codice_fiscale, second.codice_fiscale) == ("PRVNNA80A41H501A", "")
        saved = Patient(practice_id=party, family_name="Prova", given_name="Anna", folded_name="prova anna")
        saved.save()
        saved.refresh_from_db()
        own = {"_state", "_prefetched_objects_cache", "id", "uid", "codice_fiscale", "created_at", "updated_at"}
        written = {name: value for name, value in second.__dict__.items() if name not in own}
        assert written == {name: value for name, value in saved.__dict__.items() if name not in own}
        assert abs((saved.created_at - second.created_at).total_seconds()) < 60


def test_insert_of_plain_text_into_a_closed_column_is_refused(world: World) -> None:
    inserts = ReadyInserts(Patient, ["uid", "practice", "codice_fiscale"])
    with acting(SYSTEM), pytest.raises(TypeError, match="is encrypted"):
        inserts.insert([(uuid.uuid4(), world.ada.party_id, "PRVNNA80A41H501A")])


def test_insert_of_parts_of_a_cent_is_refused(world: World) -> None:
    inserts = ReadyInserts(Payment, ["amount"])
    with acting(SYSTEM), pytest.raises(ValueError, match="whole cents"):
        inserts.insert([(Decimal("1.00"),), (Decimal("1.005"),)])


def test_insert_takes_values_as_a_model_does_and_nothing(world: World) -> None:
    inserts = ReadyInserts(Patient, ["uid", "practice", "family_name", "folded_name", "born_on"])
    uids = [uuid.uuid4() for _ in range(3)]
    days = ["1980-01-31", date(1980, 1, 31), None]
    with acting(SYSTEM):
        inserts.insert(
            (given, world.ada.party_id, "Prova", f"prova {day}", day)
            for given, day in zip((str(uids[0]), *uids[1:]), days, strict=True)
        )
        found = [Patient.objects.get(uid=uid).born_on for uid in uids]
    assert found == [date(1980, 1, 31), date(1980, 1, 31), None]


def test_insert_of_a_row_of_another_length_is_refused(world: World) -> None:
    inserts = ReadyInserts(Site, ["practice", "name"])
    with acting(SYSTEM), pytest.raises(ValueError, match="argument 2 is"):
        inserts.insert([(world.ada.party_id, "Uno"), (world.ada.party_id,)])
    with acting(SYSTEM), pytest.raises(ValueError, match="argument 2 is"):
        inserts.insert([(world.ada.party_id,)])


def test_insert_is_refused_whole_when_one_row_breaks_a_constraint(world: World) -> None:
    inserts = ReadyInserts(Patient, ["uid", "practice", "folded_name", "no_italian_code"])
    rows = [(uuid.uuid4(), world.ada.party_id, f"prova {n}", n == 1) for n in range(3)]
    with acting(SYSTEM):
        before = Patient.objects.count()
        with pytest.raises(IntegrityError), transaction.atomic():
            inserts.insert(rows)
        assert Patient.objects.count() == before


def test_insert_of_nothing_asks_nothing(world: World) -> None:
    with acting(SYSTEM), CaptureQueriesContext(connection) as asked:
        assert ReadyInserts(Site, ["practice", "name"]).insert([]) == 0
    assert not asked.captured_queries


def test_insert_without_an_actor_is_refused() -> None:
    with pytest.raises(NoActor):
        ReadyInserts(BillingEntity, ["name"]).insert([("Prova",)])


def test_ready_inserts_refuse_a_model_with_a_save_of_its_own() -> None:
    with pytest.raises(TypeError, match="own way"):
        ReadyInserts(Person, ["email"])
