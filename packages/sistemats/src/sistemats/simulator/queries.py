"""Point query, monthly report, and the two services about citizens' remarks.

Source: the service descriptions of the kit, a captured monthly report and captured point queries. A cancelled document
is still found, with W010; nothing found is WS96. Refunds are no rows of the monthly report: they show beside their
original, as in the captured one. The columns of the remarks are not published.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from sistemats.codes import ExpenseType
from sistemats.documents import DocumentId
from sistemats.envelopes import (
    FlagDetailRequest,
    FlagReportRequest,
    MonthlyReportRequest,
    PointQueryRequest,
    WireId,
)
from sistemats.replies import (
    FlagDetailReply,
    FlagDocument,
    FlagItem,
    FlagReportReply,
    ItemTotal,
    MonthlyReportReply,
    PointQueryReply,
    QueriedDocument,
    Reply,
)
from sistemats.simulator.books import Books, HeldDocument, sum_by_type
from sistemats.simulator.faults import Fault
from sistemats.simulator.files import java_double, remarks_csv, report_csv, zipped
from sistemats.simulator.identity import Party, refuse
from sistemats.simulator.messages import DONE, say
from sistemats.simulator.visits import Visit, Work

Totals = dict[ExpenseType, Decimal]


def month_of(text: str) -> tuple[date, date]:
    """Return first and last day of a `yyyyMM` month.

    :raises Refused: there is no such month
    """
    digits = text.strip()
    try:
        first = date(int(digits[:4]), int(digits[4:]), 1)
    except ValueError:
        raise refuse("SX32") from None
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _totals(found: Totals) -> tuple[ItemTotal, ...]:
    return tuple(ItemTotal(kind.value, java_double(amount)) for kind, amount in found.items())


class Queries:
    """Reads the books for their owners."""

    def __init__(self, books: Books, ripen: Callable[[], None]) -> None:
        """Read these books, after asking that ripe files be worked off."""
        self._books, self._ripen = books, ripen

    def point(self, visit: Visit) -> Work:
        """Prepare the point query."""
        self._ripen()
        return lambda: self._point(visit)

    def report(self, visit: Visit) -> Work:
        """Prepare the monthly report."""
        self._ripen()
        return lambda: self._report(visit)

    def remarks(self, visit: Visit) -> Work:
        """Prepare the remarks on one document."""
        return lambda: self._remarks(visit)

    def remark_report(self, visit: Visit) -> Work:
        """Prepare the remarks of a period."""
        return lambda: self._remark_report(visit)

    def _find(self, party: Party, document_id: DocumentId) -> HeldDocument:
        held = self._books.get(party.key, document_id)
        if held is None:
            raise refuse("WS96")
        return held

    def _point(self, visit: Visit) -> Reply:
        request = visit.request
        assert isinstance(request, PointQueryRequest), "the router sends point queries here"
        held = self._find(visit.party, request.id.document_id)
        spent, back = self._amounts(held)
        document = QueriedDocument(
            id=WireId.of(held.id),
            paid_on=held.paid_on.isoformat(),
            totals=_totals(spent),
            refunded=_totals(back),
            protocol=held.protocol,
            file_name=held.file_name,
            sent_on=held.sent_at.date().isoformat(),
            sent_as=held.last_operation,
        )
        if held.cancelled:
            return PointQueryReply("2", (DONE, say("W010")), document)
        return PointQueryReply("0", (DONE,), document)

    def _amounts(self, held: HeldDocument) -> tuple[Totals, Totals]:
        """Return the totals of a document's own items, and what was refunded on it."""
        return held.totals(), self._refunded(held)

    def _refunded(self, held: HeldDocument) -> Totals:
        refunds = self._books.refunds_of(held.owner, held.id)
        return sum_by_type(item for refund in refunds for item in refund.items)

    def _report(self, visit: Visit) -> Reply:
        request = visit.request
        assert isinstance(request, MonthlyReportRequest), "the router sends reports here"
        first, last = month_of(request.month)
        if request.extraction not in {"I", "P"}:
            raise refuse("SX32")
        held = self._books.of_month(visit.party.key, first, last, by_payment=request.extraction == "P")
        if not held:
            raise refuse("WS96")
        csv = report_csv(visit.party.owner, [(one, self._refunded(one)) for one in held]).encode("utf-8")
        archive = csv if visit.struck(Fault.NON_ZIP_CSV) else zipped("report.csv", csv)
        return MonthlyReportReply("0", (DONE,), archive)

    def _remarks(self, visit: Visit) -> Reply:
        request = visit.request
        assert isinstance(request, FlagDetailRequest), "the router sends remarks here"
        held = self._find(visit.party, request.id.document_id)
        if not held.remarks:
            raise refuse("WS96")
        own = tuple(_flag_item(item.expense_type, item.amount, held) for item in held.items)
        back = tuple(
            _flag_item(item.expense_type, item.amount, refund)
            for refund in self._books.refunds_of(held.owner, held.id)
            for item in refund.items
        )
        document = FlagDocument(
            id=WireId.of(held.id),
            paid_on=held.paid_on.isoformat(),
            sent_on=held.sent_at.date().isoformat(),
            protocol=held.protocol,
            file_name=held.file_name,
            remarks=tuple(str(text) for text in held.remarks.get("document", [])),
            items=own,
            refunded_items=back,
        )
        return FlagDetailReply("0", (DONE,), document)

    def _remark_report(self, visit: Visit) -> Reply:
        request = visit.request
        assert isinstance(request, FlagReportRequest), "the router sends remark reports here"
        first, last = date.fromisoformat(request.first_day.strip()), date.fromisoformat(request.last_day.strip())
        if first > last:
            raise refuse("SX31")
        held = self._books.with_remarks(visit.party.key, first, last)
        if not held:
            raise refuse("WS96")
        csv = remarks_csv(held).encode("utf-8")
        archive = csv if visit.struck(Fault.NON_ZIP_CSV) else zipped("segnalazioni.csv", csv)
        return FlagReportReply("0", (DONE,), archive)


def _flag_item(kind: ExpenseType, amount: Decimal, held: HeldDocument) -> FlagItem:
    """Return an item with the remarks on its expense type, if any."""
    found: dict[str, str] = next(
        (entry for entry in held.remarks.get("items", []) if entry.get("expense_type") == kind), {}
    )
    return FlagItem(kind.value, java_double(amount), found.get("amount_remark"), found.get("type_remark"))
