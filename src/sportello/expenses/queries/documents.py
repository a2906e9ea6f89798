"""The list of documents that the State might have to know, with where each stands (practice specification 2.14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import cast

from django.db.models import Count, Q, QuerySet

from sportello.core.actors import Actor, current
from sportello.core.cents import euro_sum
from sportello.expenses.again import could_go_again, refused
from sportello.expenses.models import Expense, ExpenseKind, Held
from sportello.expenses.queries.paging import page
from sportello.expenses.rules.content import Content
from sportello.expenses.rules.opposing import why_unchangeable
from sportello.expenses.rules.should import WhyNot
from sportello.expenses.states import Visible
from sportello.patients.folding import fold


class View(StrEnum):
    """The filters above the list."""

    ALL = "all"
    TO_SEND = "to_send"
    UNDER_WAY = "under_way"
    ACCEPTED = "accepted"
    WARNINGS = "warnings"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"
    CLOSED = "closed"
    NO_CODE = "no_code"
    EXCLUDED = "excluded"


_V = Visible
_SET_ASIDE = (
    Q(excluded=True)
    | Q(why_not__in=[WhyNot.EXCLUDED, WhyNot.BEFORE_ACTIVATION, WhyNot.ORIGINAL_NOT_DUE])
    | Q(due=False, held=Held.OTHER)
)
"""Health documents that are not sent, for a reason that each row says; and what the State holds of others' sending."""
_VIEWS: Mapping[View, Q] = {
    View.ALL: ~Q(state=_V.NOT_APPLICABLE) | Q(why_not=WhyNot.NO_CODE) | _SET_ASIDE,
    View.TO_SEND: Q(state__in=[_V.READY, _V.TO_UPDATE, _V.TO_DELETE]),
    View.UNDER_WAY: Q(state__in=[_V.QUEUED, _V.TAKEN_IN_CHARGE]),
    View.ACCEPTED: Q(state=_V.ACCEPTED),
    View.WARNINGS: Q(state=_V.ACCEPTED_WITH_WARNINGS),
    View.REJECTED: Q(state=_V.REJECTED),
    View.UNCERTAIN: Q(state=_V.UNCERTAIN),
    View.CLOSED: Q(state__in=[_V.DELETED, _V.REFUNDED]),
    View.NO_CODE: Q(why_not=WhyNot.NO_CODE),
    View.EXCLUDED: _SET_ASIDE,
}
SENDABLE = Q(state=_V.READY, problem="", carrier=None) & (Q(original=None) | Q(original__held=Held.HELD))
"""What goes when all are sent: it waits, nothing is missing, and a refund's invoice is there already."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the State in its own words: code, text, kind (E blocks, W warns)."""

    code: str
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What a person asked of the list; `year` is that of the payment, by whose day the list is sorted."""

    view: View = View.ALL
    words: str = ""
    entity_id: int | None = None
    year: int | None = None
    newest_first: bool = True


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """
    One document. `name` is empty for who may not see names; `can_send`: it may be sent now; `can_oppose`: the patient's
    wish may be said of it. EUR.

    `said_at` is when the State last said something of it; `types` are the expense types it should be known by there;
    `cancelled`: the State is known to hold it cancelled.
    """

    id: int
    invoice_id: int
    number: str
    is_refund: bool
    state: Visible
    why_not: str
    problem: str
    name: str
    entity: str
    entity_id: int
    issued_on: date
    paid_on: date
    amount: Decimal
    protocol: str
    messages: tuple[Message, ...]
    can_send: bool
    opposed: bool
    traceable: bool | None
    sent_once: bool
    said_at: datetime | None
    can_oppose: bool
    types: tuple[str, ...]
    cancelled: bool

    @property
    def signed(self) -> Decimal:
        """The amount as it counts in a sum (EUR): a refund takes away."""
        return -self.amount if self.is_refund else self.amount


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page with number and sum (EUR, refunds subtracted) of the whole filter."""

    rows: tuple[DocumentRow, ...]
    total: int
    amount: Decimal
    after: str
    before: str


def page_of(actor: Actor, asked: Filter, *, after: str = "", before: str = "") -> DocumentPage:
    """Return one page of a filter. Two queries."""
    rows = filtered(asked)
    refund = Q(kind=ExpenseKind.REFUND)
    sums = rows.aggregate(
        number=Count("pk"), spent=euro_sum("amount", filter=~refund), back=euro_sum("amount", filter=refund)
    )
    found = page(shown(rows), "-paid_on" if asked.newest_first else "paid_on", after=after, before=before)
    return DocumentPage(
        rows=tuple(document_row(actor, row) for row in found.rows),
        total=sums["number"],
        amount=sums["spent"] - sums["back"],
        after=found.after,
        before=found.before,
    )


def counts(asked: Filter) -> dict[View, int]:
    """Return how many documents each filter holds, the other conditions staying as they are. One query."""
    rows = _searched(Expense.objects.all(), asked)
    found = rows.aggregate(**{view.value: Count("pk", filter=condition) for view, condition in _VIEWS.items()})
    return {view: found[view.value] for view in View}


