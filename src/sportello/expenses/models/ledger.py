"""The books towards the State: what it should hold, what it is known to hold, and every call that was made.

One `Expense` for each document that the State might have to know. `should` is derived from the papers, `known` is what
the State acknowledged; both are closed at rest, because they hold the patient's code, and compared by keyed hashes. A
`Transmission` is one call or one file; an `Attempt` ties it to a document and is committed before any byte leaves
(protocol 12). Nothing here is deleted.
"""

from __future__ import annotations

import uuid
from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from sportello.billing.models import Invoice
from sportello.core.actors import Actor
from sportello.core.cents import EuroField
from sportello.core.fields import EncryptedTextField
from sportello.core.scoping import ScopedManager, ScopedQuerySet
from sportello.core.states import codes
from sportello.expenses.permissions import may_send
from sportello.expenses.states import OPEN_CALLS, CallState, Visible
from sportello.parties.models import BillingEntity, OfPractice

_M = TypeVar("_M", bound=models.Model)


class ExpenseKind(models.TextChoices):
    """A paid invoice, or a credit note of one, which the State knows as a refund."""

    DOCUMENT = "document"
    REFUND = "refund"


class Held(models.TextChoices):
    """What the State is known to hold under a document's reference. `OTHER`: something that is not as ours is."""

    NONE = "none"
    HELD = "held"
    CANCELLED = "cancelled"
    OTHER = "other"


class Operation(models.TextChoices):
    """What is done to one document, by the flag of the batch file."""

    INSERT = "I"
    CHANGE = "V"
    REFUND = "R"
    CANCEL = "C"


class Outcome(models.TextChoices):
    """What became of one document in one call."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WARNED = "warned"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    CONFLICT = "conflict"


class TransmissionKind(models.TextChoices):
    """One document by the synchronous service, or a file of many."""

    SINGLE = "single"
    BATCH = "batch"


class StsRows(ScopedQuerySet[_M]):
    """Rows of the entities granted, for who has the switch `sts`."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the practice's rows, narrowed to the entities granted; nothing without the switch."""
        if not may_send(actor):
            return self.none()
        rows = self.filter(practice_id=actor.party_id)
        return rows if actor.entities is None else rows.filter(entity_id__in=actor.entities)


class ExpenseQuerySet(StsRows["Expense"]):
    """Documents of the entities, years and patients granted."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the documents whose papers the actor was granted."""
        rows = super().visible_to(actor)
        if actor.years is not None:
            rows = rows.filter(invoice__year__in=actor.years)
        return rows.filter(invoice__patient__followed_by_id=actor.person_id) if actor.own_patients_only else rows


class TransmissionQuerySet(StsRows["Transmission"]):
    """Calls and files of the entities granted, for who has the switch `sts`."""


