from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sportello.billing.models import EntityWording, Service
from sportello.billing.operations.catalogue import ServiceValues, create_service, edit_service, move_service
from sportello.billing.operations.fiscal_terms import set_terms, withdraw_terms
from sportello.billing.operations.wordings import set_wording, withdraw_wording
from sportello.billing.queries.settings import (
    law_records,
    price_list,
    service_shown,
    treatments_offered,
    wording_keys,
    wordings_of,
)
from sportello.billing.reference import Kind
from sportello.billing.rules.treatments import Regime, Treatment
from sportello.core.actors import MayNot, Switch, System, acting
from sportello.core.models import AuditEntry
from sportello.core.refusals import Refused
from sportello.parties.models import BillingEntity, Counter, FiscalTerms
from sportello.parties.queries import entity_detail
from sportello.parties.values import TermsValues
from tests.world import DAY, TERMS_FROM, only

LATER = date(2026, 7, 1)
FLAT = TermsValues(valid_from=LATER, regime="RF19", fund="ENPAP", fund_rate=Decimal("2"))
YOGA = ServiceValues("yoga-1", "Seduta  di prova", Decimal("80.00"), "EXEMPT_HEALTH", "HEALTH", names={"en": "Session"})
KEY = "vat.EXEMPT_HEALTH"


def _terms(world, values=FLAT, actor=None):
    return set_terms(actor=actor or world.ada, entity_id=world.studio.pk, values=values)


def _issued(world, day=DAY):
    with acting(System("test")):
        Counter.objects.create(series=world.rossi.series["A"], year=day.year, last_number=1, last_date=day)


def test_set_terms_begins_new_ones_and_leaves_the_old(world):
    _terms(world)
    shown = entity_detail(world.ada, world.studio.pk, today=DAY).terms
    assert [(each.state, each.values.regime, each.until) for each in shown] == [
        ("FUTURE", "RF19", None),
        ("CURRENT", "RF01", date(2026, 6, 30)),
    ]
    assert shown[0].values.stamp_nature == "N2.2"


def test_set_terms_of_the_same_day_replaces_them_while_nothing_was_issued(world):
    _terms(world)
    _terms(world, replace(FLAT, fund_rate=Decimal("4")))
    with acting(System("test")):
        assert FiscalTerms.objects.get(entity=world.studio, valid_from=LATER).fund_rate == 4
        changed = AuditEntry.objects.filter(action="terms.set").order_by("-pk")[0].details["changes"]
    assert list(changed) == ["fund_rate"]


def test_set_terms_on_the_day_of_the_last_paper_is_refused(world):
    _issued(world, LATER)
    with pytest.raises(Refused, match="terms_before_issued") as refused:
        _terms(world)
    assert refused.value.figures["latest"] == LATER


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"regime": "RF02"}, "regime", "choice_unknown"),
        ({"fund": "NOBODY"}, "fund", "fund_unknown"),
        ({"fund": ""}, "fund_rate", "rate_without_fund"),
        ({"fund_rate": Decimal("101")}, "fund_rate", "rate_range"),
        ({"withholding_rate": Decimal("0.001")}, "withholding_rate", "rate_too_precise"),
        ({"stamp_nature": "N1"}, "stamp_nature", "stamp_nature_of_another_regime"),
        ({"stamp_policy": "gift"}, "stamp_policy", "choice_unknown"),
        ({"stamp_mode": "sky"}, "stamp_mode", "choice_unknown"),
    ],
)
def test_set_terms_with_a_wrong_value_is_refused(world, change, field, code):
    with pytest.raises(Refused) as refused:
        _terms(world, replace(FLAT, **change))
    assert [(each.field, each.code) for each in refused.value.refusals] == [(field, code)]


def test_set_terms_by_authorisation_needs_number_and_day(world):
    virtual = replace(FLAT, stamp_mode="virtual_authorisation")
    with pytest.raises(Refused) as refused:
        _terms(world, virtual)
    assert {each.code for each in refused.value.refusals} == {
        "authorisation_number_missing",
        "authorisation_day_missing",
    }
    _terms(world, replace(virtual, stamp_authorisation="1/2020", stamp_authorised_on=date(2020, 1, 1)))
    with pytest.raises(Refused, match="authorised_after_start"):
        _terms(world, replace(virtual, stamp_authorisation="1", stamp_authorised_on=date(2027, 1, 1)))


