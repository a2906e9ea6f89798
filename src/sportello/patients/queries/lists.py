"""Lists of patients: searched, filtered, counted, a page at a time.

Names are searched word by word, each the beginning of any word of the name, in any order; a whole codice fiscale by
its keyed hash; a telephone by its digits; an e-mail by a piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Q, QuerySet

from sportello.core.actors import Actor, acting
from sportello.parties.contacts import spoken_phone
from sportello.patients.checks import is_minor
from sportello.patients.codes import code_hash
from sportello.patients.folding import fold
from sportello.patients.models import Patient
from sportello.patients.permissions import check_may_see_patients
from sportello.patients.queries.marks import connected_counts, connected_patients, patients_to_fix
from sportello.patients.queries.paging import PAGE, cut
from sportello.patients.rules import normalise
from sportello.patients.states import LIVE, ConnectionState

_CODE = re.compile(r"[A-Z0-9]{16}|[0-9]{11}")
_PHONE = re.compile(r"\+?[0-9 ()./\-]{3,}")
_LONGEST_SEARCH = 6


class PatientFilter(StrEnum):
    """Which patients a list shows. All but the last leave the archived out."""

    ALL = "all"
    CONNECTED = "connected"
    PENDING = "pending"
    TO_FIX = "to_fix"
    NOT_CONNECTED = "not_connected"
    MINORS = "minors"
    WITHOUT_CODE = "without_code"
    ARCHIVED = "archived"


class PatientSort(StrEnum):
    """In which order."""

    NAME = "name"
    NAME_DOWN = "-name"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, repr=False)
class PatientRow:
    """A patient in a list."""

    id: int
    family_name: str
    given_name: str
    codice_fiscale: str
    no_code_reason: str
    born_on: date | None
    is_minor: bool
    email: str
    phone: str
    language: str
    portal_allowed: bool
    is_archived: bool

    @property
    def name(self) -> str:
        """Return the name as lists have it, family name first."""
        return f"{self.family_name} {self.given_name}"


@dataclass(frozen=True, slots=True, repr=False)
class PatientPage:
    """A page of patients: `after` and `before` are ids that the next and the previous page begin at, 0 for none."""

    rows: Sequence[PatientRow]
    total: int
    after: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True)
class PatientCounts:
    """How many patients each filter holds."""

    all: int
    connected: int
    pending: int
    to_fix: int
    not_connected: int
    minors: int
    without_code: int
    archived: int

    def of(self, which: PatientFilter) -> int:
        """Return the count of one filter."""
        counted: int = getattr(self, which.value)
        return counted


@dataclass(frozen=True, slots=True, repr=False)
class Choice:
    """A patient or customer that a form offers: its id, its name, and what tells it from another of the same name."""

    id: int
    name: str
    hint: str = ""
    is_minor: bool = False


_BY_ACCESS = frozenset({PatientFilter.CONNECTED, PatientFilter.PENDING, PatientFilter.NOT_CONNECTED})
_ORDER: dict[PatientSort, tuple[str, str]] = {
    PatientSort.NAME: ("folded_name", "pk"),
    PatientSort.NAME_DOWN: ("-folded_name", "-pk"),
    PatientSort.NEWEST: ("-created_at", "-pk"),
}


def patient_page(
    actor: Actor,
    *,
    today: date,
    which: PatientFilter = PatientFilter.ALL,
    words: str = "",
    sort: PatientSort = PatientSort.NAME,
    after: int = 0,
    before: int = 0,
    size: int = PAGE,
) -> PatientPage:
    """
    Return one page of the patients that this actor meets.

    :param after: id of the last row of the page before this one
    :param before: id of the first row of the page after this one
    :raises MayNot: the switch `patients` is off
    """
    check_may_see_patients(actor)
    with acting(actor):
        rows = _matching(actor, which, words, today)
        page = cut(rows, _ORDER[sort], after=after, before=before, size=size)
        total = rows.count()
        return PatientPage([_row(patient, today) for patient in page.rows], total, page.after, page.before)


def patient_counts(actor: Actor, *, today: date) -> PatientCounts:
    """
    Return how many patients each filter holds: counts that read an index each and no row, and one of the connections.

    Those without access are all less those with: the many are not walked for the few.

    :raises MayNot: the switch `patients` is off
    """
    check_may_see_patients(actor)
    with acting(actor):
        counts = {which.value: _filtered(which, today).count() for which in PatientFilter if which not in _BY_ACCESS}
        access = connected_counts()
    return PatientCounts(
        **counts,
        connected=access.connected,
        pending=access.pending,
        not_connected=counts[PatientFilter.ALL.value] - access.live,
    )


def patient_ids(actor: Actor, *, today: date, which: PatientFilter, words: str, most: int) -> list[int]:
    """
    Return the ids of all the patients of a list, at most so many.

    :raises MayNot: the switch `patients` is off
    """
    check_may_see_patients(actor)
    with acting(actor):
        return list(_matching(actor, which, words, today).order_by("pk").values_list("pk", flat=True)[:most])


def patient_rows(
    actor: Actor, *, today: date, which: PatientFilter, words: str, sort: PatientSort
) -> Iterator[PatientRow]:
    """
    Return all the rows of a list, for CSV, without holding them.

    :raises MayNot: the switch `patients` is off
    """
    check_may_see_patients(actor)
    with acting(actor):
        ordered = _matching(actor, which, words, today).order_by(*_ORDER[sort])
    return (_row(patient, today) for patient in ordered.iterator(500))


def patient_names(actor: Actor, patient_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of patients by id, those that the actor meets."""
    with acting(actor):
        rows = Patient.objects.filter(pk__in=patient_ids).values_list("pk", "family_name", "given_name")
        return {pk: f"{family} {given}" for pk, family, given in rows}