class Transmission(OfPractice):
    """
    One call or one file, written down before its bytes leave.

    `lease_until` is when its sender is given up for dead; `ask_after` when an uncertain one may be asked about;
    `next_poll_at` when a file's outcome is asked for again. The four counters are the State's. `sts_state` is its own
    number (0 waiting, 1 at work, 2 done, 3 done with errors, 5 and 9 refused whole). `stray` is the reference of a
    document that is cancelled there although no paper of ours stands for it: such a call has no attempt.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=TransmissionKind.choices)
    operation = models.CharField(max_length=1, blank=True, choices=Operation.choices)
    state = models.CharField(max_length=10, default=CallState.WRITTEN.value)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveIntegerField(default=1)
    file_name = models.CharField(max_length=60, blank=True)
    stray = models.CharField(max_length=60, blank=True, default="")
    content_sha256 = models.CharField(max_length=64)
    attempted_at = models.DateTimeField()
    lease_until = models.DateTimeField()
    ask_after = models.DateTimeField(null=True)
    asked = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=30, blank=True)
    protocol = models.CharField(max_length=40, blank=True)
    messages = models.JSONField(default=list)
    sts_state = models.SmallIntegerField(null=True)
    sts_words = models.CharField(max_length=200, blank=True)
    sent = models.PositiveIntegerField(null=True)
    accepted = models.PositiveIntegerField(null=True)
    warned = models.PositiveIntegerField(null=True)
    refused = models.PositiveIntegerField(null=True)
    next_poll_at = models.DateTimeField(null=True)
    polls = models.PositiveIntegerField(default=0)
    receipt = models.ForeignKey("core.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    errors_file = models.ForeignKey("core.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager.from_queryset(TransmissionQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="transmission_state_known", condition=Q(state__in=codes(CallState))),
            models.CheckConstraint(
                name="transmission_taken_has_protocol", condition=~Q(state=CallState.TAKEN.value) | ~Q(protocol="")
            ),
            models.CheckConstraint(
                name="transmission_settled_at_its_end",
                condition=Q(state__in=codes(OPEN_CALLS), settled_at=None)
                | ~Q(state__in=codes(OPEN_CALLS)) & Q(settled_at__isnull=False),
            ),
            models.CheckConstraint(name="transmission_carries_something", condition=Q(count__gte=1)),
            models.UniqueConstraint(
                fields=["entity", "file_name"], condition=~Q(file_name=""), name="transmission_file_name_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["practice", "-attempted_at", "-id"], name="transmission_newest"),
            models.Index(fields=["entity", "-attempted_at", "-id"], name="transmission_of_entity"),
            models.Index(fields=["entity", "protocol"], name="transmission_by_protocol"),
            models.Index(
                fields=["entity", "state"], name="transmission_open", condition=Q(state__in=codes(OPEN_CALLS))
            ),
        ]

    def __str__(self) -> str:
        return f"transmission {self.pk}"


class Expense(OfPractice):
    """
    One document as the State should hold it and as it is known to hold it. Amounts in EUR.

    `reference` at the State is VAT number, day, device and number; it stays as it was first sent. `why_not` says why a
    document is not due, `problem` why one that is due cannot be sent. `refused_hash` is the content that the State (or
    a rule) refused for `refused_operation`: the same is never sent again unless a person says so. `carrier` is the call
    or file under way, one at a time; `ask` wants the State to be asked what it holds. `opposition` overrules the
    paper's own flag where it is not null.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="+")
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="expense")
    kind = models.CharField(max_length=8, choices=ExpenseKind.choices)
    original = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="refunds")

    vat_number = models.CharField(max_length=11)
    issued_on = models.DateField()
    number = models.CharField(max_length=20)
    device = models.PositiveSmallIntegerField(default=1)
    paid_on = models.DateField()
    year = models.PositiveSmallIntegerField()
    amount = EuroField(default=0)

    due = models.BooleanField(default=False)
    why_not = models.CharField(max_length=30, blank=True)
    problem = models.CharField(max_length=40, blank=True)
    should = EncryptedTextField(blank=True, default="")
    should_hash = models.CharField(max_length=64, blank=True)

    held = models.CharField(max_length=9, choices=Held.choices, default=Held.NONE)
    known_hash = models.CharField(max_length=64, blank=True)
    known_amount = EuroField(default=0)
    known_at = models.DateTimeField(null=True)
    protocol = models.CharField(max_length=40, blank=True)
    has_warnings = models.BooleanField(default=False)

    refused_hash = models.CharField(max_length=64, blank=True)
    refused_operation = models.CharField(max_length=1, blank=True)
    messages = models.JSONField(default=list)
    messages_at = models.DateTimeField(null=True)

    state = models.CharField(max_length=22, default=Visible.NOT_APPLICABLE.value)
    carrier = models.ForeignKey(Transmission, null=True, on_delete=models.PROTECT, related_name="carried")
    ask = models.BooleanField(default=False)
    wanted = models.BooleanField(default=False)
    sent_once = models.BooleanField(default=False)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    excluded = models.BooleanField(default=False)
    exclusion_reason = models.CharField(max_length=200, blank=True)
    excluded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    excluded_at = models.DateTimeField(null=True)
    opposition = models.BooleanField(null=True)

    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager.from_queryset(ExpenseQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="expense_state_known", condition=Q(state__in=codes(Visible))),
            models.CheckConstraint(
                name="expense_refund_has_original",
                condition=Q(kind="document", original=None) | Q(kind="refund", original__isnull=False),
            ),
            models.CheckConstraint(
                name="expense_due_or_why_not", condition=Q(due=True, why_not="") | Q(due=False) & ~Q(why_not="")
            ),
            models.CheckConstraint(
                name="expense_excluded_with_reason",
                condition=Q(excluded=False, exclusion_reason="")
                | Q(excluded=True, excluded_at__isnull=False) & ~Q(exclusion_reason=""),
            ),
            models.CheckConstraint(
                name="expense_on_its_way_is_carried",
                condition=~Q(state__in=["QUEUED", "TAKEN_IN_CHARGE"]) | Q(carrier__isnull=False),
            ),
            models.CheckConstraint(
                name="expense_refused_something",
                condition=Q(refused_hash="", refused_operation="") | ~Q(refused_operation=""),
            ),
            models.CheckConstraint(name="expense_device_in_range", condition=Q(device__gte=1, device__lte=999)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["practice", "-paid_on", "-id"], name="expense_by_paid_day"),
            models.Index(fields=["practice", "state", "-paid_on", "-id"], name="expense_by_state"),
            models.Index(fields=["entity", "year", "state"], name="expense_by_year"),
            models.Index(fields=["entity", "state", "id"], name="expense_to_do"),
            models.Index(fields=["entity", "vat_number", "issued_on", "number"], name="expense_by_reference"),
            models.Index(fields=["carrier"], name="expense_carried", condition=Q(carrier__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"expense {self.pk}"


class AttemptQuerySet(StsRows["Attempt"]):
    """Documents in calls and files of the entities granted, for who has the switch `sts`."""


class Attempt(OfPractice):
    """One document in one call or file: what was sent, closed at rest, and what became of it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="+")
    transmission = models.ForeignKey(Transmission, on_delete=models.PROTECT, related_name="attempts")
    expense = models.ForeignKey(Expense, on_delete=models.PROTECT, related_name="attempts")
    operation = models.CharField(max_length=1, choices=Operation.choices)
    content = EncryptedTextField(blank=True, default="")
    content_hash = models.CharField(max_length=64, blank=True)
    known_protocol = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.OPEN)
    messages = models.JSONField(default=list)

    objects = ScopedManager.from_queryset(AttemptQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["transmission", "expense"], name="attempt_once_in_a_call"),
            models.UniqueConstraint(fields=["expense"], condition=Q(outcome="open"), name="attempt_one_open"),
        ]
        indexes: ClassVar = [models.Index(fields=["expense", "-id"], name="attempt_of_expense")]

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class MonthlyReportQuerySet(StsRows["MonthlyReport"]):
    """Reports of the entities granted, for who has the switch `sts`."""


class MonthlyReport(OfPractice):
    """The State's report of one month of an entity, by day of payment, as it was last asked for."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="+")
    month = models.DateField()
    asked_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=30, blank=True)
    documents = models.PositiveIntegerField(default=0)
    amount = EuroField(default=0)
    refunded = EuroField(default=0)
    ours = models.PositiveIntegerField(default=0)
    our_amount = EuroField(default=0)
    our_refunded = EuroField(default=0)

    objects = ScopedManager.from_queryset(MonthlyReportQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "month"], name="monthly_report_once"),
            models.CheckConstraint(name="monthly_report_of_a_month", condition=Q(month__day=1)),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"


