"""The list of fiscal documents: filters with counts, sums, keyset pages, and the rows of a filter for exports.

The order is a column and the id; a page costs the same wherever it is (UI.md). An actor sees the documents whose papers
were granted, with the switch `sts` (`Expense.objects`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

from django.db.models import Case, Count, F, Q, QuerySet, When

from sportello.core.actors import Actor, current
from sportello.core.cents import EuroField, euro_sum
from sportello.expenses.models import Expense, ExpenseKind, Held
from sportello.expenses.states import Visible
from sportello.patients.folding import fold

SIZE = 25
SENDABLE = (Visible.READY, Visible.TO_UPDATE, Visible.TO_DELETE)
"""States in which a document waits to be sent; one with a problem waits for something else first."""


class View(StrEnum):
    """The filters above the list."""

    ALL = "all"
    TO_SEND = "to_send"
    UNDER_WAY = "under_way"
    ACCEPTED = "accepted"
    WARNED = "warned"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"
    UNREADY = "unready"
    """To be sent, and something is missing before it can be."""
    GONE = "gone"
    """Cancelled at the State, or taken back in full."""
    LEFT_OUT = "left_out"
    """Not for the State, or excluded by somebody."""


_WAITING = Q(state__in=[each.value for each in SENDABLE])
VIEWS: Mapping[View, Q] = {
    View.ALL: Q(),
    View.TO_SEND: _WAITING & Q(problem=""),
    View.UNDER_WAY: Q(state__in=[Visible.QUEUED.value, Visible.TAKEN_IN_CHARGE.value]),
    View.ACCEPTED: Q(state=Visible.ACCEPTED.value),
    View.WARNED: Q(state=Visible.ACCEPTED_WITH_WARNINGS.value),
    View.REJECTED: Q(state=Visible.REJECTED.value),
    View.UNCERTAIN: Q(state=Visible.UNCERTAIN.value),
    View.UNREADY: _WAITING & ~Q(problem=""),
    View.GONE: Q(state__in=[Visible.DELETED.value, Visible.REFUNDED.value]),
    View.LEFT_OUT: Q(state=Visible.NOT_APPLICABLE.value),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a person asked of the list; `words` is what was typed, `year` the year of payment."""

    view: View = View.ALL
    words: str = ""
    entity_id: int | None = None
    year: int | None = None
    late: bool = False
    descending: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class DocumentRow:
    """
    One document of the list. `name` is empty for an actor who may not see names; `messages` are the ministry's.

    `reason` says why it is not sent (`why_not`) or what is missing first (`problem`). `sendable` tells whether it can
    be ticked. Amounts in EUR; `at` is when the State last said something of it.
    """

    id: int
    invoice_id: int
    number: str
    is_refund: bool
    name: str
    entity: str
    paid_on: date
    issued_on: date
    amount: Decimal
    state: str
    held: str
    reason: str
    problem: str
    opposed: bool
    traceable: bool | None
    excluded: bool
    sent_once: bool
    protocol: str
    messages: Sequence[Mapping[str, str]]
    at: datetime | None
    waits_until: datetime | None

    @property
    def sendable(self) -> bool:
        """Whether the list offers it to be sent: waiting with nothing missing, or rejected and mended since."""
        return self.state in {each.value for each in SENDABLE} and not self.problem

    @property
    def signed(self) -> Decimal:
        """The amount as it counts in a sum (EUR): a refund takes away."""
        return -self.amount if self.is_refund else self.amount


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page of the list with the number and the sum (EUR, refunds subtracted) of the whole filter."""

    rows: tuple[DocumentRow, ...]
    total: int
    amount: Decimal
    after: str
    before: str


def page_of(actor: Actor, asked: Filter, *, after: str = "", before: str = "") -> DocumentPage:
    """Return one page of a filter; a key that makes no sense gives the first page. Two queries."""
    rows = filtered(asked)
    sums = rows.aggregate(number=Count("pk"), amount=euro_sum("signed"))
    found, later, earlier = _slice(rows, asked, after, before)
    return DocumentPage(
        rows=tuple(_row(actor, values) for values in found),
        total=sums["number"],
        amount=sums["amount"],
        after=_key(found[-1]) if found and later else "",
        before=_key(found[0]) if found and earlier else "",
    )


def counts(asked: Filter) -> dict[View, int]:
    """Return how many documents each filter holds, the other conditions staying as they are. One query."""
    rows = _searched(Expense.objects.all(), asked)
    found = rows.aggregate(**{view.value: Count("pk", filter=condition) for view, condition in VIEWS.items()})
    return {view: found[view.value] for view in View}


def stream(actor: Actor, asked: Filter) -> Iterator[DocumentRow]:
    """Yield every row of a filter, in its order, without holding them all."""
    for values in _values(_ordered(filtered(asked), descending=asked.descending)).iterator(1000):
        yield _row(actor, values)


def ids_of(asked: Filter, *, most: int) -> list[int]:
    """Return the ids of a filter's documents that can be sent, oldest payment first, at most so many."""
    rows = _searched(Expense.objects.filter(VIEWS[View.TO_SEND]), asked)
    return list(rows.order_by("paid_on", "pk").values_list("pk", flat=True)[:most])


