"""Deriving what the State should hold of papers that changed, and writing the difference down.

Work grows with the marks, never with the papers there are. A mark goes in the transaction in which its paper was looked
at: killed in between, it is looked at again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, partial
from typing import NamedTuple, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q

from sportello.billing import changes
from sportello.billing.models import Invoice, InvoiceKind
from sportello.core import marks
from sportello.core.actors import System, acting
from sportello.core.collecting import at_rest
from sportello.core.keys import held_ring
from sportello.core.ready_many import Among, ReadyInserts
from sportello.core.turns import one_at_a_time, write_turn
from sportello.expenses import running
from sportello.expenses.models import Expense, ExpenseKind, Held
from sportello.expenses.papers import Bundle, PaperRow, Shelf
from sportello.expenses.rules.content import Reference
from sportello.expenses.rules.next_step import Sides, visible
from sportello.expenses.rules.should import Paper, Should, derive
from sportello.expenses.standing import content_hash, restate
from sportello.expenses.states import Visible
from sportello.patients.operations import customers, patients

_T = TypeVar("_T")
_WHOSE = {patients.CODE_CHANGED: "patient_id", customers.CODE_CHANGED: "customer_id"}
"""Topics of marks that name a person, and the column of an invoice that does."""
TOPICS = (changes.DOCUMENT, *_WHOSE)
SLICE = 2000
"""Papers in one transaction: as many as documents in a file."""
_DERIVED = (
    *("vat_number", "issued_on", "number", "device", "paid_on", "year", "amount"),
    *("due", "why_not", "problem", "should", "should_hash", "excluded", "state", "version", "updated_at"),
)
TURN = "expenses.derive"
"""One slice of a party at a time: a slow one would write what it read over what another derived of newer papers."""
_CONCERNED = Q(paid_on__isnull=False) | Q(expense__isnull=False)
_DOCUMENT, _REFUND = ExpenseKind.DOCUMENT.value, ExpenseKind.REFUND.value
_SHOULD = Expense._meta.get_field("should")
_NEW = ReadyInserts(
    Expense,
    [
        *("uid", "practice", "entity", "invoice", "kind", "original", "vat_number", "issued_on", "number", "device"),
        *("paid_on", "year", "amount", "due", "why_not", "problem", "should", "should_hash", "state"),
    ],
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a slice came to: documents looked at, rows written, and the entities where something is to be sent."""

    looked_at: int = 0
    written: int = 0
    entities: frozenset[int] = frozenset()


def take_in(party_id: int) -> int:
    """Derive every paper of a party that was marked, slice by slice; return how many rows changed."""
    written = 0
    with acting(System("expenses", party_id)):
        for topic in TOPICS:
            while True:
                seen, taken = _again_when_beaten(partial(_marked_slice, party_id, topic))
                written += taken.written
                if seen < SLICE:
                    break
    return written


@at_rest()
def _marked_slice(party_id: int, topic: str) -> tuple[int, Taken]:
    with write_turn(), transaction.atomic():
        one_at_a_time(TURN, party_id)
        slice_ = marks.waiting(topic, party_id, SLICE)
        taken = _take_slice(party_id, topic, [object_id for _, object_id in slice_])
        marks.drop([mark_id for mark_id, _ in slice_])
    return len(slice_), taken


def _again_when_beaten(slice_: Callable[[], _T]) -> _T:
    """
    Do a slice, and once more when another worker wrote one of its new rows first: it is there by then.

    :raises IntegrityError: something else is wrong
    """
    try:
        return slice_()
    except IntegrityError:
        return slice_()


def take_in_entity(entity_id: int, party_id: int) -> int:
    """
    Derive every document of an entity that is paid or in the books, slice by slice; return how many rows changed.

    One that is paid no more must be looked at too: while an account is off its marks go without anything being derived.
    """
    written, after = 0, 0
    with acting(System("expenses", party_id)):
        while True:
            papers = Invoice.objects.filter(_CONCERNED, entity_id=entity_id, kind=InvoiceKind.INVOICE)
            ids = list(papers.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:SLICE])
            if not ids:
                return written
            written += _again_when_beaten(partial(_derive_slice, ids, party_id)).written
            after = ids[-1]


@at_rest()
def _derive_slice(ids: Collection[int], party_id: int) -> Taken:
    with write_turn(), transaction.atomic():
        one_at_a_time(TURN, party_id)
        return derive_papers(ids, party_id)


def derive_papers(invoice_ids: Collection[int], party_id: int, *, from_any_day: bool = False) -> Taken:
    """
    Derive invoices with their credit notes inside the caller's transaction, and have the sender woken where due.

    Act as `System`. Rows are locked in the order of their ids.

    :param from_any_day: as if what was paid before the account was activated were sent from here too
    """
    with held_ring():
        shelf, found = Shelf(invoice_ids, from_any_day=from_any_day), _Found()
        for bundle in shelf.bundles:
            _derive_bundle(shelf, bundle, found)
        restate(found.changed)
        for row in found.changed:
            row.save(update_fields=_DERIVED)
        _insert(shelf, found.new)
    entities = {row.entity_id for row in found.changed if running.goes_at_once(row)}
    entities |= {each.paper.entity_id for each in found.new if each.goes_at_once}
    for entity_id in sorted(entities):
        running.wake(entity_id, party_id)
    return Taken(len(shelf.bundles), len(found.changed) + len(found.new), frozenset(entities))


def _take_slice(party_id: int, topic: str, object_ids: list[int]) -> Taken:
    ids = set(object_ids)
    if topic in _WHOSE:
        paid = Invoice.objects.filter(Among(_WHOSE[topic], ids), practice_id=party_id, paid_on__isnull=False)
        ids = set(paid.filter(kind=InvoiceKind.INVOICE).values_list("pk", flat=True))
    return derive_papers(sorted(ids), party_id) if ids else Taken()


