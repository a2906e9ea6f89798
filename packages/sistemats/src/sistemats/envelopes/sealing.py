"""From documents in clear to values on the wire: what is encrypted where, and how numbers are written.

Source: the encryption table of the kit's notes and samples. PIN: sealed, in clear on the Entratel channel. Owner's
code: sealed, in clear in the upload envelope alone. Citizen's code: always sealed. Amounts: two decimals everywhere.
What is sealed how often: a citizen's code anew in every document, because the same ciphertext twice would tell that two
documents are one person's. PIN and owner's code once: they name the sender, whom account and VAT number name anyway.
"""

from __future__ import annotations

from datetime import date

from sistemats.codes import Call, Operation
from sistemats.crypto import Sealer, looks_sealed
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item, Owner, Sender
from sistemats.envelopes.clear import cents, clear_document_text, clear_identifier_text, entry_text
from sistemats.envelopes.text import BODIES, PREFIX, head_text
from sistemats.envelopes.wire import (
    CancelRequest,
    ChangeRequest,
    ErrorDetailRequest,
    FlagDetailRequest,
    FlagReportRequest,
    InsertRequest,
    MonthlyReportRequest,
    Options,
    OutcomeRequest,
    PointQueryRequest,
    ReceiptRequest,
    RefundRequest,
    UploadRequest,
    WireBatchDocument,
    WireDocument,
    WireId,
    WireItem,
    WireOwner,
    WrittenRequest,
)

_LONGEST_CODE = 16


def wire_item(item: Item) -> WireItem:
    """Write one item down."""
    return WireItem(
        str(item.expense_type),
        cents(item.amount),
        item.flag,
        None if item.vat_rate is None else cents(item.vat_rate),
        item.vat_nature,
    )


