"""The list of invoices: filters, counts, sums, keyset pages and the rows of the same filter for exports.

An order of the list is a column and the id; the key of a page is the last row's pair, so a page costs the same wherever
it is (UI.md, ARCHITECTURE 4). Drafts bear no day and are a list of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

from django.db.models import Case, Count, F, Q, QuerySet, When

from sportello.billing.models import Invoice, InvoiceKind
from sportello.core.actors import Actor, current
from sportello.core.cents import EuroField, euro_sum
from sportello.patients.folding import fold

SIZE = 25


class View(StrEnum):
    """The filters above the list."""

    ALL = "all"
    DRAFTS = "drafts"
    OPEN = "open"
    PAID = "paid"
    REFUND = "refund"
    NOTES = "notes"


class Order(StrEnum):
    """The columns that the list sorts by."""

    DAY = "day"
    TOTAL = "total"


_VIEWS: Mapping[View, Q] = {
    View.ALL: ~Q(state="DRAFT"),
    View.DRAFTS: Q(state="DRAFT"),
    View.OPEN: ~Q(state="DRAFT") & Q(kind=InvoiceKind.INVOICE, open__gt=0),
    View.PAID: ~Q(state="DRAFT") & Q(kind=InvoiceKind.INVOICE, payment_state="PAID"),
    View.REFUND: Q(kind=InvoiceKind.INVOICE, refund_due__gt=0),
    View.NOTES: Q(kind=InvoiceKind.CREDIT_NOTE) & ~Q(state="DRAFT"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a person asked of the list; `words` is what was typed, `since` and `until` are days of issue."""

    view: View = View.ALL
    words: str = ""
    entity_id: int | None = None
    patient_id: int | None = None
    customer_id: int | None = None
    since: date | None = None
    until: date | None = None
    order: Order = Order.DAY
    descending: bool = True


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One row: `name` is whom the paper is made out to, empty for an actor who may not see names. Amounts in EUR."""

    id: int
    number: str
    kind: str
    state: str
    payment_state: str
    issued_on: date | None
    paid_on: date | None
    name: str
    entity: str
    total: Decimal
    open: Decimal
    refund_due: Decimal
    paper_ready: bool

    @property
    def is_note(self) -> bool:
        """Whether it is a credit note, whose amounts count against the rest."""
        return self.kind == InvoiceKind.CREDIT_NOTE

    @property
    def signed_total(self) -> Decimal:
        """The total as it counts in a sum (EUR)."""
        return -self.total if self.is_note else self.total


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """A page of the list with the number and the sum (EUR, credit notes subtracted) of the whole filter."""

    rows: tuple[InvoiceRow, ...]
    total: int
    amount: Decimal
    after: str
    before: str


def page_of(actor: Actor, asked: Filter, *, after: str = "", before: str = "") -> InvoicePage:
    """Return one page of a filter; a key that makes no sense gives the first page. Two queries."""
    rows = filtered(asked)
    sums = rows.aggregate(number=Count("pk"), amount=euro_sum("signed"))
    found, later, earlier = _slice(rows, asked, after, before)
    return InvoicePage(
        rows=tuple(_row(actor, values) for values in found),
        total=sums["number"],
        amount=sums["amount"],
        after=_key(found[-1], asked) if found and later else "",
        before=_key(found[0], asked) if found and earlier else "",
    )


def counts(asked: Filter) -> dict[View, int]:
    """Return how many rows each filter holds, the other conditions staying as they are. One query."""
    rows = _searched(Invoice.objects.all(), asked)
    found = rows.aggregate(**{view.value: Count("pk", filter=condition) for view, condition in _VIEWS.items()})
    return {view: found[view.value] for view in View}


def stream(actor: Actor, asked: Filter) -> Iterator[InvoiceRow]:
    """Yield every row of a filter, in its order, without holding them all."""
    rows = _ordered(filtered(asked), asked, descending=asked.descending)
    for values in _values(rows).iterator(1000):
        yield _row(actor, values)


def filtered(asked: Filter) -> QuerySet[Invoice, Invoice]:
    """Return the papers of a filter, as the current actor sees them, with `signed` (cents) and `name` on each."""
    rows = _searched(Invoice.objects.filter(_VIEWS[asked.view]), asked)
    return rows.annotate(
        signed=Case(When(kind=InvoiceKind.CREDIT_NOTE, then=-F("total")), default=F("total"), output_field=EuroField()),
    )


def _searched(rows: QuerySet[Invoice, Invoice], asked: Filter) -> QuerySet[Invoice, Invoice]:
    for column in ("entity_id", "patient_id", "customer_id"):
        value = getattr(asked, column)
        if value is not None:
            rows = rows.filter(**{column: value})
    if asked.since is not None:
        rows = rows.filter(issued_on__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(issued_on__lte=asked.until)
    return rows.filter(_words(asked.words)) if asked.words.strip() else rows


def _words(text: str) -> Q:
    """
    Return the condition of a search: a number as printed, or every word somewhere in the name.

    Who may not see names finds papers by number alone: what a search finds would tell whose they are (T7).
    """
    typed = text.strip().replace(" ", "")
    number = Q(printed_number__istartswith=typed)
    if typed.isdigit():
        return Q(number=int(typed)) if len(typed) < 10 else number
    who = current()
    if isinstance(who, Actor) and not who.sees_names:
        return number
    patient, customer = Q(), Q()
    for word in fold(text).split():
        patient &= Q(patient__folded_name__contains=word)
        customer &= Q(customer__folded_name__contains=word)
    return (patient | customer | number) if patient else number


def _column(asked: Filter) -> str:
    """Return what the list is sorted by; drafts, which bear no day, by when they were made."""
    if asked.order is Order.TOTAL:
        return "total"
    return "created_at" if asked.view is View.DRAFTS else "issued_on"


def _ordered(rows: QuerySet[Invoice, Invoice], asked: Filter, *, descending: bool) -> QuerySet[Invoice, Invoice]:
    sign = "-" if descending else ""
    return rows.order_by(f"{sign}{_column(asked)}", f"{sign}pk")


def _slice(
    rows: QuerySet[Invoice, Invoice], asked: Filter, after: str, before: str
) -> tuple[list[dict[str, Any]], bool, bool]:
    """Return the rows of a page, and whether there are more behind and before it."""
    backwards = bool(before) and not after
    mark = _parsed(before if backwards else after, asked)
    descending = asked.descending is not backwards
    if mark is not None:
        column = _column(asked)
        side = "lt" if descending else "gt"
        same = Q(**{column: mark[0], f"pk__{side}": mark[1]})
        rows = rows.filter(Q(**{f"{column}__{side}": mark[0]}) | same)
    found = list(_values(_ordered(rows, asked, descending=descending))[: SIZE + 1])
    more, found = len(found) > SIZE, found[:SIZE]
    if backwards:
        return found[::-1], mark is not None, more
    return found, more, mark is not None


def _key(values: Mapping[str, Any], asked: Filter) -> str:
    value = values[_column(asked)]
    return f"{value if asked.order is Order.TOTAL else value.isoformat()}_{values['pk']}"


_READERS: Mapping[str, Callable[[str], date | Decimal]] = {
    "total": Decimal,
    "created_at": datetime.fromisoformat,
    "issued_on": date.fromisoformat,
}


def _parsed(key: str, asked: Filter) -> tuple[date | Decimal, int] | None:
    value, _, pk = key.rpartition("_")
    try:
        return _READERS[_column(asked)](value), int(pk)
    except (ValueError, ArithmeticError):
        return None


def _values(rows: QuerySet[Invoice, Invoice]) -> QuerySet[Invoice, dict[str, Any]]:
    found: Any = rows.values(
        "pk",
        "created_at",
        "printed_number",
        "kind",
        "state",
        "payment_state",
        "issued_on",
        "paid_on",
        "total",
        "open",
        "refund_due",
        "paper_state",
        "entity__name",
        "patient__family_name",
        "patient__given_name",
        "customer__name",
        "addressee_kind",
    )
    return cast("QuerySet[Invoice, dict[str, Any]]", found)


def _row(actor: Actor, values: Mapping[str, Any]) -> InvoiceRow:
    return InvoiceRow(
        id=values["pk"],
        number=values["printed_number"],
        kind=values["kind"],
        state=values["state"],
        payment_state=values["payment_state"],
        issued_on=values["issued_on"],
        paid_on=values["paid_on"],
        name=_name(values) if actor.sees_names else "",
        entity=values["entity__name"],
        total=values["total"],
        open=values["open"],
        refund_due=values["refund_due"],
        paper_ready=values["paper_state"] == "ready",
    )


def _name(values: Mapping[str, Any]) -> str:
    if values["customer__name"]:
        return str(values["customer__name"])
    return f"{values['patient__family_name'] or ''} {values['patient__given_name'] or ''}".strip()
