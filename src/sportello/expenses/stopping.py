"""Stopping everything for an entity when the ministry refuses its account, and telling who must see to it.

A helper for operations and for the sender, inside the transaction that settles the refused call: after the first
refusal nothing more leaves (PROTOCOL 3: eight wrong tries disable the user).
"""

from __future__ import annotations

from datetime import datetime

from sportello.core import audit
from sportello.core.actors import System, acting
from sportello.expenses.models import StopReason, StsSettings
from sportello.expenses.notices import tell_stopped


def count_refusal(row: StsSettings) -> None:
    """Count a refused sign-in of a locked account: after eight the ministry disables the user."""
    row.wrong_tries += 1
    row.save(update_fields=["wrong_tries"])


def stop_entity(row: StsSettings, reason: StopReason, *, now: datetime) -> bool:
    """
    Stop a locked account, write it down and tell owners and who sends; tell whether it had been going until now.

    :param now: when (aware)
    """
    if row.stopped_at is not None:
        return False
    row.stopped_at, row.stop_reason = now, reason
    row.save(update_fields=["stopped_at", "stop_reason"])
    who = System("the ministry refused the account", row.practice_id)
    with acting(who):
        about = audit.Subject("billingentity", row.entity_id, None, row.entity_id)
        audit.record(who, "sts.stop", about, reason=reason.value)
        tell_stopped(row, now)
    return True