class DifferenceKind(models.TextChoices):
    """How the State's books and ours disagree about one document."""

    MISSING_THERE = "missing_there"
    UNKNOWN_HERE = "unknown_here"
    NOT_SENT_BY_US = "not_sent_by_us"
    SHOULD_NOT_BE_THERE = "should_not_be_there"
    AMOUNT = "amount"
    REFUNDED = "refunded"
    PAID_ON = "paid_on"


class DifferenceQuerySet(StsRows["Difference"]):
    """Differences of reports of the entities granted, for who has the switch `sts`."""


class Difference(OfPractice):
    """One disagreement of a report. `theirs` and `ours` are amounts in EUR; the reference names no person."""

    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="+")
    report = models.ForeignKey(MonthlyReport, on_delete=models.PROTECT, related_name="differences")
    expense = models.ForeignKey(Expense, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=DifferenceKind.choices)
    vat_number = models.CharField(max_length=11)
    issued_on = models.DateField(null=True)
    device = models.PositiveSmallIntegerField(default=1)
    number = models.CharField(max_length=20)
    their_paid_on = models.DateField(null=True)
    our_paid_on = models.DateField(null=True)
    theirs = EuroField(null=True)
    ours = EuroField(null=True)
    protocol = models.CharField(max_length=40, blank=True)
    resolved_at = models.DateTimeField(null=True)
    remedy = models.CharField(max_length=20, blank=True)

    objects = ScopedManager.from_queryset(DifferenceQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="difference_resolved_somehow",
                condition=Q(resolved_at=None, remedy="") | Q(resolved_at__isnull=False) & ~Q(remedy=""),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["report", "resolved_at", "id"], name="difference_of_report")]

    def __str__(self) -> str:
        return f"difference {self.pk}"


class CitizenRemarkQuerySet(StsRows["CitizenRemark"]):
    """Remarks of the entities granted, for who has the switch `sts`."""


class CitizenRemark(OfPractice):
    """A citizen's remark on an expense, in the State's words, closed at rest: it may hold anything."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity = models.ForeignKey(BillingEntity, on_delete=models.PROTECT, related_name="+")
    expense = models.ForeignKey(Expense, null=True, on_delete=models.PROTECT, related_name="remarks")
    reference = models.CharField(max_length=60)
    words = EncryptedTextField()
    words_hash = models.CharField(max_length=64)
    fetched_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    objects = ScopedManager.from_queryset(CitizenRemarkQuerySet)()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "reference", "words_hash"], name="remark_once"),
        ]

    def __str__(self) -> str:
        return f"remark {self.pk}"


__all__ = [
    "Attempt",
    "CitizenRemark",
    "Difference",
    "DifferenceKind",
    "Expense",
    "ExpenseKind",
    "Held",
    "MonthlyReport",
    "Operation",
    "Outcome",
    "Transmission",
    "TransmissionKind",
]
