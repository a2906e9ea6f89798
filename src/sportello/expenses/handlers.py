"""What the worker does towards Sistema TS: take in what changed, send, ask, follow up."""

from __future__ import annotations

from datetime import timedelta

from sportello.core.outbox import Work, handler
from sportello.expenses import taking_in


@handler("expenses.take_in", limit=timedelta(minutes=30))
def take_in(work: Work) -> None:
    """Derive what a party's marks point to."""
    taking_in.take_in(work.object_id)


@handler("expenses.mark_entity", limit=timedelta(hours=6))
def mark_entity(work: Work) -> None:
    """Derive every paid document of an entity."""
    taking_in.take_in_entity(work.object_id, work.party_id)
