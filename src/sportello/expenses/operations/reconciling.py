"""Riconciliazione: the State's monthly report against our books, each difference with a way out.

A remedy changes one of the two sides or does one operation; it never invents a document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum

from django.db import transaction

from sportello.core import audit, outbox
from sportello.core.actors import Actor, System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses import ministry, patience, running
from sportello.expenses.exchange import strays
from sportello.expenses.models import Difference, DifferenceKind, Expense, Held, MonthlyReport, StsSettings
from sportello.expenses.operations import manual
from sportello.expenses.permissions import check_may_send
from sportello.expenses.rules.answers import Answer, Said
from sportello.parties.models import BillingEntity

FIRST_MONTH = date(2015, 1, 1)
"""The State knows no payment before (PROTOCOL 10.3)."""


class Remedy(StrEnum):
    """What a person can do about a difference."""

    RESYNC = "resync"
    """Ask the State about this document and take its answer as known; what is missing or wrong is then sent."""
    CANCEL_THERE = "cancel_there"
    """Cancel at the State a document that our books do not have, or that is not due."""
    IGNORE = "ignore"


_K = DifferenceKind
REMEDIES: Mapping[str, tuple[Remedy, ...]] = {
    _K.MISSING_THERE: (Remedy.RESYNC, Remedy.IGNORE),
    _K.UNKNOWN_HERE: (Remedy.CANCEL_THERE, Remedy.IGNORE),
    _K.NOT_SENT_BY_US: (Remedy.RESYNC, Remedy.IGNORE),
    _K.SHOULD_NOT_BE_THERE: (Remedy.RESYNC, Remedy.CANCEL_THERE, Remedy.IGNORE),
    _K.AMOUNT: (Remedy.RESYNC, Remedy.IGNORE),
    _K.REFUNDED: (Remedy.RESYNC, Remedy.IGNORE),
    _K.PAID_ON: (Remedy.RESYNC, Remedy.IGNORE),
}
"""The ways out of each kind of difference, the usual one first."""
_THERE = frozenset({Held.HELD.value, Held.OTHER.value})


def ask_report(*, actor: Actor, entity_id: int, month: date) -> MonthlyReport:
    """
    Have the report of a month (any of its days) fetched and compared.

    :raises StsSettings.DoesNotExist: no account of this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_not_active``, ``sts_stopped``, ``month_in_the_future``, ``sts_since_too_early``
    """
    first = month.replace(day=1)
    with acting(actor), transaction.atomic(durable=True):
        check_may_send(actor)
        account = StsSettings.objects.get(entity_id=entity_id)
        if not account.is_active:
            raise RuleViolation("sts_not_active", field="account")
        if account.stopped_at is not None:
            raise RuleViolation("sts_stopped", field="account", reason=account.stop_reason)
        now = patience.now()
        if first > now.date():
            raise RuleViolation("month_in_the_future", field="month", month=first)
        if first < FIRST_MONTH:
            raise RuleViolation("sts_since_too_early", field="month")
        report, _ = MonthlyReport.objects.get_or_create(
            entity_id=entity_id, month=first, defaults={"practice_id": account.practice_id, "asked_at": now}
        )
        report.asked_at, report.trouble = now, ""
        report.save(update_fields=["asked_at", "trouble"])
        outbox.enqueue(running.REPORT, report.pk, party_id=account.practice_id)
        audit.record(actor, "sts.report", _about(entity_id), month=first.isoformat())
    return report


def remedy(*, actor: Actor, difference_id: int, choice: Remedy) -> manual.Result | None:
    """
    Do something about a difference and mark it as resolved; return what became of its document, where there is one.

    :raises Difference.DoesNotExist: no such difference for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: ``sts_remedy_not_offered``, and what the remedy's operation refuses
    """
    with acting(actor):
        check_may_send(actor)
        found = Difference.objects.get(pk=difference_id)
    if choice not in REMEDIES[found.kind] or found.resolved_at is not None:
        raise RuleViolation("sts_remedy_not_offered", field="remedy")
    result = _ACTS[choice](actor, found)
    with acting(actor), transaction.atomic(durable=True):
        row = Difference.objects.select_for_update(of=("self",)).filter(pk=difference_id, resolved_at=None).first()
        if row is not None:
            row.resolved_at, row.remedy = datetime.now(UTC), choice.value
            row.save(update_fields=["resolved_at", "remedy"])
        audit.record(actor, "sts.remedy", _about(found.entity_id), kind=found.kind, remedy=choice.value)
    return result


def _resync(actor: Actor, found: Difference) -> manual.Result | None:
    return manual.resync(actor=actor, expense_id=found.expense_id or 0)


def _cancel_there(actor: Actor, found: Difference) -> manual.Result | None:
    """
    Cancel a document there: ours that is not due like any of ours, one that our books do not have by its reference.

    :raises RuleViolation: ``sts_not_cancelled``, the State refused; ``sts_cancel_later``, it was certainly not carried
        out; ``sts_cancel_unknown``, the answer was lost and is asked for; ``sts_call_under_way``; ``sts_stopped``
    """
    if found.expense_id is not None:
        return _cancel_ours(actor, found.expense_id)
    _raise_unless_gone(_cancel_stray(actor, found))
    return None


def _cancel_ours(actor: Actor, expense_id: int) -> manual.Result:
    """Ask what the State holds where our books do not say it, then cancel that."""
    with acting(actor):
        held = Expense.objects.values_list("held", flat=True).get(pk=expense_id)
    if held not in _THERE:
        asked = manual.resync(actor=actor, expense_id=expense_id)
        with acting(actor):
            row = Expense.objects.only("held", "due", "carrier").get(pk=expense_id)
        if asked.outcome != Said.DONE or row.carrier_id is not None or row.held not in _THERE:
            _raise_unless_gone(Answer(Said(asked.outcome), messages=asked.messages, trouble=asked.trouble))
            return asked
    with acting(actor):
        if Expense.objects.filter(pk=expense_id, due=True).exists():
            raise RuleViolation("sts_remedy_not_offered", field="remedy")
    result = manual.cancel_there(actor=actor, expense_id=expense_id, reason="")
    if result.outcome in {Said.REFUSED, Said.ACCOUNT} and "S022" not in {one["code"] for one in result.messages}:
        _raise_unless_gone(Answer(Said(result.outcome), messages=result.messages, trouble=result.trouble))
    return result


def _cancel_stray(actor: Actor, found: Difference) -> Answer:
    with acting(System("cancel there", actor.party_id)):
        account = StsSettings.objects.get(entity_id=found.entity_id)
        if not account.may_leave or found.issued_on is None:
            raise RuleViolation("sts_stopped", field="account", reason=account.stop_reason)
        try:
            with ministry.speaking(account, now=patience.now) as client:
                call = strays.claim(account, found.pk, by=actor.person_id, now=patience.now())
                if call is None:
                    raise RuleViolation("sts_call_under_way", field="remedy")
                return strays.settle(call.pk, strays.send(client, call), now=patience.now())
        except ministry.NotConfigured as missing:
            raise RuleViolation("sts_not_configured", field="account", missing=missing.code) from None


def _raise_unless_gone(answer: Answer) -> None:
    match answer.said:
        case Said.DONE | Said.WARNED:
            return
        case Said.DOUBT:
            raise RuleViolation("sts_cancel_unknown", field="remedy")
        case Said.LATER:
            raise RuleViolation("sts_cancel_later", field="remedy")
        case Said.ACCOUNT:
            raise RuleViolation("sts_stopped", field="account", reason=answer.reason)
    raise RuleViolation("sts_not_cancelled", field="remedy", codes=" ".join(sorted(answer.codes)))


def _ignore(actor: Actor, found: Difference) -> None:
    """Leave it as it is."""


_ACTS: Mapping[Remedy, Callable[[Actor, Difference], manual.Result | None]] = {
    Remedy.RESYNC: _resync,
    Remedy.CANCEL_THERE: _cancel_there,
    Remedy.IGNORE: _ignore,
}


def _about(entity_id: int) -> audit.Subject:
    return audit.Subject(BillingEntity._meta.model_name or "", entity_id, None, entity_id)
