"""Riconciliazione: the months of a year with the State's report against our books, and the differences of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from django.db.models import Count, Model, Q, QuerySet

from sportello.core.actors import Actor, System, acting
from sportello.core.models import Job
from sportello.core.states import LIVE_JOBS, codes
from sportello.expenses import running
from sportello.expenses.models import CitizenRemark, Difference, MonthlyReport
from sportello.expenses.operations.reconciling import REMEDIES, Remedy
from sportello.expenses.queries.paging import page

_M = TypeVar("_M", bound=Model)


class Seen(StrEnum):
    """Which of the things that wait for somebody are shown: all, those that wait, those that somebody saw to."""

    ALL = "all"
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class MonthShown:
    """
    A month's report: asked for, fetched, and what it came to (EUR); `open` differences wait for somebody.

    `state` is NEVER, ASKED, TROUBLE, SAME, DIFFERENT, or SETTLED: different then, and somebody saw to each difference.
    """

    month: date
    report_id: int | None
    state: str
    asked_at: datetime | None
    fetched_at: datetime | None
    trouble: str
    theirs: int
    their_amount: Decimal
    their_refunded: Decimal
    ours: int
    our_amount: Decimal
    our_refunded: Decimal
    open: int


@dataclass(frozen=True, slots=True)
class DifferenceShown:
    """A disagreement about one document, with the ways out that are offered; amounts in EUR."""

    id: int
    kind: str
    number: str
    issued_on: date | None
    invoice_id: int | None
    theirs: Decimal | None
    ours: Decimal | None
    their_paid_on: date | None
    our_paid_on: date | None
    protocol: str
    remedies: Sequence[Remedy]
    resolved_at: datetime | None
    remedy: str


@dataclass(frozen=True, slots=True)
class DifferencePage:
    """A page of a report's differences; `after` and `before` are the keys of its neighbours, "" for none."""

    rows: tuple[DifferenceShown, ...]
    after: str
    before: str


@dataclass(frozen=True, slots=True)
class RemarkShown:
    """A citizen's remark without its words, which are read one by one."""

    id: int
    reference: str
    invoice_id: int | None
    number: str
    fetched_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class RemarkPage:
    """A page of the citizens' remarks; `after` and `before` are the keys of its neighbours, "" for none."""

    rows: tuple[RemarkShown, ...]
    after: str
    before: str


def months_of(actor: Actor, entity_id: int, year: int) -> list[MonthShown]:
    """Return the twelve months of a year with their reports. One query."""
    unsolved = Count("differences", filter=Q(differences__resolved_at=None))
    rows = MonthlyReport.objects.filter(entity_id=entity_id, month__year=year).annotate(unsolved=unsolved)
    known = {row.month.month: row for row in rows}
    return [_month(date(year, month, 1), known.get(month)) for month in range(1, 13)]


def month_of(actor: Actor, report_id: int) -> tuple[int, MonthShown]:
    """
    Return one month's report with its entity.

    :raises MonthlyReport.DoesNotExist: no such report for this actor
    """
    unsolved = Count("differences", filter=Q(differences__resolved_at=None))
    row = MonthlyReport.objects.annotate(unsolved=unsolved).get(pk=report_id)
    return row.entity_id, _month(row.month, row)


def differences_of(report_id: int, seen: Seen = Seen.ALL, *, after: str = "", before: str = "") -> DifferencePage:
    """Return a page of the differences of a report, in the order in which they were found. One query."""
    rows = _those(Difference.objects.filter(report_id=report_id), "resolved_at", seen).select_related("expense")
    found = page(rows, "pk", after=after, before=before)
    return DifferencePage(tuple(_difference(row) for row in found.rows), found.after, found.before)


def difference_counts(report_id: int) -> dict[Seen, int]:
    """Return how many differences of a report there are, wait, and are settled. One query."""
    return _counts(Difference.objects.filter(report_id=report_id), "resolved_at")


def difference_of(report_id: int, difference_id: int) -> DifferenceShown:
    """
    Return one difference of a report. One query.

    :raises Difference.DoesNotExist: no such difference for the current actor
    """
    rows = Difference.objects.filter(report__pk=report_id).select_related("expense")
    return _difference(rows.get(pk=difference_id))


