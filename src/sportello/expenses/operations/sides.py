"""What a person changes of what the State should hold: left out with a reason, taken back in, sent without the code.

Nothing is sent here. Where the State holds the document already, the sender is woken and mends it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses.models import Expense, ExpenseKind, Held
from sportello.expenses.permissions import check_may_send
from sportello.expenses.taking_in import derive_papers
from sportello.patients.permissions import check_may_set_opposition

LONGEST_REASON = 200


def exclude(*, actor: Actor, expense_id: int, reason: str, unsent: bool = False) -> None:
    """
    Leave a document out, with the reason; its refunds go with it, and what the State holds of it is cancelled.

    :param unsent: only if the State holds nothing of it, as whoever asked was told
    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``reason_missing``, ``sts_call_under_way``, ``sts_refund_follows``; ``sts_not_sendable``, it
        was sent meanwhile
    """
    with acting(actor), transaction.atomic(durable=True):
        row = open_row(actor, expense_id)
        if unsent and row.held in {Held.HELD, Held.OTHER}:
            raise RuleViolation("sts_not_sendable", field="document", state=row.state)
        leave_out(actor, row, reason)


def leave_out(actor: Actor, row: Expense, reason: str) -> None:
    """
    Leave a locked document out inside the caller's transaction; refuses as `exclude` does.

    Whoever asked to send it is overruled: taken in again, it waits like any other.
    """
    if row.kind == ExpenseKind.REFUND:
        raise RuleViolation("sts_refund_follows", field="document")
    typed = " ".join("".join(sign if sign.isprintable() else " " for sign in reason).split())[:LONGEST_REASON]
    if not typed:
        raise RuleViolation("reason_missing", field="reason")
    if row.excluded:
        return
    row.excluded, row.exclusion_reason = True, typed
    row.excluded_by_id, row.excluded_at, row.wanted = actor.person_id, datetime.now(UTC), False
    row.save(update_fields=["excluded", "exclusion_reason", "excluded_by", "excluded_at", "wanted", "updated_at"])
    row.refunds.filter(wanted=True).update(wanted=False)
    audit.record(actor, "sts.exclude", about(row), invoice_id=row.invoice_id)
    derive_again(actor, row)


def include(*, actor: Actor, expense_id: int) -> None:
    """
    Take a document back in that somebody left out.

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_call_under_way``
    """
    with acting(actor), transaction.atomic(durable=True):
        row = open_row(actor, expense_id)
        take_back(actor, row)


def take_back(actor: Actor, row: Expense) -> None:
    """Take a locked document back in inside the caller's transaction."""
    if not row.excluded:
        return
    row.excluded, row.exclusion_reason, row.excluded_by, row.excluded_at = False, "", None, None
    row.save(update_fields=["excluded", "exclusion_reason", "excluded_by", "excluded_at", "updated_at"])
    audit.record(actor, "sts.include", about(row), invoice_id=row.invoice_id)
    derive_again(actor, row)


def set_opposition(*, actor: Actor, expense_id: int, opposed: bool | None) -> None:
    """
    Say that the patient objects to this document's use, or does not; None: as the paper says.

    It is then sent without the code and with the flag; what was sent with the code is changed at once.

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off, or an accountant is acting
    :raises RuleViolation: ``sts_call_under_way``, ``sts_refund_follows``
    """
    with acting(actor), transaction.atomic(durable=True):
        row = open_row(actor, expense_id)
        check_may_set_opposition(actor)
        if row.kind == ExpenseKind.REFUND:
            raise RuleViolation("sts_refund_follows", field="document")
        if row.opposition == opposed:
            return
        row.opposition = opposed
        row.save(update_fields=["opposition", "updated_at"])
        audit.record(actor, "sts.oppose", about(row), invoice_id=row.invoice_id, opposed=opposed)
        derive_again(actor, row)


def open_row(actor: Actor, expense_id: int) -> Expense:
    """
    Return a document, locked, that no call is under way for.

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_call_under_way``: its answer comes first
    """
    row = Expense.objects.select_for_update(of=("self",)).get(pk=expense_id)
    check_may_send(actor)
    if row.carrier_id is not None:
        raise RuleViolation("sts_call_under_way", field="document")
    return row


def derive_again(actor: Actor, row: Expense, *, from_any_day: bool = False) -> None:
    """Derive a document and its refunds anew inside the caller's transaction; `from_any_day` as in `derive_papers`."""
    with acting(System("derive", actor.party_id)):
        head = row.original.invoice_id if row.original is not None else row.invoice_id
        derive_papers([head], row.practice_id, from_any_day=from_any_day)


def about(row: Expense) -> audit.Subject:
    """Return what an audit entry about a document is about."""
    return audit.Subject("expense", row.pk, row.invoice.patient_id, row.entity_id)
