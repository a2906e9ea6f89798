from dataclasses import replace
from datetime import date

import pytest

from sportello.core.actors import MayNot, System, acting
from sportello.core.models import AuditEntry, OutgoingMail
from sportello.parties.contacts import Address
from sportello.parties.models import BankAccount, BillingEntity, Counter, Series, Site
from sportello.parties.operations import (
    Refused,
    add_account,
    add_series,
    add_site,
    close_account,
    close_series,
    create_entity,
    edit_entity,
    edit_practice,
    edit_site,
    prefer_account,
    remove_logo,
    reopen_series,
    set_logo,
    set_start_number,
)
from sportello.parties.queries import entity_detail, entity_rows, logo_of, practice_shown
from sportello.parties.values import EntityValues, PracticeValues, SeriesValues, SiteValues
from tests.world import DAY, IBAN

HOME = Address("Via Prova 9", "40100", "Bologna", "BO")
NEW = EntityValues(name="Studio Nuovo", partita_iva="IT05555550374", codice_fiscale="rssdaa79h51a944u", address=HOME)
OTHER_IBAN = "it24 d054 2811 1010 0000 0654 321"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fccfc0500f0004"
    "8501807e6fd5260000000049454e44ae426082"
)


def _codes(refused):
    return {(each.field, each.code) for each in refused.value.refusals}


def _last(action):
    with acting(System("test")):
        return AuditEntry.objects.filter(action=action).order_by("-pk").first()


def test_edit_practice_keeps_old_and_new_in_the_audit(world):
    edit_practice(actor=world.ada, values=replace(practice_shown(world.ada).values, name="Studio Rossi e Neri"))
    assert _last("practice.edit").details == {"changes": {"name": ["Studio Rossi", "Studio Rossi e Neri"]}}


def test_edit_practice_by_a_collaborator_may_not(world):
    with pytest.raises(MayNot, match="owner"):
        edit_practice(actor=world.elena, values=PracticeValues(name="X"))


def test_edit_practice_gathers_every_reason(world):
    values = PracticeValues(name="", email="a@", time_zone="Mars/Base", language="xx", retention_years=5)
    with pytest.raises(Refused) as refused:
        edit_practice(actor=world.ada, values=values)
    assert {field for field, _code in _codes(refused)} == {"name", "email", "time_zone", "language", "retention_years"}


def test_add_site_and_close_it(world):
    site = add_site(actor=world.ada, values=SiteValues("Seconda sede", HOME))
    edit_site(actor=world.ada, site_id=site.pk, values=SiteValues("Seconda sede", HOME, is_active=False))
    assert [(each.values.name, each.values.is_active) for each in practice_shown(world.ada).sites] == [
        ("Sede", True),
        ("Seconda sede", False),
    ]


def test_edit_site_of_another_practice_is_not_found(world):
    with acting(world.ada):
        site = Site.objects.get()
    with pytest.raises(Site.DoesNotExist):
        edit_site(actor=world.olga, site_id=site.pk, values=SiteValues("X", HOME))
    with pytest.raises(MayNot):
        edit_site(actor=world.elena, site_id=site.pk, values=SiteValues("X", HOME))


def test_add_site_without_an_address_is_refused(world):
    with pytest.raises(Refused) as refused:
        add_site(actor=world.ada, values=SiteValues("Sede"))
    assert {field for field, _code in _codes(refused)} == {"street", "postal_code", "city"}
    with pytest.raises(MayNot):
        add_site(actor=world.elena, values=SiteValues("X", HOME))


def test_create_entity_comes_with_its_first_series(world):
    entity = create_entity(actor=world.ada, values=NEW)
    detail = entity_detail(world.ada, entity.pk, today=DAY)
    assert [each.code for each in detail.series] == ["A", "E", "NC", "BIS"]
    assert (detail.values.partita_iva, detail.values.codice_fiscale) == ("05555550374", "RSSDAA79H51A944U")
    assert detail.terms == []


def test_create_entity_by_a_collaborator_may_not(world):
    with pytest.raises(MayNot, match="owner"):
        create_entity(actor=world.elena, values=NEW)


def test_create_entity_gathers_every_reason(world):
    with pytest.raises(Refused) as refused:
        create_entity(actor=world.ada, values=EntityValues(name=" ", partita_iva="123", tax_kind="club"))
    assert {"name", "partita_iva", "tax_kind", "street"} <= {field for field, _code in _codes(refused)}


def test_create_entity_twice_is_refused(world):
    create_entity(actor=world.ada, values=NEW)
    with pytest.raises(Refused, match="entity_exists"):
        create_entity(actor=world.ada, values=NEW)


def test_create_entity_of_a_person_needs_the_code(world):
    with pytest.raises(Refused) as refused:
        create_entity(actor=world.ada, values=replace(NEW, codice_fiscale=""))
    assert _codes(refused) == {("codice_fiscale", "issuer_code_missing")}


