"""How an entity is taxed from a day on. Terms that papers were issued under stay: new ones begin later."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from sportello.billing.reference import Kind
from sportello.billing.rules.treatments import Natura
from sportello.billing.terms import law_on
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.refusals import Gathering
from sportello.parties.changes import changes, snapshot
from sportello.parties.models import BillingEntity, Counter, FiscalTerms, Regime, StampMode, StampPolicy
from sportello.parties.permissions import check_may_edit_fiscal_settings
from sportello.parties.values import TermsValues

_COLUMNS = (
    "regime",
    "fund",
    "fund_rate",
    "withholding_rate",
    "stamp_policy",
    "stamp_nature",
    "stamp_mode",
    "stamp_authorisation",
    "stamp_authorised_on",
    "stamp_inside_round_price",
)
STAMP_NATURES = {
    Regime.ORDINARY.value: (Natura.EXCLUDED.value, Natura.EXEMPT.value),
    Regime.FLAT_RATE.value: (Natura.OUTSIDE.value,),
}
"""Natures a charged stamp may bear under each regime, the usual one first (SPEC practice 2.6.4)."""


def set_terms(*, actor: Actor, entity_id: int, values: TermsValues) -> FiscalTerms:
    """
    Let terms begin on a day and return them; terms that begin on the same day are replaced while nothing was issued.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    :raises MayNot: only the owner may
    :raises Refused: with every reason; ``terms_before_issued``, papers of that day or later exist
    """
    with acting(actor), transaction.atomic(durable=True):
        entity = BillingEntity.objects.select_for_update(of=("self",)).get(pk=entity_id)
        check_may_edit_fiscal_settings(actor)
        found = Gathering()
        _check(values, found)
        _check_after_issued(entity.pk, values.valid_from, found)
        found.stop()
        row = FiscalTerms.objects.filter(entity=entity, valid_from=values.valid_from).first()
        row = row or FiscalTerms(entity=entity, valid_from=values.valid_from)
        before = snapshot(row, _COLUMNS) if row.pk else {}
        _write(row, values)
        row.save()
        changed = changes(before, row) if before else {name: [None, getattr(row, name)] for name in _COLUMNS}
        audit.record(actor, "terms.set", row, valid_from=values.valid_from, changes=changed)
    return row


def withdraw_terms(*, actor: Actor, terms_id: int) -> None:
    """
    Take back terms under which nothing was issued.

    :raises FiscalTerms.DoesNotExist: no such terms for this actor
    :raises MayNot: only the owner may
    :raises Refused: ``terms_before_issued``, papers of that day or later exist
    """
    with acting(actor), transaction.atomic(durable=True):
        row = FiscalTerms.objects.select_for_update(of=("self",)).get(pk=terms_id)
        check_may_edit_fiscal_settings(actor)
        found = Gathering()
        _check_after_issued(row.entity_id, row.valid_from, found)
        found.stop()
        about = audit.subject(row)
        begins = row.valid_from
        row.delete()
        audit.record(actor, "terms.withdraw", about, valid_from=begins)


def _check(values: TermsValues, found: Gathering) -> None:
    law = law_on(values.valid_from)
    found.choice(values.regime, frozenset(Regime.values), field="regime", empty=False)
    found.choice(values.stamp_policy, frozenset(StampPolicy.values), field="stamp_policy", empty=False)
    found.choice(values.stamp_mode, frozenset(StampMode.values), field="stamp_mode", empty=False)
    if values.fund and values.fund not in law.reference.keys(Kind.FUND, values.valid_from):
        found.refuse("fund_unknown", field="fund", on=values.valid_from)
    if not values.fund and values.fund_rate:
        found.refuse("rate_without_fund", field="fund_rate")
    for name in ("fund_rate", "withholding_rate"):
        _check_rate(getattr(values, name), name, found)
    natures = STAMP_NATURES.get(values.regime, ())
    if values.stamp_nature and natures and values.stamp_nature not in natures:
        found.refuse("stamp_nature_of_another_regime", field="stamp_nature", regime=values.regime)
    if values.stamp_mode == StampMode.VIRTUAL_AUTHORISATION:
        _check_authorisation(values, found)


def _check_rate(rate: Decimal, field: str, found: Gathering) -> None:
    if not 0 <= rate <= 100:
        found.refuse("rate_range", field=field)
    elif rate != rate.quantize(Decimal("0.01")):
        found.refuse("rate_too_precise", field=field)


def _check_authorisation(values: TermsValues, found: Gathering) -> None:
    if not found.text(values.stamp_authorisation, field="stamp_authorisation", longest=40):
        found.refuse("authorisation_number_missing", field="stamp_authorisation")
    if values.stamp_authorised_on is None:
        found.refuse("authorisation_day_missing", field="stamp_authorised_on")
    elif values.stamp_authorised_on > values.valid_from:
        found.refuse("authorised_after_start", field="stamp_authorised_on")


def _check_after_issued(entity_id: int, begins: date, found: Gathering) -> None:
    latest = Counter.objects.filter(series__entity_id=entity_id).aggregate(latest=Max("last_date"))["latest"]
    if latest is not None and begins <= latest:
        found.refuse("terms_before_issued", field="valid_from", latest=latest)


def _write(row: FiscalTerms, values: TermsValues) -> None:
    natures = STAMP_NATURES[values.regime]
    authorised = values.stamp_mode == StampMode.VIRTUAL_AUTHORISATION
    row.regime, row.fund, row.fund_rate = values.regime, values.fund, values.fund_rate
    row.withholding_rate = values.withholding_rate
    row.stamp_policy, row.stamp_nature = values.stamp_policy, values.stamp_nature or natures[0]
    row.stamp_mode = values.stamp_mode
    row.stamp_authorisation = " ".join(values.stamp_authorisation.split()) if authorised else ""
    row.stamp_authorised_on = values.stamp_authorised_on if authorised else None
    row.stamp_inside_round_price = values.stamp_inside_round_price
