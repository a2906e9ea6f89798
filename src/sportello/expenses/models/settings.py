"""As whom and how a billing entity speaks to Sistema TS, and which expense type each service is.

Password, PIN, the owner's code, the user and the intermediary are closed at rest and never leave through a page
(SPEC practice 2.14; PROTOCOL 3 and 5). A row says what is so now; who changed what is told by the audit.
"""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from sportello.billing.models import Service
from sportello.core.actors import Actor
from sportello.core.fields import EncryptedTextField
from sportello.core.scoping import ScopedManager
from sportello.parties.models import BillingEntity, OfEntityRows, OfPractice, PracticeRows


class Environment(models.TextChoices):
    """Where the entity's documents go: the simulator beside this server, the ministry's test host, or the real one."""

    SIMULATOR = "simulator"
    TEST = "test"
    PRODUCTION = "production"


class StampExpense(models.TextChoices):
    """How the stamp that the patient paid reaches the State. No official rule says (PROTOCOL 10.3): the entity does."""

    SEPARATE = "separate"
    INCLUDED = "included"
    OMITTED = "omitted"


class StopReason(models.TextChoices):
    """Why nothing is sent for the entity until a person has seen to it."""

    AUTHENTICATION = "authentication"
    PIN = "pin"
    OWNER = "owner"
    DELEGATION = "delegation"
    CERTIFICATE = "certificate"
    BY_HAND = "by_hand"


class TestResult(models.TextChoices):
    """What the last test of the credentials said."""

    __test__ = False  # no test class, whatever pytest makes of the name

    NONE = ""
    GOOD = "good"
    AUTHENTICATION = "authentication"
    EXPIRED = "expired"
    PIN = "pin"
    OWNER = "owner"
    DELEGATION = "delegation"
    CERTIFICATE = "certificate"
    TRUST = "trust"
    NETWORK = "network"
    SILENT = "silent"
    BUSY = "busy"
    UNCLEAR = "unclear"
    UNREADY = "unready"


class StsSettingsQuerySet(PracticeRows["StsSettings"]):
    """Settings of the entities that the actor was granted."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the practice's settings, narrowed to the entities granted."""
        rows = super().visible_to(actor)
        return rows if actor.entities is None else rows.filter(entity_id__in=actor.entities)


class StsSettings(OfPractice):
    """
    One entity's account at Sistema TS.

    Documents paid from `active_since` on are the entity's to send (those before were sent with other means). Nothing
    leaves unless `activated_at` is set and `stopped_at` is not; `automatic` only decides whether new documents leave by
    themselves. `reinsert_cancelled`: a cancelled document that is due again is inserted under its own reference, which
    nobody knows whether the State takes (PROTOCOL 12); else a person decides. `category` and `channel` are codes of
    `sistemats`. `password_lasts` is days. `wrong_tries` counts the refused sign-ins since the last good one: eight
    disable the user at the ministry (PROTOCOL 3).
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity = models.OneToOneField(BillingEntity, on_delete=models.PROTECT, related_name="sts")
    environment = models.CharField(max_length=10, choices=Environment.choices, default=Environment.PRODUCTION)
    category = models.CharField(max_length=30, default="health_professional")
    channel = models.CharField(max_length=10, default="direct")
    username = EncryptedTextField(blank=True, default="")
    owner_code = EncryptedTextField(blank=True, default="")
    password = EncryptedTextField(blank=True, default="")
    pin = EncryptedTextField(blank=True, default="")
    intermediary = EncryptedTextField(blank=True, default="")
    client_certificate = EncryptedTextField(blank=True, default="")
    region = models.CharField(max_length=3, blank=True)
    asl = models.CharField(max_length=3, blank=True)
    ssa = models.CharField(max_length=6, blank=True)
    delegate_name = models.CharField(max_length=120, blank=True)
    stamp_expense = models.CharField(max_length=10, choices=StampExpense.choices, default=StampExpense.INCLUDED)
    reinsert_cancelled = models.BooleanField(default=True)

    active_since = models.DateField(null=True, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    notice_version = models.CharField(max_length=10, blank=True)
    notice_accepted_at = models.DateTimeField(null=True, blank=True)
    notice_accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    automatic = models.BooleanField(default=False)

    password_changed_on = models.DateField(null=True, blank=True)
    password_lasts = models.PositiveSmallIntegerField(default=90)
    tested_at = models.DateTimeField(null=True, blank=True)
    test_result = models.CharField(max_length=20, blank=True, choices=TestResult.choices, default=TestResult.NONE)
    test_words = models.CharField(max_length=300, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=20, blank=True, choices=StopReason.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager.from_queryset(StsSettingsQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="sts_active_with_notice",
                condition=Q(activated_at=None)
                | Q(active_since__isnull=False, notice_accepted_at__isnull=False, notice_accepted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="sts_stopped_with_reason",
                condition=Q(stopped_at=None, stop_reason="") | Q(stopped_at__isnull=False) & ~Q(stop_reason=""),
            ),
            models.CheckConstraint(name="sts_password_lasts_days", condition=Q(password_lasts__gte=1)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="sts_sending", condition=Q(activated_at__isnull=False, stopped_at=None)),
        ]

    def __str__(self) -> str:
        return f"sts settings {self.pk}"

    @property
    def is_active(self) -> bool:
        """Whether the entity works with Sistema TS at all."""
        return self.activated_at is not None

    @property
    def may_leave(self) -> bool:
        """Whether anything may be sent now: active, and not stopped."""
        return self.activated_at is not None and self.stopped_at is None


class ExpenseMappingQuerySet(OfEntityRows["ExpenseMapping"]):
    """Mappings of the entities granted."""


class ExpenseMapping(models.Model):
    """
    Which expense type a service is for an entity, for documents issued from a day on.

    `expense_type` is a code of `sistemats`; empty says that somebody decided the service is no health expense. The
    newest row up to a document's day counts; without any the service is not mapped yet.
    """

    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="expense_mappings")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="expense_mappings")
    valid_from = models.DateField()
    expense_type = models.CharField(max_length=2, blank=True)
    flag = models.CharField(max_length=1, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager.from_queryset(ExpenseMappingQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "service", "valid_from"], name="expense_mapping_one_per_day"),
            models.CheckConstraint(
                name="expense_mapping_flag_fits_type",
                condition=Q(flag="") | Q(flag="1", expense_type="TK") | Q(flag="2", expense_type="SR"),
            ),
        ]

    def __str__(self) -> str:
        return f"mapping {self.pk}"


class StsCertificateQuerySet(PracticeRows["StsCertificate"]):
    """Certificates that the practice has loaded."""


class StsCertificate(OfPractice):
    """
    A certificate that a practice loaded: `sanitelcf` encrypts codes and PINs, `ca` is trusted for the ministry's hosts.

    Public data, kept as PEM. The simulator's own certificates are no rows: they come with it.
    """

    SANITELCF, CA = "sanitelcf", "ca"

    purpose = models.CharField(max_length=10, choices=[(SANITELCF, SANITELCF), (CA, CA)])
    pem = models.TextField()
    serial = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    key_sha256 = models.CharField(max_length=64)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager.from_queryset(StsCertificateQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "purpose", "serial"], name="sts_certificate_once"),
        ]

    def __str__(self) -> str:
        return f"sts certificate {self.pk}"
