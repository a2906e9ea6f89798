"""Every call and file that went to the State, and the page of each: master and detail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, Q, QuerySet

from sistemats.codes import lookup
from sportello.core.actors import Actor, System, acting
from sportello.core.models import StoredFile
from sportello.expenses.models import Attempt, Outcome, Transmission, TransmissionKind
from sportello.expenses.states import CallState
from sportello.patients.queries.paging import cut

SIZE = 25
FINAL_WITH_ERRORS, REFUSED_WHOLE = 3, (5, 9)


class Kind(StrEnum):
    """The filters above the list."""

    ALL = "all"
    OPEN = "open"
    GOOD = "good"
    ERRORS = "errors"
    UNCERTAIN = "uncertain"


_OPEN = Q(state__in=[CallState.WRITTEN.value, CallState.TAKEN.value])
_REFUSED = Q(refused__gt=0) | Q(sts_state__in=[FINAL_WITH_ERRORS, *REFUSED_WHOLE])
_ERRORS = Q(state=CallState.DONE.value) & (_REFUSED | Q(attempts__outcome=Outcome.REFUSED)) | Q(
    state=CallState.NOT_SENT.value
)
KINDS: Mapping[Kind, Q] = {
    Kind.ALL: Q(),
    Kind.OPEN: _OPEN,
    Kind.GOOD: Q(state=CallState.DONE.value) & ~_REFUSED & ~Q(attempts__outcome=Outcome.REFUSED),
    Kind.ERRORS: _ERRORS,
    Kind.UNCERTAIN: Q(state=CallState.UNCERTAIN.value),
}


@dataclass(frozen=True, slots=True)
class SendingFilter:
    """What a person asked of the list; `words` is a protocol, a document's number or a day."""

    kind: Kind = Kind.ALL
    words: str = ""
    entity_id: int | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class SendingRow:
    """One call or file. `look` names how it went: a state of the file, or of the one document's call."""

    id: int
    at: datetime
    entity: str
    is_file: bool
    operation: str
    look: str
    protocol: str
    count: int


@dataclass(frozen=True, slots=True)
class SendingPage:
    """A page of the list, newest first, with the number of the whole filter."""

    rows: tuple[SendingRow, ...]
    total: int
    after: str
    before: str


@dataclass(frozen=True, slots=True)
class MessageShown:
    """
    A message of the ministry as it came, with the document it concerns and what is known of its code.

    `severity` is E (blocking), W (warning), S (information) or "". `invoice_id` 0: it concerns the whole sending.
    """

    code: str
    words: str
    severity: str
    invoice_id: int
    number: str


@dataclass(frozen=True, slots=True)
class CarriedShown:
    """A document in a sending and what became of it."""

    invoice_id: int
    number: str
    operation: str
    outcome: str


@dataclass(frozen=True, slots=True)
class SendingView:
    """The page of one sending: its moments, counts, messages, documents and receipts."""

    row: SendingRow
    entity_id: int
    state: str
    by: str
    file_name: str
    trouble: str
    answered_at: datetime | None
    settled_at: datetime | None
    next_poll_at: datetime | None
    sts_words: str
    sent: int
    accepted: int
    warned: int
    refused: int
    messages: Sequence[MessageShown]
    carried: Sequence[CarriedShown]
    more: int
    has_receipt: bool
    has_errors: bool


def sendings_page(actor: Actor, asked: SendingFilter, *, after: int = 0, before: int = 0) -> SendingPage:
    """Return one page of a filter; a key that makes no sense gives the first page. At most four queries."""
    rows = _searched(asked).filter(KINDS[asked.kind]).distinct()
    found = cut(rows.select_related("entity"), ("-attempted_at", "-pk"), after=after, before=before, size=SIZE)
    refused = _refused([row.pk for row in found.rows])
    return SendingPage(
        rows=tuple(_row(row, refused) for row in found.rows),
        total=rows.count(),
        after=str(found.after or ""),
        before=str(found.before or ""),
    )


def sending_counts(asked: SendingFilter) -> dict[Kind, int]:
    """Return how many sendings each filter holds, the other conditions staying as they are. One query."""
    rows = _searched(asked)
    found = rows.aggregate(
        **{kind.value: Count("pk", filter=condition, distinct=True) for kind, condition in KINDS.items()}
    )
    return {kind: found[kind.value] for kind in Kind}


def stream_sendings(actor: Actor, asked: SendingFilter) -> Iterator[SendingView]:
    """Yield every sending of a filter with its counts, newest first, for an export."""
    rows = _searched(asked).filter(KINDS[asked.kind]).distinct().select_related("entity", "by")
    for row in rows.order_by("-attempted_at", "-pk").iterator(500):
        yield _view(row, _refused([row.pk]), (), (), 0)


def sending_view(actor: Actor, sending_id: int, *, most: int = 200) -> SendingView:
    """
    Return one sending with its messages and at most so many of its documents; those with a message come first.

    :raises Transmission.DoesNotExist: no such sending for this actor
    """
    row = Transmission.objects.select_related("entity", "by").get(pk=sending_id)
    attempts = Attempt.objects.filter(transmission=row).select_related("expense__invoice")
    spoken = list(attempts.exclude(messages=[]).order_by("pk")[:most])
    rest = attempts.filter(messages=[]).order_by("pk")[: max(0, most - len(spoken))]
    shown = [*spoken, *rest]
    own = [_message(each, 0, "") for each in row.messages]
    messages = own if row.kind == TransmissionKind.BATCH or not spoken else []
    for attempt in spoken:
        number = attempt.expense.invoice.printed_number
        messages += [_message(each, attempt.expense.invoice_id, number) for each in attempt.messages]
    carried = [
        CarriedShown(each.expense.invoice_id, each.expense.invoice.printed_number, each.operation, each.outcome)
        for each in shown
    ]
    return _view(row, _refused([row.pk]), messages, carried, row.count - len(carried))


