"""What the editor of a draft offers: entities, series, addressees, services, accounts. A fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from sportello.billing.models import PerformedService, Service
from sportello.billing.models.invoices import AddresseeKind
from sportello.core.actors import current
from sportello.parties import queries as parties
from sportello.parties.models import BankAccount, Counter, FiscalTerms, Series, SeriesPurpose
from sportello.patients.models import Customer, Patient, Representative

MOST_CUSTOMERS = 100
"""More than these are found through the customers' list, not in the editor's choice."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: its id and its name."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class PatientChoice:
    """The patient of the draft, with what the editor starts from."""

    id: int
    name: str
    code: str
    place: str
    language: str
    opposes_sts: bool
    default_customer_id: int | None
    representatives: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """A service with its price (EUR; `is_round`: what the patient pays, fund included)."""

    id: int
    name: str
    price: Decimal
    is_round: bool
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class SeriesChoice:
    """A series, the number that comes next in this year, and the earliest day that it takes."""

    id: int
    code: str
    purpose: str
    next_number: int
    earliest: date | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session of the patient that is on no paper yet."""

    id: int
    service: str
    performed_on: date
    amount: Decimal
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class EditorChoices:
    """Everything that the editor offers for an entity and a patient."""

    entities: tuple[Choice, ...]
    patient: PatientChoice | None
    customers: tuple[Choice, ...]
    services: tuple[ServiceChoice, ...]
    series: tuple[SeriesChoice, ...]
    accounts: tuple[Choice, ...]
    sessions: tuple[Waiting, ...]
    regime: str

    def service(self, service_id: int | None) -> ServiceChoice | None:
        """Return a service that is offered, None for another id."""
        return next((each for each in self.services if each.id == service_id), None)


def entity_choices() -> tuple[Choice, ...]:
    """Return the active entities that the current actor was granted, by name."""
    return tuple(Choice(pk, name) for pk, name in parties.entity_choices(current()))


def editor_choices(
    entity_id: int, patient_id: int | None, today: date, customer_id: int | None = None
) -> EditorChoices:
    """
    Return what the editor offers.

    :raises Patient.DoesNotExist: no such patient for the current actor
    """
    terms = FiscalTerms.objects.filter(entity_id=entity_id, valid_from__lte=today).order_by("-valid_from")
    return EditorChoices(
        entities=entity_choices(),
        patient=patient_choice(patient_id) if patient_id else None,
        customers=_customers(customer_id),
        services=service_choices(),
        series=_series(entity_id, today.year),
        accounts=tuple(
            Choice(row.pk, row.label)
            for row in BankAccount.objects.filter(entity_id=entity_id, is_active=True).order_by("-is_default", "pk")
        ),
        sessions=_sessions(entity_id, patient_id) if patient_id else (),
        regime=terms.values_list("regime", flat=True).first() or "",
    )


def patient_choice(patient_id: int) -> PatientChoice:
    """
    Return the patient of a draft.

    :raises Patient.DoesNotExist: no such patient for the current actor
    """
    row = Patient.objects.get(pk=patient_id)
    people = Representative.objects.filter(patient_id=patient_id).order_by("family_name", "pk")
    return PatientChoice(
        id=row.pk,
        name=f"{row.family_name} {row.given_name}",
        code=row.codice_fiscale,
        place=", ".join(part for part in (row.street, row.city) if part),
        language=row.language,
        opposes_sts=row.opposes_sts,
        default_customer_id=row.default_customer_id,
        representatives=tuple(Choice(each.pk, f"{each.family_name} {each.given_name}") for each in people),
    )


def addressee_value(kind: str, representative_id: int | None, customer_id: int | None) -> str:
    """Return an addressee as the editor's choice has it: `patient`, `representative:3`, `customer:7`."""
    chosen = {AddresseeKind.REPRESENTATIVE: representative_id, AddresseeKind.CUSTOMER: customer_id}.get(
        AddresseeKind(kind)
    )
    return f"{kind}:{chosen}" if chosen else AddresseeKind.PATIENT.value


def _customers(also: int | None) -> tuple[Choice, ...]:
    """Return the first customers by name, and the one the draft has, wherever it stands."""
    rows = Customer.objects.filter(archived_at=None).order_by("folded_name", "pk")[:MOST_CUSTOMERS]
    found: dict[int, str] = dict(rows.values_list("pk", "name"))
    if also is not None and also not in found:
        found |= {row.pk: row.name for row in Customer.objects.filter(pk=also)}
    return tuple(Choice(pk, name) for pk, name in found.items())


def service_choices() -> tuple[ServiceChoice, ...]:
    """Return the active services by name."""
    rows = Service.objects.filter(is_active=True).order_by("name", "pk")
    return tuple(ServiceChoice(row.pk, row.name, row.price, row.is_round_price, dict(row.names)) for row in rows)


def _series(entity_id: int, year: int) -> tuple[SeriesChoice, ...]:
    rows = Series.objects.filter(entity_id=entity_id, is_active=True).exclude(purpose=SeriesPurpose.CREDIT)
    counters = Counter.objects.filter(Q(year=year) | Q(year=0), series__entity_id=entity_id)
    by_place = {(row.series_id, row.year): row for row in counters}
    found: list[SeriesChoice] = []
    for row in rows.order_by("pk"):
        counter = by_place.get((row.pk, year if row.yearly else 0))
        following = counter.last_number + 1 if counter else 1
        found.append(SeriesChoice(row.pk, row.code, row.purpose, following, counter.last_date if counter else None))
    return tuple(found)


def _sessions(entity_id: int, patient_id: int) -> tuple[Waiting, ...]:
    rows = PerformedService.objects.filter(entity_id=entity_id, patient_id=patient_id, line=None)
    return tuple(
        Waiting(row.pk, row.service.name, row.performed_on, row.amount, row.paid_on)
        for row in rows.select_related("service").order_by("performed_on", "pk")
    )
