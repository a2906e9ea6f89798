"""Deriving what the State should hold of papers that changed, and writing the difference down.

Work grows with the marks, never with the papers there are. A mark goes in the transaction in which its paper was looked
at: killed in between, it is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

from django.db import IntegrityError, transaction

from sportello.billing import changes
from sportello.billing.models import Invoice, InvoiceKind
from sportello.core import marks
from sportello.core.actors import System, acting
from sportello.core.turns import write_turn
from sportello.expenses import running
from sportello.expenses.models import Expense, ExpenseKind
from sportello.expenses.papers import Bundle, Shelf, reference_of
from sportello.expenses.rules.should import Should, concerns_the_state, derive
from sportello.expenses.standing import content_hash, restate
from sportello.patients.operations.patients import CODE_CHANGED

_T = TypeVar("_T")
TOPICS = (changes.DOCUMENT, CODE_CHANGED)
SLICE = 200
_DERIVED = (
    *("vat_number", "issued_on", "number", "device", "paid_on", "year", "amount"),
    *("due", "why_not", "problem", "should", "should_hash", "excluded", "state", "version", "updated_at"),
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


def _marked_slice(party_id: int, topic: str) -> tuple[int, Taken]:
    with write_turn(), transaction.atomic():
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
    """Derive every paid document of an entity, by key and slice by slice; return how many rows changed."""
    written, after = 0, 0
    with acting(System("expenses", party_id)):
        while True:
            papers = Invoice.objects.filter(entity_id=entity_id, kind=InvoiceKind.INVOICE, paid_on__isnull=False)
            ids = list(papers.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:SLICE])
            if not ids:
                return written
            written += _again_when_beaten(partial(_derive_slice, ids, party_id)).written
            after = ids[-1]


def _derive_slice(ids: Collection[int], party_id: int) -> Taken:
    with write_turn(), transaction.atomic():
        return derive_papers(ids, party_id)


def derive_papers(invoice_ids: Collection[int], party_id: int) -> Taken:
    """
    Derive invoices with their credit notes inside the caller's transaction, and have the sender woken where due.

    Act as `System`. Rows are locked in the order of their ids.
    """
    shelf = Shelf(invoice_ids)
    ids = sorted(row.pk for row in shelf.expenses.values())
    locked = Expense.objects.select_for_update(of=("self",)).select_related("carrier").filter(pk__in=ids)
    shelf.expenses = {row.invoice_id: row for row in locked.order_by("pk")}
    touched = [row for bundle in shelf.bundles for row in _derive_bundle(shelf, bundle)]
    restate(touched)
    _save(touched)
    entities = frozenset(row.entity_id for row in touched if running.goes_at_once(row))
    for entity_id in sorted(entities):
        running.wake(entity_id, party_id)
    return Taken(len(shelf.bundles), len(touched), entities)


def _take_slice(party_id: int, topic: str, object_ids: list[int]) -> Taken:
    ids = set(object_ids)
    if topic == CODE_CHANGED:
        paid = Invoice.objects.filter(practice_id=party_id, patient_id__in=ids, paid_on__isnull=False)
        ids = set(paid.filter(kind=InvoiceKind.INVOICE).values_list("pk", flat=True))
    return derive_papers(sorted(ids), party_id) if ids else Taken()


def _derive_bundle(shelf: Shelf, bundle: Bundle) -> Iterator[Expense]:
    """Yield the rows of a bundle whose side changed, new ones among them; the invoice's comes first."""
    head = _derive_one(shelf, bundle, bundle.invoice, original_due=True)
    if head is None:
        return
    row, changed = head
    shelf.expenses[bundle.invoice.pk] = row
    if changed:
        yield row
    for note in bundle.notes:
        found = _derive_one(shelf, bundle, note, original_due=row.due)
        if found is None:
            continue
        refund, changed = found
        refund.original = row
        if changed:
            yield refund


def _derive_one(shelf: Shelf, bundle: Bundle, paper: Invoice, *, original_due: bool) -> tuple[Expense, bool] | None:
    known = shelf.expenses.get(paper.pk)
    seen = shelf.paper(bundle, paper, original_due=original_due)
    if known is None and not (concerns_the_state(seen) and bundle.invoice.paid_on is not None):
        return None
    should = derive(seen)
    row = known or _new(paper, bundle)
    row.invoice = paper
    return row, _put(row, should, bundle)


def _new(paper: Invoice, bundle: Bundle) -> Expense:
    kind = ExpenseKind.DOCUMENT if paper.pk == bundle.invoice.pk else ExpenseKind.REFUND
    return Expense(practice_id=paper.practice_id, entity_id=paper.entity_id, invoice=paper, kind=kind)


def _put(row: Expense, should: Should, bundle: Bundle) -> bool:
    """Put what was derived into a row and tell whether anything is another than before."""
    text = should.content.text() if should.due and should.content is not None else ""
    digest = content_hash(row.practice_id, text)
    reference = reference_of(row.invoice, row if row.pk else None)
    paid_on = _day(row, should, bundle)
    now = (should.due, should.why_not, should.problem, digest, reference.number, reference.vat_number, paid_on)
    before = (row.due, row.why_not, row.problem, row.should_hash, row.number, row.vat_number, row.paid_on)
    if row.pk and now == before:
        return False
    row.due, row.why_not, row.problem = should.due, should.why_not, should.problem
    row.should, row.should_hash = text, digest
    row.vat_number, row.issued_on = reference.vat_number, reference.issued_on
    row.number, row.device = reference.number, reference.device
    row.paid_on, row.year = paid_on, paid_on.year
    row.amount = should.content.total if should.content is not None else row.amount or row.invoice.total
    row.tries, row.next_try_at = 0, None
    row.version += 1 if row.pk else 0
    return True


def _day(row: Expense, should: Should, bundle: Bundle) -> date:
    """Return the day of payment; of a document whose payment was taken back, the one it had."""
    if should.content is not None:
        return should.content.paid_on
    if row.kind == ExpenseKind.REFUND:
        return row.invoice.issued_on or date.min
    return bundle.invoice.paid_on or (row.paid_on if row.pk else None) or bundle.invoice.issued_on or date.min


def _save(rows: Iterable[Expense]) -> None:
    """Save documents before the refunds that point to them; new ones in one statement for each kind."""
    rows = list(rows)
    for kind in (ExpenseKind.DOCUMENT, ExpenseKind.REFUND):
        mine = [row for row in rows if row.kind == kind]
        fresh, known = [row for row in mine if not row.pk], [row for row in mine if row.pk]
        for row in mine:
            row.original_id = row.original.pk if row.original is not None else None
        Expense.objects.bulk_create(fresh)
        for row in known:
            row.save(update_fields=_DERIVED)
