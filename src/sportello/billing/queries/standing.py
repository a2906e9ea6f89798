"""How patients and customers stand: their latest paper and what is still to be collected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, QuerySet, Subquery

from sportello.billing.models import Invoice, InvoiceKind
from sportello.core.actors import Actor, acting
from sportello.core.cents import euro_sum
from sportello.core.money import ZERO


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest issued invoice (id 0: none) and the open amount of all of them, EUR."""

    invoice_id: int = 0
    number: str = ""
    issued_on: date | None = None
    open: Decimal = ZERO


def patient_standing(actor: Actor, patient_ids: Sequence[int]) -> dict[int, Standing]:
    """Return the standing of patients by id, in two queries; those without an invoice are left out."""
    return _standing(actor, "patient_id", patient_ids)


def customer_standing(actor: Actor, customer_ids: Sequence[int]) -> dict[int, Standing]:
    """Return the standing of customers by id, in two queries; those without an invoice are left out."""
    return _standing(actor, "customer_id", customer_ids)


def _standing(actor: Actor, column: str, ids: Sequence[int]) -> dict[int, Standing]:
    if not ids:
        return {}
    with acting(actor):
        issued: QuerySet[Invoice] = Invoice.objects.filter(**{f"{column}__in": ids}, kind=InvoiceKind.INVOICE)
        issued = issued.exclude(state="DRAFT")
        newest = Invoice.objects.filter(**{column: OuterRef(column)}, kind=InvoiceKind.INVOICE).exclude(state="DRAFT")
        latest = issued.filter(pk=Subquery(newest.order_by("-issued_on", "-pk").values("pk")[:1]))
        papers = {row[0]: row[1:] for row in latest.values_list(column, "pk", "printed_number", "issued_on")}
        opens = dict(issued.values_list(column).annotate(total=euro_sum("open")).values_list(column, "total"))
    return {key: Standing(pk, number, day, opens[key]) for key, (pk, number, day) in papers.items()}
