"""One document towards the State: both sides, what may be done with it, and everything that happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sportello.core.actors import Actor, System, acting
from sportello.expenses.models import Attempt, CitizenRemark, Expense, ExpenseKind, Held, StsSettings
from sportello.expenses.permissions import may_send
from sportello.expenses.queries.documents import DocumentRow, Message, document_row, messages_of, shown
from sportello.expenses.rules.content import Content
from sportello.expenses.rules.deeds import Deed, possible
from sportello.expenses.rules.next_step import Sides
from sportello.expenses.rules.should import WhyNot
from sportello.expenses.standing import sides_of
from sportello.expenses.states import Visible
from sportello.patients.permissions import may_set_opposition

HISTORY = 50


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One call about a document: when, what, in which transmission, what became of it, who asked for it."""

    transmission_id: int
    kind: str
    operation: str
    attempted_at: datetime
    outcome: str
    protocol: str
    messages: tuple[Message, ...]
    trouble: str
    by: str
    has_files: bool


@dataclass(frozen=True, slots=True)
class DocumentDetail:
    """
    Everything about one document.

    Where `customer_id` is not None the paper is made out to them, and the code is theirs, not the patient's.
    `should` is what the State should hold, None where it should hold nothing; `held_state` and `held_amount` (EUR) what
    it is known to hold, since `known_at`. `deeds` is what the actor may ask for now; `stopped` is the reason why
    nothing of the entity leaves, "" while it does.
    """

    row: DocumentRow
    patient_id: int | None
    customer_id: int | None
    should: Content | None
    held_state: Held
    held_amount: Decimal
    known_at: datetime | None
    deeds: frozenset[Deed]
    history: tuple[AttemptRow, ...]
    refunds: tuple[DocumentRow, ...]
    original: DocumentRow | None
    exclusion_reason: str
    excluded_at: datetime | None
    opposed: bool
    opposition: bool | None
    next_try_at: datetime | None
    remarks: int
    stopped: str


def of_invoice(actor: Actor, invoice_id: int) -> DocumentDetail | None:
    """Return the State's side of a paper, None where there is none or the actor may not see it."""
    if not may_send(actor):
        return None
    found = Expense.objects.filter(invoice_id=invoice_id).values_list("pk", flat=True).first()
    return None if found is None else detail(actor, found)


def detail(actor: Actor, expense_id: int) -> DocumentDetail:
    """
    Return one document with its history, in a fixed number of queries.

    :raises Expense.DoesNotExist: no such document for this actor
    """
    rows = Expense.objects.select_related(
        "entity", "invoice", "invoice__patient", "invoice__customer", "original", "carrier"
    )
    row = rows.defer("invoice__snapshot").get(pk=expense_id)
    family = list(shown(Expense.objects.filter(original_id=row.pk)).order_by("pk"))
    with acting(System("both sides", actor.party_id)):
        sides = sides_of([row])[row.pk]
    original = shown(Expense.objects.filter(pk=row.original_id)).first() if row.original_id else None
    opposed = row.invoice.opposed if row.opposition is None else row.opposition
    accounts = StsSettings.objects.only("activated_at", "stopped_at", "stop_reason")
    account = accounts.filter(entity_id=row.entity_id).first()
    may_leave = account is not None and account.may_leave
    return DocumentDetail(
        row=document_row(actor, row),
        patient_id=row.invoice.patient_id,
        customer_id=row.invoice.customer_id,
        should=Content.read(row.should) if row.should else None,
        held_state=Held(row.held),
        held_amount=row.known_amount,
        known_at=row.known_at,
        deeds=_deeds(actor, row, sides, opposed, family, may_leave=may_leave),
        history=_history(row),
        refunds=tuple(document_row(actor, one) for one in family),
        original=document_row(actor, original) if original is not None else None,
        exclusion_reason=row.exclusion_reason,
        excluded_at=row.excluded_at,
        opposed=opposed,
        opposition=row.opposition,
        next_try_at=row.next_try_at,
        remarks=CitizenRemark.objects.filter(expense=row).count(),
        stopped=account.stop_reason if account is not None else "",
    )


def _deeds(
    actor: Actor, row: Expense, sides: Sides, opposed: bool, family: list[Expense], *, may_leave: bool
) -> frozenset[Deed]:
    to_send = sum(1 for one in family if one.state == Visible.READY and not one.problem)
    found = possible(
        sides,
        excluded=row.excluded,
        opposed=opposed,
        has_code=row.why_not != WhyNot.NO_CODE,
        refunds_to_send=to_send if row.kind == ExpenseKind.DOCUMENT else 0,
        may_leave=may_leave,
    )
    return found if may_set_opposition(actor) else found - {Deed.OPPOSE, Deed.UNOPPOSE}


def _history(row: Expense) -> tuple[AttemptRow, ...]:
    attempts = Attempt.objects.filter(expense=row).select_related("transmission", "transmission__by").defer("content")
    return tuple(
        AttemptRow(
            transmission_id=one.transmission_id,
            kind=one.transmission.kind,
            operation=one.operation,
            attempted_at=one.transmission.attempted_at,
            outcome=one.outcome,
            protocol=one.transmission.protocol,
            messages=messages_of(one.messages),
            trouble=one.transmission.trouble,
            by=one.transmission.by.get_full_name() if one.transmission.by is not None else "",
            has_files=bool(one.transmission.receipt_id or one.transmission.errors_file_id),
        )
        for one in attempts.order_by("-pk")[:HISTORY]
    )
