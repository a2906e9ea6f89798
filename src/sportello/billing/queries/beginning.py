"""What a new practice still needs before its first invoice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sportello.billing.models import Service
from sportello.parties.models import BillingEntity, FiscalTerms
from sportello.patients.models import Customer, Patient


@dataclass(frozen=True, slots=True)
class Beginning:
    """`entity` names the first billing entity whose fiscal terms hold today, "" when there is none."""

    entity: str
    has_service: bool
    has_addressee: bool


def beginning(today: date) -> Beginning:
    """Return what is there, as the current actor sees it. Three or four queries."""
    ruled = FiscalTerms.objects.filter(valid_from__lte=today).values("entity_id")
    names = BillingEntity.objects.filter(is_active=True, pk__in=ruled).order_by("pk").values_list("name", flat=True)
    people = Patient.objects.filter(archived_at=None)[:1]
    return Beginning(
        entity=names[:1].first() or "",
        has_service=Service.objects.filter(is_active=True).exists(),
        has_addressee=bool(people) or Customer.objects.filter(archived_at=None).exists(),
    )
