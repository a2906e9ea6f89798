"""A feed of changes: rooms below say what changed, rooms above take the marks in and do their part.

A room that must know listens once, in the `ready` of its application:

    marks.listen("billing.document", "expenses.take_in")

and a deed that changes such an object says so in its own transaction: `marks.note("billing.document", party_id, id)`.
The mark commits with the deed or not at all; work done for marks grows with what changed, never with what exists. A
topic that nobody listens to leaves no marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from sportello.core import outbox
from sportello.core.actors import System, acting
from sportello.core.models import ChangeMark, Job
from sportello.core.ready_many import Among
from sportello.core.states import JobState

_LISTENERS: dict[str, str] = {}


def listen(topic: str, handler: str) -> None:
    """
    Have a handler of the outbox called for the marks of a topic; its work names the party by `object_id`.

    :raises ValueError: another handler listens already
    """
    if _LISTENERS.setdefault(topic, handler) != handler:
        raise ValueError(f"{topic} has a listener: {_LISTENERS[topic]}")


def note(topic: str, party_id: int, object_ids: int | Iterable[int]) -> None:
    """
    Mark objects as changed, inside the caller's transaction, and wake the listener up.

    A listener that waits already is not asked again. One that begins in this very moment may miss these marks: whoever
    listens also looks for marks left over now and then.

    :raises RuntimeError: no transaction is open, so a mark could outlive or miss the deed
    """
    handler = _LISTENERS.get(topic)
    ids = [object_ids] if isinstance(object_ids, int) else list(object_ids)
    if handler is None or not ids:
        return
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a mark is written in the transaction of the deed it follows")
    with acting(System("marks", party_id)):
        if len(ids) == 1:
            ChangeMark(topic=topic, party_id=party_id, object_id=ids[0]).save(force_insert=True)
        else:
            ChangeMark.objects.bulk_create([ChangeMark(topic=topic, party_id=party_id, object_id=one) for one in ids])
        key = f"marks:{party_id}"
        waits = Job.objects.filter(handler=handler, party_id=party_id, key=key, state=JobState.WAITING.value).exists()
    if not waits:
        outbox.enqueue(handler, party_id, party_id=party_id, key=key)


def waiting(topic: str, party_id: int, limit: int) -> Sequence[tuple[int, int]]:
    """Return up to `limit` marks of a party, oldest first: the mark's id and the object's. Act as `System`."""
    rows = ChangeMark.objects.filter(topic=topic, party_id=party_id).order_by("pk")
    return list(rows.values_list("pk", "object_id")[:limit])


def parties_waiting(topics: Sequence[str], limit: int = 500) -> list[int]:
    """Return parties that have marks of these topics. Act as `System`."""
    rows = ChangeMark.objects.filter(topic__in=topics).order_by("party_id")
    return list(rows.values_list("party_id", flat=True).distinct()[:limit])


def drop(mark_ids: Sequence[int]) -> None:
    """Forget marks that were taken in, inside the transaction of what was done for them."""
    ChangeMark.objects.filter(Among("pk", mark_ids)).delete()
