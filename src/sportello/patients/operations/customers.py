"""Customers: companies, professionals, public bodies and other payers that papers are made out to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from sportello.core import audit, marks
from sportello.core.actors import Actor, acting
from sportello.patients.checks import checked_customer
from sportello.patients.folding import folded_name
from sportello.patients.models import Customer
from sportello.patients.permissions import check_may_edit_customers, check_may_see_customers
from sportello.patients.values import CustomerValues

CODE_CHANGED = "customers.code"
"""The topic of marks: the codice fiscale of a customer is another one than before."""
_PLAIN = (
    "kind",
    "name",
    "partita_iva",
    "codice_fiscale",
    "email",
    "pec",
    "phone",
    "sdi_code",
    "withholding_agent",
    "cig",
    "cup",
    "language",
)
_ADDRESS = ("street", "postal_code", "city", "province", "country")


def create_customer(*, actor: Actor, values: CustomerValues) -> Customer:
    """
    Add a customer to the practice and return it.

    :raises MayNot: the switches `patients` and `invoices` are both off
    :raises Refused: with every reason
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_customers(actor)
        checked, found = checked_customer(values)
        found.stop()
        customer = Customer(practice_id=actor.party_id)
        _write(customer, checked)
        customer.save(force_insert=True)
        audit.record(actor, "customer.create", customer, kind=customer.kind)
    return customer


def edit_customer(*, actor: Actor, customer_id: int, values: CustomerValues) -> Customer:
    """
    Change a customer and return it; nothing is recorded when nothing changes. Issued papers keep what they bear.

    :raises Customer.DoesNotExist: no such customer for this actor
    :raises MayNot: the switches `patients` and `invoices` are both off
    :raises Refused: with every reason
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_customers(actor)
        customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer_id)
        checked, found = checked_customer(values)
        found.stop()
        before = _fields(customer)
        _write(customer, checked)
        changed = sorted(name for name, value in _fields(customer).items() if before[name] != value)
        if changed:
            customer.save()
            audit.record(actor, "customer.edit", customer, fields=changed)
        if "codice_fiscale" in changed:
            marks.note(CODE_CHANGED, customer.practice_id, customer.pk)
    return customer


def archive_customer(*, actor: Actor, customer_id: int) -> None:
    """
    Put a customer out of the lists; papers stay.

    :raises Customer.DoesNotExist: no such customer for this actor
    :raises MayNot: the switches `patients` and `invoices` are both off
    """
    _move(actor, customer_id, archived=True)


def restore_customer(*, actor: Actor, customer_id: int) -> None:
    """
    Take an archived customer back.

    :raises Customer.DoesNotExist: no such customer for this actor
    :raises MayNot: the switches `patients` and `invoices` are both off
    """
    _move(actor, customer_id, archived=False)


def open_customer(*, actor: Actor, customer_id: int) -> None:
    """
    Write down that somebody looked at a customer's page: it may be a person who pays for care.

    :raises Customer.DoesNotExist: no such customer for this actor
    :raises MayNot: the switches `patients` and `invoices` are both off
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_see_customers(actor)
        audit.record(actor, "customer.read", Customer.objects.only("practice_id").get(pk=customer_id))


def _move(actor: Actor, customer_id: int, *, archived: bool) -> None:
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_customers(actor)
        customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer_id)
        if (customer.archived_at is not None) == archived:
            return
        customer.archived_at = datetime.now(UTC) if archived else None
        customer.save(update_fields=["archived_at"])
        audit.record(actor, "customer.archive" if archived else "customer.restore", customer)


def _write(customer: Customer, values: CustomerValues) -> None:
    for name in _PLAIN:
        setattr(customer, name, getattr(values, name))
    for name in _ADDRESS:
        setattr(customer, name, getattr(values.address, name))
    customer.folded_name = folded_name(values.name)


def _fields(customer: Customer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in (*_PLAIN, *_ADDRESS)}
