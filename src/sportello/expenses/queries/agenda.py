"""What falls on which day: deadlines of the State with what is missing for them, and what runs out until renewed.

Three queries, however many documents and days there are. Nothing here names a patient.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from django.db.models import Count

from sistemats.codes import SenderCategory
from sportello.core.actors import Actor, acting
from sportello.expenses import ministry
from sportello.expenses.models import Environment, Expense, Held, StsCertificate, StsSettings
from sportello.expenses.rules.deadlines import Due, periods_of

Missing = Mapping[tuple[int, int, int], int]
"""How many due documents the State does not hold, by entity, year and month of payment."""


class Kind(StrEnum):
    """What happens on a day."""

    SEND = "send"
    CHANGE = "change"
    OBJECT = "object"
    """Citizens say on the portal of the State whether they object."""
    PASSWORD = "password"  # noqa: S105 - what runs out, not the secret
    SEALING = "sealing"
    """The certificate SanitelCF ends, with which codes are encrypted."""
    AUTHORITY = "authority"
    SIGN_IN = "sign_in"
    """The certificate ends with which a region or body signs in."""


@dataclass(frozen=True, slots=True)
class Happening:
    """
    Something that falls on a day, or on the days from `day` to `last`.

    `year` is the year of payment that a deadline is about, None of what runs out; `missing` are the documents that the
    State does not hold yet, of a deadline to send; `entities` are those concerned, `entity_id` the first of them.
    `uid` stays the same when the day moves.
    """

    kind: Kind
    day: date
    last: date
    uid: uuid.UUID
    entity_id: int
    entities: tuple[str, ...] = ()
    year: int | None = None
    missing: int = 0
    is_confirmed: bool = True

    def days_left(self, today: date) -> int:
        """Return the days until it begins, negative once it has."""
        return (self.day - today).days


@dataclass(slots=True)
class _Deadline:
    """A deadline of a year of payment with the accounts that share it, while they are gathered."""

    year: int
    number: int
    due: Due
    accounts: list[StsSettings] = field(default_factory=list)
    missing: int = 0


def agenda(actor: Actor, begins: date, ends: date, *, entity_id: int | None, now: datetime) -> list[Happening]:
    """Return what falls between two days, both included, by day. Three queries."""
    with acting(actor):
        accounts = _accounts(entity_id)
        if not accounts:
            return []
        missing = _missing([row.entity_id for row in accounts], range(begins.year - 1, ends.year + 1))
        loaded = list(StsCertificate.objects.order_by("-valid_to", "pk"))
    found = [*_deadlines(accounts, range(begins.year - 1, ends.year + 1), missing), *_ends(accounts, loaded, now)]
    inside = [each for each in found if each.day <= ends and each.last >= begins]
    return sorted(inside, key=lambda each: (each.day, list(Kind).index(each.kind), each.entities))


def _accounts(entity_id: int | None) -> list[StsSettings]:
    rows = StsSettings.objects.select_related("entity").order_by("entity__name", "pk")
    if entity_id is not None:
        rows = rows.filter(entity_id=entity_id)
    columns = ("uid", "category", "environment", "practice", "password_changed_on", "password_lasts")
    return list(rows.only(*columns, "client_certificate", "entity__name"))


def _missing(entity_ids: Sequence[int], years: Iterable[int]) -> Missing:
    rows = Expense.objects.filter(entity_id__in=entity_ids, year__in=list(years), due=True).exclude(held=Held.HELD)
    sums = rows.order_by().values("entity_id", "year", "paid_on__month").annotate(number=Count("pk"))
    return {(row["entity_id"], row["year"], row["paid_on__month"]): row["number"] for row in sums}


def _deadlines(accounts: Sequence[StsSettings], years: Iterable[int], missing: Missing) -> Iterator[Happening]:
    for year in years:
        for deadline in _of_year(accounts, year, missing):
            yield from _days_of(deadline)


def _of_year(accounts: Sequence[StsSettings], year: int, missing: Missing) -> list[_Deadline]:
    """Return the deadlines for what is paid in a year; accounts that share one stand together."""
    found: dict[tuple[date, date | None], _Deadline] = {}
    for row in accounts:
        for number, (begins, ends, due) in enumerate(periods_of(year, SenderCategory(row.category))):
            known = found.setdefault((due.send_by, due.change_by), _Deadline(year, number, due))
            known.accounts.append(row)
            span = range(begins.month, ends.month + 1)
            known.missing += sum(missing.get((row.entity_id, year, month), 0) for month in span)
    return list(found.values())


def _days_of(deadline: _Deadline) -> Iterator[Happening]:
    due, first = deadline.due, deadline.accounts[0]

    def happening(kind: Kind, day: date, last: date, missing: int = 0) -> Happening:
        return Happening(
            kind,
            day,
            last,
            uid=uuid.uuid5(first.uid, f"{kind}:{deadline.year}:{deadline.number}"),
            entity_id=first.entity_id,
            entities=tuple(row.entity.name for row in deadline.accounts),
            year=deadline.year,
            missing=missing,
            is_confirmed=due.is_confirmed,
        )

    yield happening(Kind.SEND, due.send_by, due.send_by, deadline.missing)
    if due.change_by is not None:
        yield happening(Kind.CHANGE, due.change_by, due.change_by)
    if due.object_from is not None and due.object_to is not None:
        yield happening(Kind.OBJECT, due.object_from, due.object_to)


def _ends(accounts: Sequence[StsSettings], loaded: Sequence[StsCertificate], now: datetime) -> Iterator[Happening]:
    """Yield what runs out: passwords, the certificates that the accounts use, those they sign in with."""
    for row in accounts:
        if row.password_changed_on is not None:
            yield _end(Kind.PASSWORD, row.password_changed_on + timedelta(days=row.password_lasts), row)
        if row.client_certificate and (until := _until(row.client_certificate)):
            yield _end(Kind.SIGN_IN, until, row)
    yield from _sealing(accounts, loaded, now)
    authority = next((one for one in loaded if one.purpose == StsCertificate.CA), None)
    tried = next((row for row in accounts if row.environment == Environment.TEST), None)
    if authority is not None and tried is not None:
        yield _end(Kind.AUTHORITY, authority.valid_to.date(), tried)


def _sealing(accounts: Sequence[StsSettings], loaded: Sequence[StsCertificate], now: datetime) -> Iterator[Happening]:
    """Yield the end of the certificate SanitelCF that lasts longest: the one loaded, or the simulator's own."""
    longest = next((one for one in loaded if one.purpose == StsCertificate.SANITELCF), None)
    real = next((row for row in accounts if row.environment != Environment.SIMULATOR), None)
    if longest is not None:
        yield _end(Kind.SEALING, longest.valid_to.date(), real or accounts[0])
    elif real is None:
        try:
            yield _end(Kind.SEALING, ministry.sealing_certificate(accounts[0], now).valid_to.date(), accounts[0])
        except ministry.NotConfigured:
            return


def _until(pem: str) -> date | None:
    try:
        return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc.date()
    except ValueError:
        return None


def _end(kind: Kind, day: date, row: StsSettings) -> Happening:
    names = (row.entity.name,) if kind in {Kind.PASSWORD, Kind.SIGN_IN} else ()
    return Happening(kind, day, day, uuid.uuid5(row.uid, kind.value), row.entity_id, names)
