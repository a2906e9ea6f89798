"""What a person asks of a transmission: look again now, fetch the receipt."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from sportello.core.actors import Actor, System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses import ministry, patience, running
from sportello.expenses.exchange.outcomes import fetch_receipt
from sportello.expenses.models import StsSettings, Transmission
from sportello.expenses.permissions import check_may_send
from sportello.expenses.states import CallState


def look_again(*, actor: Actor, transmission_id: int) -> None:
    """
    Have the outcome of a file, or of a call in doubt, asked for now instead of later.

    :raises Transmission.DoesNotExist: no such transmission for this actor
    :raises MayNot: the switch `sts` is off
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_send(actor)
        row = Transmission.objects.select_for_update(of=("self",)).get(pk=transmission_id)
        if row.state == CallState.TAKEN:
            row.next_poll_at = datetime.now(UTC)
            row.save(update_fields=["next_poll_at"])
        running.wake(row.entity_id, row.practice_id)


def fetch_receipts(*, actor: Actor, transmission_id: int) -> bool:
    """
    Fetch the State's receipt of a call that ended, where it is not kept yet; tell whether all of it is here.

    :raises Transmission.DoesNotExist: no such transmission for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_no_receipt``, the State never took it; ``sts_stopped``, ``sts_not_configured``
    """
    with acting(actor):
        check_may_send(actor)
        row = Transmission.objects.get(pk=transmission_id)
    if row.state != CallState.DONE or not row.protocol:
        raise RuleViolation("sts_no_receipt", field="transmission")
    with acting(System("receipt", actor.party_id)):
        account = StsSettings.objects.get(entity_id=row.entity_id)
        if not account.may_leave:
            raise RuleViolation("sts_stopped", field="account", reason=account.stop_reason)
        try:
            with ministry.speaking(account, now=patience.now) as client:
                return fetch_receipt(client, row)
        except ministry.NotConfigured as missing:
            raise RuleViolation("sts_not_configured", field="account", missing=missing.code) from None
