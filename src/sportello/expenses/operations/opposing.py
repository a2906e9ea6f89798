"""The patients' wish for several documents at once: they go without the code, or with it again.

One transaction for all of them. What is under way, or hangs on another document, stays as it is and is named.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses.models import Expense, Held
from sportello.expenses.operations.sides import about
from sportello.expenses.permissions import check_may_send
from sportello.expenses.rules.opposing import MOST_AT_ONCE, why_unchangeable
from sportello.expenses.taking_in import derive_papers
from sportello.patients.permissions import check_may_set_opposition


@dataclass(frozen=True, slots=True)
class Opposed:
    """
    What became of the documents that were chosen.

    `changed` say another thing than before, `corrected` of them are held by the State, which is told by itself;
    `unchanged` said so already; `refused` are printed numbers with the code of the reason.
    """

    changed: int = 0
    corrected: int = 0
    unchanged: int = 0
    refused: tuple[tuple[str, str], ...] = ()


def set_oppositions(*, actor: Actor, expense_ids: Collection[int], opposed: bool) -> Opposed:
    """
    Say for several documents that their patients object to the use of the expense data, or do not any more.

    They are then sent without the code and with the flag, or with the code; what the State holds otherwise is changed
    there at once. A second call with the same words changes nothing.

    :raises Expense.DoesNotExist: one of them is no document of this actor; then none is changed
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_none_chosen``; ``sts_too_many_chosen`` with `most`
    """
    wanted = set(expense_ids)
    with acting(actor), transaction.atomic(durable=True):
        check_may_send(actor)
        check_may_set_opposition(actor)
        _check_number(len(wanted))
        rows = _locked(wanted)
        refused = {row.pk: code for row in rows if (code := _why_not(row))}
        free = [row for row in rows if row.pk not in refused]
        changing = [row for row in free if _stands(row) != opposed]
        for row in changing:
            row.opposition = opposed
            row.save(update_fields=["opposition", "updated_at"])
            audit.record(actor, "sts.oppose", about(row), invoice_id=row.invoice_id, opposed=opposed)
        if changing:
            with acting(System("derive", actor.party_id)):
                derive_papers([row.invoice_id for row in changing], changing[0].practice_id)
    return Opposed(
        changed=len(changing),
        corrected=sum(1 for row in changing if row.held == Held.HELD),
        unchanged=len(free) - len(changing),
        refused=tuple((row.invoice.printed_number, refused[row.pk]) for row in rows if row.pk in refused),
    )


def _check_number(number: int) -> None:
    if not number:
        raise RuleViolation("sts_none_chosen", field="document")
    if number > MOST_AT_ONCE:
        raise RuleViolation("sts_too_many_chosen", field="document", most=MOST_AT_ONCE)


def _locked(ids: set[int]) -> list[Expense]:
    locked = Expense.objects.select_for_update(of=("self",)).select_related("invoice").defer("invoice__snapshot")
    rows = list(locked.filter(pk__in=ids).order_by("pk"))
    if len(rows) != len(ids):
        raise Expense.DoesNotExist
    return rows


def _why_not(row: Expense) -> str:
    return why_unchangeable(kind=row.kind, due=row.due, why_not=row.why_not, under_way=row.carrier_id is not None)


def _stands(row: Expense) -> bool:
    """Return whether a document goes without the code now: as was said of it, else as its paper says."""
    return row.invoice.opposed if row.opposition is None else row.opposition
