"""The empty list of a new practice says what comes first, and what is done already."""

from __future__ import annotations

from datetime import date

from django.test import Client
from django.urls import reverse

from sportello.accounts.models import Person
from sportello.billing.models import Invoice, Service
from sportello.core.actors import Role, System, acting
from sportello.parties.models import BillingEntity, FiscalTerms, Membership, Party
from sportello.patients.models import Patient


def steps(client: Client) -> list[str]:
    return [step.state for step in client.get(reverse("practice:invoices")).context["steps"]]


def test_list_of_a_new_practice_leads_step_by_step(client: Client, db: None) -> None:
    with acting(System("tests")):
        party = Party.objects.create(name="Studio Nuovo")
        person = Person.objects.create_user("nuova@posta.example", "una frase di prova lunga")
        Membership.objects.create(person=person, party=party, role=Role.OWNER)
    client.force_login(person)
    assert steps(client) == ["NEXT", "LATER", "LATER", "LATER"]
    with acting(System("tests")):
        entity = BillingEntity.objects.create(practice=party, name="Nuova", partita_iva="01234560371")
        FiscalTerms.objects.create(entity=entity, valid_from=date(2024, 1, 1), regime="RF19")
    assert steps(client) == ["DONE", "NEXT", "LATER", "LATER"]
    with acting(System("tests")):
        Patient.objects.create(practice=party, family_name="Prova", given_name="Ada", folded_name="prova ada")
    assert steps(client) == ["DONE", "NEXT", "DONE", "LATER"]
    with acting(System("tests")):
        Service.objects.create(
            practice=party, code="A", name="Colloquio", price="70.00", treatment="FLAT_RATE", nature="HEALTH"
        )
    assert steps(client) == ["DONE", "DONE", "DONE", "NEXT"]
    with acting(System("tests")):
        Invoice.objects.create(practice=party, entity=entity)
    assert steps(client) == []
