"""What a patient sees of the papers: lists by keyset pages, sums, and the papers chosen for a download.

Which papers those are is `rules.portal.shown`; here it is said in SQL, for one patient of one practice, always both.
Ids that leave are the papers' uids. Amounts are EUR, those of credit notes below zero. Reads only, a fixed number of
queries each; the caller has found out who is asking and records what was read.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, When
from django.db.models.functions import Cast, Substr

from sportello.billing.models import Invoice, InvoiceKind
from sportello.billing.models.invoices import in_practice
from sportello.billing.rules.portal import By, Standing, standing
from sportello.billing.states import DocumentState, PaymentStatus
from sportello.core.cents import EuroField, euro_sum
from sportello.core.models import StoredFile

LARGEST_PAGE = 200
MOST_CHOSEN = 500
"""Papers in one download (practice specification 7)."""

_OF_FILE = ("pk", "uid", "party_id", "media_type", "size", "sha256", "place", "key_id")
_SIZE = _OF_FILE.index("size")
_BARE_ID = 32
_OF_PAPER = (
    "pk",
    "series_code",
    "number",
    "text_id",
    "printed_number",
    "kind",
    "state",
    "payment_state",
    "issued_on",
    "paid_on",
    "total",
    "paper_id",
)
"""Columns read of a paper: its key, then what `_paper` takes, in its order. See `_as_text`."""
_COLUMN: Mapping[By, str] = {By.ISSUE: "issued_on", By.PAYMENT: "paid_on"}


class TooManyPapers(ValueError):
    """More papers were chosen than one download holds: `found` of at most `MOST_CHOSEN`."""

    def __init__(self, found: int) -> None:
        super().__init__(f"{found} papers, at most {MOST_CHOSEN}")
        self.found = found


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `since` to `until`, both included (None: open), by day of issue or of payment."""

    by: By = By.ISSUE
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class PortalPaper:
    """One paper as a patient sees it. `ready`: its PDF is there. Amount in EUR, of a credit note below zero."""

    id: str
    number: str
    kind: str
    standing: Standing
    issued_on: date
    paid_on: date | None
    amount: Decimal
    ready: bool


