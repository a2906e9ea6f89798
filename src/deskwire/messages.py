"""What a portal may ask of a desk, and what the desk answers: the whole vocabulary of version 1.

Every request has a `kind` and says by `answer` what a good reply is, or by `media_type` that a stream of frames comes
back. Which patient is meant is never said: the envelope names a connection, the desk knows whose it is. Ids are opaque.

Units: money is EUR unless `currency` says otherwise, a Decimal of two places; of a credit note it is negative.
No message shows its content in a `repr`: it may hold personal data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from deskwire.codec import Malformed

MOST_PAPERS = 500
"""How many papers one export, and one sum of a selection, may hold."""
LARGEST_PAGE = 200


class Message:
    """Something said by one side to the other."""

    __slots__ = ()

    def __repr__(self) -> str:
        return type(self).__name__


_R = TypeVar("_R", bound=Message, covariant=True)


class Asks(Message, Generic[_R]):
    """A request that is answered by one message of type `answer`."""

    __slots__ = ()
    kind: ClassVar[str]
    answer: ClassVar[type[Message]]


class AsksStream(Message):
    """A request that is answered by a stream of frames: a file of this type."""

    __slots__ = ()
    kind: ClassVar[str]
    media_type: ClassVar[str]


Request = Asks[Message] | AsksStream


# --- invitation -----------------------------------------------------------------------------------------------------


class InvitationState(StrEnum):
    """What a link can still do. `DEAD` does not say why: unknown, cancelled, expired and replaced look alike."""

    OPEN = "open"
    USED = "used"
    DEAD = "dead"


class ProofKind(StrEnum):
    """What is asked at the first access, where the mailbox may be shared."""

    NONE = "none"
    BIRTH_DATE = "birth_date"
    SPOKEN_CODE = "spoken_code"


@dataclass(frozen=True, slots=True, repr=False)
class Contact(Message):
    """
    How a practice is reached by everybody; empty where nothing may be said.

    `lines` are of the postal address; `note` is what the practice adds, such as when the telephone is answered.
    """

    name: str
    lines: tuple[str, ...]
    phone: str
    email: str
    note: str = ""


NOBODY = Contact("", (), "", "")


@dataclass(frozen=True, slots=True, repr=False)
class InvitationShown(Message):
    """
    What a link is about. `language` is a code such as `zh-hans`.

    Only an open one names the e-mail; `NOBODY` is the practice of a link that was never mailed. `locked`: the proof was
    tried too often, and somebody of the practice has to unlock it.
    """

    state: InvitationState
    practice: Contact
    language: str
    email: str
    proof: ProofKind
    second_factor_required: bool
    locked: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class ShowInvitation(Asks[InvitationShown]):
    """Ask what a link is about. Nothing is consumed: mail scanners open links too."""

    token: str
    kind: ClassVar[str] = "invitation.show"
    answer: ClassVar[type[Message]] = InvitationShown


@dataclass(frozen=True, slots=True, repr=False)
class InvitationAccepted(Message):
    """The connection that came of it, and the language that the patient is spoken to in."""

    connection: str
    language: str


@dataclass(frozen=True, slots=True, repr=False)
class AcceptInvitation(Asks[InvitationAccepted]):
    """
    Take an invitation for an account of the portal (an opaque id of it).

    `proof` is a birth date as `YYYY-MM-DD` or the spoken code, "" where none is asked. Asking again for the same
    account answers the same; refused with `dead`, `wrong_proof` (and how many tries are left) or `locked`.
    """

    token: str
    account: str
    proof: str
    kind: ClassVar[str] = "invitation.accept"
    answer: ClassVar[type[Message]] = InvitationAccepted


@dataclass(frozen=True, slots=True, repr=False)
class Done(Message):
    """It was heard; nothing more is said."""


@dataclass(frozen=True, slots=True, repr=False)
class RenewInvitation(Asks[Done]):
    """Tell the practice that somebody stands before a dead link. The answer is always the same."""

    token: str
    kind: ClassVar[str] = "invitation.renew"
    answer: ClassVar[type[Message]] = Done


# --- overview -------------------------------------------------------------------------------------------------------


class Relation(StrEnum):
    """What the person who signs in is to the person whose papers these are."""

    SELF = "self"
    PARENT = "parent"
    SOLE_PARENT = "sole_parent"
    GUARDIAN = "guardian"
    ADMINISTRATOR = "administrator"


class Power(StrEnum):
    """What this connection opens."""

    INVOICES = "invoices"
    DOCUMENTS = "documents"


@dataclass(frozen=True, slots=True, repr=False)
class Overview(Message):
    """
    One connection as it is now: which practice, whose papers, what may be seen and until which day (None: open end).

    `opened` is how many papers there are to see, None where that was not asked; `second_factor_required` may have been
    set after the first access.
    """

    practice: Contact
    person: str
    relation: Relation
    may: tuple[Power, ...]
    until: date | None
    opened: int | None
    second_factor_required: bool


@dataclass(frozen=True, slots=True, repr=False)
class AskOverview(Asks[Overview]):
    """Ask what a connection opens; asked anew for each page. `counting`: and how many papers there are to see."""

    counting: bool = False
    kind: ClassVar[str] = "overview"
    answer: ClassVar[type[Message]] = Overview


# --- invoices -------------------------------------------------------------------------------------------------------


class By(StrEnum):
    """Which date a period is about: tax returns go by payment."""

    ISSUE = "issue"
    PAYMENT = "payment"


class PaperKind(StrEnum):
    """What a paper is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class PaperState(StrEnum):
    """How a paper stands, for the patient."""

    NOT_PAID = "not_paid"
    PART_PAID = "part_paid"
    PAID = "paid"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True, repr=False)
