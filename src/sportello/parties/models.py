"""Parties and what they are: practices with sites, billing entities with their dated fiscal terms, members.

Nothing fiscal is edited in place: a change of regime, fund or stamp policy is a new `FiscalTerms` row from its day on,
so that a document is always computed with the terms of its own date. Periods have a beginning only; each ends where
the next begins, so they can neither overlap nor leave a hole.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from sportello.core.actors import MEMBER_ROLES, Actor, Switch
from sportello.core.fields import EncryptedTextField
from sportello.core.scoping import ScopedManager, ScopedQuerySet

_M = TypeVar("_M", bound=models.Model)


class PartyKind(models.TextChoices):
    """What a party is in the world."""

    PRACTICE = "practice"


class PartyQuerySet(ScopedQuerySet["Party"]):
    """A member sees the party it acts for, and no other."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the actor's own party."""
        return self.filter(pk=actor.party_id)

    def shown_to_patient(self, actor: Actor) -> Self:
        """Return the practice that keeps the papers."""
        return self.filter(pk=actor.party_id)


class Party(models.Model):
    """An organisation that works here: a practice; later a fund, a medical service."""

    kind = models.CharField(max_length=20, choices=PartyKind.choices, default=PartyKind.PRACTICE)
    name = models.CharField(max_length=120)
    subtitle = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=40, default="Europe/Rome")
    language = models.CharField(max_length=10, default="it")
    retention_years = models.PositiveSmallIntegerField(default=10)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager.from_queryset(PartyQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="party_retention_at_least_fiscal", condition=Q(retention_years__gte=10)),
        ]

    def __str__(self) -> str:
        return f"party {self.pk}"


class PracticeRows(ScopedQuerySet[_M]):
    """Rows with a `practice`: every member of it sees them, nobody else."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the rows of the actor's practice."""
        return self.filter(practice_id=actor.party_id)


class OfPractice(models.Model):
    """What belongs to one practice; `crypto_scope` names the key that closes its encrypted columns."""

    practice = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    @property
    def crypto_scope(self) -> str:
        """Whose key closes this row's secrets."""
        return f"party:{self.practice_id}"


class SiteQuerySet(PracticeRows["Site"]):
    """Sites: every member of the practice sees them."""


class Site(OfPractice):
    """A place where the practice works."""

    name = models.CharField(max_length=120)
    street = models.CharField(max_length=160)
    postal_code = models.CharField(max_length=10)
    city = models.CharField(max_length=80)
    province = models.CharField(max_length=2, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)

    objects = ScopedManager.from_queryset(SiteQuerySet)()

    def __str__(self) -> str:
        return f"site {self.pk}"


class TaxKind(models.TextChoices):
    """Whether an issuer is a natural person: RT01 or RT02, and the name or the company's name on paper."""

    PERSON = "person"
    COMPANY = "company"


class EntityQuerySet(PracticeRows["BillingEntity"]):
    """Entities of the practice that were granted to the actor."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the practice's entities, narrowed to those granted where the membership names some."""
        rows = super().visible_to(actor)
        return rows if actor.entities is None else rows.filter(pk__in=actor.entities)


class BillingEntity(OfPractice):
    """One partita IVA that issues documents, with its name, register, look and accounts (SPEC practice 3)."""

    name = models.CharField(max_length=120)
    title = models.CharField(max_length=40, blank=True)
    tax_kind = models.CharField(max_length=10, choices=TaxKind.choices, default=TaxKind.PERSON)
    partita_iva = models.CharField(max_length=11)
    codice_fiscale = models.CharField(max_length=16, blank=True)
    street = models.CharField(max_length=160)
    postal_code = models.CharField(max_length=10)
    city = models.CharField(max_length=80)
    province = models.CharField(max_length=2, blank=True)
    country = models.CharField(max_length=2, default="IT")
    email = models.EmailField(blank=True)
    pec = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    profession = models.CharField(max_length=60, blank=True)
    register = models.CharField(max_length=120, blank=True)
    register_number = models.CharField(max_length=30, blank=True)
    insurer = models.CharField(max_length=120, blank=True)
    policy_number = models.CharField(max_length=60, blank=True)
    logo = models.ForeignKey("core.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    footer = models.CharField(max_length=300, blank=True)
    accountant_sees_names = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager.from_queryset(EntityQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "partita_iva", "name"], name="entity_once_per_practice"),
        ]

    def __str__(self) -> str:
        return f"entity {self.pk}"


class OfEntityRows(ScopedQuerySet[_M]):
    """Rows with an `entity`, seen by whoever sees the entity."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the rows of the entities that the actor was granted."""
        rows = self.filter(entity__practice_id=actor.party_id)
        return rows if actor.entities is None else rows.filter(entity_id__in=actor.entities)


class Regime(models.TextChoices):
    """FatturaPA's codes of the two tax schemes a professional lives in."""

    ORDINARY = "RF01"
    FLAT_RATE = "RF19"


class StampPolicy(models.TextChoices):
    """Who bears the revenue stamp."""

    CHARGE = "charge"
    ABSORB = "absorb"


class StampMode(models.TextChoices):
    """How the stamp is paid."""

    PAPER = "paper"
    VIRTUAL_AUTHORISATION = "virtual_authorisation"
    VIRTUAL_EINVOICE = "virtual_einvoice"


class FiscalTermsQuerySet(OfEntityRows["FiscalTerms"]):
    """Fiscal terms of the entities granted."""


