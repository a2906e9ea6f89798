"""Elenco invii: every call and every file, with what the State said of it, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from sistemats.envelopes.archive import read_archive
from sistemats.errors import BadArchive
from sportello.core.actors import Actor
from sportello.core.files import keeping
from sportello.expenses.models import Attempt, Outcome, Transmission, TransmissionKind
from sportello.expenses.queries.documents import DocumentRow, Message, document_row, messages_of
from sportello.expenses.queries.paging import page
from sportello.expenses.rules.content import Reference
from sportello.expenses.states import CallState

CARRIED = 50
"""Documents of a file shown at once."""


class View(StrEnum):
    """The filters above the list."""

    ALL = "all"
    UNDER_WAY = "under_way"
    GOOD = "good"
    WITH_ERRORS = "with_errors"
    UNCERTAIN = "uncertain"
    NOT_SENT = "not_sent"


_C = CallState
_BAD = [Outcome.REFUSED, Outcome.WARNED, Outcome.CONFLICT]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a person asked of the list; `words` is a protocol, a file's name or a document's number."""

    view: View = View.ALL
    words: str = ""
    entity_id: int | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class TransmissionRow:
    """
    One call or file. `number` is that of the one document of a single call. Counters are the State's.

    `stray` tells a call about a document that our books do not have.
    """

    id: int
    kind: str
    operation: str
    state: CallState
    outcome: str
    sts_state: int | None
    attempted_at: datetime
    answered_at: datetime | None
    settled_at: datetime | None
    protocol: str
    file_name: str
    count: int
    sent: int | None
    accepted: int | None
    warned: int | None
    refused: int | None
    entity: str
    entity_id: int
    by: str
    number: str
    stray: bool
    invoice_id: int | None
    has_receipt: bool
    has_errors_file: bool
    trouble: str


@dataclass(frozen=True, slots=True)
class TransmissionPage:
    """A page with the number of calls of the whole filter."""

    rows: tuple[TransmissionRow, ...]
    total: int
    after: str
    before: str


@dataclass(frozen=True, slots=True)
class CarriedRow:
    """One document of a transmission: what was done, what became of it, the State's messages about it."""

    document: DocumentRow
    operation: str
    outcome: str
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class TransmissionDetail:
    """
    One transmission with its documents, those that the State remarked on first; `after` is where more begin.

    `ask_after` is when the State is asked what became of it, if no answer has come by then; None where one has.
    """

    row: TransmissionRow
    messages: tuple[Message, ...]
    words: str
    next_look_at: datetime | None
    ask_after: datetime | None
    documents: tuple[CarriedRow, ...]
    after: int


def page_of(actor: Actor, asked: Filter, *, after: str = "", before: str = "") -> TransmissionPage:
    """Return one page of a filter. Three queries."""
    rows = _filtered(asked)
    found = page(rows.select_related("entity", "by"), "-attempted_at", after=after, before=before)
    alone = _alone([row.pk for row in found.rows if row.kind == TransmissionKind.SINGLE])
    return TransmissionPage(
        rows=tuple(_row(row, alone.get(row.pk)) for row in found.rows),
        total=rows.count(),
        after=found.after,
        before=found.before,
    )


def counts(asked: Filter) -> dict[View, int]:
    """Return how many transmissions each filter holds, the other conditions staying as they are. One query."""
    rows = _searched(Transmission.objects.all(), asked)
    found = rows.aggregate(**{view.value: Count("pk", filter=condition) for view, condition in _views().items()})
    return {view: found[view.value] for view in View}


def detail(actor: Actor, transmission_id: int, *, after: int = 0) -> TransmissionDetail:
    """
    Return one transmission with a page of its documents, those that the State remarked on first. Two queries.

    :param after: how many documents were shown before
    :raises Transmission.DoesNotExist: no such transmission for this actor
    """
    row = Transmission.objects.select_related("entity", "by").get(pk=transmission_id)
    attempts = Attempt.objects.filter(transmission=row).defer(
        "content", "expense__should", "expense__invoice__snapshot"
    )
    remarked = Exists(Attempt.objects.filter(outcome__in=_BAD, pk=OuterRef("pk")))
    chosen = attempts.annotate(remarked=remarked).select_related(
        "expense", "expense__entity", "expense__original", "expense__invoice__patient", "expense__invoice__customer"
    )
    found = list(chosen.order_by("-remarked", "pk")[after : after + CARRIED + 1])
    alone = found[0] if found and row.kind == TransmissionKind.SINGLE else None
    return TransmissionDetail(
        row=_row(row, alone),
        messages=messages_of(row.messages),
        words=row.sts_words,
        next_look_at=row.next_poll_at,
        ask_after={CallState.WRITTEN: row.lease_until, CallState.UNCERTAIN: row.ask_after}.get(CallState(row.state)),
        documents=tuple(
            CarriedRow(document_row(actor, one.expense), one.operation, one.outcome, messages_of(one.messages))
            for one in found[:CARRIED]
        ),
        after=after + CARRIED if len(found) > CARRIED else 0,
    )