class InvoiceRow(Message):
    """One paper in the list. `paid_on` is None until it is paid; `ready` says that its PDF can be had now."""

    id: str
    number: str
    issued_on: date
    paid_on: date | None
    state: PaperState
    kind: PaperKind
    amount: Decimal
    currency: str
    ready: bool


@dataclass(frozen=True, slots=True, repr=False)
class InvoiceRows(Message):
    """
    One page of the list, newest first, and what the whole period holds.

    `total` (EUR) and `count` are of all papers of the period, not of the page; `next` is the `after` of the next page,
    "" at the end; `years` are those in which there is any paper, newest first.
    """

    rows: tuple[InvoiceRow, ...]
    total: Decimal
    count: int
    next: str
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True, repr=False)
class ListInvoices(Asks[InvoiceRows]):
    """Ask for a page of papers of a period, both ends included (None: open). `after` is "" for the first page."""

    by: By
    since: date | None
    until: date | None
    after: str
    size: int
    kind: ClassVar[str] = "invoices.list"
    answer: ClassVar[type[Message]] = InvoiceRows

    def __post_init__(self) -> None:
        if not 1 <= self.size <= LARGEST_PAGE:
            raise Malformed("size", f"must be 1 to {LARGEST_PAGE}")


@dataclass(frozen=True, slots=True, repr=False)
class InvoiceTotals(Message):
    """How many papers a selection holds and their sum (EUR)."""

    count: int
    total: Decimal


@dataclass(frozen=True, slots=True, repr=False)
class SumInvoices(Asks[InvoiceTotals]):
    """Ask for the sum of some papers."""

    ids: tuple[str, ...]
    kind: ClassVar[str] = "invoices.totals"
    answer: ClassVar[type[Message]] = InvoiceTotals


@dataclass(frozen=True, slots=True, repr=False)
class InvoicePaper(AsksStream):
    """Ask for the PDF of one paper as it was issued."""

    id: str
    kind: ClassVar[str] = "invoices.paper"
    media_type: ClassVar[str] = "application/pdf"


@dataclass(frozen=True, slots=True, repr=False)
class Period(Message):
    """A span of days, both ends included; None is open."""

    by: By
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True, repr=False)
class Selection(Message):
    """Some papers by their ids, or all of a period: one of the two."""

    ids: tuple[str, ...] = ()
    all_of: Period | None = None

    def __post_init__(self) -> None:
        if bool(self.ids) == (self.all_of is not None):
            raise Malformed("selection", "must hold either ids or a period")
        if len(set(self.ids)) != len(self.ids):
            raise Malformed("ids", "hold one twice")


