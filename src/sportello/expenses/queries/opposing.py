"""The documents that a person chose to say the patients' wish of, each with what would become of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sportello.core.actors import Actor
from sportello.expenses.models import Expense, Held
from sportello.expenses.queries.documents import DocumentRow, document_row, shown
from sportello.expenses.rules.opposing import why_unchangeable


@dataclass(frozen=True, slots=True)
class Chosen:
    """A chosen document; `is_held`: the State has it, so a change is a correction; `refusal`: why it stays as it is."""

    row: DocumentRow
    is_held: bool
    refusal: str


def chosen(actor: Actor, expense_ids: Collection[int]) -> tuple[Chosen, ...]:
    """
    Return chosen documents, newest payment first. One query.

    :raises Expense.DoesNotExist: one of them is no document of this actor
    """
    wanted = set(expense_ids)
    rows = list(shown(Expense.objects.filter(pk__in=wanted)).order_by("-paid_on", "-pk"))
    if len(rows) != len(wanted):
        raise Expense.DoesNotExist
    return tuple(Chosen(document_row(actor, row), row.held == Held.HELD, _refusal(row)) for row in rows)


def _refusal(row: Expense) -> str:
    return why_unchangeable(kind=row.kind, due=row.due, why_not=row.why_not, under_way=row.carrier_id is not None)