def patient_choices(actor: Actor, words: str, *, today: date, limit: int = 10) -> list[Choice]:
    """
    Return the patients that a field offers while somebody types, by name.

    :raises MayNot: the switch `patients` is off
    """
    check_may_see_patients(actor)
    with acting(actor):
        rows = list(_matching(actor, PatientFilter.ALL, words, today).order_by("folded_name", "pk")[:limit])
    return [
        Choice(row.pk, f"{row.family_name} {row.given_name}", row.codice_fiscale, is_minor(row.born_on, today))
        for row in rows
    ]


def _matching(actor: Actor, which: PatientFilter, words: str, today: date) -> QuerySet[Patient]:
    rows = _filtered(which, today)
    return rows.filter(_search(actor, words)) if words.strip() else rows


def _filtered(which: PatientFilter, today: date) -> QuerySet[Patient]:
    rows: QuerySet[Patient] = Patient.objects.get_queryset()
    match which:
        case PatientFilter.ARCHIVED:
            return rows.filter(archived_at__isnull=False)
        case PatientFilter.MINORS:
            return rows.filter(_minor(today), archived_at=None)
        case PatientFilter.WITHOUT_CODE:
            return rows.filter(archived_at=None, codice_fiscale_hash="")
        case PatientFilter.CONNECTED:
            return rows.filter(pk__in=connected_patients({ConnectionState.CONNECTED}), archived_at=None)
        case PatientFilter.PENDING:
            return rows.filter(pk__in=connected_patients({ConnectionState.PENDING}), archived_at=None)
        case PatientFilter.TO_FIX:
            return rows.filter(pk__in=patients_to_fix(), archived_at=None)
        case PatientFilter.NOT_CONNECTED:
            return rows.exclude(pk__in=connected_patients(LIVE)).filter(archived_at=None)
        case PatientFilter.ALL:
            return rows.filter(archived_at=None)


def _minor(today: date) -> Q:
    """Born on this day eighteen years ago is an adult; a 29 February in a common year, on 1 March."""
    return Q(born_on__gt=_years_before(today, 18))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February: who was born on that day's eve or before is of age
        return date(day.year - years, 2, 28)


def _search(actor: Actor, words: str) -> Q:
    typed = words.strip()
    if "@" in typed:
        return Q(email__icontains=typed)
    code, digits = normalise(typed), "".join(sign for sign in typed if sign.isdigit())
    by_code = Q(pk__in=_with_code(actor, code))
    if _PHONE.fullmatch(typed) and len(digits) >= 3:
        by_phone = Q(phone__contains=digits)
        return by_phone | by_code if _CODE.fullmatch(code) else by_phone
    return by_code if _CODE.fullmatch(code) and digits else _name(typed)


def _with_code(actor: Actor, code: str) -> list[int]:
    """Return the ids of who has a whole code, found before the list is walked in its own order."""
    if not _CODE.fullmatch(code):
        return []
    found = Patient.objects.filter(practice_id=actor.party_id, codice_fiscale_hash=code_hash(actor.party_id, code))
    return list(found.values_list("pk", flat=True))


def _name(typed: str) -> Q:
    """Each typed word begins some word of the name."""
    found = Q()
    for word in fold(typed).split()[:_LONGEST_SEARCH]:
        found &= Q(folded_name__startswith=word) | Q(folded_name__contains=f" {word}")
    return found if found else Q(pk__in=())


def _row(patient: Patient, today: date) -> PatientRow:
    return PatientRow(
        id=patient.pk,
        family_name=patient.family_name,
        given_name=patient.given_name,
        codice_fiscale=patient.codice_fiscale,
        no_code_reason=patient.no_code_reason,
        born_on=patient.born_on,
        is_minor=is_minor(patient.born_on, today),
        email=patient.email,
        phone=spoken_phone(patient.phone) if patient.phone else "",
        language=patient.language,
        portal_allowed=patient.portal_allowed,
        is_archived=patient.archived_at is not None,
    )