@dataclass(frozen=True, slots=True, repr=False)
class InvoicesPdf(AsksStream):
    """Ask for papers in one PDF, by date and number, with a bookmark for each."""

    selection: Selection
    language: str
    kind: ClassVar[str] = "invoices.pdf"
    media_type: ClassVar[str] = "application/pdf"


@dataclass(frozen=True, slots=True, repr=False)
class InvoicesZip(AsksStream):
    """Ask for a ZIP of PDFs."""

    selection: Selection
    language: str
    kind: ClassVar[str] = "invoices.zip"
    media_type: ClassVar[str] = "application/zip"


@dataclass(frozen=True, slots=True, repr=False)
class InvoicesCsv(AsksStream):
    """Ask for a table of papers."""

    selection: Selection
    language: str
    kind: ClassVar[str] = "invoices.csv"
    media_type: ClassVar[str] = "text/csv"


@dataclass(frozen=True, slots=True, repr=False)
class YearStatement(AsksStream):
    """Ask for the statement of what was paid in a year, for the tax return."""

    year: int
    language: str
    kind: ClassVar[str] = "invoices.statement"
    media_type: ClassVar[str] = "application/pdf"


# --- what is known, and who looked ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class AccessRow(Message):
    """
    One access to the patient's data: when, by whom (a role and a name as the patient may read them), and what.

    `deed` is a stored code such as `invoice.download`; `paper` the number of the paper concerned, "" for none.
    """

    at: datetime
    role: str
    name: str
    deed: str
    paper: str


@dataclass(frozen=True, slots=True, repr=False)
class AccessRows(Message):
    """One page of accesses, newest first; `next` as in a list of papers."""

    rows: tuple[AccessRow, ...]
    next: str


@dataclass(frozen=True, slots=True, repr=False)
class ListAccesses(Asks[AccessRows]):
    """Ask who looked at the data of this connection."""

    after: str
    size: int
    kind: ClassVar[str] = "accesses.list"
    answer: ClassVar[type[Message]] = AccessRows

    def __post_init__(self) -> None:
        if not 1 <= self.size <= LARGEST_PAGE:
            raise Malformed("size", f"must be 1 to {LARGEST_PAGE}")


@dataclass(frozen=True, slots=True, repr=False)
class ExportRecord(AsksStream):
    """Ask for all that the practice knows of this person: a ZIP of JSON and PDFs."""

    language: str
    kind: ClassVar[str] = "record.export"
    media_type: ClassVar[str] = "application/zip"


# --- refusals -------------------------------------------------------------------------------------------------------


class RefusalCode(StrEnum):
    """Why a desk that knows the portal does not do what is asked."""

    NOT_FOUND = "not_found"
    NOT_CONNECTED = "not_connected"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    TOO_MANY = "too_many"
    NOT_READY = "not_ready"
    DEAD = "dead"
    WRONG_PROOF = "wrong_proof"
    LOCKED = "locked"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, repr=False)
class Refusal(Message):
    """
    A reason, and a figure where one helps: `left` tries of a proof, `limit` of an export; `retry_after` in seconds.

    `broken` says that the desk failed at something it should be able to do.
    """

    code: RefusalCode
    left: int | None = None
    limit: int | None = None
    retry_after: int | None = None


REFUSED = "refused"
"""The kind of a reply that holds a `Refusal`."""

ASKS: dict[str, type[Asks[Message]]] = {
    each.kind: each
    for each in (
        ShowInvitation,
        AcceptInvitation,
        RenewInvitation,
        AskOverview,
        ListInvoices,
        SumInvoices,
        ListAccesses,
    )
}
STREAMS: dict[str, type[AsksStream]] = {
    each.kind: each for each in (InvoicePaper, InvoicesPdf, InvoicesZip, InvoicesCsv, YearStatement, ExportRecord)
}
REQUESTS: dict[str, type[Asks[Message]] | type[AsksStream]] = {**ASKS, **STREAMS}
"""Every kind of request, by name."""