def test_set_terms_of_another_practice_is_not_found(world):
    with pytest.raises(BillingEntity.DoesNotExist):
        _terms(world, actor=world.olga)
    with pytest.raises(MayNot):
        _terms(world, actor=world.elena)


def test_withdraw_terms_that_nobody_used(world):
    terms = _terms(world)
    withdraw_terms(actor=world.ada, terms_id=terms.pk)
    assert len(entity_detail(world.ada, world.studio.pk, today=DAY).terms) == 1


def test_withdraw_terms_with_papers_is_refused(world):
    _issued(world)
    with acting(System("test")):
        old = FiscalTerms.objects.get(entity=world.studio, valid_from=TERMS_FROM)
    with pytest.raises(Refused, match="terms_before_issued"):
        withdraw_terms(actor=world.ada, terms_id=old.pk)


def test_withdraw_terms_of_another_practice_is_not_found(world):
    terms = _terms(world)
    with pytest.raises(FiscalTerms.DoesNotExist):
        withdraw_terms(actor=world.olga, terms_id=terms.pk)
    with pytest.raises(MayNot):
        withdraw_terms(actor=world.elena, terms_id=terms.pk)


def test_create_service_keeps_what_was_typed(world):
    service = create_service(actor=only(world.elena, Switch.CATALOGUE), values=YOGA, today=DAY)
    values = service_shown(world.ada, service.pk, today=DAY).values
    assert values == replace(YOGA, code="YOGA-1", name="Seduta di prova")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code": ""}, "service_code_form"),
        ({"code": "therapy"}, "service_code_taken"),
        ({"name": ""}, "text_missing"),
        ({"price": Decimal("-1")}, "price_negative"),
        ({"price": Decimal("1.001")}, "amount_not_in_cents"),
        ({"price": Decimal("1e10")}, "amount_too_large"),
        ({"nature": "FUN"}, "choice_unknown"),
        ({"treatment": "NONE"}, "choice_unknown"),
        ({"nature": "OTHER"}, "exempt_is_health"),
        ({"treatment": "TAXABLE_22"}, "taxed_is_not_health"),
        ({"treatment": "EXCLUDED_15", "nature": "OTHER"}, "advance_bears_no_fund"),
        ({"names": {"xx": "?"}}, "choice_unknown"),
    ],
)
def test_create_service_with_a_wrong_value_is_refused(world, change, code):
    with pytest.raises(Refused, match=code):
        create_service(actor=world.ada, values=replace(YOGA, **change), today=DAY)


def test_create_service_that_no_regime_may_use_is_refused(world):
    with pytest.raises(Refused, match="treatment_of_no_entity"):
        create_service(actor=world.olga, values=replace(YOGA, treatment="FLAT_RATE"), today=DAY)


def test_create_service_without_the_switch_may_not(world):
    with pytest.raises(MayNot, match="catalogue"):
        create_service(actor=world.elena, values=YOGA, today=DAY)


def test_edit_service_keeps_old_and_new_price_in_the_audit(world):
    values = service_shown(world.ada, world.therapy.pk, today=DAY).values
    edit_service(
        actor=world.ada, service_id=world.therapy.pk, values=replace(values, price=Decimal("75.00")), today=DAY
    )
    with acting(System("test")):
        assert AuditEntry.objects.get(action="service.edit").details == {"changes": {"price": ["70.00", "75.00"]}}


def test_move_service_off_the_list_and_back(world):
    move_service(actor=world.ada, service_id=world.therapy.pk, active=False)
    assert "THERAPY" not in {each.values.code for each in price_list(world.ada, today=DAY)}
    assert [each.values.code for each in price_list(world.ada, today=DAY, retired=True)] == ["THERAPY"]
    move_service(actor=world.ada, service_id=world.therapy.pk, active=True)
    assert price_list(world.ada, today=DAY, retired=True) == []


