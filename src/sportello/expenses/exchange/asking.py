"""Asking the State what it holds of a document, and taking its answer as what is known.

The point query shows day and totals, neither the person nor the flags: what it cannot show is taken for right only
where nothing else was known before; else the document is sent again as a change, which does no harm (protocol 9, 12).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from sistemats import AuthenticationFailed, Client, Refused, Unavailable
from sistemats.exchange.resolve import cancelled, not_found
from sistemats.replies import PointQueryReply
from sportello.core import audit
from sportello.core.actors import System
from sportello.core.turns import write_turn
from sportello.expenses import patience
from sportello.expenses.documents import id_of, reference_of, totals_of
from sportello.expenses.exchange.settling import WRITTEN, follow_up, pause, stop_account
from sportello.expenses.models import Attempt, Expense, Held
from sportello.expenses.rules.answers import Answer, Said, of_account, plain, read
from sportello.expenses.rules.content import ZERO, Content
from sportello.expenses.standing import STATE, content_hash, restate


@dataclass(frozen=True, slots=True)
class Seen:
    """What the State said that it holds: day and sums by type (EUR)."""

    held: str
    paid_on: str = ""
    totals: tuple[tuple[str, Decimal], ...] = ()
    protocol: str = ""

    @property
    def amount(self) -> Decimal:
        """The sum of all types (EUR)."""
        return sum((amount for _, amount in self.totals), ZERO)

    def agrees_with(self, content: Content | None) -> bool:
        """Tell whether a content shows the same day and sums."""
        if content is None:
            return False
        return self.paid_on == content.paid_on.isoformat() and dict(self.totals) == content.totals()


def ask(client: Client, expense_id: int) -> Answer:
    """Ask what the State holds of a document and adopt its answer. Outside of any transaction; nothing else is sent."""
    row = Expense.objects.get(pk=expense_id)
    reply = client.query(id_of(reference_of(row)))
    if isinstance(reply, PointQueryReply):
        seen = seen_in(reply)
        if seen is not None:
            adopt(expense_id, seen, version=row.version, now=patience.now())
            return Answer(Said.DONE, seen.protocol, plain(reply.messages))
        unsaid = Answer(Said.LATER, messages=plain(reply.messages), trouble="busy")
        return _postpone(expense_id, of_account(reply) or unsaid)
    return _postpone(expense_id, _read(reply))


def seen_in(reply: PointQueryReply) -> Seen | None:
    """Return what a reply says; None when it does not say whether the State holds the document."""
    if not_found(reply):
        return Seen(Held.NONE)
    held = reply.document
    if held is None:
        return None
    totals = tuple(sorted(totals_of(held).items()))
    state = Held.CANCELLED if cancelled(reply) else Held.HELD
    return Seen(state, (held.paid_on or "").strip(), totals, held.protocol or "")


def adopt(expense_id: int, seen: Seen, *, version: int, now: datetime) -> Expense | None:
    """Take what the State said for what is known; None when anything happened meanwhile, which may know better."""
    with write_turn(), transaction.atomic():
        head = Expense.objects.only("original_id").get(pk=expense_id)
        ids = [pk for pk in (head.original_id, expense_id) if pk]
        rows = Expense.objects.select_for_update(of=("self",)).select_related("original").filter(pk__in=ids)
        row = {one.pk: one for one in rows.order_by("pk")}[expense_id]
        if row.carrier_id is not None or row.version != version:
            return None
        before = row.held
        _take(row, seen)
        row.ask, row.known_at = False, now
        restate([row])
        row.version += 1
        row.save(update_fields=WRITTEN)
        if row.original_id:
            original = Expense.objects.get(pk=row.original_id)
            if restate([original]):
                original.version += 1
                original.save(update_fields=STATE)
        follow_up(row, now=now)
        about = audit.Subject("expense", row.pk, row.invoice.patient_id, row.entity_id)
        audit.record(
            System("sistema ts", row.practice_id), "sts.adopt", about, before=before, after=row.held, version=version
        )
    return row


def _take(row: Expense, seen: Seen) -> None:
    if seen.held != Held.HELD:
        if row.held != seen.held:
            _forget_refusal(row)
        row.held, row.known_hash, row.known_amount, row.has_warnings = seen.held, "", ZERO, False
        return
    known = _sent(row, row.known_hash)
    if row.held == Held.HELD and row.protocol == seen.protocol and (not known or seen.agrees_with(known[0][1])):
        return
    row.protocol, row.known_amount = seen.protocol[:40], seen.amount
    row.held, row.known_hash = _recognised(row, seen)
    if row.held == Held.HELD:
        row.wanted = False
        _forget_refusal(row)
    else:
        row.refused_hash = row.refused_operation = ""  # what was said of it says why it is another's


def _forget_refusal(row: Expense) -> None:
    """Forget a refusal that counts no more, and what the State said of it; its warnings stay."""
    row.refused_hash = row.refused_operation = ""
    warnings = [one for one in row.messages if one["kind"] != "E"]
    if len(warnings) < len(row.messages):
        row.messages, row.messages_at = warnings, None


def _recognised(row: Expense, seen: Seen) -> tuple[str, str]:
    """
    Return what is held and its hash: what was last sent and shows the same, else what should be there, else another's.

    What was changed behind our back is ours to put right: it gets a hash of its own, so that it differs.
    """
    mine = next((digest for digest, content in _sent(row) if seen.agrees_with(content)), "")
    if row.held == Held.HELD:
        return Held.HELD, content_hash(row.practice_id, f"seen:{seen.protocol}:{seen.totals}")
    if mine:
        return Held.HELD, mine
    if row.should and seen.agrees_with(Content.read(row.should)):
        return Held.HELD, row.should_hash
    return Held.OTHER, ""


def _sent(row: Expense, digest: str = "") -> list[tuple[str, Content]]:
    """Return what was sent of a document, newest first: hash and content; or what was sent with this hash."""
    rows = Attempt.objects.filter(expense=row).exclude(content_hash="").order_by("-pk")
    if digest:
        rows = rows.filter(content_hash=digest)
    return [(one.content_hash, Content.read(one.content)) for one in rows[:20]]


def _read(reply: Refused | AuthenticationFailed | Unavailable) -> Answer:
    answer = read(reply)
    return answer if answer.said is not Said.REFUSED else Answer(Said.LATER, messages=answer.messages, trouble="busy")


def _postpone(expense_id: int, answer: Answer) -> Answer:
    """Keep the question for later; stop the account where its answer was that nothing else would fare better."""
    with write_turn(), transaction.atomic():
        row = Expense.objects.select_for_update(of=("self",)).get(pk=expense_id)
        row.tries += 1
        row.next_try_at = patience.now() + pause(row.tries)
        row.save(update_fields=["tries", "next_try_at", "updated_at"])
        if answer.said is Said.ACCOUNT:
            stop_account(row.entity_id, answer, now=patience.now())
        else:
            follow_up(row, now=patience.now())
    return answer
