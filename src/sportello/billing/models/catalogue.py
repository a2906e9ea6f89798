"""The price list, and the services that were given and wait for their invoice."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from sportello.billing.rules.treatments import ServiceNature, Treatment
from sportello.core.actors import Actor, Role, Switch
from sportello.core.cents import EuroField
from sportello.core.scoping import ScopedManager, ScopedQuerySet
from sportello.parties.models import BillingEntity, OfPractice, PracticeRows
from sportello.patients.models import Patient


class ServiceQuerySet(PracticeRows["Service"]):
    """The price list: every member of the practice sees it."""


class Service(OfPractice):
    """A line of the price list. Its VAT treatment and its nature belong to the service, not to the customer."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=160)
    names = models.JSONField(default=dict)
    price = EuroField()
    is_round_price = models.BooleanField(default=False)
    treatment = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Treatment])
    nature = models.CharField(max_length=15, choices=[(each.value, each.value) for each in ServiceNature])
    bears_fund = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    objects = ScopedManager.from_queryset(ServiceQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "code"], name="service_code_unique"),
            models.CheckConstraint(name="service_price_not_negative", condition=Q(price__gte=0)),
        ]

    def __str__(self) -> str:
        return f"service {self.pk}"


class PerformedServiceQuerySet(ScopedQuerySet["PerformedService"]):
    """Sessions of the patients and entities that the actor works with."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the practice's sessions to those who write invoices, narrowed as their grants are."""
        if actor.role is Role.ACCOUNTANT or not actor.has(Switch.INVOICES):
            return self.none()
        rows = self.filter(practice_id=actor.party_id)
        if actor.entities is not None:
            rows = rows.filter(entity_id__in=actor.entities)
        return rows.filter(patient__followed_by_id=actor.person_id) if actor.own_patients_only else rows


class PerformedService(OfPractice):
    """A session that took place. Paid ones of a month go on one monthly invoice (SPEC practice 2.3)."""

    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="performed_services")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    performed_on = models.DateField()
    quantity = models.DecimalField(max_digits=9, decimal_places=3, default=1)
    unit_price = EuroField()
    amount = EuroField()
    paid_on = models.DateField(null=True, blank=True)
    payment_method = models.CharField(max_length=4, blank=True)
    line = models.ForeignKey(
        "billing.InvoiceLine", null=True, blank=True, on_delete=models.SET_NULL, related_name="performed_services"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager.from_queryset(PerformedServiceQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="performed_quantity_positive", condition=Q(quantity__gt=0)),
            models.CheckConstraint(name="performed_price_not_negative", condition=Q(unit_price__gte=0, amount__gte=0)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["practice", "paid_on"], name="performed_to_invoice", condition=Q(line=None)),
            models.Index(fields=["patient", "performed_on"], name="performed_by_patient"),
        ]

    def __str__(self) -> str:
        return f"performed service {self.pk}"
