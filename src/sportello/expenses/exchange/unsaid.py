"""Documents of a file of which the State does not say what became of them: each is asked about alone.

That is so where its list of errors names fewer documents than it counts, or cannot be had; where it knows the file no
more, or never comes to an end with it; and where a file whose answer was lost cannot be told from others (protocol 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import System
from sportello.core.turns import write_turn
from sportello.expenses import patience, running
from sportello.expenses.exchange.files import SLICE, open_slice, save_slice
from sportello.expenses.exchange.settling import apply, close_attempt
from sportello.expenses.models import Attempt, Expense, Outcome, Transmission
from sportello.expenses.rules.answers import Answer, Said
from sportello.expenses.states import OPEN_CALLS, CallState, check_call_move

UNNAMED = "UNNAMED"
"""Stands for the code of a refusal that the State counts and does not name."""
NO_OUTCOME, NO_LIST, NOT_NAMED = "no_outcome", "no_error_file", "not_named"
ASKED = Answer(Said.CONFLICT)
"""What became of a document of which the State is asked."""


def ask_each(transmission_id: int) -> None:
    """
    Put an end to a file whose outcome nobody learns: ask about each of its documents, and send what is not there.

    Slice by slice: killed in between, it goes on when the file is looked at again.
    """
    while _slice(transmission_id, patience.now()) == SLICE:
        pass
    with write_turn(), transaction.atomic():
        call = Transmission.objects.select_for_update(of=("self",)).get(pk=transmission_id)
        if call.state not in OPEN_CALLS:
            return
        check_call_move(CallState(call.state), CallState.DONE)
        call.state, call.settled_at = CallState.DONE.value, patience.now()
        call.trouble, call.next_poll_at = NO_OUTCOME, None
        call.save(update_fields=["state", "settled_at", "trouble", "next_poll_at"])
        running.wake(call.entity_id, call.practice_id)
        about = audit.Subject("transmission", call.pk, None, call.entity_id)
        who = System("sistema ts", call.practice_id)
        audit.record(who, "sts.outcome", about, documents=call.count, protocol=call.protocol, trouble=call.trouble)


def _slice(transmission_id: int, now: datetime) -> int:
    with write_turn(), transaction.atomic():
        attempts, found = open_slice(transmission_id)
        for attempt in attempts:
            row = found[attempt.expense_id]
            wanted = row.wanted
            apply(row, attempt, ASKED, now=now)
            row.wanted, row.carrier = wanted, None  # what turns out not to be there is still to be sent
        Attempt.objects.filter(pk__in=[one.pk for one in attempts]).update(outcome=Outcome.CONFLICT)
        save_slice(found.values())
    return len(attempts)


def refuse_unless_held(row: Expense, attempt: Attempt, warnings: Sequence[dict[str, str]], *, now: datetime) -> None:
    """
    Take a document for refused until the State, asked about it, says that it holds it. Saves nothing.

    What the State does not hold is one of those that it refused: the same is not sent again unless a person says so.

    :param warnings: what the State said of it, which does not block
    """
    close_attempt(attempt, ASKED)
    apply(row, attempt, ASKED, now=now)
    row.refused_operation, row.refused_hash = attempt.operation, attempt.content_hash
    row.messages, row.messages_at = [{"code": UNNAMED, "text": "", "kind": "E"}, *warnings], now
    row.has_warnings = bool(warnings)
