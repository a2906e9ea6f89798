"""Moving an entity from the simulator or the ministry's test host to the Sistema TS itself, or back.

What one host was told, another does not know: with the move, everything known to be held is forgotten, and each
document is to be sent anew. The calls made before stay in the list of sendings.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Case, F, Value, When

from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.refusals import Refused
from sportello.core.states import codes
from sportello.core.violations import RuleViolation
from sportello.expenses import ministry
from sportello.expenses.models import Environment, Expense, Held, StsSettings, TestResult, Transmission
from sportello.expenses.operations.marking import mark_entity
from sportello.expenses.permissions import check_may_configure
from sportello.expenses.states import OPEN_CALLS, Visible

_FORGOTTEN = {
    "held": Held.NONE,
    "known_hash": "",
    "known_amount": 0,
    "known_at": None,
    "protocol": "",
    "has_warnings": False,
    "refused_hash": "",
    "refused_operation": "",
    "messages": [],
    "messages_at": None,
    "carrier": None,
    "ask": False,
    "wanted": False,
    "sent_once": False,
    "tries": 0,
    "next_try_at": None,
}


def move_environment(*, actor: Actor, entity_id: int, environment: str) -> StsSettings:
    """
    Let an entity speak to another host, from a clean slate: untested, automatic off, nothing known to be held.

    :raises StsSettings.DoesNotExist: no account of this actor
    :raises MayNot: only the owner may
    :raises Refused: ``choice_unknown``; ``sts_no_simulator``, none runs beside this server; ``sts_calls_open``, a call
        is under way or its outcome is not known yet; ``sts_real_books``, documents were sent to the Sistema TS itself
        from here, and would be forgotten
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_configure(actor)
        row = StsSettings.objects.select_for_update(of=("self",)).get(entity_id=entity_id)
        if row.environment == environment:
            return row
        _check(row, environment)
        old = row.environment
        row.environment, row.automatic = environment, False
        row.test_result, row.tested_at, row.test_words, row.wrong_tries = TestResult.NONE, None, "", 0
        row.stopped_at, row.stop_reason = None, ""
        row.save()
        forgotten = _forget(entity_id)
        _check_nothing_open(entity_id)
        about = audit.Subject("billingentity", entity_id, None, entity_id)
        audit.record(actor, "sts.environment", about, changes={"environment": [old, environment]}, forgotten=forgotten)
        mark_entity(entity_id, party_id=row.practice_id)  # what was ours for having been sent is no more
    return row


def _check(row: StsSettings, environment: str) -> None:
    if environment not in Environment.values:
        raise Refused.because(RuleViolation("choice_unknown", field="environment"))
    if environment == Environment.SIMULATOR and not ministry.simulator_runs():
        raise Refused.because(RuleViolation("sts_no_simulator", field="environment"))
    sent = Expense.objects.filter(entity_id=row.entity_id).exclude(held=Held.NONE)
    if row.environment == Environment.PRODUCTION and sent.exists():
        raise Refused.because(RuleViolation("sts_real_books", field="environment"))


def _forget(entity_id: int) -> int:
    state = Case(When(due=True, then=Value(Visible.READY.value)), default=Value(Visible.NOT_APPLICABLE.value))
    return Expense.objects.filter(entity_id=entity_id).update(**_FORGOTTEN, state=state, version=F("version") + 1)


def _check_nothing_open(entity_id: int) -> None:
    """Look for open calls once every document is written to: who claims one locks it before, or looks after."""
    calls = Transmission.objects.filter(entity_id=entity_id, state__in=codes(OPEN_CALLS))
    if calls.exists():
        raise Refused.because(RuleViolation("sts_calls_open", field="environment"))
