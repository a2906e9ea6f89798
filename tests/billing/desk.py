"""Short ways to write, issue and pay in tests, through the real operations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sportello.billing.models import Invoice
from sportello.billing.models.invoices import AddresseeKind
from sportello.billing.operations.drafts import save_draft
from sportello.billing.operations.issue import issue_invoice
from sportello.billing.operations.payments import record_payment
from sportello.billing.rules.payments import Method
from sportello.billing.values import DraftValues, LineValues
from sportello.core.actors import Actor, System, acting
from sportello.parties.models import BillingEntity
from sportello.patients.models import Customer, Patient
from tests.world import DAY, World


def line(price: str = "70.00", text: str = "Colloquio psicologico", **more: Any) -> LineValues:
    """Return a line of one exempt service at this price (EUR)."""
    return LineValues(more.pop("service_id", None), text, unit_price=Decimal(price), **more)


def values(world: World, *lines: LineValues, **more: Any) -> DraftValues:
    """Return a draft of Ada's for Bruno; `customer=` makes it out to a business."""
    customer: Customer | None = more.pop("customer", None)
    entity: BillingEntity = more.pop("entity", world.studio)
    patient: Patient | None = more.pop("patient", None if customer else world.bruno)
    if customer is not None:
        more |= {"customer_id": customer.pk, "addressee_kind": AddresseeKind.CUSTOMER}
    return DraftValues(
        entity_id=entity.pk, patient_id=patient.pk if patient else None, lines=lines or (line(),), **more
    )


def draft(world: World, *lines: LineValues, actor: Actor | None = None, **more: Any) -> Invoice:
    """Return a saved draft."""
    return save_draft(actor=actor or world.ada, values=values(world, *lines, **more))


def issued(world: World, *lines: LineValues, on: date = DAY, **more: Any) -> Invoice:
    """Return an issued invoice."""
    return issue_invoice(actor=world.ada, invoice_id=draft(world, *lines, **more).pk, on=on, today=max(on, DAY))


def paid(world: World, *lines: LineValues, on: date = DAY, **more: Any) -> Invoice:
    """Return an issued invoice that was paid by card on the same day."""
    invoice = issued(world, *lines, on=on, **more)
    record_payment(
        actor=world.ada, invoice_id=invoice.pk, on=on, amount=invoice.payable, method=Method.CARD, today=max(on, DAY)
    )
    return stored(invoice)


def stored(invoice: Invoice) -> Invoice:
    """Return the invoice as the database has it now."""
    with acting(System("tests")):
        return Invoice.objects.get(pk=invoice.pk)