class FiscalTerms(models.Model):
    """How an entity is taxed from a day on: regime, professional fund and its rate, withholding, stamp.

    `fund` is a key of the dated reference records; the rate is the entity's own, since some funds leave it to choose.
    """

    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="terms")
    valid_from = models.DateField()
    regime = models.CharField(max_length=4, choices=Regime.choices)
    fund = models.CharField(max_length=20, blank=True)
    fund_rate = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    withholding_rate = models.DecimalField(max_digits=5, decimal_places=2, default=20)
    stamp_policy = models.CharField(max_length=10, choices=StampPolicy.choices, default=StampPolicy.CHARGE)
    stamp_nature = models.CharField(max_length=4, default="N1")
    stamp_mode = models.CharField(max_length=25, choices=StampMode.choices, default=StampMode.PAPER)
    stamp_authorisation = models.CharField(max_length=40, blank=True)
    stamp_authorised_on = models.DateField(null=True, blank=True)
    stamp_inside_round_price = models.BooleanField(default=False)

    objects = ScopedManager.from_queryset(FiscalTermsQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "valid_from"], name="terms_one_per_day"),
            models.CheckConstraint(
                name="terms_rates_are_percentages",
                condition=Q(fund_rate__gte=0, fund_rate__lte=100, withholding_rate__gte=0, withholding_rate__lte=100),
            ),
            models.CheckConstraint(name="terms_rate_needs_fund", condition=Q(fund_rate=0) | ~Q(fund="")),
            models.CheckConstraint(name="terms_stamp_nature_known", condition=Q(stamp_nature__in=["N1", "N2.2", "N4"])),
            models.CheckConstraint(
                name="terms_authorisation_given",
                condition=~Q(stamp_mode="virtual_authorisation")
                | (~Q(stamp_authorisation="") & Q(stamp_authorised_on__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"terms of entity {self.entity_id} from {self.valid_from}"


class SeriesPurpose(models.TextChoices):
    """What a numbering series is for (SPEC practice 2.2)."""

    MAIN = "main"
    ELECTRONIC = "electronic"
    CREDIT = "credit"
    LATE = "late"
    OTHER = "other"


class SeriesQuerySet(OfEntityRows["Series"]):
    """Numbering series of the entities granted."""


class Series(models.Model):
    """A numbering series of an entity. `yearly` off: it never restarts, and the year leaves counter and checks."""

    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="series")
    code = models.CharField(max_length=8)
    purpose = models.CharField(max_length=12, choices=SeriesPurpose.choices)
    yearly = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    objects = ScopedManager.from_queryset(SeriesQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "code"], name="series_code_unique"),
            models.UniqueConstraint(
                fields=["entity", "purpose"],
                condition=Q(purpose__in=["main", "electronic", "credit", "late"], is_active=True),
                name="series_one_per_purpose",
            ),
        ]

    def __str__(self) -> str:
        return f"series {self.code} of entity {self.entity_id}"


class CounterQuerySet(ScopedQuerySet["Counter"]):
    """Counters of the series that the actor sees."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the counters of the entities that the actor was granted."""
        rows = self.filter(series__entity__practice_id=actor.party_id)
        return rows if actor.entities is None else rows.filter(series__entity_id__in=actor.entities)


class Counter(models.Model):
    """The last number given in a series and year (year 0: a series that never restarts). Locked while issuing."""

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="counters")
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)
    start_number = models.PositiveIntegerField(default=1)
    last_date = models.DateField(null=True)

    objects = ScopedManager.from_queryset(CounterQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "year"], name="counter_unique"),
            models.CheckConstraint(name="counter_starts_at_one_or_more", condition=Q(start_number__gte=1)),
            models.CheckConstraint(name="counter_not_below_start", condition=Q(last_number__gte=F("start_number") - 1)),
        ]

    def __str__(self) -> str:
        return f"counter of series {self.series_id} in {self.year}: {self.last_number}"


class BankAccountQuerySet(PracticeRows["BankAccount"]):
    """Accounts of the entities that the actor was granted."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the practice's accounts, narrowed to the entities granted."""
        rows = super().visible_to(actor)
        return rows if actor.entities is None else rows.filter(entity_id__in=actor.entities)


class BankAccount(OfPractice):
    """An IBAN to be paid on, printed on unpaid documents. The number is encrypted at rest."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="accounts")
    label = models.CharField(max_length=60)
    iban = EncryptedTextField()
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects = ScopedManager.from_queryset(BankAccountQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity"], condition=Q(is_default=True), name="account_one_default"),
        ]

    def __str__(self) -> str:
        return f"account {self.pk}"


class MembershipQuerySet(ScopedQuerySet["Membership"]):
    """Who works in the actor's party."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the memberships of the actor's party."""
        return self.filter(party_id=actor.party_id)


class Membership(models.Model):
    """What a person is to a party, with the switches the owner set (SPEC practice 9). Disabled, never deleted."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in MEMBER_ROLES])
    switches = models.JSONField(default=list)
    all_entities = models.BooleanField(default=True)
    entities: models.ManyToManyField[BillingEntity, Any] = models.ManyToManyField(BillingEntity, blank=True)
    years = models.JSONField(null=True, blank=True)
    sees_names = models.BooleanField(default=True)
    own_patients_only = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager.from_queryset(MembershipQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "party"], name="membership_unique"),
            models.CheckConstraint(
                name="membership_role_known", condition=Q(role__in=[role.value for role in MEMBER_ROLES])
            ),
        ]

    def __str__(self) -> str:
        return f"membership {self.pk}"

    def granted(self) -> frozenset[Switch]:
        """Return the switches that are on; names that no longer exist are passed over."""
        known = set(Switch)
        return frozenset(Switch(code) for code in self.switches if code in known)
