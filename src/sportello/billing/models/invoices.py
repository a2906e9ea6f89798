"""Invoices and credit notes.

Once issued, a paper is frozen: triggers (`billing.guards`) refuse a change of any column but those that follow what
happens to it afterwards (state, standing of payments, PDF, visibility in the portal).
"""

from __future__ import annotations

import uuid
from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact

from sportello.billing.rules.treatments import Treatment
from sportello.core.actors import Actor, Power, Role, Switch
from sportello.core.cents import EuroField
from sportello.core.fields import EncryptedTextField
from sportello.core.scoping import ScopedManager, ScopedQuerySet
from sportello.parties.models import BankAccount, BillingEntity, OfPractice, Series
from sportello.patients.models import Customer, Patient, Representative

_M = TypeVar("_M", bound=models.Model)


class InvoiceKind(models.TextChoices):
    """TD01 and TD04."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class AddresseeKind(models.TextChoices):
    """On whom the paper is made out."""

    PATIENT = "patient"
    REPRESENTATIVE = "representative"
    CUSTOMER = "customer"


class PaperState(models.TextChoices):
    """How far the PDF is."""

    NONE = "none"
    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


def in_practice(practice_id: int) -> Exact:
    """
    Return the condition of a practice for questions about one patient.

    It is written as a sum, which no index serves: SQLite guesses without statistics, and would take an index of the
    practice and go through all of its papers instead of the patient's few (decision 0094).
    """
    own = models.ExpressionWrapper(F("practice_id") + 0, output_field=models.BigIntegerField())
    return Exact(own, practice_id)


class InvoiceQuerySet(ScopedQuerySet["Invoice"]):
    """Papers of the entities, years and patients that the actor was granted."""

    def visible_to(self, actor: Actor) -> Self:
        """Return what the actor may see: an accountant only issued papers of the years granted."""
        rows = self.filter(practice_id=actor.party_id)
        if actor.entities is not None:
            rows = rows.filter(entity_id__in=actor.entities)
        if actor.role is Role.ACCOUNTANT:
            rows = rows.exclude(state="DRAFT")
            return rows if actor.years is None else rows.filter(year__in=actor.years)
        if not actor.has(Switch.INVOICES):
            return self.none()
        return rows.filter(patient__followed_by_id=actor.person_id) if actor.own_patients_only else rows

    def shown_to_patient(self, actor: Actor) -> Self:
        """Return the patient's issued papers that the practice shows in the portal, to who may see invoices."""
        if not actor.may(Power.INVOICES):
            return self.none()
        mine = self.filter(in_practice(actor.party_id), patient_id=actor.patient_id, portal_visible=True)
        return mine.exclude(state="DRAFT")


