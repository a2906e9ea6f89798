"""Who may see a patient's papers in the portal: the connection, the invitation that opens it, and the links it sent.

The practice's server alone knows whose papers a connection stands for: the portal holds an opaque `uid`, new at every
acceptance, so that what an old account still knows opens nothing. A link's token is never stored, only its hash.
"""

from __future__ import annotations

import uuid
from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from sportello.core.actors import Actor, Role, Switch
from sportello.core.scoping import ScopedManager, ScopedQuerySet
from sportello.parties.models import OfPractice, Party
from sportello.patients.models.people import Patient, Representative
from sportello.patients.states import LIVE, ConnectionState, InvitationState

_M = TypeVar("_M", bound=models.Model)


class SecondProof(models.TextChoices):
    """What else is asked at first access, where a mailbox may be shared."""

    NONE = "none"
    BIRTH_DATE = "birth_date"
    SPOKEN_CODE = "spoken_code"


class LinkEnd(models.TextChoices):
    """Why a link stopped working."""

    USED = "used"
    RESENT = "resent"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    BOUNCED = "bounced"
    DISCONNECTED = "disconnected"


class AskedProof(models.TextChoices):
    """What a bulk invitation may ask: a spoken code is told one by one."""

    NONE = "none"
    BIRTH_DATE = "birth_date"


def _met(rows: ScopedQuerySet[_M], actor: Actor, followed_by: str) -> ScopedQuerySet[_M]:
    """Return the rows of the practice whose patient the actor meets."""
    if actor.role is Role.ACCOUNTANT or not (actor.has(Switch.PATIENTS) or actor.has(Switch.INVOICES)):
        return rows.none()
    mine = rows.filter(practice_id=actor.party_id)
    return mine.filter(**{followed_by: actor.person_id}) if actor.own_patients_only else mine


class ConnectionQuerySet(ScopedQuerySet["Connection"]):
    """Connections of the patients that the actor meets."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the connections whose patient the actor may meet."""
        return _met(self, actor, "patient__followed_by_id")  # type: ignore[return-value]  # the same class of rows

    def shown_to_patient(self, actor: Actor) -> Self:
        """Return the connections of who is acting, not those of others to the same patient."""
        rows = self.filter(practice_id=actor.party_id, patient_id=actor.patient_id)
        return rows.filter(representative_id=actor.representative_id)


class Connection(OfPractice):
    """
    One person's access to one patient's papers; `representative` None is the patient.

    `email` is the address as it was used; `account` and `portal` are opaque names that the portal gave when the
    invitation was accepted. `asked_at`: somebody with a dead link asks for a new one.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="connections")
    representative = models.ForeignKey(
        Representative, null=True, blank=True, on_delete=models.PROTECT, related_name="connections"
    )
    email = models.EmailField()
    email_key = models.CharField(max_length=254, editable=False)
    state = models.CharField(max_length=15, default=ConnectionState.NOT_CONNECTED.value)
    since_at = models.DateTimeField()
    second_factor_required = models.BooleanField(default=False)
    account = models.CharField(max_length=64, blank=True)
    portal = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager.from_queryset(ConnectionQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="connection_state_known", condition=Q(state__in=sorted(each.value for each in ConnectionState))
            ),
            models.CheckConstraint(
                name="connection_open_has_account",
                condition=~Q(state__in=[ConnectionState.CONNECTED.value, ConnectionState.SUSPENDED.value])
                | ~Q(account=""),
            ),
            models.UniqueConstraint(fields=["patient"], condition=Q(representative=None), name="connection_own_once"),
            models.UniqueConstraint(fields=["representative"], name="connection_representative_once"),
            models.UniqueConstraint(
                fields=["practice", "email_key"],
                condition=Q(representative=None, state__in=sorted(each.value for each in LIVE)),
                name="connection_own_email_once",
            ),
            models.UniqueConstraint(
                fields=["patient", "email_key"],
                condition=Q(state__in=sorted(each.value for each in LIVE)),
                name="connection_email_once_per_patient",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["practice", "state", "patient"], name="connection_state"),
            models.Index(fields=["practice", "asked_at"], condition=Q(asked_at__isnull=False), name="connection_asked"),
        ]

    def __str__(self) -> str:
        return f"connection {self.pk}"


class InvitationQuerySet(ScopedQuerySet["Invitation"]):
    """Invitations to the connections that the actor sees."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the invitations whose patient the actor may meet."""
        return _met(self, actor, "connection__patient__followed_by_id")  # type: ignore[return-value]  # as above