def test_edit_entity_masks_the_code_in_the_audit(world):
    values = entity_detail(world.ada, world.studio.pk, today=DAY).values
    edit_entity(
        actor=world.ada,
        entity_id=world.studio.pk,
        values=replace(values, codice_fiscale="VRDBRN80E12A944U", title="Dott."),
    )
    changed = _last("entity.edit").details["changes"]
    assert changed == {"title": ["Dott.ssa", "Dott."], "codice_fiscale": ["…", "…"]}


def test_edit_entity_of_another_practice_is_not_found(world):
    with pytest.raises(BillingEntity.DoesNotExist):
        edit_entity(actor=world.olga, entity_id=world.studio.pk, values=NEW)
    with pytest.raises(MayNot):
        edit_entity(actor=world.elena, entity_id=world.studio.pk, values=NEW)


def test_edit_entity_that_has_issued_keeps_its_partita_iva(world):
    with acting(System("test")):
        Counter.objects.create(series=world.rossi.series["A"], year=2026, last_number=1, last_date=DAY)
    with pytest.raises(Refused, match="partita_iva_in_use"):
        edit_entity(actor=world.ada, entity_id=world.studio.pk, values=NEW)


def test_set_logo_and_remove_it(world):
    set_logo(actor=world.ada, entity_id=world.studio.pk, picture=PNG, name="logo.png")
    assert logo_of(world.ada, world.studio.pk).media_type == "image/png"
    remove_logo(actor=world.ada, entity_id=world.studio.pk)
    remove_logo(actor=world.ada, entity_id=world.studio.pk)
    assert entity_detail(world.ada, world.studio.pk, today=DAY).logo_id is None


def test_set_logo_that_is_a_zip_is_refused(world):
    from sportello.core.files.content import FileRefused

    with pytest.raises(FileRefused):
        set_logo(actor=world.ada, entity_id=world.studio.pk, picture=b"PK\x03\x04" + b"0" * 2000, name="logo.png")


@pytest.mark.parametrize("operation", ["set", "remove"])
def test_logo_of_another_practice_is_not_found(world, operation):
    def act(actor):
        if operation == "set":
            return set_logo(actor=actor, entity_id=world.studio.pk, picture=PNG, name="x")
        return remove_logo(actor=actor, entity_id=world.studio.pk)

    with pytest.raises(BillingEntity.DoesNotExist):
        act(world.olga)
    with pytest.raises(MayNot):
        act(world.elena)


def test_add_series_keeps_its_code(world):
    series = add_series(actor=world.ada, entity_id=world.studio.pk, values=SeriesValues(" corsi1", yearly=False))
    assert (series.code, series.yearly) == ("CORSI1", False)
    assert _last("series.add").details["code"] == "CORSI1"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (SeriesValues("A/1"), "series_code_form"),
        (SeriesValues("a"), "series_code_taken"),
        (SeriesValues("Z", "main"), "series_purpose_taken"),
        (SeriesValues("Z", "club"), "choice_unknown"),
    ],
)
def test_add_series_with_a_wrong_value_is_refused(world, values, code):
    with pytest.raises(Refused, match=code):
        add_series(actor=world.ada, entity_id=world.studio.pk, values=values)


def test_add_series_of_another_practice_is_not_found(world):
    with pytest.raises(BillingEntity.DoesNotExist):
        add_series(actor=world.olga, entity_id=world.studio.pk, values=SeriesValues("Z"))
    with pytest.raises(MayNot):
        add_series(actor=world.elena, entity_id=world.studio.pk, values=SeriesValues("Z"))


def test_close_series_and_reopen_it(world):
    late = world.rossi.series["BIS"]
    close_series(actor=world.ada, series_id=late.pk)
    add_series(actor=world.ada, entity_id=world.studio.pk, values=SeriesValues("TARD", "late"))
    with pytest.raises(Refused, match="series_purpose_taken"):
        reopen_series(actor=world.ada, series_id=late.pk)


@pytest.mark.parametrize("code", ["A", "NC"])
def test_close_series_that_is_always_needed_is_refused(world, code):
    with pytest.raises(Refused, match="series_needed"):
        close_series(actor=world.ada, series_id=world.rossi.series[code].pk)


@pytest.mark.parametrize("operation", [close_series, reopen_series])
def test_series_of_another_practice_is_not_found(world, operation):
    with pytest.raises(Series.DoesNotExist):
        operation(actor=world.olga, series_id=world.rossi.series["BIS"].pk)
    with pytest.raises(MayNot):
        operation(actor=world.elena, series_id=world.rossi.series["BIS"].pk)


def _start(world, number, actor=None, year=2026):
    return set_start_number(actor=actor or world.ada, series_id=world.rossi.series["A"].pk, year=year, number=number)


def test_set_start_number_gives_it_to_the_first_paper(world):
    assert _start(world, 41).last_number == 40
    shown = entity_detail(world.ada, world.studio.pk, today=DAY).series[0]
    assert (shown.next_number, shown.may_start) == (41, False)
    assert _last("series.start").details == {"year": 2026, "changes": {"start_number": [1, 41]}}


