"""Whom an invitation goes to, and what must hold before it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from sportello.core.refusals import Refused
from sportello.core.violations import Figure, RuleViolation
from sportello.patients.checks import is_minor
from sportello.patients.models import Connection, Patient, PortalSettings, Representative
from sportello.patients.models.connections import SecondProof
from sportello.patients.powers import may_act
from sportello.patients.states import LIVE


@dataclass(frozen=True, slots=True)
class Asked:
    """What an invitation asks of who accepts it; None is the practice's own setting."""

    proof: str | None = None
    second_factor: bool | None = None


@dataclass(frozen=True, slots=True)
class Invitee:
    """The person an invitation goes to: the patient, or who acts for the patient."""

    patient: Patient = field(repr=False)
    representative: Representative | None = field(repr=False)

    @property
    def email(self) -> str:
        """Return the address of this person."""
        return self.representative.email if self.representative else self.patient.email

    @property
    def language(self) -> str:
        """Return the language this person is written to in."""
        return self.representative.language if self.representative else self.patient.language


def settings_of(practice_id: int) -> PortalSettings:
    """Return how a practice uses the portal; the defaults where nothing was set."""
    found = PortalSettings.objects.filter(practice_id=practice_id).first()
    return found or PortalSettings(practice_id=practice_id)


def day_of(now: datetime) -> date:
    """Return the day that an instant is, here."""
    return timezone.localdate(now)


def end_of_day(now: datetime, days: int) -> datetime:
    """Return the last second of the day so many days ahead, here, so that a letter can name a day."""
    last = datetime.combine(day_of(now) + timedelta(days=days), time(23, 59, 59))
    return timezone.make_aware(last)


def check_may_be_invited(invitee: Invitee, *, today: date) -> None:
    """
    Ask whether this person may have access at all.

    :raises Refused: ``invite_archived``, ``invite_not_wanted``, ``invite_minor``, ``invite_powers_over``,
        ``invite_powers_not_begun``, ``invite_sees_nothing``, ``invite_email_missing``
    """
    patient, representative = invitee.patient, invitee.representative
    if patient.archived_at is not None:
        _refuse("invite_archived")
    if not patient.portal_allowed:
        _refuse("invite_not_wanted")
    if representative is None:
        if is_minor(patient.born_on, today):
            _refuse("invite_minor")
    else:
        _check_powers(patient, representative, today)
    if not invitee.email:
        _refuse("invite_email_missing", field="email")


def _check_powers(patient: Patient, representative: Representative, today: date) -> None:
    if representative.since_on > today:
        _refuse("invite_powers_not_begun", since=representative.since_on)
    if not may_act_for(patient, representative, today):
        _refuse("invite_powers_over")
    if not (representative.may_see_invoices or representative.may_see_documents):
        _refuse("invite_sees_nothing")


def may_act_for(patient: Patient, representative: Representative, on: date) -> bool:
    """Tell whether a representative may act for the patient on a day."""
    return may_act(
        representative.role, since=representative.since_on, until=representative.until_on, born=patient.born_on, on=on
    )


def check_email_is_free(connection: Connection) -> None:
    """
    Refuse an address that opens another person's papers: two patients share one through a representative alone.

    Act as `System`: the other patient may be one that the actor does not meet.

    :raises Refused: ``invite_email_of_another_patient``, ``invite_email_twice``
    """
    live = Connection.objects.filter(
        practice_id=connection.practice_id,
        email_key=connection.email_key,
        state__in=[each.value for each in LIVE],
    ).exclude(pk=connection.pk)
    if live.filter(patient_id=connection.patient_id).exists():
        _refuse("invite_email_twice", field="email")
    if connection.representative_id is None and live.filter(representative=None).exists():
        _refuse("invite_email_of_another_patient", field="email")


def check_proof(invitee: Invitee, proof: str) -> None:
    """
    Ask whether the second proof can be asked of this person.

    :raises Refused: ``choice_unknown``, ``invite_birth_date_missing``
    """
    if proof not in SecondProof.values:
        _refuse("choice_unknown", field="proof")
    if proof == SecondProof.BIRTH_DATE and invitee.patient.born_on is None:
        _refuse("invite_birth_date_missing", field="proof")


def _refuse(code: str, *, field: str = "", **figures: Figure) -> None:
    raise Refused.because(RuleViolation(code, field=field, **figures))