def receipt_files(transmission_id: int) -> tuple[tuple[str, bytes], ...]:
    """
    Return what the State gave about a transmission, each file with its name: nobody's name in it.

    The tables of errors come packed; they are handed on unpacked, byte for byte.

    :raises Transmission.DoesNotExist: no such transmission for the current actor
    :raises FileMissing: its bytes are gone; likewise `FileDamaged`, `KeyMissing`
    """
    row = Transmission.objects.select_related("receipt", "errors_file").get(pk=transmission_id)
    stem = row.protocol or str(row.pk)
    found = []
    if row.receipt is not None:
        found.append((f"ricevuta-{stem}.pdf", keeping.read(row.receipt)))
    if row.errors_file is not None:
        found += _error_tables(stem, keeping.read(row.errors_file))
    return tuple(found)


def _error_tables(stem: str, given: bytes) -> list[tuple[str, bytes]]:
    """Return the tables of an archive of errors; what cannot be unpacked stays as it came, also a bare table."""
    try:
        tables = list(read_archive(given).values())
    except BadArchive:
        kind = "zip" if given.startswith(b"PK") else "csv"
        return [(f"errori-{stem}.{kind}", given)]
    if len(tables) == 1:
        return [(f"errori-{stem}.csv", tables[0])]
    return [(f"errori-{stem}-{place}.csv", table) for place, table in enumerate(tables, 1)]


def _views() -> Mapping[View, Q]:
    remarked = ~Q(stray="") & (Q(refused__gt=0) | Q(warned__gt=0))
    bad = Q(Exists(Attempt.objects.filter(transmission=OuterRef("pk"), outcome__in=_BAD))) | remarked
    return {
        View.ALL: Q(),
        View.UNDER_WAY: Q(state__in=[_C.WRITTEN, _C.TAKEN]),
        View.GOOD: Q(state=_C.DONE) & ~bad,
        View.WITH_ERRORS: Q(state=_C.DONE) & bad,
        View.UNCERTAIN: Q(state=_C.UNCERTAIN),
        View.NOT_SENT: Q(state=_C.NOT_SENT),
    }


def _filtered(asked: Filter) -> QuerySet[Transmission, Transmission]:
    return _searched(Transmission.objects.filter(_views()[asked.view]), asked)


def _searched(rows: QuerySet[Transmission, Transmission], asked: Filter) -> QuerySet[Transmission, Transmission]:
    if asked.entity_id is not None:
        rows = rows.filter(entity_id=asked.entity_id)
    if asked.since is not None:
        rows = rows.filter(attempted_at__date__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(attempted_at__date__lte=asked.until)
    typed = "".join(asked.words.split())
    if typed:
        number = Attempt.objects.filter(
            transmission=OuterRef("pk"), expense__invoice__printed_number__istartswith=typed
        )
        named = Q(file_name__istartswith=typed) | Q(stray__iendswith=f"/{typed}")
        rows = rows.filter(Q(protocol__startswith=typed) | named | Q(Exists(number)))
    return rows


def _alone(ids: list[int]) -> dict[int, Attempt]:
    """Return the one attempt of each single call, with the paper that it is about."""
    rows = Attempt.objects.filter(transmission_id__in=ids).defer("content", "expense__should")
    shown = rows.select_related("expense__invoice")
    return {one.transmission_id: one for one in shown.order_by("pk")}


def _outcome_of_stray(row: Transmission) -> str:
    """Return what became of a document that our books do not have; "" while that is not known, and for a file."""
    if not row.stray or row.state != CallState.DONE:
        return ""
    if row.refused:
        return Outcome.REFUSED.value
    return Outcome.WARNED.value if row.warned else Outcome.ACCEPTED.value


def _number_of_stray(row: Transmission) -> str:
    return Reference.of_key(row.stray).number if row.stray else ""


def _row(row: Transmission, alone: Attempt | None) -> TransmissionRow:
    return TransmissionRow(
        id=row.pk,
        kind=row.kind,
        operation=row.operation,
        state=CallState(row.state),
        outcome=alone.outcome if alone is not None else _outcome_of_stray(row),
        sts_state=row.sts_state,
        attempted_at=row.attempted_at,
        answered_at=row.answered_at,
        settled_at=row.settled_at,
        protocol=row.protocol,
        file_name=row.file_name,
        count=row.count,
        sent=row.sent,
        accepted=row.accepted,
        warned=row.warned,
        refused=row.refused,
        entity=row.entity.name,
        entity_id=row.entity_id,
        by=row.by.get_full_name() if row.by is not None else "",
        number=alone.expense.invoice.printed_number if alone is not None else _number_of_stray(row),
        stray=bool(row.stray),
        invoice_id=alone.expense.invoice_id if alone is not None else None,
        has_receipt=row.receipt_id is not None,
        has_errors_file=row.errors_file_id is not None,
        trouble=row.trouble,
    )
