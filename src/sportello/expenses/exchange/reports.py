"""The State's monthly report against our books, and the citizens' remarks: fetched, compared, kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from sistemats import Client
from sistemats.errors import BadArchive, UnreadableMessage
from sistemats.exchange.resolve import NOT_FOUND
from sistemats.replies import FlagReportReply, MonthlyReportReply
from sistemats.replies.files import ReportRow, read_flag_archive, read_report_archive
from sportello.core.cents import euro_sum
from sportello.core.turns import write_turn
from sportello.expenses import ministry, patience
from sportello.expenses.documents import reference_of
from sportello.expenses.exchange.settling import stop_if_refused
from sportello.expenses.models import (
    CitizenRemark,
    Difference,
    Expense,
    ExpenseKind,
    Held,
    MonthlyReport,
    StsSettings,
)
from sportello.expenses.rules.answers import read, scrubbed
from sportello.expenses.rules.content import ZERO, Reference
from sportello.expenses.rules.reconciling import Found, Line, differences
from sportello.expenses.standing import content_hash

BY_PAYMENT = "P"
REMARKS_SINCE = timedelta(days=430)
"""How far back remarks are asked for: the year of the expenses and the months of the tax return after it."""


def reconcile(report_id: int) -> bool:
    """
    Fetch the report of a month and write down where it and our books disagree; tell whether it could be had.

    What a person resolved before and is still so comes up again: the State's books did not change. Outside of any
    transaction; act as `System`.
    """
    report = MonthlyReport.objects.get(pk=report_id)
    account = StsSettings.objects.get(entity_id=report.entity_id)
    if not account.may_leave:
        return _trouble(report, "stopped")
    with ministry.speaking(account, now=patience.now) as client:
        reply = client.report(report.month.year, report.month.month, BY_PAYMENT)
    refused = stop_if_refused(report.entity_id, reply)
    if refused is not None:
        return _trouble(report, refused.trouble)
    if not isinstance(reply, MonthlyReportReply):
        return _trouble(report, read(reply).trouble or "unavailable")
    rows = _rows(reply)
    if rows is None:
        return _trouble(report, "unreadable")
    _compare(report, rows)
    return True


def _rows(reply: MonthlyReportReply) -> list[ReportRow] | None:
    """Return the rows of a reply, none for an empty month; None when the reply is no report."""
    if reply.archive is None:
        empty = any(message.code == NOT_FOUND for message in reply.messages)
        return [] if empty else None
    try:
        return read_report_archive(reply.archive)
    except (BadArchive, UnreadableMessage):
        return None


def _trouble(report: MonthlyReport, code: str) -> bool:
    report.trouble = code
    report.save(update_fields=["trouble"])
    return False


def _compare(report: MonthlyReport, rows: Sequence[ReportRow]) -> None:
    theirs = [line for row in rows if (line := _their_line(row)) is not None]
    with write_turn(), transaction.atomic():
        ours = _our_lines(report, [line.reference for line in theirs])
        found = differences(ours, theirs)
        Difference.objects.filter(report=report, resolved_at=None).delete()
        Difference.objects.bulk_create([_difference(report, one) for one in found], batch_size=500)
        held = [line for line in ours if line.held]
        report.fetched_at, report.trouble = datetime.now(UTC), ""
        report.documents, report.ours = len(theirs), len(held)
        report.amount, report.refunded = _sum(theirs, "amount"), _sum(theirs, "refunded")
        report.our_amount, report.our_refunded = _sum(held, "amount"), _sum(held, "refunded")
        report.save()


def _sum(lines: Sequence[Line], column: str) -> Decimal:
    return sum((getattr(line, column) for line in lines), ZERO)


def _their_line(row: ReportRow) -> Line | None:
    found = row.document_id
    if found is None:
        return None
    reference = Reference(found.vat_number, found.issued_on, found.number, found.device)
    return Line(
        reference, row.paid_on, sum(row.totals.values(), ZERO), sum(row.refunded.values(), ZERO), row.protocol[:40]
    )


def _our_lines(report: MonthlyReport, named: Sequence[Reference]) -> list[Line]:
    """Return our documents of the month that are held, and those that the report names."""
    after = (report.month + timedelta(days=32)).replace(day=1)
    mine = Expense.objects.filter(entity_id=report.entity_id, kind=ExpenseKind.DOCUMENT)
    month = Q(paid_on__gte=report.month, paid_on__lt=after, held=Held.HELD)
    rows = {row.pk: row for row in mine.filter(month).defer("should").order_by("pk")}
    wanted = set(named)
    numbers = sorted({one.number for one in named})
    for start in range(0, len(numbers), 400):
        for row in mine.filter(number__in=numbers[start : start + 400]).defer("should").order_by("pk"):
            if reference_of(row) in wanted:
                rows[row.pk] = row
    refunds: defaultdict[int, Decimal] = defaultdict(lambda: ZERO)
    ids = list(rows)
    for start in range(0, len(ids), 400):
        sums = Expense.objects.filter(original_id__in=ids[start : start + 400], held=Held.HELD).order_by("original_id")
        for one in sums.values("original_id").annotate(amount=euro_sum("known_amount")):
            refunds[one["original_id"]] = one["amount"]
    return [_our_line(row, refunds[row.pk]) for row in rows.values()]


def _our_line(row: Expense, refunded: Decimal) -> Line:
    held = row.held == Held.HELD
    return Line(reference_of(row), row.paid_on, row.known_amount, refunded, row.protocol, row.pk, row.due or held, held)


def _difference(report: MonthlyReport, found: Found) -> Difference:
    theirs, ours = found.theirs, found.ours
    known = theirs or ours
    assert known is not None, "a difference is about one of the two at least"
    return Difference(
        practice_id=report.practice_id,
        entity_id=report.entity_id,
        report=report,
        expense_id=ours.expense_id if ours is not None else None,
        kind=found.kind,
        vat_number=known.reference.vat_number[:11],
        issued_on=known.reference.issued_on,
        device=known.reference.device,
        number=known.reference.number[:20],
        their_paid_on=theirs.paid_on if theirs is not None else None,
        our_paid_on=ours.paid_on if ours is not None else None,
        theirs=theirs.amount if theirs is not None else None,
        ours=ours.amount if ours is not None else None,
        protocol=known.protocol,
    )


def fetch_remarks(client: Client, account: StsSettings, *, until: date) -> int | None:
    """
    Fetch what citizens remarked on an entity's expenses and keep what is new; return how much, None if not to be had.

    The columns of the report are not published (protocol 9), so a row is kept as it came, closed at rest.
    """
    reply = client.flag_report(until - REMARKS_SINCE, until)
    if stop_if_refused(account.entity_id, reply) or not isinstance(reply, FlagReportReply):
        return None
    if reply.archive is None:
        return 0 if any(message.code == NOT_FOUND for message in reply.messages) else None
    try:
        tables = read_flag_archive(reply.archive)
    except (BadArchive, UnreadableMessage):
        return None
    rows = [row for table in tables for row in table.rows]
    return sum(_keep_remark(account, row) for row in rows)


def _keep_remark(account: StsSettings, row: dict[str, str]) -> bool:
    number = next((value for name, value in row.items() if "NUMERO" in name), "")
    words = "\n".join(f"{name}: {value}" for name, value in row.items() if value)
    digest = content_hash(account.practice_id, words)
    known = CitizenRemark.objects.filter(entity_id=account.entity_id, words_hash=digest)
    if known.exists():
        return False
    expense = (
        Expense.objects.filter(entity_id=account.entity_id, number=number).order_by("-pk").first() if number else None
    )
    with write_turn(), transaction.atomic():
        remark = CitizenRemark(
            practice_id=account.practice_id,
            entity_id=account.entity_id,
            expense=expense,
            reference=scrubbed(number)[:60],
            words=words,
            words_hash=digest,
            fetched_at=patience.now(),
        )
        remark.save()
    return True
