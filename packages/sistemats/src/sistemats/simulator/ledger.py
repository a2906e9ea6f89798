"""Doing an operation to the books: insert, change, refund, cancel.

Source: PROTOCOL of the service as far as observed (S017, S022, W008, W014); what is open is a setting, and codes
without a source are invented ones. The same rules serve the synchronous calls and the documents of a batch file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sistemats.codes import ExpenseType, Operation
from sistemats.documents import DocumentId, Item
from sistemats.envelopes import WireDocument, WireItem
from sistemats.replies import Message
from sistemats.simulator.books import Books, HeldDocument, sum_by_type
from sistemats.simulator.checks import Submission, check_document
from sistemats.simulator.deadlines import last_day, year_closed
from sistemats.simulator.identity import Party
from sistemats.simulator.messages import say
from sistemats.simulator.settings import Settings

Open = Callable[[str], str | None]
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Order:
    """One operation to do. `sent` is None for a synchronous cancellation, which names the document only."""

    operation: Operation
    id: DocumentId
    sent: Submission | None = None
    original: DocumentId | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who, when, under which protocol and file name."""

    party: Party
    now: datetime
    protocol: str
    file_name: str
    settings: Settings

    @property
    def today(self) -> date:
        """The day in Italy."""
        return self.now.date()


def read_submission(wire: WireDocument, open_sealed: Open) -> Submission:
    """Turn a document that passed the schema into plain values, opening the citizen's code.

    An empty citizen element counts as absent, because the schema lets it pass.
    """
    sealed = bool(wire.citizen and wire.citizen.strip())
    amounts = tuple([item.value for item in wire.items])
    return Submission(
        id=wire.id.document_id,
        paid_on=date.fromisoformat(wire.paid_on.strip()),
        amounts=amounts,
        items=tuple(map(_item, wire.items, amounts)),
        sealed=sealed,
        citizen=open_sealed((wire.citizen or "").strip()) if sealed else None,
        prepaid=wire.prepaid is not None,
        traceable=wire.traceable,
        document_type=wire.document_type,
        opposed=wire.opposed,
    )


def _item(wire: WireItem, amount: Decimal | None) -> Item:
    rate = None if wire.vat_rate is None else Decimal(wire.vat_rate.strip())
    return Item(ExpenseType(wire.expense_type), amount or NOTHING, wire.flag, rate, wire.vat_nature)


