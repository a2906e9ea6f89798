"""The Sistema TS part of an invoice's page: its state, the next step where something failed, and what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sportello.core.actors import Actor
from sportello.expenses.models import Held
from sportello.expenses.permissions import may_configure
from sportello.expenses.queries.document_detail import DocumentDetail, of_invoice
from sportello.expenses.queries.documents import Message, waits_for_its_invoice
from sportello.expenses.rules.deeds import Deed as Wish
from sportello.expenses.rules.should import WhyNot
from sportello.expenses.states import Visible
from sportello.parties.timeline import Deed, deeds_about
from sportello.patients.permissions import may_edit_customers, may_edit_patients
from sportello.web import formats
from sportello.web.parts import Event
from sportello.web.practice.sts.deeds import Act, acts
from sportello.web.practice.sts.messages import Meaning, Mend, meaning_of
from sportello.web.practice.sts.words import (
    DOCUMENT_DEEDS,
    OPERATIONS,
    OUTCOMES,
    PROBLEMS,
    STOPS,
    TROUBLES,
    WHY_NOT,
)

_BLOCKS = "E"
_CHANGED_SINCE = frozenset({Visible.READY, Visible.QUEUED})
"""States in which a refusal is about what the document was before it was changed."""
_MOVING = frozenset({Visible.QUEUED, Visible.TAKEN_IN_CHARGE, Visible.UNCERTAIN})
_GOES_BY_ITSELF = frozenset({Visible.TO_UPDATE, Visible.TO_DELETE})
_WAITS = frozenset({Visible.READY, Visible.UNCERTAIN}) | _GOES_BY_ITSELF
"""States in which something is still to leave: why nothing does is said there."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the ministry with our words beside it."""

    code: str
    words: str
    kind: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Mending:
    """What stands in the way, in the ministry's words or ours, and the button that leads to the place to mend it."""

    title: str
    why: str
    url: str
    action: str
    tone: str = "bad"


def paper_part(actor: Actor, invoice_id: int) -> dict[str, Any] | None:
    """Return what the page of a paper shows of the State, None where it is not concerned or may not be seen."""
    found = of_invoice(actor, invoice_id)
    return None if found is None else shown(actor, found) | {"events": _events(found.row.id)}


def shown(actor: Actor, found: DocumentDetail) -> dict[str, Any]:
    """Return a document's standing with words: chip, messages, what may be done, how it is mended."""
    row = found.row
    said = [_said(each) for each in row.messages]
    possible = acts(row.invoice_id, found.deeds)
    return {
        "detail": found,
        "row": row,
        "said": said,
        "acts": possible,
        "first": _first(possible),
        "mending": mending(actor, found, said),
        "reason": WHY_NOT.get(row.why_not, ""),
        "problem": PROBLEMS.get(row.problem),
        "history": [
            (each, OPERATIONS[each.operation], OUTCOMES[each.outcome], TROUBLES.get(each.trouble, ""))
            for each in found.history
        ],
        "last": found.history[0] if found.history else None,
        "items": found.should.pieces if found.should else (),
        "said_before": row.state in _CHANGED_SINCE and any(each.kind == _BLOCKS for each in said),
        "waits_for_invoice": waits_for_its_invoice(row),
        "moves": row.state in _MOVING or (row.state in _GOES_BY_ITSELF and not found.stopped),
    }


def _events(expense_id: int) -> list[Event]:
    """Return what happened towards the State; who sent by hand is told, the answer bears its codes."""
    return [_event(deed) for deed in deeds_about("expense", expense_id) if deed.action in DOCUMENT_DEEDS]


def _event(deed: Deed) -> Event:
    lead, family = str(DOCUMENT_DEEDS[deed.action]), _FAMILIES.get(deed.action, "")
    codes = [code for code in deed.details.get("codes", ()) if code not in {"0", "000"}]
    said = [part for part in (", ".join(codes), deed.who) if part]
    text = f", {', '.join(said)}" if said else ""
    return Event(deed.at, text, lead=lead, family=family) if family else Event(deed.at, f"{lead}{text}")


_FAMILIES = {"sts.accepted": "ok", "sts.rejected": "bad", "sts.refunded": "ok"}


def mending(actor: Actor, found: DocumentDetail, said: list[Said]) -> Mending | None:
    """Return what to mend and where, None when nothing stands in the way."""
    row = found.row
    if found.stopped and row.state in _WAITS and not row.problem:
        return _stopped(actor, found)
    if row.problem:
        title, how = PROBLEMS[row.problem]
        return _mending(str(title), str(how), _place_of_problem(actor, found), tone="wait")
    if row.state != Visible.REJECTED:
        return _of_another_program(found)
    return _unlike_ours(found) or _refused(actor, found, said)


def _stopped(actor: Actor, found: DocumentDetail) -> Mending:
    title, how = STOPS[found.stopped]
    return _mending(str(title), str(how), _account(actor, found))


def _of_another_program(found: DocumentDetail) -> Mending | None:
    """Return how a credit note reaches the State whose invoice was paid before documents were sent from here."""
    head = found.original or found.row
    has_notes = found.original is not None or bool(found.refunds)
    if head.why_not != WhyNot.BEFORE_ACTIVATION or not has_notes or Wish.RESYNC not in found.deeds:
        return None
    why = _(
        "Invoice %(number)s was paid before documents were sent from here. Resynchronise it: if the Sistema TS holds "
        "it exactly as it stands here, it counts as sent from here, and the credit note goes there too."
    ) % {"number": head.number}
    if found.original is None and found.held_state == Held.OTHER:
        why = _(
            "Under this number the Sistema TS holds %(amount)s, not what stands here: tell it of the credit note with "
            "the program that sent the invoice."
        ) % {"amount": formats.money(found.held_amount)}
    title = _("Tell the Sistema TS of the credit note")
    return _mending(title, why, _own_page(head.invoice_id), tone="wait")


