"""What stands at the head of the pages and on the home page: what waits, what is stopped, until when.

Each question is one query, or a fixed few, however many documents there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, Q

from sistemats.codes import SenderCategory
from sportello.core.actors import Actor, acting
from sportello.core.cents import euro_sum
from sportello.expenses.models import Expense, Held, StsSettings
from sportello.expenses.permissions import may_send
from sportello.expenses.queries.settings import password_age
from sportello.expenses.rules.credentials import days_left
from sportello.expenses.rules.deadlines import Due, periods_of
from sportello.expenses.states import Visible
from sportello.expenses.watching import WARN_PASSWORD

_WAITING = Q(state__in=[Visible.READY.value, Visible.TO_UPDATE.value, Visible.TO_DELETE.value])
TO_SEND, UNREADY = _WAITING & Q(problem=""), _WAITING & ~Q(problem="")
REJECTED, UNCERTAIN = Q(state=Visible.REJECTED.value), Q(state=Visible.UNCERTAIN.value)


@dataclass(frozen=True, slots=True)
class Banner:
    """An entity's account as pages speak of it; `reason` is why it is stopped, "" while it is not."""

    entity_id: int
    name: str
    is_active: bool
    automatic: bool
    environment: str
    reason: str
    password_days: int | None

    @property
    def password_ends_soon(self) -> bool:
        """Whether the password has run out by our count, or does so within two weeks."""
        return self.password_days is not None and self.password_days <= WARN_PASSWORD


@dataclass(frozen=True, slots=True)
class Outlook:
    """What waits for somebody: how many, for how much (EUR), since when."""

    to_send: int
    to_send_amount: Decimal
    oldest: date | None
    rejected: int
    uncertain: int
    unready: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    A part of a year with one deadline: payments from a day to a day, how many are there, sent, missing.

    `late` were accepted after the deadline; `missing` are due and not held; amounts in EUR; `entities` are those whose
    deadline it is.
    """

    begins: date
    ends: date
    due: Due
    documents: int
    sent: int
    missing: int
    rejected: int
    late: int
    amount: Decimal
    missing_amount: Decimal
    days_left: int
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """A month of a year by day of payment: due documents, held ones, missing ones (EUR for the sum)."""

    month: int
    documents: int
    sent: int
    missing: int
    amount: Decimal


def banners(actor: Actor, *, today: date) -> list[Banner]:
    """Return the accounts of the entities granted, by name. One query."""
    if not may_send(actor):
        return []
    with acting(actor):
        rows = list(StsSettings.objects.select_related("entity").order_by("entity__name", "pk"))
    return [
        Banner(
            entity_id=row.entity_id,
            name=row.entity.name,
            is_active=row.is_active,
            automatic=row.automatic,
            environment=row.environment,
            reason=row.stop_reason,
            password_days=days_left(password_age=password_age(row, today), lasts=row.password_lasts),
        )
        for row in rows
    ]


def years() -> list[int]:
    """Return the years of payment that the current actor's documents have, newest first. One query."""
    found = Expense.objects.order_by().values_list("year", flat=True).distinct()
    return sorted(set(found), reverse=True)


def on_their_way() -> tuple[int, int]:
    """Return how many of the current actor's documents wait to leave or for an answer, and how many of them left.

    One query. What was asked for stays true when the page is left: it is read from the books.
    """
    asked = Q(state=Visible.READY.value, wanted=True, problem="")
    left = Q(state__in=[Visible.QUEUED.value, Visible.TAKEN_IN_CHARGE.value])
    found = Expense.objects.aggregate(every=Count("pk", filter=asked | left), left=Count("pk", filter=left))
    return found["every"], found["left"]


def waiting_count(actor: Actor) -> int:
    """Return how many documents wait for a person: to be sent, rejected, or something missing. One query."""
    if not may_send(actor):
        return 0
    wanted = TO_SEND | REJECTED | UNREADY
    return Expense.objects.filter(wanted).count()


def outlook(actor: Actor) -> Outlook | None:
    """Return what waits, None for an actor who may not send. One query."""
    if not may_send(actor):
        return None
    with acting(actor):
        found = Expense.objects.aggregate(
            to_send=Count("pk", filter=TO_SEND),
            amount=euro_sum("amount", filter=TO_SEND),
            oldest=Min("paid_on", filter=TO_SEND),
            rejected=Count("pk", filter=REJECTED),
            uncertain=Count("pk", filter=UNCERTAIN),
            unready=Count("pk", filter=UNREADY),
        )
    return Outlook(
        to_send=found["to_send"],
        to_send_amount=found["amount"],
        oldest=found["oldest"],
        rejected=found["rejected"],
        uncertain=found["uncertain"],
        unready=found["unready"],
    )