def test_set_start_number_is_of_one_year(world):
    _start(world, 41, year=2025)
    assert entity_detail(world.ada, world.studio.pk, today=DAY).series[0].next_number == 1


def test_set_start_number_twice_is_refused(world):
    _start(world, 41)
    with pytest.raises(Refused, match="start_number_set"):
        _start(world, 50)


def test_set_start_number_of_a_series_with_papers_is_refused(world):
    with acting(System("test")):
        Counter.objects.create(series=world.rossi.series["A"], year=2026, last_number=1, last_date=DAY)
    with pytest.raises(Refused, match="series_not_empty"):
        _start(world, 41)


@pytest.mark.parametrize("number", [1, 0, -3, 1_000_000])
def test_set_start_number_out_of_range_is_refused(world, number):
    with pytest.raises(Refused, match="start_number_range"):
        _start(world, number)


def test_set_start_number_of_an_endless_series_leaves_the_year_out(world):
    series = add_series(actor=world.ada, entity_id=world.studio.pk, values=SeriesValues("INF", yearly=False))
    assert set_start_number(actor=world.ada, series_id=series.pk, year=2026, number=9).year == 0


def test_set_start_number_of_another_practice_is_not_found(world):
    with pytest.raises(Series.DoesNotExist):
        _start(world, 41, world.olga)
    with pytest.raises(MayNot):
        _start(world, 41, world.elena)


def test_add_account_checks_keeps_and_tells_the_owners(world):
    account = add_account(actor=world.ada, entity_id=world.studio.pk, label="Secondo", iban=OTHER_IBAN)
    with acting(System("test")):
        stored = BankAccount.objects.get(pk=account.pk)
        (mail,) = OutgoingMail.objects.filter(purpose="account_change")
    assert (stored.iban, stored.is_default) == ("IT24D0542811101000000654321", False)
    assert mail.recipient == "ada@posta.example"
    assert "IT24" not in mail.subject + mail.text + str(_last("account.add").details)


def test_add_account_is_the_default_when_it_is_the_first(world):
    assert add_account(actor=world.ada, entity_id=world.forfait.pk, label="Conto", iban=OTHER_IBAN).is_default


@pytest.mark.parametrize(
    ("label", "iban", "code"),
    [
        ("", OTHER_IBAN, "text_missing"),
        ("X", "IT61X0542811101000000123456", "iban_check_digits"),
        ("X", IBAN, "iban_twice"),
    ],
)
def test_add_account_with_a_wrong_value_is_refused(world, label, iban, code):
    with pytest.raises(Refused, match=code):
        add_account(actor=world.ada, entity_id=world.studio.pk, label=label, iban=iban)


def test_add_account_of_another_practice_is_not_found(world):
    with pytest.raises(BillingEntity.DoesNotExist):
        add_account(actor=world.olga, entity_id=world.studio.pk, label="X", iban=OTHER_IBAN)
    with pytest.raises(MayNot):
        add_account(actor=world.elena, entity_id=world.studio.pk, label="X", iban=OTHER_IBAN)


def test_prefer_account_leaves_one_default(world):
    account = add_account(actor=world.ada, entity_id=world.studio.pk, label="Secondo", iban=OTHER_IBAN)
    prefer_account(actor=world.ada, account_id=account.pk)
    shown = entity_detail(world.ada, world.studio.pk, today=DAY).accounts
    assert [(each.label, each.is_default) for each in shown] == [("Secondo", True), ("Conto", False)]


def test_close_account_prints_it_no_more(world):
    close_account(actor=world.ada, account_id=world.rossi.account.pk)
    (shown,) = entity_detail(world.ada, world.studio.pk, today=DAY).accounts
    assert (shown.is_active, shown.is_default) == (False, False)


@pytest.mark.parametrize("operation", [prefer_account, close_account])
def test_account_of_another_practice_is_not_found(world, operation):
    with pytest.raises(BankAccount.DoesNotExist):
        operation(actor=world.olga, account_id=world.rossi.account.pk)
    with pytest.raises(MayNot):
        operation(actor=world.elena, account_id=world.rossi.account.pk)


def test_entity_rows_are_those_granted(world, django_assert_num_queries):
    with django_assert_num_queries(2):
        rows = entity_rows(world.ada, today=DAY)
    assert [(row.name, row.regime, row.fund) for row in rows] == [
        ("Ada Rossi", "RF01", "ENPAP"),
        ("Elena Neri", "RF19", "ENPAP"),
    ]
    assert [row.name for row in entity_rows(world.carla, today=DAY)] == ["Ada Rossi"]


def test_entity_rows_before_the_first_terms_have_no_regime(world):
    assert {row.regime for row in entity_rows(world.ada, today=date(2020, 1, 1))} == {""}


def test_entity_detail_of_an_entity_not_granted_is_not_found(world):
    with pytest.raises(BillingEntity.DoesNotExist):
        entity_detail(world.carla, world.forfait.pk, today=DAY)
