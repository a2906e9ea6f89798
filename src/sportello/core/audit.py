"""The record of who did what: append-only, hash-chained, written in the transaction of the deed (SPEC practice 10).

Each party has a chain of its own, the software's own deeds have chain 0. An entry carries no text of documents, no
codes and no secrets: `details` holds field names, ids, amounts and states. The chain's head is a locked row, so that
two entries never share a place; triggers in both databases refuse to change or delete an entry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import models, transaction

from sportello.core.actors import Actor, System, Who, acting
from sportello.core.models import AuditEntry, AuditHead
from sportello.core.ready import Ready
from sportello.core.ready_writes import ReadyInsert, ReadyUpdate

GENESIS = "0" * 64
_HEAD = Ready(AuditHead, lambda chain: AuditHead.objects.select_for_update().filter(chain=chain))
_ENTRIES = ReadyInsert(AuditEntry)
_MOVE_HEAD = ReadyUpdate(AuditHead, ["sequence", "hash"])


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about: the kind and id of the object, and whose data it touches."""

    kind: str
    id: int | None
    patient_id: int | None = None
    entity_id: int | None = None


class Deed(NamedTuple):
    """One of many deeds of the same kind: its action, what it is about, plain details without personal data."""

    action: str
    about: Subject
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry of a chain that does not hold, and why."""

    chain: int
    sequence: int
    why: str


def subject(row: models.Model) -> Subject:
    """Return what an entry says of a row: its kind, its id, its patient and its billing entity if it has them."""
    kind = row._meta.label_lower.rpartition(".")[2]
    patient_id = row.pk if kind == "patient" else getattr(row, "patient_id", None)
    return Subject(kind=kind, id=row.pk, patient_id=patient_id, entity_id=getattr(row, "entity_id", None))


def record(
    who: Who,
    action: str,
    about: models.Model | Subject | None = None,
    *,
    result: str = "ok",
    reason: str = "",
    on_behalf_of: int | None = None,
    **details: Any,
) -> AuditEntry:
    """
    Append one entry to the chain of the actor's party, inside the caller's transaction.

    `action` is a stored code such as `invoice.issue`; `details` take plain values without personal data.

    :raises RuntimeError: no transaction is open, so the entry could outlive or miss the deed
    """
    seen = Subject("", None) if about is None else about if isinstance(about, Subject) else subject(about)
    entry = _entry(who, Deed(action, seen, details))
    entry.result, entry.reason, entry.on_behalf_of = result, reason[:200], on_behalf_of
    head = _head(entry.chain)
    _link([entry], head)
    _ENTRIES.insert(entry)
    _MOVE_HEAD.update(head)
    return entry


def record_many(who: Who, deeds: Iterable[Deed]) -> None:
    """
    Append an entry for each of many deeds to the chain of the actor's party, inside the caller's transaction.

    :raises RuntimeError: no transaction is open
    """
    entries = [_entry(who, deed) for deed in deeds]
    if not entries:
        return
    head = _head(entries[0].chain)
    _link(entries, head)
    _ENTRIES.insert_many(entries)
    _MOVE_HEAD.update(head)


def record_alone(who: Who, action: str, about: models.Model | Subject | None = None, **more: Any) -> AuditEntry:
    """Append an entry about something that has no transaction of its own: a read, a refusal, a failed sign-in."""
    with acting(who), transaction.atomic():
        return record(who, action, about, **more)


def take_turn(chain: int) -> None:
    """
    Make every other deed that writes to a chain wait until the caller's transaction ends (decision 0077).

    For whoever is about to wait for a row that deeds of one party share: all of them then wait in the same order.
    """
    if transaction.get_connection().features.has_select_for_update:
        _HEAD.first(chain)


def verify(chain: int | None = None) -> Iterator[Break]:
    """Recompute every chain (or one) and yield the first break of each; nothing when all hold. Act as `System`."""
    heads = AuditHead.objects.order_by("chain")
    chains = [chain] if chain is not None else list(heads.values_list("chain", flat=True))
    for each in chains:
        found = _first_break(each)
        if found:
            yield found


def _first_break(chain: int) -> Break | None:
    previous, expected = GENESIS, 1
    for entry in AuditEntry.objects.filter(chain=chain).order_by("sequence").iterator(2000):
        if entry.sequence != expected:
            return Break(chain, expected, "an entry is missing")
        if entry.previous_hash != previous:
            return Break(chain, entry.sequence, "it does not follow the entry before it")
        if entry.hash != _hash(entry):
            return Break(chain, entry.sequence, "its content was changed")
        previous, expected = entry.hash, expected + 1
    head = AuditHead.objects.filter(chain=chain).first()
    if head is None or head.sequence != expected - 1 or head.hash != previous:
        return Break(chain, expected, "the newest entries are missing")
    return None


def _entry(who: Who, deed: Deed) -> AuditEntry:
    """
    Return an entry without its place in the chain.

    :raises RuntimeError: no transaction is open, so that the entry could outlive or miss the deed
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an audit entry is written in the transaction of the deed it records")
    about = deed.about
    entry = AuditEntry(
        at=datetime.now(UTC),
        action=deed.action,
        result="ok",
        object_kind=about.kind,
        object_id=about.id,
        patient_id=about.patient_id,
        entity_id=about.entity_id,
        details=json.loads(json.dumps(deed.details, default=str, sort_keys=True)),
    )
    _sign_with(entry, who)
    return entry


def _sign_with(entry: AuditEntry, who: Who) -> None:
    match who:
        case Actor():
            entry.chain = entry.party_id = who.party_id
            entry.person_id, entry.role = who.person_id or None, who.role
            entry.request_id, entry.address, entry.agent = who.request_id, who.address, who.agent[:200]
        case System():
            entry.chain = entry.party_id = who.party_id or 0
            entry.role, entry.agent = "system", who.why[:200]


def _head(chain: int) -> AuditHead:
    """Lock the head of a chain, made where it is missing."""
    head = _HEAD.first(chain)
    if head is None:
        AuditHead.objects.get_or_create(chain=chain, defaults={"sequence": 0, "hash": GENESIS})
        head = _HEAD.one(chain)
    return head


def _link(entries: Sequence[AuditEntry], head: AuditHead) -> None:
    """Give entries the next places of their chain, and the head the last of these."""
    for entry in entries:
        entry.sequence, entry.previous_hash = head.sequence + 1, head.hash
        entry.hash = _hash(entry)
        head.sequence, head.hash = entry.sequence, entry.hash


def _hash(entry: AuditEntry) -> str:
    content: Mapping[str, Any] = {
        name: getattr(entry, name) for name in AuditEntry.CHAINED if name not in {"at", "details"}
    } | {"at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"), "details": entry.details}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
