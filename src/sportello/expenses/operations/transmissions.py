"""What a person asks of a sending: look again now, not when it is time."""

from __future__ import annotations

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.violations import RuleViolation
from sportello.expenses import patience, running
from sportello.expenses.models import Transmission
from sportello.expenses.permissions import check_may_send
from sportello.expenses.rules.asking import may_be_asked


def look_again(*, actor: Actor, transmission_id: int) -> None:
    """
    Have the outcome of a file, or a receipt that is not here yet, asked for now instead of later or never.

    :raises Transmission.DoesNotExist: no such sending for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_nothing_to_ask``, all that the State says of it is here, or it never took it
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_send(actor)
        row = Transmission.objects.select_for_update(of=("self",)).get(pk=transmission_id)
        if not may_be_asked(row.state, row.protocol, has_receipt=row.receipt_id is not None):
            raise RuleViolation("sts_nothing_to_ask", field="transmission")
        row.polls, row.next_poll_at = 0, patience.now()
        row.save(update_fields=["polls", "next_poll_at"])
        running.wake(row.entity_id, row.practice_id)
        audit.record(actor, "sts.look", audit.Subject("transmission", row.pk, None, row.entity_id))
