"""How far an entity is on its way to the State."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sportello.core.actors import Actor, acting
from sportello.expenses import ministry
from sportello.expenses.models import Environment, StsCertificate, StsSettings, TestResult
from sportello.expenses.queries.settings import unmapped
from sportello.expenses.rules.checklist import Item, Standing, items
from sportello.parties.models import BillingEntity


def checklist(actor: Actor, entity_id: int, *, now: datetime, for_real: bool = False) -> Sequence[Item]:
    """
    Return what is done and what is missing, in the order in which it is done.

    :param for_real: judge what the Sistema TS itself needs, whichever host the account speaks to now: its own
        certificate; a test there
    :raises BillingEntity.DoesNotExist: no such entity for this actor
    """
    with acting(actor):
        BillingEntity.objects.only("pk").get(pk=entity_id)
        row = StsSettings.objects.filter(entity_id=entity_id).first()
        if row is None:
            return items(Standing())
        is_real = row.environment == Environment.PRODUCTION
        if for_real:
            row.environment = Environment.PRODUCTION
        return items(
            Standing(
                identity=bool(row.password or row.client_certificate) and bool(row.pin),
                certificate=_certificate(row, now),
                authority=_authority(row),
                tested=row.test_result == TestResult.GOOD and (is_real or not for_real),
                mapped=unmapped(entity_id) == 0,
                active=row.is_active,
                real=is_real,
                going=row.stopped_at is None,
            )
        )


def _certificate(row: StsSettings, now: datetime) -> bool:
    try:
        ministry.sealing_certificate(row, now)
    except ministry.NotConfigured:
        return False
    return True


def _authority(row: StsSettings) -> bool:
    if row.environment != Environment.TEST:
        return True
    return StsCertificate.objects.filter(purpose=StsCertificate.CA).exists()