class Invoice(OfPractice):
    """A draft or an issued paper. Amounts are EUR; of a credit note they are positive and count against its invoice."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="invoices")
    kind = models.CharField(max_length=12, choices=InvoiceKind.choices, default=InvoiceKind.INVOICE)
    state = models.CharField(max_length=20, default="DRAFT")
    series = models.ForeignKey(Series, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    series_code = models.CharField(max_length=8, blank=True)
    year = models.PositiveSmallIntegerField(null=True)
    counter_year = models.PositiveSmallIntegerField(null=True)
    number = models.PositiveIntegerField(null=True)
    printed_number = models.CharField(max_length=20, blank=True)
    issued_on = models.DateField(null=True)
    planned_on = models.DateField(null=True, blank=True)

    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="invoices")
    addressee_kind = models.CharField(max_length=15, choices=AddresseeKind.choices, default=AddresseeKind.PATIENT)
    representative = models.ForeignKey(
        Representative, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="invoices")
    payer_name = EncryptedTextField(blank=True, default="")
    second_language = models.CharField(max_length=10, blank=True)
    stamp_policy = models.CharField(max_length=10, blank=True)
    stamp_identifier = models.CharField(max_length=14, blank=True)
    stamp_bought_on = models.DateField(null=True, blank=True)
    opposed = models.BooleanField(default=False)
    portal_visible = models.BooleanField(default=True)
    channel = models.CharField(max_length=20, blank=True)
    remarks = EncryptedTextField(blank=True, default="")
    payment_method = models.CharField(max_length=4, blank=True)
    paid_at_issue_on = models.DateField(null=True, blank=True)
    account = models.ForeignKey(BankAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    bonus_code = EncryptedTextField(blank=True, default="")
    bonus_share = EuroField(default=0)

    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="credit_notes")
    gives_back_stamp = models.BooleanField(default=False)
    credit_reason = EncryptedTextField(blank=True, default="")
    monthly_summary = models.BooleanField(default=False)
    reissues = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="reissued_as")

    services = EuroField(default=0)
    fund = EuroField(default=0)
    vat = EuroField(default=0)
    stamp_base = EuroField(default=0)
    stamp_due = models.BooleanField(default=False)
    stamp = EuroField(default=0)
    stamp_nature = models.CharField(max_length=4, blank=True)
    total = EuroField(default=0)
    withholding_base = EuroField(default=0)
    withheld = EuroField(default=0)
    payable = EuroField(default=0)

    inputs = models.JSONField(default=dict)
    snapshot = EncryptedTextField(blank=True, default="")
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    paper = models.ForeignKey("core.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    paper_state = models.CharField(max_length=10, choices=PaperState.choices, default=PaperState.NONE)

    payment_state = models.CharField(max_length=20, default="UNPAID")
    paid = EuroField(default=0)
    refunded = EuroField(default=0)
    credited = EuroField(default=0)
    open = EuroField(default=0)
    refund_due = EuroField(default=0)
    paid_on = models.DateField(null=True, blank=True)
    traceable = models.BooleanField(null=True)

    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    issued_at = models.DateTimeField(null=True)

    objects = ScopedManager.from_queryset(InvoiceQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="invoice_total_adds_up", condition=Q(total=F("services") + F("fund") + F("vat") + F("stamp"))
            ),
            models.CheckConstraint(name="invoice_payable_adds_up", condition=Q(payable=F("total") - F("withheld"))),
            models.CheckConstraint(
                name="invoice_numbered_once_issued",
                condition=Q(state="DRAFT", number=None, issued_on=None, year=None, counter_year=None, series_code="")
                | Q(
                    number__gte=1,
                    issued_on__isnull=False,
                    year__isnull=False,
                    counter_year__isnull=False,
                    series__isnull=False,
                )
                & ~Q(state="DRAFT")
                & ~Q(series_code="")
                & ~Q(snapshot=None),
            ),
            models.CheckConstraint(name="invoice_issued_is_positive", condition=Q(state="DRAFT") | Q(total__gt=0)),
            models.CheckConstraint(
                name="invoice_note_corrects_invoice",
                condition=Q(kind="credit_note", corrects__isnull=False) | Q(kind="invoice", corrects__isnull=True),
            ),
            models.CheckConstraint(
                name="invoice_addressee_given",
                condition=Q(addressee_kind="patient", customer=None, representative=None)
                | Q(addressee_kind="customer", customer__isnull=False, representative=None)
                | Q(addressee_kind="representative", representative__isnull=False, customer=None),
            ),
            models.UniqueConstraint(
                fields=["entity", "series_code", "counter_year", "number"],
                condition=Q(number__isnull=False),
                name="invoice_number_unique",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["practice", "-issued_on", "-id"], name="invoice_by_day"),
            models.Index(fields=["practice", "payment_state", "-issued_on", "-id"], name="invoice_by_standing"),
            models.Index(fields=["practice", "paid_on"], name="invoice_by_paid_day"),
            models.Index(fields=["patient", "-issued_on", "-id"], name="invoice_by_patient"),
            models.Index(fields=["entity", "series_code", "counter_year", "-number"], name="invoice_by_number"),
            models.Index(fields=["practice", "-updated_at"], name="invoice_drafts", condition=Q(state="DRAFT")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class OfInvoiceRows(ScopedQuerySet[_M]):
    """Rows of the papers that the actor sees."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the rows whose invoice the actor may see; an unrestricted owner's need no look at each invoice."""
        if actor.role is Role.OWNER and actor.entities is None and not actor.own_patients_only:
            return self.filter(invoice__practice_id=actor.party_id)
        return self.filter(invoice__in=Invoice.objects.get_queryset().visible_to(actor))

    def shown_to_patient(self, actor: Actor) -> Self:
        """Return the rows whose invoice is shown to the patient."""
        return self.filter(invoice__in=Invoice.objects.get_queryset().shown_to_patient(actor))


class InvoiceLineQuerySet(OfInvoiceRows["InvoiceLine"]):
    """Lines of the papers that the actor sees."""


class InvoiceLine(models.Model):
    """One service on a paper. `credits` is the invoice's line that a line of a credit note takes back."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    service = models.ForeignKey("billing.Service", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    description = models.CharField(max_length=500)
    second_description = models.CharField(max_length=500, blank=True)
    performed_on = models.DateField(null=True, blank=True)
    quantity = models.DecimalField(max_digits=9, decimal_places=3, default=1)
    unit_price = models.DecimalField(max_digits=15, decimal_places=8, default=0)
    gross_price = EuroField(null=True, blank=True)
    discount = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    treatment = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Treatment])
    overrides_treatment = models.BooleanField(default=False)
    treatment_reason = models.CharField(max_length=200, blank=True)
    nature = models.CharField(max_length=15)
    bears_fund = models.BooleanField(default=True)
    vat_label = models.CharField(max_length=6, blank=True)
    net = EuroField(default=0)
    is_price_part = models.BooleanField(default=False)
    credits = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="credited_by")

    objects = ScopedManager.from_queryset(InvoiceLineQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "position"], name="line_position_unique"),
            models.CheckConstraint(name="line_quantity_positive", condition=Q(quantity__gt=0)),
            models.CheckConstraint(name="line_discount_is_percentage", condition=Q(discount__gte=0, discount__lte=100)),
        ]

    def __str__(self) -> str:
        return f"line {self.position} of invoice {self.invoice_id}"


class InvoiceGroupQuerySet(OfInvoiceRows["InvoiceGroup"]):
    """VAT groups of the papers that the actor sees."""


class InvoiceGroup(models.Model):
    """What stands under one VAT treatment on an issued paper (SPEC practice 2.8)."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="groups")
    position = models.PositiveSmallIntegerField()
    treatment = models.CharField(max_length=20)
    vat_label = models.CharField(max_length=6)
    services = EuroField()
    fund = EuroField()
    taxable = EuroField()
    vat = EuroField()

    objects = ScopedManager.from_queryset(InvoiceGroupQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "vat_label"], name="group_once_per_invoice"),
            models.CheckConstraint(name="group_taxable_adds_up", condition=Q(taxable=F("services") + F("fund"))),
        ]

    def __str__(self) -> str:
        return f"group {self.vat_label} of invoice {self.invoice_id}"
