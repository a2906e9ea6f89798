"""Citizens' remarks on their expenses: asked for, and noted as seen."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from sportello.core import audit, outbox
from sportello.core.actors import Actor, acting
from sportello.core.violations import RuleViolation
from sportello.expenses import running
from sportello.expenses.models import CitizenRemark, StsSettings
from sportello.expenses.permissions import check_may_send


def ask_remarks(*, actor: Actor, entity_id: int) -> None:
    """
    Have the citizens' remarks on an entity's expenses fetched.

    :raises StsSettings.DoesNotExist: no account of this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_not_active``, ``sts_stopped``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_send(actor)
        account = StsSettings.objects.get(entity_id=entity_id)
        if not account.is_active:
            raise RuleViolation("sts_not_active", field="account")
        if account.stopped_at is not None:
            raise RuleViolation("sts_stopped", field="account", reason=account.stop_reason)
        audit.record(actor, "sts.remarks", audit.Subject("stssettings", account.pk, None, entity_id))
        outbox.enqueue(running.REMARKS, entity_id, party_id=account.practice_id)


def open_remark(*, actor: Actor, remark_id: int) -> str:
    """
    Return what a citizen remarked, in the State's words, and note that it was read.

    :raises CitizenRemark.DoesNotExist: no such remark for this actor
    :raises MayNot: the switch `sts` is off
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_send(actor)
        row = CitizenRemark.objects.select_for_update(of=("self",)).get(pk=remark_id)
        if row.seen_at is None:
            row.seen_at = datetime.now(UTC)
            row.save(update_fields=["seen_at"])
        audit.record(actor, "sts.remark", audit.Subject("citizenremark", row.pk, None, row.entity_id))
        return str(row.words)