def deadline_of(actor: Actor, year: int, *, today: date) -> tuple[Due, int] | None:
    """Return the next deadline for what is paid in a year with the days left, None where no account is. One query."""
    categories = _categories(None)
    if not categories:
        return None
    dues = [due for category in categories for _begin, _end, due in periods_of(year, category)]
    ahead = sorted((due for due in dues if due.send_by >= today), key=lambda due: due.send_by)
    due = ahead[0] if ahead else max(dues, key=lambda each: each.send_by)
    return due, due.days_left(today)


def open_year(actor: Actor, *, today: date) -> int:
    """
    Return the year of payment that lists begin with: that of the next deadline, in which there is something to see.

    Until what was paid last year must have been sent, that is last year. At most two queries.
    """
    before = today.year - 1
    last = deadline_of(actor, before, today=today)
    if last is None or last[0].send_by < today or not Expense.objects.filter(year=before).exists():
        return today.year
    return before


def stretches(actor: Actor, year: int, *, entity_id: int | None, today: date) -> list[Stretch]:
    """
    Return a year's payments by deadline: sent, missing, late. One query for each stretch, and one for accounts.

    Senders of different categories have different deadlines: each stretch names the entities it is about.
    """
    shared: dict[tuple[date, date, Due], list[StsSettings]] = {}
    for row in _accounts(entity_id):
        for stretch in periods_of(year, SenderCategory(row.category)):
            shared.setdefault(stretch, []).append(row)
    found = []
    for (begins, ends, due), accounts in shared.items():
        rows = Expense.objects.filter(year=year, paid_on__gte=begins, paid_on__lte=ends)
        sums = rows.filter(entity_id__in=[row.entity_id for row in accounts]).aggregate(**_figures(due.send_by))
        sums["amount"] = sums.pop("spent")
        names = tuple(row.entity.name for row in accounts)
        found.append(Stretch(begins, ends, due, days_left=due.days_left(today), entities=names, **sums))
    return sorted(found, key=lambda each: (each.begins, each.due.send_by))


def months(actor: Actor, year: int, *, entity_id: int | None) -> list[MonthFigures]:
    """Return the twelve months of a year by day of payment. One query."""
    rows = Expense.objects.filter(year=year)
    rows = rows.filter(entity_id=entity_id) if entity_id is not None else rows
    sums: dict[int, Mapping[str, Any]] = {
        row["paid_on__month"]: row
        for row in rows.order_by()
        .values("paid_on__month")
        .annotate(
            documents=Count("pk", filter=Q(due=True)),
            sent=Count("pk", filter=Q(due=True, held=Held.HELD)),
            missing=Count("pk", filter=_MISSING),
            amount=euro_sum("amount", filter=Q(due=True, kind="document")),
        )
    }
    nothing = {"documents": 0, "sent": 0, "missing": 0, "amount": Decimal("0.00")}
    return [_month(month, sums.get(month, nothing)) for month in range(1, 13)]


_MISSING = Q(due=True) & ~Q(held=Held.HELD)


def _figures(send_by: date) -> dict[str, object]:
    late = Q(held=Held.HELD, known_at__date__gt=send_by)
    return {
        "documents": Count("pk", filter=Q(due=True)),
        "sent": Count("pk", filter=Q(due=True, held=Held.HELD)),
        "missing": Count("pk", filter=_MISSING),
        "rejected": Count("pk", filter=REJECTED),
        "late": Count("pk", filter=late),
        "spent": euro_sum("amount", filter=Q(due=True, kind="document")),
        "missing_amount": euro_sum("amount", filter=_MISSING & Q(kind="document")),
    }


def _month(month: int, sums: Mapping[str, Any]) -> MonthFigures:
    names = ("documents", "sent", "missing", "amount")
    return MonthFigures(month=month, **{name: sums[name] for name in names})


def _accounts(entity_id: int | None) -> list[StsSettings]:
    rows = StsSettings.objects.select_related("entity").only("category", "entity__name")
    rows = rows if entity_id is None else rows.filter(entity_id=entity_id)
    return list(rows.order_by("entity__name", "pk"))


def _categories(entity_id: int | None) -> list[SenderCategory]:
    rows = StsSettings.objects.all() if entity_id is None else StsSettings.objects.filter(entity_id=entity_id)
    codes: Iterable[str] = rows.order_by("pk").values_list("category", flat=True)
    return list(dict.fromkeys(SenderCategory(code) for code in codes))
