"""Asking for documents to be looked at again after what they are derived from changed."""

from __future__ import annotations

from sportello.core import outbox

MARK_ENTITY = "expenses.mark_entity"


def mark_entity(entity_id: int, *, party_id: int) -> None:
    """
    Have every document of an entity that is paid or in the books derived anew, in the background and in slices.

    For changes of the mapping, the account or the activation. Call it inside the transaction of the change.

    :raises RuntimeError: no transaction is open
    """
    outbox.enqueue(MARK_ENTITY, entity_id, party_id=party_id)