def stream(actor: Actor, asked: Filter) -> Iterator[DocumentRow]:
    """Yield every document of a filter in its order, without holding them all."""
    sign = "-" if asked.newest_first else ""
    for row in shown(filtered(asked)).order_by(f"{sign}paid_on", f"{sign}pk").iterator(500):
        yield document_row(actor, row)


def sendable(asked: Filter, *, ticked: bool = False) -> dict[int, list[int]]:
    """
    Return the documents of a filter that can be sent, by billing entity.

    :param ticked: those that can be chosen one by one, which what was refused can too; else what "all of this filter"
        means: what was refused goes again only where nothing else is shown
    """
    found: dict[int, list[int]] = {}
    rows = filtered(asked).filter(SENDABLE | refused() if ticked else _all_of(asked))
    for entity_id, pk in rows.order_by("pk").values_list("entity_id", "pk"):
        found.setdefault(entity_id, []).append(pk)
    return found


def sendable_count(asked: Filter) -> int:
    """Return how many documents of a filter can be sent together. One query."""
    return filtered(asked).filter(_all_of(asked)).count()


def is_refused(expense_id: int) -> bool:
    """Tell whether the State refused a document that could go once more, as the current actor sees it."""
    return Expense.objects.filter(refused(), pk=expense_id).exists()


def _all_of(asked: Filter) -> Q:
    return refused() if asked.view is View.REJECTED else SENDABLE


def filtered(asked: Filter) -> QuerySet[Expense, Expense]:
    """Return the documents of a filter, as the current actor sees them."""
    return _searched(Expense.objects.filter(_VIEWS[asked.view]), asked)


def document_row(actor: Actor, row: Expense) -> DocumentRow:
    """Return a document as a list shows it; `shown` has brought everything that this reads."""
    waits = row.state == Visible.READY and not row.problem and row.carrier_id is None
    return DocumentRow(
        id=row.pk,
        invoice_id=row.invoice_id,
        number=row.invoice.printed_number,
        is_refund=row.kind == ExpenseKind.REFUND,
        state=Visible(row.state),
        why_not=row.why_not,
        problem=row.problem,
        name=_name(row) if actor.sees_names else "",
        entity=row.entity.name,
        entity_id=row.entity_id,
        issued_on=row.issued_on,
        paid_on=row.paid_on,
        amount=row.amount,
        protocol=row.protocol,
        messages=messages_of(row.messages),
        can_send=could_go_again(row) or (waits and (row.original is None or row.original.held == Held.HELD)),
        opposed=row.invoice.opposed if row.opposition is None else row.opposition,
        traceable=row.invoice.traceable,
        sent_once=row.sent_once,
        said_at=row.messages_at or row.known_at,
        can_oppose=not why_unchangeable(
            kind=row.kind, due=row.due, why_not=row.why_not, under_way=row.carrier_id is not None
        ),
        types=_types(row),
        cancelled=row.held == Held.CANCELLED,
    )


def waits_for_its_invoice(row: DocumentRow) -> bool:
    """Tell whether a refund could go if the State had the invoice that it takes back from."""
    return row.is_refund and row.state == Visible.READY and not row.problem and not row.can_send


def messages_of(kept: object) -> tuple[Message, ...]:
    """Return kept messages as values."""
    rows = cast("list[dict[str, str]]", kept)
    return tuple(Message(row["code"], row["text"], row["kind"]) for row in rows)


def shown(rows: QuerySet[Expense, Expense]) -> QuerySet[Expense, Expense]:
    """Return documents with everything that `document_row` reads, in the same query."""
    found = rows.select_related("entity", "invoice", "invoice__patient", "invoice__customer", "original")
    return found.defer("invoice__snapshot", "original__should")


def _types(row: Expense) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece.expense_type for piece in Content.read(row.should).pieces)) if row.should else ()


def _searched(rows: QuerySet[Expense, Expense], asked: Filter) -> QuerySet[Expense, Expense]:
    if asked.entity_id is not None:
        rows = rows.filter(entity_id=asked.entity_id)
    if asked.year is not None:
        rows = rows.filter(year=asked.year)
    return rows.filter(_words(asked.words)) if asked.words.strip() else rows


def _words(text: str) -> Q:
    """
    Return the condition of a search: a number as printed, a protocol, or every word somewhere in the name.

    Who may not see names finds documents by number alone: what a search finds would tell whose they are (T7).
    """
    typed = "".join(text.split())
    number = Q(invoice__printed_number__istartswith=typed) | Q(protocol=typed)
    if typed.isdigit() and len(typed) < 10:
        number |= Q(invoice__number=int(typed))
    who = current()
    if isinstance(who, Actor) and not who.sees_names:
        return number
    patient, customer = Q(), Q()
    for word in fold(text).split():
        patient &= Q(invoice__patient__folded_name__contains=word)
        customer &= Q(invoice__customer__folded_name__contains=word)
    return (patient | customer | number) if patient else number


def _name(row: Expense) -> str:
    if row.invoice.customer is not None:
        return row.invoice.customer.name
    patient = row.invoice.patient
    return f"{patient.family_name} {patient.given_name}" if patient is not None else ""
