"""Whom to invoice: the patients and customers that a search finds, or the newest ones."""

from __future__ import annotations

from dataclasses import dataclass

from sportello.billing.models import Invoice
from sportello.patients.folding import fold
from sportello.patients.models import Customer, Patient

MOST = 20


@dataclass(frozen=True, slots=True)
class Person:
    """A patient to invoice."""

    id: int
    name: str
    city: str


@dataclass(frozen=True, slots=True)
class PeopleToInvoice:
    """What the choice shows: at most `MOST` of each."""

    patients: tuple[Person, ...]
    customers: tuple[Person, ...]


def people_to_invoice(words: str) -> PeopleToInvoice:
    """Return the patients and customers whose names hold every word; without words, those invoiced last."""
    patients = Patient.objects.filter(archived_at=None)
    customers = Customer.objects.filter(archived_at=None)
    for word in fold(words).split():
        patients = patients.filter(folded_name__contains=word)
        customers = customers.filter(folded_name__contains=word)
    if not words.strip():
        recent = (
            Invoice.objects.filter(patient__isnull=False).order_by("-pk").values_list("patient_id", flat=True)[:200]
        )
        ids = list(dict.fromkeys(recent))[:MOST]
        if ids:
            patients = patients.filter(pk__in=ids)
    found = patients.order_by("folded_name", "pk")[:MOST].values_list("pk", "family_name", "given_name", "city")
    firms = customers.order_by("folded_name", "pk")[:MOST].values_list("pk", "name", "city")
    return PeopleToInvoice(
        patients=tuple(Person(pk, f"{family} {given}", city) for pk, family, given, city in found),
        customers=tuple(Person(pk, name, city) for pk, name, city in firms),
    )