def remarks(seen: Seen = Seen.ALL, *, after: str = "", before: str = "") -> RemarkPage:
    """Return a page of the citizens' remarks, those that came last first. One query."""
    found = page(_those(_remarks(), "seen_at", seen), "-fetched_at", after=after, before=before)
    return RemarkPage(tuple(_remark(row) for row in found.rows), found.after, found.before)


def remark_counts() -> dict[Seen, int]:
    """Return how many citizens' remarks there are, are new, and were read. One query."""
    return _counts(CitizenRemark.objects.all(), "seen_at")


def remark_of(actor: Actor, remark_id: int) -> RemarkShown:
    """
    Return one remark. One query.

    :raises CitizenRemark.DoesNotExist: no such remark for this actor
    """
    return _remark(_remarks().get(pk=remark_id))


def _those(rows: QuerySet[_M, _M], column: str, seen: Seen) -> QuerySet[_M, _M]:
    """Return the rows of a filter; `column` is when somebody saw to a row, null while nobody has."""
    return rows if seen is Seen.ALL else rows.filter(**{f"{column}__isnull": seen is Seen.OPEN})


def _counts(rows: QuerySet[_M, _M], column: str) -> dict[Seen, int]:
    found = rows.aggregate(every=Count("pk"), waiting=Count("pk", filter=Q(**{column: None})))
    every, waiting = found["every"], found["waiting"]
    return {Seen.ALL: every, Seen.OPEN: waiting, Seen.DONE: every - waiting}


def _remarks() -> QuerySet[CitizenRemark]:
    return CitizenRemark.objects.select_related("expense__invoice").defer("words")


def _remark(row: CitizenRemark) -> RemarkShown:
    return RemarkShown(
        id=row.pk,
        reference=row.reference,
        invoice_id=row.expense.invoice_id if row.expense else None,
        number=row.expense.invoice.printed_number if row.expense else "",
        fetched_at=row.fetched_at,
        seen_at=row.seen_at,
    )


def remarks_asked(actor: Actor) -> bool:
    """Return whether citizens' remarks were asked for and have not come yet. One query."""
    entities = actor.entities
    with acting(System("waiting", actor.party_id)):
        waiting = Job.objects.filter(handler=running.REMARKS, party_id=actor.party_id, state__in=codes(LIVE_JOBS))
        return (waiting if entities is None else waiting.filter(object_id__in=entities)).exists()


def _month(month: date, row: MonthlyReport | None) -> MonthShown:
    if row is None:
        nothing = Decimal("0.00")
        return MonthShown(month, None, "NEVER", None, None, "", 0, nothing, nothing, 0, nothing, nothing, 0)
    unsolved: int = getattr(row, "unsolved", 0)
    return MonthShown(
        month=month,
        report_id=row.pk,
        state=_state(row, unsolved),
        asked_at=row.asked_at,
        fetched_at=row.fetched_at,
        trouble=row.trouble,
        theirs=row.documents,
        their_amount=row.amount,
        their_refunded=row.refunded,
        ours=row.ours,
        our_amount=row.our_amount,
        our_refunded=row.our_refunded,
        open=unsolved,
    )


def _state(row: MonthlyReport, unsolved: int) -> str:
    if row.trouble:
        return "TROUBLE"
    if row.fetched_at is None or row.fetched_at < row.asked_at:
        return "ASKED"
    if unsolved:
        return "DIFFERENT"
    same = (row.documents, row.amount, row.refunded) == (row.ours, row.our_amount, row.our_refunded)
    return "SAME" if same else "SETTLED"


def _difference(row: Difference) -> DifferenceShown:
    return DifferenceShown(
        id=row.pk,
        kind=row.kind,
        number=row.number,
        issued_on=row.issued_on,
        invoice_id=row.expense.invoice_id if row.expense else None,
        theirs=row.theirs,
        ours=row.ours,
        their_paid_on=row.their_paid_on,
        our_paid_on=row.our_paid_on,
        protocol=row.protocol,
        remedies=() if row.resolved_at else REMEDIES[row.kind],
        resolved_at=row.resolved_at,
        remedy=row.remedy,
    )
