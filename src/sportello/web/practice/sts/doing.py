"""From a deed that a person asked for to the operation that does it, and what came of it in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from sportello.core.actors import Actor
from sportello.expenses.operations import manual, sides
from sportello.expenses.operations.manual import Result
from sportello.expenses.rules.deeds import Deed
from sportello.expenses.states import Visible
from sportello.web import looks
from sportello.web.practice.sts.messages import meaning_of
from sportello.web.practice.sts.words import TROUBLES


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for which document, with the reason where one is needed."""

    actor: Actor
    expense_id: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a deed: the tone of the message and its sentence; `carried` is False where nothing was done."""

    tone: str
    text: str
    carried: bool = True


_TONES = {"ok": "ok", "move": "ok", "off": "ok", "wait": "wait", "bad": "bad"}


def carry_out(wanted: Deed, asked: Asked) -> Done:
    """
    Do what was asked, and say what came of it.

    :raises Expense.DoesNotExist: no such document for this actor
    :raises MayNot: the switch `sts` is off
    :raises RuleViolation: it makes no sense now, or the account may not send; the operation says which
    """
    return _DOERS[wanted](asked)


def _by_hand(act: Callable[..., Result]) -> Callable[[Asked], Done]:
    def do(asked: Asked) -> Done:
        return told(act(actor=asked.actor, expense_id=asked.expense_id))

    return do


def _cancel(asked: Asked) -> Done:
    return told(manual.cancel_there(actor=asked.actor, expense_id=asked.expense_id, reason=asked.reason))


def _refund(asked: Asked) -> Done:
    results = manual.refund_there(actor=asked.actor, expense_id=asked.expense_id)
    return max((told(each) for each in results), key=lambda each: ("ok", "wait", "bad").index(each.tone))


def _exclude(asked: Asked) -> Done:
    sides.exclude(actor=asked.actor, expense_id=asked.expense_id, reason=asked.reason, unsent=True)
    return Done("ok", _("The document is left out."))


def _include(asked: Asked) -> Done:
    sides.include(actor=asked.actor, expense_id=asked.expense_id)
    return Done("ok", _("The document is taken in again."))


def _oppose(opposed: bool) -> Callable[[Asked], Done]:
    def do(asked: Asked) -> Done:
        sides.set_opposition(actor=asked.actor, expense_id=asked.expense_id, opposed=opposed)
        if opposed:
            return Done("ok", _("The document goes without the patient's codice fiscale."))
        return Done("ok", _("The document goes with the patient's codice fiscale."))

    return do


_DOERS: Mapping[Deed, Callable[[Asked], Done]] = {
    Deed.SEND: _by_hand(manual.send_now),
    Deed.SEND_AGAIN: _by_hand(manual.send_again),
    Deed.UPDATE: _by_hand(manual.update_there),
    Deed.RESYNC: _by_hand(manual.resync),
    Deed.RENEW: _by_hand(manual.renew_reference),
    Deed.CANCEL: _cancel,
    Deed.REFUND: _refund,
    Deed.EXCLUDE: _exclude,
    Deed.INCLUDE: _include,
    Deed.OPPOSE: _oppose(opposed=True),
    Deed.UNOPPOSE: _oppose(opposed=False),
}


def told(result: Result) -> Done:
    """Return what the State answered, in a sentence: the state it is in now, and the first thing it said."""
    seen = looks.look("sts", result.state)
    if result.outcome == "" and result.state in {Visible.QUEUED, Visible.UNCERTAIN}:
        return Done("wait", _("A sending is under way already: its answer comes first."), carried=False)
    if result.trouble in TROUBLES:
        return Done("wait", _("%(text)s.") % {"text": TROUBLES[result.trouble]})
    first = next((each for each in result.messages if each["kind"] in {"E", "W"}), None)
    if first is None:
        return Done(_TONES[seen.family], _("Sistema TS: %(state)s.") % {"state": str(seen.word).lower()})
    facts = {
        "state": str(seen.word).lower(),
        "code": first["code"],
        "meaning": str(meaning_of(first["code"], first["kind"]).title),
    }
    return Done(_TONES[seen.family], _("Sistema TS: %(state)s (%(code)s). %(meaning)s.") % facts)
