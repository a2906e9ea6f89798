"""The price list with what each service is to Sistema TS, for one entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q

from sistemats.codes import SenderCategory
from sportello.billing.models import InvoiceLine, Service
from sportello.billing.rules.treatments import ServiceNature
from sportello.core.actors import Actor, acting
from sportello.expenses.models import Expense, ExpenseMapping, Held, StsSettings
from sportello.expenses.rules.identity import suggested_category
from sportello.expenses.rules.mapping import FLAGS, Mapped, allowed, mapping_on, suggested
from sportello.parties.models import BillingEntity, TaxKind


@dataclass(frozen=True, slots=True)
class ServiceMapped:
    """
    A service with its mapping today; `is_mapped` False: nobody said yet, and `expense_type` is the suggestion.

    `changes` are the mappings of other days, newest first.
    """

    service_id: int
    code: str
    name: str
    nature: str
    is_active: bool
    is_mapped: bool
    expense_type: str
    flag: str
    since: date | None
    changes: Sequence[Mapped]


@dataclass(frozen=True, slots=True)
class MappingView:
    """The mapping page of an entity: the types its sender may use, with the flag each may carry, and the services."""

    entity_id: int
    name: str
    category: str
    has_account: bool
    types: Sequence[tuple[str, str]]
    rows: Sequence[ServiceMapped]

    @property
    def unmapped(self) -> int:
        """How many services of the price list wait for somebody to say what they are."""
        return sum(1 for row in self.rows if row.is_active and not row.is_mapped and row.nature != "OTHER")


def mapping_view(actor: Actor, entity_id: int, *, today: date) -> MappingView:
    """
    Return the price list and what its services are for an entity, in four queries.

    Services taken off the list are shown while documents may still bear them: once somebody mapped them.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    """
    with acting(actor):
        entity = BillingEntity.objects.get(pk=entity_id)
        account = StsSettings.objects.filter(entity=entity).first()
        services = list(Service.objects.order_by("-is_active", "code", "pk"))
        mapped = _mapped(entity_id)
    is_company = entity.tax_kind == TaxKind.COMPANY
    category = (
        SenderCategory(account.category) if account else suggested_category(entity.profession, is_company=is_company)
    )
    rows = [_row(each, mapped.get(each.pk, []), category, today) for each in services]
    return MappingView(
        entity_id=entity.pk,
        name=entity.name,
        category=category.value,
        has_account=account is not None,
        types=[(each.value, FLAGS.get(each.value, "")) for each in allowed(category)],
        rows=[row for row in rows if row.is_active or row.is_mapped],
    )


def held_with(entity_id: int, changed: Mapping[int, date]) -> int:
    """
    Return how many documents that the State holds bear a service whose type changes. One query.

    :param changed: the services, each with the first day of issue that its change holds for
    """
    if not changed:
        return 0
    lines = InvoiceLine.objects.filter(invoice=OuterRef("invoice_id"))
    either = Q()
    for service_id, begins in changed.items():
        either |= Q(Exists(lines.filter(service_id=service_id)), issued_on__gte=begins)
    return Expense.objects.filter(either, entity_id=entity_id, held=Held.HELD).count()


def _mapped(entity_id: int) -> dict[int, list[Mapped]]:
    found: dict[int, list[Mapped]] = {}
    for row in ExpenseMapping.objects.filter(entity_id=entity_id).order_by("-valid_from"):
        found.setdefault(row.service_id, []).append(Mapped(row.valid_from, row.expense_type, row.flag))
    return found


def _row(service: Service, rows: list[Mapped], category: SenderCategory, today: date) -> ServiceMapped:
    now = mapping_on(rows, today)
    return ServiceMapped(
        service_id=service.pk,
        code=service.code,
        name=service.name,
        nature=service.nature,
        is_active=service.is_active,
        is_mapped=now is not None,
        expense_type=now.expense_type if now else suggested(category, ServiceNature(service.nature)),
        flag=now.flag if now else "",
        since=now.valid_from if now else None,
        changes=[each for each in rows if each != now],
    )
