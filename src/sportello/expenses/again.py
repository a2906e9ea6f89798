"""What the State refused and a person may have sent once more, many together."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q

from sportello.expenses.models import Expense, Held, Operation, StsSettings
from sportello.expenses.states import Visible

NEW = (Operation.INSERT, Operation.REFUND)


def refused() -> Q:
    """
    Return the documents whose insertion or refund the State refused as it stands, and that could go again.

    A refund whose invoice is not there, and a cancelled document that may not be inserted again, could not.
    """
    again = StsSettings.objects.filter(entity_id=OuterRef("entity_id"), reinsert_cancelled=True)
    free = Q(held=Held.NONE) | Q(held=Held.CANCELLED) & Q(Exists(again))
    mine = Q(state=Visible.REJECTED, due=True, problem="", carrier=None, ask=False)
    same = Q(refused_operation__in=NEW, refused_hash=F("should_hash"))
    return mine & same & free & (Q(original=None) | Q(original__held=Held.HELD))


def could_go_again(row: Expense) -> bool:
    """Tell the same of one document that is at hand, with what it takes back from; of a cancelled one, that it may."""
    mine = row.state == Visible.REJECTED and row.due and not row.problem and row.carrier_id is None and not row.ask
    same = row.refused_operation in NEW and row.refused_hash == row.should_hash
    free = row.held in {Held.NONE, Held.CANCELLED}
    return mine and same and free and (row.original is None or row.original.held == Held.HELD)