class Ledger:
    """Applies orders. Every method belongs in a transaction of the store."""

    def __init__(self, books: Books) -> None:
        """Write into these books."""
        self._books = books

    def apply(self, order: Order, around: Circumstances) -> list[Message]:
        """Do an order unless something blocks it; return the messages, without the one for success.

        Warnings alone mean that it was done.
        """
        held = self._books.get(around.party.key, order.id)
        messages = self._content(order, around)
        messages += [say(code) for code in _PRESENT[order.operation](self, order, held, around)]
        paid_on = self._paid_on(order, held)
        if paid_on is not None:
            messages += _timing(paid_on, order, around)
        if messages:
            messages = list(dict.fromkeys(messages))
            blocking = [message for message in messages if message.blocking]
            if blocking:
                return blocking
        messages += self._notices(order, around)
        _WRITE[order.operation](self, order, held, around, messages)
        return messages

    def _content(self, order: Order, around: Circumstances) -> list[Message]:
        if order.sent is None or order.operation is Operation.CANCEL:
            return []
        return check_document(order.sent, around.party.facts, order.operation, around.today)

    @staticmethod
    def _paid_on(order: Order, held: HeldDocument | None) -> date | None:
        if order.operation is Operation.CANCEL or order.sent is None:
            return None if held is None else held.paid_on
        return order.sent.paid_on

    def _notices(self, order: Order, around: Circumstances) -> list[Message]:
        sent = order.sent
        if order.operation is not Operation.INSERT or sent is None or sent.citizen is None:
            return []
        wanted = around.settings.same_day_warning
        if wanted and self._books.another_same_day(around.party.key, sent.citizen, order.id):
            return [say("W014")]
        return []

    def present_for_insert(self, order: Order, held: HeldDocument | None, around: Circumstances) -> list[str]:
        """Return why an id cannot be inserted."""
        again = held is not None and held.cancelled and around.settings.reinsert_after_cancel
        return [] if held is None or again else ["S017"]

    def present_for_change(self, order: Order, held: HeldDocument | None, around: Circumstances) -> list[str]:
        """Return why a document cannot be changed."""
        if held is None:
            return ["S010"]
        return ["S022"] if held.cancelled else []

    def present_for_cancel(self, order: Order, held: HeldDocument | None, around: Circumstances) -> list[str]:
        """Return why a document cannot be cancelled."""
        if held is None or held.cancelled:
            return ["S010" if held is None else "S022"]
        return ["SX09"] if self._books.refunds_of(held.owner, held.id) else []

    def present_for_refund(self, order: Order, held: HeldDocument | None, around: Circumstances) -> list[str]:
        """Return why a refund cannot be tied to its original."""
        if order.original is None:
            return ["SX14"]
        codes = self.present_for_insert(order, held, around)
        original = self._books.get(around.party.key, order.original)
        if original is None:
            return [*codes, "S010"]
        if original.cancelled:
            codes.append("S022")
        if original.refund_of is not None:
            codes.append("SX11")
        if around.settings.check_refund_amount and order.sent and self._too_much(original, order.sent):
            codes.append("SX13")
        return codes

    def _too_much(self, original: HeldDocument, sent: Submission) -> bool:
        refunds = [item for one in self._books.refunds_of(original.owner, original.id) for item in one.items]
        spent = original.totals()
        refunded = sum_by_type([*refunds, *sent.items])
        return any(amount > spent.get(kind, Decimal(0)) for kind, amount in refunded.items())

    def write_new(
        self, order: Order, held: HeldDocument | None, around: Circumstances, messages: list[Message]
    ) -> None:
        """Write an inserted or refunding document."""
        sent = _must(order)
        self._books.put(
            HeldDocument(
                owner=around.party.key,
                id=order.id,
                paid_on=sent.paid_on,
                items=sent.items,
                citizen=sent.citizen,
                prepaid=sent.prepaid,
                traceable=sent.traceable,
                document_type=sent.document_type,
                opposed=sent.opposed,
                last_operation=order.operation.value,
                protocol=around.protocol,
                file_name=around.file_name,
                sent_at=around.now,
                sender=around.party.user.name,
                owner_code=around.party.owner.fiscal_code or "",
                refund_of=order.original,
                warnings=tuple(message.code for message in messages),
            )
        )

    def write_change(
        self, order: Order, held: HeldDocument | None, around: Circumstances, messages: list[Message]
    ) -> None:
        """Write the new content; what ties a refund to its original stays."""
        assert held is not None, "present_for_change requires it"
        tied = replace(order, original=held.refund_of)
        self.write_new(tied, held, around, messages)

    def write_cancel(
        self, order: Order, held: HeldDocument | None, around: Circumstances, messages: list[Message]
    ) -> None:
        """Mark a document as cancelled; it keeps its content and the kind of its last sending, as observed."""
        assert held is not None, "present_for_cancel requires it"
        self._books.put(replace(held, cancelled=True))


def _must(order: Order) -> Submission:
    assert order.sent is not None, "only a cancellation comes without a document"
    return order.sent


def _timing(paid_on: date, order: Order, around: Circumstances) -> list[Message]:
    if year_closed(paid_on, around.today, around.settings.years_open):
        return [say("S035")]
    late = around.today > last_day(paid_on, order.operation, around.party.facts.category)
    return [say("W008")] if late else []


_PRESENT: dict[Operation, Callable[[Ledger, Order, HeldDocument | None, Circumstances], list[str]]] = {
    Operation.INSERT: Ledger.present_for_insert,
    Operation.CHANGE: Ledger.present_for_change,
    Operation.REFUND: Ledger.present_for_refund,
    Operation.CANCEL: Ledger.present_for_cancel,
}
_WRITE: dict[Operation, Callable[[Ledger, Order, HeldDocument | None, Circumstances, list[Message]], None]] = {
    Operation.INSERT: Ledger.write_new,
    Operation.CHANGE: Ledger.write_change,
    Operation.REFUND: Ledger.write_new,
    Operation.CANCEL: Ledger.write_cancel,
}