class Sealing:
    """Makes every request for one sender with one certificate.

    A citizen's code is sealed anew for each document; PIN and owner's code when first needed, unless told otherwise.
    """

    __slots__ = ("_head", "_owner", "_pin", "_sealer", "afresh", "sender")

    def __init__(self, sender: Sender, sealer: Sealer, *, afresh: bool = False) -> None:
        """Seal for `sender` with `sealer`; with `afresh` PIN and owner's code too are sealed anew for each request."""
        self.sender = sender
        self.afresh = afresh
        self._sealer = sealer
        self._pin: str | None = None
        self._owner: str | None = None
        self._head: str | None = None

    @property
    def options(self) -> Options:
        """`opzionale1..3`: the intermediary's code comes first where the channel wants it."""
        return (self.sender.intermediary, None, None)

    def pin(self) -> str:
        """Return the PIN as this channel wants it."""
        if self.sender.channel.pin_in_clear:
            return self.sender.pin
        if self._pin is None or self.afresh:
            self._pin = self._sealer.seal(self.sender.pin)
        return self._pin

    def _seal(self, code: str) -> str:
        """Seal a fiscal code, unless it came sealed already (out of an existing 730 file)."""
        return code if len(code) > _LONGEST_CODE and looks_sealed(code) else self._sealer.seal(code)

    def _citizen(self, document: ExpenseDocument) -> str | None:
        """Return the citizen's code, sealed; None where the document has none."""
        code = document.citizen_code
        return self._seal(code) if code else None

    def owner(self, sealed: bool = True) -> WireOwner:
        """Return the owner block, its code sealed unless told otherwise."""
        owner: Owner = self.sender.owner
        code = owner.fiscal_code
        if code and sealed:
            if self._owner is None or self.afresh:
                self._owner = self._seal(code)
            code = self._owner
        return WireOwner(owner.region, owner.asl, owner.ssa, code or None)

    def document(self, document: ExpenseDocument) -> WireDocument:
        """Return a document with the citizen's code sealed."""
        traceable = document.traceable
        return WireDocument(
            id=WireId.of(document.id),
            paid_on=document.paid_on.isoformat(),
            items=tuple([wire_item(item) for item in document.items]),
            prepaid="1" if document.prepaid else None,
            citizen=self._citizen(document),
            traceable=None if traceable is None else ("SI" if traceable else "NO"),
            document_type=None if document.document_type is None else str(document.document_type),
            opposed=None if document.opposed is None else ("1" if document.opposed else "0"),
        )

    def batch_document(self, entry: BatchEntry) -> WireBatchDocument:
        """Return one entry of a batch file."""
        original = None if entry.original is None else WireId.of(entry.original)
        return WireBatchDocument(self.document(entry.document), str(entry.operation), original)

    def batch_text(self, entry: BatchEntry) -> str:
        """Return one entry of a batch file as the text that its `batch_document` comes to, in half the time."""
        return entry_text(entry, self._citizen(entry.document))

    def written(self, call: Call, document: ExpenseDocument, original: DocumentId | None = None) -> WrittenRequest:
        """Return the request of `insert`, `change` or (with `original`) `refund`, its text written already.

        It comes to the same bytes in half the time; nothing in it can be looked at or changed any more.
        """
        refunded = "" if original is None else clear_identifier_text(PREFIX, "idRimborsoDocumentoFiscale", original)
        body = clear_document_text(PREFIX, BODIES[call], document, self._citizen(document))
        return WrittenRequest(call, f"{self._head_text()}{refunded}{body}")

    def _head_text(self) -> str:
        """Return options, PIN and owner, with which every request about a document begins."""
        if self._head is None or self.afresh:
            self._head = head_text(PREFIX, self.options, self.pin(), self.owner())
        return self._head

    def insert(self, document: ExpenseDocument) -> InsertRequest:
        """Return the request that inserts a document."""
        return InsertRequest(pin=self.pin(), options=self.options, owner=self.owner(), document=self.document(document))

    def change(self, document: ExpenseDocument) -> ChangeRequest:
        """Return the request that replaces the document with the same identifier."""
        return ChangeRequest(pin=self.pin(), options=self.options, owner=self.owner(), document=self.document(document))

    def refund(self, original: DocumentId, document: ExpenseDocument) -> RefundRequest:
        """Return the request that refunds `original` with `document`."""
        return RefundRequest(
            pin=self.pin(),
            options=self.options,
            owner=self.owner(),
            original=WireId.of(original),
            document=self.document(document),
        )

    def cancel(self, document_id: DocumentId) -> CancelRequest:
        """Return the request that cancels a document."""
        return CancelRequest(pin=self.pin(), options=self.options, owner=self.owner(), id=WireId.of(document_id))

    def upload(self, file_name: str, archive: bytes, inline: bool = False) -> UploadRequest:
        """Return the request that uploads an archive; here alone the owner's code is in clear."""
        return UploadRequest(
            pin=self.pin(),
            options=self.options,
            file_name=file_name,
            owner=self.owner(sealed=False),
            archive=archive,
            inline=inline,
        )

    def outcome(self, protocol: str) -> OutcomeRequest:
        """Return the request for the state of one sending."""
        return OutcomeRequest(pin=self.pin(), options=self.options, protocol=protocol)

    def outcomes(self, first_day: date, last_day: date) -> OutcomeRequest:
        """Return the request for the sendings between two days, both included."""
        return OutcomeRequest(
            pin=self.pin(),
            options=self.options,
            first_day=f"{first_day:%d-%m-%Y}",
            last_day=f"{last_day:%d-%m-%Y}",
        )

    def errors(self, protocol: str) -> ErrorDetailRequest:
        """Return the request for the error file of a sending."""
        return ErrorDetailRequest(pin=self.pin(), options=self.options, protocol=protocol)

    def receipt(self, protocol: str) -> ReceiptRequest:
        """Return the request for the PDF receipt of a sending."""
        return ReceiptRequest(pin=self.pin(), options=self.options, protocol=protocol)

    def query(self, document_id: DocumentId) -> PointQueryRequest:
        """Return the request for what the State holds of a document."""
        return PointQueryRequest(pin=self.pin(), options=self.options, owner=self.owner(), id=WireId.of(document_id))

    def report(self, year: int, month: int, extraction: str = "I") -> MonthlyReportRequest:
        """Return the request for a monthly report."""
        return MonthlyReportRequest(
            pin=self.pin(),
            options=self.options,
            owner=self.owner(),
            month=f"{year:04d}{month:02d}",
            extraction=extraction,
        )

    def flag_detail(self, document_id: DocumentId) -> FlagDetailRequest:
        """Return the request for a citizen's remarks on one document."""
        return FlagDetailRequest(pin=self.pin(), options=self.options, owner=self.owner(), id=WireId.of(document_id))

    def flag_report(self, first_day: date, last_day: date) -> FlagReportRequest:
        """Return the request for the citizens' remarks of a period."""
        return FlagReportRequest(
            pin=self.pin(),
            options=self.options,
            owner=self.owner(),
            first_day=first_day.isoformat(),
            last_day=last_day.isoformat(),
        )


CALL_OF_OPERATION = {
    Operation.INSERT: Call.INSERT,
    Operation.CHANGE: Call.CHANGE,
    Operation.REFUND: Call.REFUND,
    Operation.CANCEL: Call.CANCEL,
}