class _Side(NamedTuple):
    """What the State should hold of a paper, as its row says it. `text` holds the patient's code."""

    due: bool
    why_not: str
    problem: str
    text: str
    digest: str
    reference: Reference
    paid_on: date
    amount: Decimal | None

    def __repr__(self) -> str:
        """Return no more than the reference."""
        return f"_Side({self.reference})"


class _New(NamedTuple):
    """A paper that the books do not have yet; `head` is the row of what a note corrects, if that is there."""

    paper: PaperRow
    side: _Side
    is_note: bool
    head: Expense | None

    @property
    def state(self) -> str:
        """Where a person sees it."""
        return _unheard_of(self.side.due, self.side.problem, self.is_note)

    @property
    def goes_at_once(self) -> bool:
        """Whether it takes back from what the State holds."""
        held = self.head is not None and self.head.held == Held.HELD
        return held and self.state == Visible.READY and not self.side.problem


@cache
def _unheard_of(due: bool, problem: str, is_refund: bool) -> str:
    """Return the state of what the State never heard of: whatever it says, there is nothing to compare it with."""
    return visible(Sides(due, problem=problem, is_refund=is_refund)).value


@dataclass(slots=True)
class _Found:
    """Rows that say another thing than before, and papers that get one."""

    changed: list[Expense] = field(default_factory=list)
    new: list[_New] = field(default_factory=list)


def _derive_bundle(shelf: Shelf, bundle: Bundle, found: _Found) -> None:
    """Derive an invoice and its notes; of one that concerns nobody the notes do neither."""
    due = _derive_one(shelf, bundle, bundle.invoice, found, original_due=True)
    if due is None:
        return
    for note in bundle.notes:
        _derive_one(shelf, bundle, note, found, original_due=due)


def _derive_one(shelf: Shelf, bundle: Bundle, paper: PaperRow, found: _Found, *, original_due: bool) -> bool | None:
    """Derive a paper and return whether the State should hold it; None where it needs no row."""
    known, head = shelf.expenses.get(paper.id), shelf.expenses.get(bundle.invoice.id)
    seen = shelf.paper(bundle, paper, original_due=original_due)
    should = derive(seen)
    if known is None and (should.concerns_nobody or seen.paid_on is None):
        return None
    is_note = paper is not bundle.invoice
    side = _side(paper.practice_id, seen, should, known)
    if known is None:
        found.new.append(_New(paper, side, is_note, head if is_note else None))
        return side.due
    if is_note and head is not None:
        known.original = head
    if _put(known, side, paper):
        found.changed.append(known)
    return side.due


def _side(practice_id: int, paper: Paper, should: Should, known: Expense | None) -> _Side:
    content = should.content
    text = content.text() if content is not None else ""
    return _Side(
        due=should.due,
        why_not=should.why_not,
        problem=should.problem,
        text=text,
        digest=content_hash(practice_id, text),
        reference=paper.reference,
        paid_on=_day(paper, known) if content is None else content.paid_on,
        amount=None if content is None else content.total,
    )


def _day(paper: Paper, known: Expense | None) -> date:
    """Return the day of payment of what has no content: of a paper whose payment was taken back, the one it had."""
    if paper.original is not None:
        return paper.reference.issued_on
    return paper.paid_on or (known.paid_on if known else None) or paper.reference.issued_on


def _put(row: Expense, side: _Side, paper: PaperRow) -> bool:
    """Put what was derived into a row and tell whether anything is another than before."""
    reference, paid_on = side.reference, side.paid_on
    now = (side.due, side.why_not, side.problem, side.digest, reference.number, reference.vat_number, paid_on)
    before = (row.due, row.why_not, row.problem, row.should_hash, row.number, row.vat_number, row.paid_on)
    if now == before:
        return False
    row.due, row.why_not, row.problem = side.due, side.why_not, side.problem
    row.should, row.should_hash = side.text, side.digest
    row.vat_number, row.issued_on = reference.vat_number, reference.issued_on
    row.number, row.device = reference.number, reference.device
    row.paid_on, row.year = paid_on, paid_on.year
    row.amount = side.amount if side.amount is not None else row.amount or paper.total
    row.tries, row.next_try_at = 0, None
    row.version += 1
    return True


def _insert(shelf: Shelf, new: Sequence[_New]) -> None:
    """Write documents before the refunds that point to them, one statement for each kind."""
    _NEW.insert(_row(each, None) for each in new if not each.is_note)
    notes = [each for each in new if each.is_note]
    if notes:
        heads = {row.invoice_id: row.pk for row in shelf.expenses.values()}
        added = Expense.objects.filter(Among("invoice_id", [each.paper.corrects_id or 0 for each in notes]))
        heads |= dict(added.values_list("invoice_id", "pk"))
        _NEW.insert(_row(each, heads[each.paper.corrects_id or 0]) for each in notes)


def _row(new: _New, original_id: int | None) -> Sequence[object]:
    paper, side, uid = new.paper, new.side, uuid.uuid4()
    reference = side.reference
    return (
        uid,
        paper.practice_id,
        paper.entity_id,
        paper.id,
        _REFUND if new.is_note else _DOCUMENT,
        original_id,
        reference.vat_number,
        reference.issued_on,
        reference.number,
        reference.device,
        side.paid_on,
        side.paid_on.year,
        paper.total if side.amount is None else side.amount,
        side.due,
        side.why_not,
        side.problem,
        _SHOULD.closed(side.text, scope=f"party:{paper.practice_id}", uid=uid),
        side.digest,
        new.state,
    )
