"""Which expense type each service of the price list is, for one billing entity, from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from sistemats.codes import SenderCategory
from sportello.billing.models import Service
from sportello.billing.rules.treatments import ServiceNature
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.refusals import Gathering
from sportello.core.violations import RuleViolation
from sportello.expenses.models import ExpenseMapping, StsSettings
from sportello.expenses.permissions import check_may_configure
from sportello.expenses.rules.mapping import check_mapping
from sportello.expenses.values import MappingValues

BEGINNING = date(2015, 1, 1)
"""From when a service's first mapping holds: Sistema TS knows no older payment."""


def map_services(*, actor: Actor, entity_id: int, values: Sequence[MappingValues], since: date | None) -> int:
    """
    Say what services are, and return how many changed. The documents concerned are looked at again.

    The first mapping of a service holds for all its documents; a later one from its day, or else `since`, on (None: it
    corrects the mapping that is there, back to its beginning). The type that a service has, with another day, moves the
    day from which it has it.

    :raises StsSettings.DoesNotExist: no account of this actor, so that nobody knows what the sender may use
    :raises Service.DoesNotExist: no such service for this actor
    :raises MayNot: only the owner may
    :raises Refused: with every reason, each under the field `service-ID`
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_configure(actor)
        row = StsSettings.objects.select_for_update(of=("self",)).get(entity_id=entity_id)
        services = Service.objects.in_bulk([each.service_id for each in values])
        found = Gathering()
        for each in values:
            if each.service_id not in services:
                raise Service.DoesNotExist
            _check(SenderCategory(row.category), services[each.service_id], each, found)
        found.stop()
        changed = [each for each in values if _write(entity_id, each, since)]
        if changed:
            _record(actor, row, changed, since)
    return len(changed)


def _check(category: SenderCategory, service: Service, asked: MappingValues, found: Gathering) -> None:
    try:
        check_mapping(category, asked.expense_type, asked.flag, ServiceNature(service.nature))
    except RuleViolation as refusal:
        found.refusals.append(RuleViolation(refusal.code, field=f"service-{service.pk}"))


def _write(entity_id: int, asked: MappingValues, since: date | None) -> bool:
    rows = ExpenseMapping.objects.filter(entity_id=entity_id, service_id=asked.service_id)
    *earlier, now = [*rows.order_by("valid_from")] or [None]
    stays = now is not None and (now.expense_type, now.flag) == (asked.expense_type, asked.flag)
    begins = BEGINNING if now is None else asked.since or since or now.valid_from
    if now is not None and stays:
        if begins == now.valid_from or not earlier:
            return False
        rows.filter(pk=now.pk).delete()
    rows.filter(valid_from__gte=begins).delete()
    ExpenseMapping.objects.create(
        entity_id=entity_id,
        service_id=asked.service_id,
        valid_from=begins,
        expense_type=asked.expense_type,
        flag=asked.flag,
    )
    return True


def _record(actor: Actor, row: StsSettings, changed: Sequence[MappingValues], since: date | None) -> None:
    from sportello.expenses.operations.marking import mark_entity

    types = {str(each.service_id): f"{each.expense_type}{each.flag}" for each in changed}
    since = since or next((each.since for each in changed if each.since), None)
    about = audit.Subject("billingentity", row.entity_id, None, row.entity_id)
    audit.record(actor, "sts.map", about, types=types, since=since.isoformat() if since else "")
    mark_entity(row.entity_id, party_id=row.practice_id)