def years(actor: Actor) -> list[int]:
    """Return the years of payment that documents have, newest first."""
    return sorted(set(Expense.objects.order_by().values_list("year", flat=True).distinct()), reverse=True)


def filtered(asked: Filter) -> QuerySet[Expense, Expense]:
    """Return the documents of a filter, as the current actor sees them, with `signed` (EUR) on each."""
    rows = _searched(Expense.objects.filter(VIEWS[asked.view]), asked)
    return rows.annotate(
        signed=Case(When(kind=ExpenseKind.REFUND, then=-F("amount")), default=F("amount"), output_field=EuroField()),
    )


def _searched(rows: QuerySet[Expense, Expense], asked: Filter) -> QuerySet[Expense, Expense]:
    if asked.entity_id is not None:
        rows = rows.filter(entity_id=asked.entity_id)
    if asked.year is not None:
        rows = rows.filter(year=asked.year)
    if asked.late:
        rows = rows.filter(due=True).exclude(held=Held.HELD)
    return rows.filter(_words(asked.words)) if asked.words.strip() else rows


def _words(text: str) -> Q:
    """Return the condition of a search: a number or protocol as printed, or every word somewhere in the name."""
    typed = "".join(text.split())
    number = Q(invoice__printed_number__istartswith=typed) | Q(number__istartswith=typed)
    if typed.isdigit():
        number |= Q(protocol=typed) if len(typed) >= 10 else Q(invoice__number=int(typed))
    who = current()
    if isinstance(who, Actor) and not who.sees_names:
        return number
    patient, customer = Q(), Q()
    for word in fold(text).split():
        patient &= Q(invoice__patient__folded_name__contains=word)
        customer &= Q(invoice__customer__folded_name__contains=word)
    return (patient | customer | number) if patient else number


def _ordered(rows: QuerySet[Expense, Expense], *, descending: bool) -> QuerySet[Expense, Expense]:
    sign = "-" if descending else ""
    return rows.order_by(f"{sign}paid_on", f"{sign}pk")


def _slice(
    rows: QuerySet[Expense, Expense], asked: Filter, after: str, before: str
) -> tuple[list[dict[str, Any]], bool, bool]:
    backwards = bool(before) and not after
    mark = _parsed(before if backwards else after)
    descending = asked.descending is not backwards
    if mark is not None:
        side = "lt" if descending else "gt"
        rows = rows.filter(Q(**{f"paid_on__{side}": mark[0]}) | Q(**{"paid_on": mark[0], f"pk__{side}": mark[1]}))
    found = list(_values(_ordered(rows, descending=descending))[: SIZE + 1])
    more, found = len(found) > SIZE, found[:SIZE]
    if backwards:
        return found[::-1], mark is not None, more
    return found, more, mark is not None


def _key(values: Mapping[str, Any]) -> str:
    return f"{values['paid_on'].isoformat()}_{values['pk']}"


def _parsed(key: str) -> tuple[date, int] | None:
    day, _, pk = key.rpartition("_")
    try:
        return date.fromisoformat(day), int(pk)
    except ValueError:
        return None


_COLUMNS = (
    *("pk", "invoice_id", "kind", "paid_on", "issued_on", "amount", "state", "held", "why_not", "problem", "excluded"),
    *("opposition", "sent_once", "protocol", "messages", "messages_at", "known_at", "next_try_at", "entity__name"),
    *("invoice__printed_number", "invoice__opposed", "invoice__traceable"),
    *("invoice__patient__family_name", "invoice__patient__given_name", "invoice__customer__name"),
    *("carrier__attempted_at", "carrier__trouble"),
)


def _values(rows: QuerySet[Expense, Expense]) -> QuerySet[Expense, dict[str, Any]]:
    found: Any = rows.values(*_COLUMNS)
    return cast("QuerySet[Expense, dict[str, Any]]", found)


def _row(actor: Actor, values: Mapping[str, Any]) -> DocumentRow:
    opposition = values["opposition"]
    return DocumentRow(
        id=values["pk"],
        invoice_id=values["invoice_id"],
        number=values["invoice__printed_number"],
        is_refund=values["kind"] == ExpenseKind.REFUND,
        name=_name(values) if actor.sees_names else "",
        entity=values["entity__name"],
        paid_on=values["paid_on"],
        issued_on=values["issued_on"],
        amount=values["amount"],
        state=values["state"],
        held=values["held"],
        reason=values["why_not"],
        problem=values["problem"],
        opposed=values["invoice__opposed"] if opposition is None else opposition,
        traceable=values["invoice__traceable"],
        excluded=values["excluded"],
        sent_once=values["sent_once"],
        protocol=values["protocol"],
        messages=values["messages"],
        at=values["carrier__attempted_at"] or values["messages_at"] or values["known_at"],
        waits_until=values["next_try_at"],
    )


def _name(values: Mapping[str, Any]) -> str:
    if values["invoice__customer__name"]:
        return str(values["invoice__customer__name"])
    family, given = values["invoice__patient__family_name"], values["invoice__patient__given_name"]
    return f"{family or ''} {given or ''}".strip()