@dataclass(frozen=True, slots=True)
class PortalPage:
    """A page, newest first, with number and sum (EUR) of the whole period, and the years that hold any paper."""

    rows: tuple[PortalPaper, ...]
    count: int
    total: Decimal
    following: str
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A paper chosen for a download: `kept` are the columns of its stored file, None while its PDF is not made."""

    key: int
    paper: PortalPaper
    series: str
    ordinal: int
    kept: tuple[Any, ...] | None = field(repr=False)

    @property
    def file(self) -> StoredFile | None:
        """Where its bytes are, made when it is asked for: 500 of them take longer than choosing the papers."""
        if self.kept is None:
            return None
        columns = dict(zip(_OF_FILE, self.kept, strict=True))
        return StoredFile(**columns | {"uid": uuid.UUID(columns["uid"])})

    @property
    def size(self) -> int:
        """Bytes of its PDF, 0 while it is not made."""
        return 0 if self.kept is None else int(self.kept[_SIZE])

    @property
    def file_name(self) -> str:
        """Its name as a file: day, series and number, and nothing of anybody: `2026-03-05_A-12.pdf`."""
        return f"{self.paper.issued_on.isoformat()}_{_plain_letters(self.series) or 'S'}-{self.ordinal}.pdf"


def visible(practice_id: int, patient_id: int) -> QuerySet[Invoice, Invoice]:
    """Return the papers that a patient sees: issued or credited, marked visible, never drafts."""
    rows = Invoice.objects.filter(in_practice(practice_id), patient_id=patient_id, portal_visible=True)
    return rows.exclude(state=DocumentState.DRAFT.value)


def count(practice_id: int, patient_id: int) -> int:
    """Return how many papers a patient sees. One query."""
    return visible(practice_id, patient_id).count()


def page(practice_id: int, patient_id: int, period: Period, *, after: str = "", size: int = 25) -> PortalPage:
    """
    Return one page of a period, newest first. Two queries, one more behind the first page.

    :param after: `following` of the page before, "" for the first; an id of no paper of this patient's gives the first
    :param size: rows, at most `LARGEST_PAGE`
    """
    everything = visible(practice_id, patient_id)
    rows = everything.filter(_within(period))
    years = _years(everything, period)
    size = max(1, min(size, LARGEST_PAGE))
    column = _COLUMN[period.by]
    place = _place(everything, column, after) if after else None
    if place is not None:
        rows = rows.filter(_beyond(column, place))
    ordered = rows.order_by(f"-{column}", "-series_code", "-number", "-pk")
    columns = _as_text(ordered).values_list(*_OF_PAPER)
    found = [_paper(*values[3:]) for values in columns[: size + 1]]
    kept = found[:size]
    return PortalPage(
        rows=tuple(kept),
        count=sum(each.number for each in years),
        total=sum((each.amount for each in years), Decimal("0.00")),
        following=kept[-1].id if len(found) > size else "",
        years=tuple(each.year for each in years),
    )


def totals(practice_id: int, patient_id: int, ids: Collection[str]) -> tuple[int, Decimal]:
    """
    Return number and sum (EUR) of some papers. One query.

    :raises Invoice.DoesNotExist: one of them is none of this patient's
    """
    wanted = _uids(ids)
    sums = visible(practice_id, patient_id).filter(uid__in=wanted).aggregate(number=Count("pk"), amount=_signed_sum())
    if sums["number"] != len(wanted):
        raise Invoice.DoesNotExist
    return sums["number"], sums["amount"]


def chosen_by_id(practice_id: int, patient_id: int, ids: Collection[str]) -> list[Chosen]:
    """
    Return some papers by day of issue, then number. One query.

    :raises Invoice.DoesNotExist: one of them is none of this patient's, or none was named
    :raises TooManyPapers: more than one download holds
    """
    wanted = _uids(ids)
    if len(wanted) > MOST_CHOSEN:
        raise TooManyPapers(len(wanted))
    found = _chosen(visible(practice_id, patient_id).filter(uid__in=wanted), By.ISSUE, MOST_CHOSEN)
    if not wanted or len(found) != len(wanted):
        raise Invoice.DoesNotExist
    return found


def chosen_by_period(
    practice_id: int, patient_id: int, period: Period, *, most: int | None = MOST_CHOSEN
) -> list[Chosen]:
    """
    Return all papers of a period by its day, then number. One query, two when there are too many.

    :param most: papers that one download holds, None for any number
    :raises Invoice.DoesNotExist: there is none
    :raises TooManyPapers: more than one download holds
    """
    rows = visible(practice_id, patient_id).filter(_within(period))
    found = _chosen(rows, period.by, most)
    if most is not None and len(found) > most:
        raise TooManyPapers(rows.count())
    if not found:
        raise Invoice.DoesNotExist
    return found


def _chosen(rows: QuerySet[Invoice, Invoice], by: By, most: int | None) -> list[Chosen]:
    ordered = rows.order_by(_COLUMN[by], "series_code", "number", "pk")
    of_file = ["file_text_id" if column == "uid" else f"paper__{column}" for column in _OF_FILE]
    texts = _as_text(ordered).annotate(file_text_id=Cast("paper__uid", CharField()))
    found = texts.values_list(*_OF_PAPER, *of_file)
    return [_one_chosen(values) for values in (found if most is None else found[: most + 1])]


def _one_chosen(values: tuple[Any, ...]) -> Chosen:
    key, series, number, *of_paper = values[: len(_OF_PAPER)]
    kept = values[len(_OF_PAPER) :]
    return Chosen(key, _paper(*of_paper), series, number, kept if kept[0] is not None else None)


def _as_text(rows: QuerySet[Invoice, Invoice]) -> QuerySet[Invoice, Invoice]:
    """Have ids read as the database writes them: making those of 500 papers costs more than all the rest."""
    return rows.annotate(text_id=Cast("uid", CharField()))


def _spelt(text_id: str) -> str:
    """Return an id as everybody writes it; SQLite keeps it without the strokes."""
    if len(text_id) != _BARE_ID:
        return text_id
    return f"{text_id[:8]}-{text_id[8:12]}-{text_id[12:16]}-{text_id[16:20]}-{text_id[20:]}"


@lru_cache(maxsize=256)
def _plain_letters(series: str) -> str:
    return "".join(letter for letter in series if letter.isascii() and letter.isalnum())


def _within(period: Period) -> Q:
    column = _COLUMN[period.by]
    condition = Q(**{f"{column}__isnull": False})
    if period.since is not None:
        condition &= Q(**{f"{column}__gte": period.since})
    if period.until is not None:
        condition &= Q(**{f"{column}__lte": period.until})
    return condition


@dataclass(frozen=True, slots=True)
class _Year:
    """A year that holds any paper, and how many of them are of the period, with their sum (EUR)."""

    year: int
    number: int
    amount: Decimal


def _years(rows: QuerySet[Invoice, Invoice], period: Period) -> list[_Year]:
    """
    Return the years, newest first. One query.

    The year is cut from the day as text, which both databases do themselves; Django would have SQLite call Python for
    the year of every row.
    """
    column, wanted = _COLUMN[period.by], _within(period)
    year = Substr(Cast(column, CharField()), 1, 4)
    dated = rows.filter(**{f"{column}__isnull": False})
    found = dated.values(text=year).annotate(number=Count("pk", filter=wanted), amount=_signed_sum(filter=wanted))
    return [_Year(int(each["text"]), each["number"], each["amount"]) for each in found.order_by("-text")]


def _signed_sum(**more: Any) -> Any:
    signed = Case(When(kind=InvoiceKind.CREDIT_NOTE, then=-F("total")), default=F("total"), output_field=EuroField())
    return euro_sum(signed, **more)  # type: ignore[arg-type]  # a sum takes an expression as well


Place = tuple[date, str, int, int]


def _beyond(column: str, place: Place) -> Q:
    """Return the condition of what comes after a place: earlier days, then lower numbers."""
    day, series, number, key = place
    lower = Q(series_code__lt=series)
    lower |= Q(series_code=series, number__lt=number) | Q(series_code=series, number=number, pk__lt=key)
    return Q(**{f"{column}__lt": day}) | (Q(**{column: day}) & lower)


def _place(rows: QuerySet[Invoice, Invoice], column: str, after: str) -> Place | None:
    """Return where a paper stands in the order: a key that tells nothing travels, its figures stay here."""
    try:
        found = rows.filter(uid=uuid.UUID(after)).values_list(column, "series_code", "number", "pk").first()
    except ValueError:
        return None
    return None if found is None or found[0] is None else (found[0], found[1], found[2] or 0, found[3])


def _uids(ids: Collection[str]) -> set[uuid.UUID]:
    """
    Return ids as the database has them.

    :raises Invoice.DoesNotExist: one is no id at all
    """
    try:
        return {uuid.UUID(each) for each in ids}
    except ValueError:
        raise Invoice.DoesNotExist from None


def _paper(
    text_id: str,
    printed_number: str,
    kind: str,
    state: str,
    payment_state: str,
    issued_on: date,
    paid_on: date | None,
    total: Decimal,
    paper_id: int | None,
) -> PortalPaper:
    return PortalPaper(
        id=_spelt(text_id),
        number=printed_number,
        kind=kind,
        standing=_standing(kind, state, payment_state),
        issued_on=issued_on,
        paid_on=paid_on,
        amount=-total if kind == InvoiceKind.CREDIT_NOTE else total,
        ready=paper_id is not None,
    )


@lru_cache(maxsize=256)
def _standing(kind: str, state: str, payment_state: str) -> Standing:
    is_note = kind == InvoiceKind.CREDIT_NOTE
    return standing(is_note=is_note, state=DocumentState(state), money=PaymentStatus(payment_state))
