"""Both sides of documents, gathered for the rules, and the visible state that follows from them.

Act as `System`, inside a transaction that holds the rows. As many queries for one document as for a thousand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q

from sportello.core.cents import euro_sum
from sportello.core.keys import ring
from sportello.core.ready import Ready
from sportello.core.ready_many import Among
from sportello.core.states import codes
from sportello.expenses.models import Expense, ExpenseKind, Held, StsSettings, Transmission
from sportello.expenses.rules.content import ZERO
from sportello.expenses.rules.next_step import Sides, visible
from sportello.expenses.states import OPEN_CALLS, CallState, Visible, check_move

STATE = ("state", "version", "updated_at")
UNDER_WAY = Q(carrier__isnull=False) | Q(ask=True)
"""Documents of which nobody knows what the State will hold in a moment."""
_SIGHT = ("held", "known_amount", "carrier", "ask", "original")
_REFUNDS_OF = Ready(
    Expense,
    lambda original: Expense.objects.filter(Q(held=Held.HELD) | UNDER_WAY, original_id=original).only(*_SIGHT),
)
_ORIGINAL = Ready(Expense, lambda key: Expense.objects.filter(pk=key).only(*_SIGHT))


@dataclass(frozen=True, slots=True)
class _Refunds:
    """The refunds of a document: how many the State holds and what they come to (EUR), how many are under way."""

    held: int = 0
    amount: Decimal = ZERO
    under_way: int = 0


@dataclass(frozen=True, slots=True)
class _Original:
    """What a refund takes back from: whether the State holds it, whether that may change."""

    held: bool
    under_way: bool = False


class Waiting(NamedTuple):
    """A document that waits for a file, read without its model: what claiming it looks at; `should` is closed."""

    pk: int
    uid: UUID
    practice_id: int
    entity_id: int
    kind: str
    original_id: int | None
    due: bool
    problem: str
    should: str
    should_hash: str
    held: str
    known_hash: str
    known_amount: Decimal
    protocol: str
    has_warnings: bool
    refused_hash: str
    refused_operation: str
    ask: bool
    sent_once: bool

    @property
    def carrier_id(self) -> None:
        """Return nothing: what waits is not on its way."""

    def __repr__(self) -> str:
        """Return no more than which document it is."""
        return f"Waiting({self.pk})"


_NO_REFUNDS, _NO_ORIGINAL = _Refunds(), _Original(held=True)


def content_hash(practice_id: int, text: str) -> str:
    """Return the keyed hash of a canonical text, "" for none: contents are compared by it, never read by it."""
    return ring().fingerprint(text, scope=f"sts:{practice_id}") if text else ""


def sides_of(expenses: Sequence[Expense | Waiting]) -> dict[int, Sides]:
    """Return both sides of some documents, by id; rows that are not saved yet have none: see `restate`."""
    return {row.pk: sides for row, sides in zip(expenses, _both_sides(expenses), strict=True)}


def _both_sides(expenses: Sequence[Expense | Waiting], *, alone: bool = False) -> list[Sides]:
    of_those_held = [row.pk for row in expenses if row.kind == ExpenseKind.DOCUMENT and row.held == Held.HELD]
    refunds = {} if alone else _refunds(of_those_held)  # they say nothing about what the State does not hold
    originals = _originals({row.original_id for row in expenses if row.original_id})
    calls = _open_calls({row.carrier_id for row in expenses if row.carrier_id is not None})
    entities = {row.entity_id for row in expenses if row.held == Held.CANCELLED}
    strict = _strict(entities)
    return [
        _sides(
            row,
            refunds.get(row.pk, _NO_REFUNDS),
            originals.get(row.original_id or 0, _NO_ORIGINAL),
            calls.get(row.carrier_id or 0),
            row.entity_id not in strict,
        )
        for row in expenses
    ]


def _open_calls(ids: Collection[int]) -> Mapping[int, CallState]:
    """
    Return where open calls stand, by id.

    Asked for after the documents are locked: what is joined to a row that was waited for is as it was before.
    """
    if not ids:
        return {}
    rows = Transmission.objects.filter(Among("pk", ids), state__in=codes(OPEN_CALLS))
    return {pk: CallState(state) for pk, state in rows.order_by("pk").values_list("pk", "state")}


def _originals(ids: Collection[int]) -> Mapping[int, _Original]:
    if not ids:
        return {}
    if len(ids) == 1:  # one document alone has its statement ready
        rows: Iterable[Expense] = _ORIGINAL.rows(next(iter(ids)))
    else:
        rows = Expense.objects.filter(Among("pk", ids)).only(*_SIGHT)
    return {row.pk: _Original(row.held == Held.HELD, row.ask or row.carrier_id is not None) for row in rows}


def _strict(entities: Collection[int]) -> set[int]:
    """Return the entities where a cancelled document is not inserted again by itself."""
    if not entities:
        return set()
    rows = StsSettings.objects.filter(entity_id__in=entities, reinsert_cancelled=False)
    return set(rows.values_list("entity_id", flat=True))


def _refunds(ids: Sequence[int]) -> Mapping[int, _Refunds]:
    if not ids:
        return {}
    if len(ids) == 1:
        mine = _REFUNDS_OF.rows(ids[0])
        held = [row.known_amount for row in mine if row.held == Held.HELD]
        under_way = sum(1 for row in mine if row.ask or row.carrier_id is not None)
        return {ids[0]: _Refunds(len(held), sum(held, ZERO), under_way)}
    rows = Expense.objects.filter(Among("original_id", ids), Q(held=Held.HELD) | UNDER_WAY)
    is_held = Q(held=Held.HELD)
    found = (
        rows.order_by("original_id")
        .values("original_id")
        .annotate(
            number=Count("pk", filter=is_held),
            amount=euro_sum("known_amount", filter=is_held),
            under_way=Count("pk", filter=UNDER_WAY),
        )
    )
    return {row["original_id"]: _Refunds(row["number"], row["amount"], row["under_way"]) for row in found}


def _sides(
    row: Expense | Waiting, refunds: _Refunds, original: _Original, call: CallState | None, may_reinsert: bool
) -> Sides:
    return Sides(
        due=row.due,
        should_hash=row.should_hash,
        problem=row.problem,
        held=row.held,
        known_hash=row.known_hash,
        is_refund=row.kind == ExpenseKind.REFUND,
        has_warnings=row.has_warnings,
        refused_hash=row.refused_hash,
        refused_operation=row.refused_operation,
        call=call,
        ask=row.ask,
        original_held=original.held,
        refunds_held=refunds.held,
        refunded=bool(refunds.held) and refunds.amount >= row.known_amount > 0,
        tied=original.under_way or refunds.under_way > 0,
        may_reinsert=may_reinsert,
    )


def restate(expenses: Iterable[Expense], *, alone: bool = False) -> list[Expense]:
    """
    Put the visible state that follows into each row; return those where it is another one. Saves nothing.

    :param alone: the caller knows that no refund takes back from them
    :raises ForbiddenSight: the table of states does not know the step
    """
    rows = list(expenses)
    changed = []
    for row, sides in zip(rows, _both_sides(rows, alone=alone), strict=True):  # by place: new rows have no id yet
        now = visible(sides)
        if now.value != row.state:
            check_move(Visible(row.state), now)
            row.state = now.value
            changed.append(row)
    return changed


def restate_originals(ids: Collection[int]) -> None:
    """Follow up on documents that refunds take back from, after what the State holds of these changed."""
    if not ids:
        return
    rows = Expense.objects.select_for_update(of=("self",)).filter(Among("pk", ids))
    for row in restate(rows.order_by("pk")):
        row.version += 1
        row.save(update_fields=STATE)
