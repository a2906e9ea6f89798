"""Both sides of documents, gathered for the rules, and the visible state that follows from them.

Act as `System`, inside a transaction that holds the rows. As many queries for one document as for a thousand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from django.db.models import Count

from sportello.core.cents import euro_sum
from sportello.core.keys import ring
from sportello.core.ready import Ready
from sportello.expenses.models import Expense, ExpenseKind, Held, StsSettings
from sportello.expenses.rules.content import ZERO
from sportello.expenses.rules.next_step import Sides, visible
from sportello.expenses.states import OPEN_CALLS, CallState, Visible, check_move

STATE = ("state", "version", "updated_at")
_REFUNDS_OF = Ready(
    Expense, lambda original: Expense.objects.filter(original_id=original, held=Held.HELD).only("known_amount")
)
_HELD = Ready(Expense, lambda key: Expense.objects.filter(pk=key, held=Held.HELD).only("pk"))


def content_hash(practice_id: int, text: str) -> str:
    """Return the keyed hash of a canonical text, "" for none: contents are compared by it, never read by it."""
    return ring().fingerprint(text, scope=f"sts:{practice_id}") if text else ""


def sides_of(expenses: Sequence[Expense]) -> dict[int, Sides]:
    """Return both sides of some documents, by id; rows that are not saved yet have none: see `restate`."""
    return {row.pk: sides for row, sides in zip(expenses, _both_sides(expenses), strict=True)}


def _both_sides(expenses: Sequence[Expense]) -> list[Sides]:
    refunds = _refunds([row.pk for row in expenses if row.kind == ExpenseKind.DOCUMENT])
    originals = {row.original_id for row in expenses if row.original_id}
    held = _held(originals)
    entities = {row.entity_id for row in expenses if row.held == Held.CANCELLED}
    strict = _strict(entities)
    return [_sides(row, refunds.get(row.pk, (0, ZERO)), held, strict) for row in expenses]


def _held(ids: Collection[int]) -> set[int]:
    if len(ids) < 2:  # one document alone has its statement ready
        return {key for key in ids if _HELD.rows(key)}
    return set(Expense.objects.filter(pk__in=ids, held=Held.HELD).values_list("pk", flat=True))


def _strict(entities: Collection[int]) -> set[int]:
    """Return the entities where a cancelled document is not inserted again by itself."""
    if not entities:
        return set()
    rows = StsSettings.objects.filter(entity_id__in=entities, reinsert_cancelled=False)
    return set(rows.values_list("entity_id", flat=True))


def _refunds(ids: Sequence[int]) -> Mapping[int, tuple[int, Decimal]]:
    if len(ids) == 1:
        mine = _REFUNDS_OF.rows(ids[0])
        return {ids[0]: (len(mine), sum((row.known_amount for row in mine), ZERO))}
    rows = Expense.objects.filter(original_id__in=ids, held=Held.HELD).order_by("original_id").values("original_id")
    found = rows.annotate(number=Count("pk"), amount=euro_sum("known_amount"))
    return {row["original_id"]: (row["number"], row["amount"]) for row in found}


def _sides(row: Expense, refunds: tuple[int, Decimal], held: set[int], strict: set[int]) -> Sides:
    number, amount = refunds
    call = CallState(row.carrier.state) if row.carrier is not None else None
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
        call=call if call in OPEN_CALLS else None,
        ask=row.ask,
        original_held=row.original_id is None or row.original_id in held,
        refunds_held=number,
        refunded=bool(number) and amount >= row.known_amount > 0,
        may_reinsert=row.entity_id not in strict,
    )


def restate(expenses: Iterable[Expense]) -> list[Expense]:
    """
    Put the visible state that follows into each row; return those where it is another one. Saves nothing.

    :raises ForbiddenSight: the table of states does not know the step
    """
    rows = list(expenses)
    changed = []
    for row, sides in zip(rows, _both_sides(rows), strict=True):  # by place: new rows have no id yet
        now = visible(sides)
        if now.value != row.state:
            check_move(Visible(row.state), now)
            row.state = now.value
            changed.append(row)
    return changed


def restate_originals(refunds: Iterable[Expense]) -> None:
    """Follow up on the documents that refunds take back from, after what the State holds of these changed."""
    ids = {row.original_id for row in refunds if row.original_id}
    if not ids:
        return
    rows = Expense.objects.select_for_update(of=("self",)).select_related("carrier").filter(pk__in=ids).order_by("pk")
    for row in restate(rows):
        row.version += 1
        row.save(update_fields=STATE)
