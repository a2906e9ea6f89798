"""Money that came in, money given back, and the stamps owed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from sportello.billing.models.invoices import Invoice, OfInvoiceRows
from sportello.core.cents import EuroField
from sportello.core.scoping import ScopedManager
from sportello.parties.models import BillingEntity


class PaymentDirection(models.TextChoices):
    """Whether money came from the payer or went back."""

    IN = "in"
    REFUND = "refund"


class Payer(models.TextChoices):
    """Who paid: the bonus psicologo splits a session between patient and INPS."""

    PATIENT = "patient"
    INPS = "INPS"
    OTHER = "other"


class PaymentQuerySet(OfInvoiceRows["Payment"]):
    """Payments of the papers that the actor sees."""


class Payment(models.Model):
    """A payment or refund. It is never deleted: it is voided with a reason (SPEC practice 9, payment delete)."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    direction = models.CharField(max_length=6, choices=PaymentDirection.choices, default=PaymentDirection.IN)
    paid_on = models.DateField()
    amount = EuroField()
    method = models.CharField(max_length=4)
    traceable = models.BooleanField()
    payer = models.CharField(max_length=10, choices=Payer.choices, default=Payer.PATIENT)
    reference = models.CharField(max_length=80, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    void_reason = models.CharField(max_length=200, blank=True)

    objects = ScopedManager.from_queryset(PaymentQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="payment_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payment_void_has_reason",
                condition=Q(voided_at=None, void_reason="") | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["invoice", "paid_on", "id"], name="payment_by_day")]

    def __str__(self) -> str:
        return f"payment {self.pk}"


class StampRecordQuerySet(OfInvoiceRows["StampRecord"]):
    """Stamps of the papers that the actor sees: of the entities, years and patients granted."""


class StampRecord(models.Model):
    """A stamp owed on an issued paper: the register that 2.6.5 asks for. The sticker's number may come later."""

    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="+")
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="stamp_record")
    mode = models.CharField(max_length=25)
    identifier = models.CharField(max_length=14, blank=True)
    stamped_on = models.DateField(null=True, blank=True)
    authorisation = models.CharField(max_length=40, blank=True)
    amount = EuroField()
    charged = models.BooleanField()

    objects = ScopedManager.from_queryset(StampRecordQuerySet)()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(name="stamp_amount_positive", condition=Q(amount__gt=0))]
        indexes: ClassVar = [models.Index(fields=["entity", "invoice"], name="stamp_by_entity")]

    def __str__(self) -> str:
        return f"stamp of invoice {self.invoice_id}"
