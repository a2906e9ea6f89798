"""What the settings show of billing: price list, dated law, own wordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sportello.billing.models import EntityWording, ReferenceRecord, Service
from sportello.billing.operations.catalogue import ServiceValues, regimes_today
from sportello.billing.reference import Kind
from sportello.billing.rules.treatments import Regime, Treatment, allowed_treatments
from sportello.core.actors import Actor, acting
from sportello.parties.models import BillingEntity


@dataclass(frozen=True, slots=True)
class ServiceShown:
    """A service of the price list; `refused_by` are regimes of the practice that may not use its treatment."""

    id: int
    values: ServiceValues
    is_active: bool
    refused_by: Sequence[Regime]


@dataclass(frozen=True, slots=True)
class LawRecord:
    """A dated record of law; `state` is PAST, CURRENT or FUTURE on the day asked for."""

    id: int
    kind: str
    key: str
    valid_from: date
    valid_to: date | None
    values: Mapping[str, Any]
    source: str
    is_confirmed: bool
    state: str


@dataclass(frozen=True, slots=True)
class WordingShown:
    """An entity's own text; `state` as for a record of law."""

    id: int
    key: str
    valid_from: date
    text_it: str
    texts: Mapping[str, str]
    state: str


def price_list(actor: Actor, *, today: date, retired: bool = False) -> list[ServiceShown]:
    """Return the services on the price list (or those taken off it), by code, in two queries."""
    with acting(actor):
        rows = list(Service.objects.filter(is_active=not retired).order_by("code", "pk"))
        regimes = regimes_today(today)
    return [_service(row, regimes) for row in rows]


def service_shown(actor: Actor, service_id: int, *, today: date) -> ServiceShown:
    """
    Return one service.

    :raises Service.DoesNotExist: no such service for this actor
    """
    with acting(actor):
        return _service(Service.objects.get(pk=service_id), regimes_today(today))


def treatments_offered(actor: Actor, *, today: date) -> list[tuple[Treatment, bool]]:
    """Return every treatment and whether some open entity's regime may use it."""
    with acting(actor):
        regimes = regimes_today(today)
    return [(each, any(each in allowed_treatments(regime) for regime in regimes)) for each in Treatment]


def law_records(kind: Kind, *, today: date) -> list[LawRecord]:
    """Return the records of one kind, by key and newest first: the same for every practice."""
    rows = ReferenceRecord.objects.filter(kind=kind.value).order_by("key", "-valid_from")
    return [_law(row, today) for row in rows]


def wording_keys(today: date) -> list[str]:
    """Return the keys of legal wordings that have a record now or later, by name."""
    rows = ReferenceRecord.objects.filter(kind=Kind.WORDING.value)
    return sorted({row.key for row in rows if row.valid_to is None or row.valid_to >= today})


def wordings_of(actor: Actor, entity_id: int, *, today: date) -> list[WordingShown]:
    """
    Return an entity's own texts by key, newest first.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    """
    with acting(actor):
        BillingEntity.objects.only("pk").get(pk=entity_id)
        rows = list(EntityWording.objects.filter(entity_id=entity_id).order_by("key", "-valid_from"))
    current: set[str] = set()
    shown: list[WordingShown] = []
    for row in rows:
        state = "FUTURE" if row.valid_from > today else "PAST" if row.key in current else "CURRENT"
        if state == "CURRENT":
            current.add(row.key)
        shown.append(WordingShown(row.pk, row.key, row.valid_from, row.text_it, row.texts, state))
    return shown


def _service(row: Service, regimes: frozenset[Regime]) -> ServiceShown:
    values = ServiceValues(
        code=row.code,
        name=row.name,
        price=row.price,
        treatment=row.treatment,
        nature=row.nature,
        is_round_price=row.is_round_price,
        bears_fund=row.bears_fund,
        names=dict(row.names),
    )
    refused = sorted(each for each in regimes if Treatment(row.treatment) not in allowed_treatments(each))
    return ServiceShown(row.pk, values, row.is_active, refused)


def _law(row: ReferenceRecord, today: date) -> LawRecord:
    begun, over = row.valid_from <= today, row.valid_to is not None and row.valid_to < today
    state = "PAST" if over else "CURRENT" if begun else "FUTURE"
    return LawRecord(
        row.pk, row.kind, row.key, row.valid_from, row.valid_to, row.values, row.source, row.is_confirmed, state
    )
