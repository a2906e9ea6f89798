"""Who is treated, who may act for them, and who else stands on a paper.

Codici fiscali and foreign ids are encrypted; beside each code a keyed hash finds it again (threat T14). Names are
searched in a folded column (lower case, no accents) that starts its index with the practice.
"""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from sportello.core.actors import Actor, Role, Switch
from sportello.core.fields import EncryptedTextField
from sportello.core.scoping import ScopedManager, ScopedQuerySet
from sportello.parties.models import OfPractice, PracticeRows


class Sex(models.TextChoices):
    """As the codice fiscale has it."""

    FEMALE = "F"
    MALE = "M"


class NoCodeReason(models.TextChoices):
    """Why a patient has no Italian code."""

    FOREIGN_RESIDENT = "foreign_resident"
    NOT_YET_ASSIGNED = "not_yet_assigned"
    STP_ENI = "stp_eni"
    REFUSED = "refused"


class PatientQuerySet(ScopedQuerySet["Patient"]):
    """Patients of the practice, or only one's own where the membership says so; never to an accountant."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the patients that the actor may meet: who writes invoices chooses among them too."""
        if actor.role is Role.ACCOUNTANT or not (actor.has(Switch.PATIENTS) or actor.has(Switch.INVOICES)):
            return self.none()
        rows = self.filter(practice_id=actor.party_id)
        return rows.filter(followed_by_id=actor.person_id) if actor.own_patients_only else rows

    def shown_to_patient(self, actor: Actor) -> Self:
        """Return the patient alone."""
        return self.filter(practice_id=actor.party_id, pk=actor.patient_id)


class Patient(OfPractice):
    """A person who is treated. `no_italian_code` with a reason is a real case, not a placeholder code."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    folded_name = models.CharField(max_length=170, editable=False)
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True)
    born_on = models.DateField(null=True, blank=True)
    birth_place = models.CharField(max_length=80, blank=True)
    birth_place_code = models.CharField(max_length=4, blank=True)
    codice_fiscale = EncryptedTextField(blank=True, default="")
    codice_fiscale_hash = models.CharField(max_length=64, blank=True, editable=False)
    no_italian_code = models.BooleanField(default=False)
    no_code_reason = models.CharField(max_length=20, choices=NoCodeReason.choices, blank=True)
    foreign_id = EncryptedTextField(blank=True, default="")
    street = models.CharField(max_length=160, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=80, blank=True)
    province = models.CharField(max_length=2, blank=True)
    country = models.CharField(max_length=2, default="IT")
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=10, default="it")
    stamp_policy = models.CharField(max_length=10, blank=True)
    portal_allowed = models.BooleanField(default=True)
    opposes_sts = models.BooleanField(default=False)
    followed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    default_customer = models.ForeignKey(
        "patients.Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager.from_queryset(PatientQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["practice", "codice_fiscale_hash"],
                condition=~Q(codice_fiscale_hash=""),
                name="patient_code_unique",
            ),
            models.CheckConstraint(
                name="patient_code_or_reason",
                condition=Q(no_italian_code=False, no_code_reason="")
                | (Q(no_italian_code=True, codice_fiscale_hash="") & ~Q(no_code_reason="")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["practice", "folded_name", "id"], name="patient_by_name"),
            models.Index(fields=["practice", "-created_at"], name="patient_newest"),
            # What lists search, filter and count by, in the order they are shown: no row is read but those of the page.
            models.Index(
                fields=["practice", "archived_at", "folded_name", "id", "born_on", "phone", "email", "portal_allowed"],
                name="patient_list",
            ),
            models.Index(fields=["practice", "codice_fiscale_hash", "archived_at"], name="patient_by_code"),
        ]

    def __str__(self) -> str:
        return f"patient {self.pk}"


class RepresentativeRole(models.TextChoices):
    """By what title somebody acts for a patient."""

    PARENT = "parent"
    SOLE_PARENT = "sole_parent"
    GUARDIAN = "guardian"
    ADMINISTRATOR = "administrator"


class RepresentativeQuerySet(PracticeRows["Representative"]):
    """Rows of the patients that the actor sees."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the rows whose patient the actor may meet."""
        if actor.role is Role.ACCOUNTANT or not (actor.has(Switch.PATIENTS) or actor.has(Switch.INVOICES)):
            return self.none()
        rows = super().visible_to(actor)
        return rows.filter(patient__followed_by_id=actor.person_id) if actor.own_patients_only else rows

    def shown_to_patient(self, actor: Actor) -> Self:
        """Return who acts for the patient; to a representative, the own row alone (threat T8)."""
        rows = self.filter(practice_id=actor.party_id, patient_id=actor.patient_id)
        return rows if actor.representative_id is None else rows.filter(pk=actor.representative_id)


class Representative(OfPractice):
    """Somebody who acts for a patient, with powers one by one and until a date."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="representatives")
    role = models.CharField(max_length=20, choices=RepresentativeRole.choices)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    codice_fiscale = EncryptedTextField(blank=True, default="")
    street = models.CharField(max_length=160, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=80, blank=True)
    province = models.CharField(max_length=2, blank=True)
    country = models.CharField(max_length=2, default="IT")
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=10, default="it")
    may_consent = models.BooleanField(default=True)
    may_see_documents = models.BooleanField(default=True)
    may_see_invoices = models.BooleanField(default=True)
    since_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    evidence = models.ForeignKey("core.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager.from_queryset(RepresentativeQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="representative_period_forward", condition=Q(until_on=None) | Q(until_on__gte=F("since_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"representative {self.pk}"


class CustomerKind(models.TextChoices):
    """What an addressee that is no patient is."""

    COMPANY = "company"
    PROFESSIONAL = "professional"
    PUBLIC_BODY = "public_body"
    CONDOMINIUM = "condominium"
    PERSON = "person"


class CustomerQuerySet(PracticeRows["Customer"]):
    """Customers are seen by who sees patients or writes invoices."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the practice's customers to those who work with them."""
        if actor.has(Switch.PATIENTS) or actor.has(Switch.INVOICES):
            return super().visible_to(actor)
        return self.none()


class Customer(OfPractice):
    """An addressee that is not a patient: a company, a school, a clinic, a public body, another payer."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=15, choices=CustomerKind.choices)
    name = models.CharField(max_length=160)
    folded_name = models.CharField(max_length=170, editable=False)
    partita_iva = models.CharField(max_length=28, blank=True)
    codice_fiscale = EncryptedTextField(blank=True, default="")
    street = models.CharField(max_length=160, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=80, blank=True)
    province = models.CharField(max_length=2, blank=True)
    country = models.CharField(max_length=2, default="IT")
    email = models.EmailField(blank=True)
    pec = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    sdi_code = models.CharField(max_length=7, blank=True)
    withholding_agent = models.BooleanField(default=False)
    cig = models.CharField(max_length=15, blank=True)
    cup = models.CharField(max_length=15, blank=True)
    language = models.CharField(max_length=10, default="it")
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager.from_queryset(CustomerQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="customer_person_withholds_nothing", condition=~Q(kind="person") | Q(withholding_agent=False)
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["practice", "folded_name", "id"], name="customer_by_name")]

    def __str__(self) -> str:
        return f"customer {self.pk}"