@pytest.mark.parametrize("name", ["edit", "move"])
def test_service_of_another_practice_is_not_found(world, name):
    def act(actor):
        if name == "edit":
            return edit_service(actor=actor, service_id=world.therapy.pk, values=YOGA, today=DAY)
        return move_service(actor=actor, service_id=world.therapy.pk, active=False)

    with pytest.raises(Service.DoesNotExist):
        act(world.olga)
    with pytest.raises(MayNot):
        act(world.elena)


def test_price_list_names_the_regimes_that_may_not(world, django_assert_num_queries):
    with django_assert_num_queries(2):
        rows = price_list(world.ada, today=DAY)
    refused = {row.values.code: list(row.refused_by) for row in rows}
    assert refused == {
        "ADVANCE": [],
        "CONSULTING": [Regime.FLAT_RATE],
        "FLAT": [Regime.ORDINARY],
        "THERAPY": [Regime.FLAT_RATE],
    }


def test_treatments_offered_are_those_some_entity_may_use(world):
    assert dict(treatments_offered(world.olga, today=DAY))[Treatment.FLAT_RATE] is False
    assert all(able for _treatment, able in treatments_offered(world.ada, today=DAY))


def _wording(world, actor=None, **more):
    given: dict[str, Any] = {
        "key": KEY,
        "valid_from": date(2027, 1, 1),
        "text": "Esente, art. 37 di prova",
        "texts": {"en": "Exempt"},
    }
    return set_wording(actor=actor or world.ada, entity_id=world.studio.pk, **(given | more))


def test_set_wording_fills_the_open_article_of_2027(world):
    _wording(world)
    (shown,) = wordings_of(world.ada, world.studio.pk, today=DAY)
    assert (shown.state, shown.text_it, shown.texts) == ("FUTURE", "Esente, art. 37 di prova", {"en": "Exempt"})
    assert wordings_of(world.ada, world.studio.pk, today=date(2027, 1, 1))[0].state == "CURRENT"


def test_set_wording_of_the_same_day_replaces_it(world):
    _wording(world)
    _wording(world, text="Altro")
    assert [each.text_it for each in wordings_of(world.ada, world.studio.pk, today=DAY)] == ["Altro"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"text": " "}, "text_missing"),
        ({"key": "vat.NOTHING"}, "wording_unknown"),
        ({"text": "Esente {who}"}, "wording_fields"),
        ({"text": "Esente {"}, "wording_fields"),
        ({"texts": {"en": "{x}"}}, "wording_fields"),
        ({"texts": {"xx": "?"}}, "choice_unknown"),
        ({"text": "x" * 501}, "text_too_long"),
    ],
)
def test_set_wording_with_a_wrong_value_is_refused(world, more, code):
    with pytest.raises(Refused, match=code):
        _wording(world, **more)


def test_set_wording_may_use_the_fields_of_the_law(world):
    assert _wording(world, key="stamp.paper", text="Bollo {stamp_id}", texts={}).pk


def test_withdraw_wording_prints_the_law_again(world):
    row = _wording(world)
    withdraw_wording(actor=world.ada, wording_id=row.pk)
    assert wordings_of(world.ada, world.studio.pk, today=DAY) == []


def test_wording_of_another_practice_is_not_found(world):
    row = _wording(world)
    with pytest.raises(BillingEntity.DoesNotExist):
        _wording(world, world.olga)
    with pytest.raises(EntityWording.DoesNotExist):
        withdraw_wording(actor=world.olga, wording_id=row.pk)
    with pytest.raises(BillingEntity.DoesNotExist):
        wordings_of(world.olga, world.studio.pk, today=DAY)
    with pytest.raises(MayNot):
        _wording(world, world.elena)
    with pytest.raises(MayNot):
        withdraw_wording(actor=world.elena, wording_id=row.pk)


def test_law_records_say_when_where_and_whether_confirmed(world):
    records = [each for each in law_records(Kind.WORDING, today=DAY) if each.key == KEY]
    assert [(each.state, each.is_confirmed) for each in records] == [("FUTURE", False), ("CURRENT", True)]
    assert all(each.source for each in records)
    assert KEY in wording_keys(DAY)