def _unlike_ours(found: DocumentDetail) -> Mending | None:
    """Return the way out where what is known to be held there, not what was last said, decides what comes next."""
    place = _own_page(found.row.invoice_id)
    if found.held_state == "other":
        why = _(
            "Under this number the Sistema TS holds %(amount)s that did not come from here. Update it, and this "
            "document takes its place; or cancel it there."
        ) % {"amount": formats.money(found.held_amount)}
        return _mending(_("Decide what the Sistema TS should hold"), why, place)
    if Wish.RENEW in found.deeds:
        url = reverse("practice:sts_deed", args=[found.row.invoice_id, Wish.RENEW.value])
        why = str(_WHY_RENEW[any(each.kind == _BLOCKS for each in found.row.messages)])
        return _mending(_("Send it under the next device number"), why, _Place(url, _("Look at it")))
    return None


def _refused(actor: Actor, found: DocumentDetail, said: list[Said]) -> Mending:
    row = found.row
    blocking = next((each for each in said if each.kind == _BLOCKS), said[0] if said else None)
    if blocking is None:
        place = _own_page(row.invoice_id)
        return _mending(_("Look at the answer"), _("The Sistema TS refused this document."), place)
    words = f"{blocking.code}, «{blocking.words}»" if blocking.code else f"«{blocking.words}»"
    at = formats.moment(row.said_at) if row.said_at else ""
    facts = {"at": at, "words": words, "remedy": blocking.meaning.remedy}
    if blocking.words:
        why = (
            _("The Sistema TS refused this expense on %(at)s (%(words)s). %(remedy)s The invoice stays valid.") % facts
        )
    else:  # a word of ours for what the State did not say of this one
        why = _("The Sistema TS refused this expense on %(at)s. %(remedy)s The invoice stays valid.") % facts
    title = _TITLES.get(blocking.meaning.mend, blocking.meaning.title)
    return _mending(str(title), why, _place(actor, found, blocking.meaning.mend))


def _mending(title: str, why: str, place: _Place, *, tone: str = "bad") -> Mending:
    return Mending(_lower(title), f"{why} {place.whose}".rstrip(), place.url, place.action, tone)


_TITLES = {
    Mend.PATIENT: gettext_lazy("Correct the codice fiscale and send again"),
    Mend.ACCOUNT: gettext_lazy("Look at the account"),
    Mend.RESYNC: gettext_lazy("Resynchronise: ask the Sistema TS what it holds"),
}


_WHY_RENEW = {
    True: gettext_lazy(
        "The Sistema TS keeps the cancelled expense and does not take the same number again. The same document can "
        "go as a new one, under the next device number."
    ),
    False: gettext_lazy(
        "The Sistema TS keeps the cancelled expense, and the account says not to try its number a second time. The "
        "same document can go as a new one, under the next device number."
    ),
}
"""Why a cancelled expense goes under another number: by whether the State refused its own."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a thing is mended; without an address `whose` says who can do it, because the actor may not."""

    url: str = ""
    action: str = ""
    whose: str = ""


def _place(actor: Actor, found: DocumentDetail, mend: Mend) -> _Place:
    if mend is Mend.PATIENT and (found.customer_id or found.patient_id):
        return _place_of_code(actor, found)
    if mend is Mend.ACCOUNT:
        return _account(actor, found)
    return _own_page(found.row.invoice_id)


def _place_of_code(actor: Actor, found: DocumentDetail) -> _Place:
    """Return the record with the code that is sent: the customer's where the paper is made out to one."""
    if found.customer_id:
        if may_edit_customers(actor):
            return _Place(reverse("practice:customer_edit", args=[found.customer_id]), _("Correct the codice fiscale"))
        return _Place(whose=_("Who keeps the customers' records here can do it."))
    if may_edit_patients(actor):
        return _Place(reverse("practice:patient_edit", args=[found.patient_id]), _("Correct the codice fiscale"))
    return _Place(whose=_("Who keeps the patients' records here can do it."))


def _account(actor: Actor, found: DocumentDetail) -> _Place:
    if may_configure(actor):
        return _Place(reverse("practice:sts_account", args=[found.row.entity_id]), _("Look at the account"))
    return _Place(whose=_("Only the owner can do it: let them know."))


def _place_of_problem(actor: Actor, found: DocumentDetail) -> _Place:
    if found.row.problem == "unmapped":
        if may_configure(actor):
            return _Place(reverse("practice:sts_mapping_of", args=[found.row.entity_id]), _("Choose the types"))
        return _Place(whose=_("Only the owner can do it: let them know."))
    if found.row.problem == "code_malformed":
        return _place(actor, found, Mend.PATIENT)
    return _own_page(found.row.invoice_id)


def _own_page(invoice_id: int) -> _Place:
    return _Place(f"{reverse('practice:sts_document', args=[invoice_id])}#deeds", _("See what can be done"))


def _first(possible: list[Act]) -> Act | None:
    """Return the deed of the primary button: sending in one of its forms."""
    return next((each for each in possible if each.deed in {"send", "update", "renew", "send_again"}), None)


def _said(each: Message) -> Said:
    return Said(each.code, each.text, each.kind, meaning_of(each.code, each.kind))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