class Invitation(OfPractice):
    """
    One promise of access. The current one of a connection says how it stands; older ones are its history.

    `code_hash` is the keyed hash of a code told by voice, "" for none. After five wrong proofs it is locked until
    somebody of the practice unlocks it.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="invitations")
    is_current = models.BooleanField(default=True)
    state = models.CharField(max_length=10, default=InvitationState.NONE.value)
    since_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    proof = models.CharField(max_length=12, choices=SecondProof.choices, default=SecondProof.NONE)
    code_hash = models.CharField(max_length=64, blank=True)
    proof_tries = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager.from_queryset(InvitationQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="invitation_state_known", condition=Q(state__in=sorted(each.value for each in InvitationState))
            ),
            models.UniqueConstraint(fields=["connection"], condition=Q(is_current=True), name="invitation_one_current"),
            models.UniqueConstraint(
                fields=["connection"], condition=Q(state=InvitationState.PENDING.value), name="invitation_one_pending"
            ),
            models.CheckConstraint(
                name="invitation_spoken_code_kept",
                condition=Q(code_hash="") | Q(proof=SecondProof.SPOKEN_CODE.value),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "expires_at"], name="invitation_due"),
            models.Index(fields=["practice", "is_current", "state"], name="invitation_practice_state"),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class InvitationLinkQuerySet(ScopedQuerySet["InvitationLink"]):
    """Links of the invitations that the actor sees."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the links whose patient the actor may meet."""
        return _met(self, actor, "invitation__connection__patient__followed_by_id")  # type: ignore[return-value]  # as above


class InvitationLink(OfPractice):
    """One link that was mailed: the hash of its token, and why it stopped working. One at most works per invitation."""

    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    email = models.EmailField()
    mail = models.ForeignKey("core.OutgoingMail", null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=12, choices=LinkEnd.choices, blank=True)

    objects = ScopedManager.from_queryset(InvitationLinkQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invitation"], condition=Q(ended_at=None), name="link_one_live"),
            models.CheckConstraint(
                name="link_end_has_its_time",
                condition=Q(ended_at=None, end="") | (Q(ended_at__isnull=False) & ~Q(end="")),
            ),
            models.CheckConstraint(name="link_lives_forward", condition=Q(expires_at__gt=F("made_at"))),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"


class PortalSettingsQuerySet(ScopedQuerySet["PortalSettings"]):
    """Every member reads how the practice uses the portal."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the settings of the actor's practice."""
        return self.filter(practice_id=actor.party_id)


class PortalSettings(models.Model):
    """How a practice uses the portal; a practice without a row uses the defaults.

    The contact is public: a link that no longer works prints it. Empty fields are those of the practice.
    """

    practice = models.OneToOneField(Party, on_delete=models.PROTECT, related_name="+", primary_key=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    contact_email = models.EmailField(blank=True)
    contact_note = models.CharField(max_length=160, blank=True)
    proof = models.CharField(max_length=12, choices=SecondProof.choices, default=SecondProof.NONE)
    valid_days = models.PositiveSmallIntegerField(default=14)
    second_factor_required = models.BooleanField(default=False)

    objects = ScopedManager.from_queryset(PortalSettingsQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="portal_links_live_some_days", condition=Q(valid_days__gte=1, valid_days__lte=60)
            ),
        ]

    def __str__(self) -> str:
        return f"portal settings of party {self.practice_id}"


class BulkInvitationQuerySet(ScopedQuerySet["BulkInvitation"]):
    """Bulk invitations: who made one sees it, and the owner."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the practice's to its owner, and to others their own."""
        rows = self.filter(practice_id=actor.party_id)
        return rows if actor.role is Role.OWNER else rows.filter(made_by_id=actor.person_id)


class BulkInvitation(OfPractice):
    """Many patients invited in one go, one after the other, by the worker."""

    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proof = models.CharField(max_length=12, choices=AskedProof.choices, default=AskedProof.NONE)
    second_factor_required = models.BooleanField(default=False)
    total = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager.from_queryset(BulkInvitationQuerySet)()

    def __str__(self) -> str:
        return f"bulk invitation {self.pk}"


class BulkItemQuerySet(ScopedQuerySet["BulkItem"]):
    """Items of the bulk invitations that the actor sees."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the items of bulk invitations that the actor sees."""
        rows = self.filter(bulk__practice_id=actor.party_id)
        return rows if actor.role is Role.OWNER else rows.filter(bulk__made_by_id=actor.person_id)


class BulkItem(models.Model):
    """One patient of a bulk invitation. `outcome` is "" until its turn, then `sent` or the code of the refusal."""

    bulk = models.ForeignKey(BulkInvitation, on_delete=models.PROTECT, related_name="items")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=40, blank=True)

    objects = ScopedManager.from_queryset(BulkItemQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bulk", "patient"], name="bulk_item_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["bulk", "outcome"], name="bulk_item_outcome")]

    def __str__(self) -> str:
        return f"bulk item {self.pk}"