def receipts_of(actor: Actor, sending_id: int) -> list[tuple[str, StoredFile]]:
    """
    Return the ministry's own files of a sending, by the name they are handed out with.

    :raises Transmission.DoesNotExist: no such sending for this actor
    """
    row = Transmission.objects.select_related("receipt", "errors_file").get(pk=sending_id)
    name = row.protocol or f"invio-{row.pk}"
    found = []
    if row.receipt is not None:
        found.append((f"ricevuta-{name}.pdf", row.receipt))
    if row.errors_file is not None:
        ending = "zip" if "zip" in row.errors_file.media_type else "csv"
        found.append((f"errori-{name}.{ending}", row.errors_file))
    return found


def meaning(code: str) -> str:
    """Return the severity that a code is known to have, "" where nobody knows."""
    known = lookup(code)
    return known.severity.value if known else ""


def _searched(asked: SendingFilter) -> QuerySet[Transmission, Transmission]:
    rows = Transmission.objects.all()
    if asked.entity_id is not None:
        rows = rows.filter(entity_id=asked.entity_id)
    if asked.day is not None:
        return rows.filter(attempted_at__date=asked.day)
    typed = "".join(asked.words.split())
    if not typed:
        return rows
    by_number = Attempt.objects.filter(expense__invoice__printed_number__istartswith=typed)
    return rows.filter(Q(protocol__startswith=typed) | Q(pk__in=by_number.values("transmission_id")))


def _refused(ids: Sequence[int]) -> frozenset[int]:
    """Return the calls of one document that the State refused."""
    rows = Attempt.objects.filter(transmission_id__in=ids, outcome__in=[Outcome.REFUSED, Outcome.CONFLICT])
    return frozenset(rows.values_list("transmission_id", flat=True))


def _row(row: Transmission, refused: frozenset[int]) -> SendingRow:
    return SendingRow(
        id=row.pk,
        at=row.attempted_at,
        entity=row.entity.name,
        is_file=row.kind == TransmissionKind.BATCH,
        operation=row.operation,
        look=look_of(row, refused=row.pk in refused),
        protocol=row.protocol,
        count=row.count,
    )


def look_of(row: Transmission, *, refused: bool) -> str:
    """Return how a sending is shown: a name of the table of looks."""
    match CallState(row.state):
        case CallState.WRITTEN:
            return "LEAVING"
        case CallState.UNCERTAIN:
            return "UNCERTAIN"
        case CallState.NOT_SENT:
            return "NOT_SENT"
        case CallState.TAKEN:
            return "AT_WORK" if row.sts_state == 1 else "WAITING"
        case CallState.DONE:
            return _done(row, refused=refused)


def _done(row: Transmission, *, refused: bool) -> str:
    if row.sts_state in REFUSED_WHOLE:
        return "REFUSED"
    if row.kind == TransmissionKind.BATCH:
        return "ERRORS" if row.sts_state == FINAL_WITH_ERRORS or refused else "ACCEPTED"
    return "REFUSED" if refused else "ACCEPTED"


def _view(
    row: Transmission,
    refused: frozenset[int],
    messages: Sequence[MessageShown],
    carried: Sequence[CarriedShown],
    more: int,
) -> SendingView:
    with acting(System("who sent", row.practice_id)):
        by = row.by.get_full_name() if row.by is not None else ""
    accepted, warned, failed = _figures(row, refused)
    return SendingView(
        row=_row(row, refused),
        entity_id=row.entity_id,
        state=row.state,
        by=by,
        file_name=row.file_name,
        trouble=row.trouble,
        answered_at=row.answered_at,
        settled_at=row.settled_at,
        next_poll_at=row.next_poll_at,
        sts_words=row.sts_words,
        sent=row.sent if row.sent is not None else row.count,
        accepted=accepted,
        warned=warned,
        refused=failed,
        messages=messages,
        carried=carried,
        more=max(0, more),
        has_receipt=row.receipt_id is not None,
        has_errors=row.errors_file_id is not None,
    )


def _figures(row: Transmission, refused: frozenset[int]) -> tuple[int, int, int]:
    """Return how many documents were accepted, with a warning, refused: the State's counts, else the call's."""
    if row.accepted is not None or row.refused is not None:
        return row.accepted or 0, row.warned or 0, row.refused or 0
    if row.state != CallState.DONE or row.kind == TransmissionKind.BATCH:
        return 0, 0, 0
    failed = row.pk in refused
    warned = not failed and any(each.get("kind") == "W" for each in row.messages)
    return int(not failed), int(warned), int(failed)


def _message(each: Mapping[str, Any], invoice_id: int, number: str) -> MessageShown:
    code = str(each.get("code", ""))
    severity = str(each.get("kind", "")) or meaning(code)
    return MessageShown(code, str(each.get("text", "")), severity, invoice_id, number)
