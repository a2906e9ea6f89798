"""Access to one patient's papers: who has it, who could, and what happened to each invitation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from sportello.core.actors import Actor, acting
from sportello.core.refusals import Refused
from sportello.core.violations import RuleViolation
from sportello.patients.checks import ADULT, birthday, is_minor
from sportello.patients.connecting.people import Invitee, check_may_be_invited, day_of, settings_of
from sportello.patients.models import (
    BulkInvitation,
    BulkItem,
    Connection,
    Invitation,
    InvitationLink,
    Patient,
    PortalSettings,
    Representative,
)
from sportello.patients.permissions import check_may_connect, check_may_see_patients
from sportello.patients.powers import last_day
from sportello.patients.queries.marks import shown_state
from sportello.patients.states import (
    CONNECTION_MOVES,
    INVITATION_MOVES,
    ConnectionAction,
    ConnectionState,
    InvitationAction,
    InvitationState,
)

_SPOKEN = 40


@dataclass(frozen=True, slots=True)
class LinkShown:
    """One link that was mailed: when, where to, when and why it stopped working."""

    made_at: datetime
    email: str = field(repr=False)
    ended_at: datetime | None
    end: str


@dataclass(frozen=True, slots=True)
class AccessShown:
    """
    One person's access, given or possible.

    `representative_id` None is the patient. `refusal` is why this person cannot be invited now, None when nothing
    stands in the way. The `may_…` say what the state allows, not who may. `until_on` is the last day of the powers.
    """

    connection_id: int | None
    representative_id: int | None
    role: str
    name: str = field(repr=False)
    email: str = field(repr=False)
    used_email: str = field(repr=False)
    state: str
    since_on: date | None
    expires_on: date | None
    until_on: date | None
    refusal: RuleViolation | None
    proof: str
    second_factor_required: bool
    is_locked: bool
    asked_at: datetime | None
    may_invite: bool
    may_resend: bool
    may_correct: bool
    may_cancel: bool
    may_suspend: bool
    may_resume: bool
    may_disconnect: bool
    links: Sequence[LinkShown]

    @property
    def email_changed(self) -> bool:
        """Tell whether the record has another address now than the access was given by."""
        return bool(self.used_email) and self.used_email.casefold() != self.email.casefold()


@dataclass(frozen=True, slots=True)
class PatientAccess:
    """Access to one patient's papers: a row a person, the patient first. `adult_on` is a minor's 18th birthday."""

    patient_id: int
    name: str = field(repr=False)
    has_birth_date: bool
    is_minor: bool
    adult_on: date | None
    is_archived: bool
    wanted: bool
    people: Sequence[AccessShown]

    def of(self, representative_id: int | None) -> AccessShown:
        """
        Return the row of one person.

        :raises Representative.DoesNotExist: nobody of this id acts for the patient
        """
        for each in self.people:
            if each.representative_id == representative_id:
                return each
        raise Representative.DoesNotExist("a representative of this patient")


@dataclass(frozen=True, slots=True)
class BulkShown:
    """A bulk invitation as its page shows it: how far it is, and how many had each outcome."""

    id: int
    total: int
    done: int
    created_at: datetime
    finished_at: datetime | None
    outcomes: Sequence[tuple[str, int]]
    failed: Sequence[tuple[int, str, str]] = field(repr=False)


def patient_access(actor: Actor, patient_id: int, *, now: datetime) -> PatientAccess:
    """
    Return who has access to a patient's papers and who could have it.

    :raises Patient.DoesNotExist: no such patient for this actor
    :raises MayNot: the switch `patients` is off
    """
    check_may_see_patients(actor)
    today = day_of(now)
    with acting(actor):
        patient = Patient.objects.get(pk=patient_id)
        representatives = list(Representative.objects.filter(patient_id=patient.pk).order_by("since_on", "pk"))
        rows = Invitation.objects.filter(connection__patient_id=patient.pk, is_current=True)
        current = {row.connection.representative_id: row for row in rows.select_related("connection")}
        links = _links(patient.pk)
    people = [Invitee(patient, None), *(Invitee(patient, each) for each in representatives)]
    return PatientAccess(
        patient_id=patient.pk,
        name=f"{patient.given_name} {patient.family_name}",
        has_birth_date=patient.born_on is not None,
        is_minor=is_minor(patient.born_on, today),
        adult_on=birthday(patient.born_on, ADULT) if patient.born_on else None,
        is_archived=patient.archived_at is not None,
        wanted=patient.portal_allowed,
        people=[_person(each, current.get(_id(each)), links, today) for each in people],
    )


def person_of_connection(actor: Actor, connection_id: int) -> tuple[int, int | None]:
    """
    Return whose access it is: the patient's id, and the representative's (None: the patient's own).

    :raises Connection.DoesNotExist: no such connection for this actor
    """
    with acting(actor):
        row = Connection.objects.only("patient_id", "representative_id").get(pk=connection_id)
    return row.patient_id, row.representative_id


def portal_settings(actor: Actor) -> PortalSettings:
    """Return how the actor's practice uses the portal; the defaults where nothing was set."""
    with acting(actor):
        return settings_of(actor.party_id)


def bulk_shown(actor: Actor, bulk_id: int) -> BulkShown:
    """
    Return how far a bulk invitation is.

    :raises BulkInvitation.DoesNotExist: no such one for this actor
    :raises MayNot: the switch `portal` is off
    """
    check_may_connect(actor)
    with acting(actor):
        bulk = BulkInvitation.objects.get(pk=bulk_id)
        items = list(BulkItem.objects.filter(bulk_id=bulk.pk).values_list("patient_id", "outcome"))
        names = _names([patient_id for patient_id, outcome in items if outcome not in ("", "sent", "resent")])
    counts: dict[str, int] = {}
    for _patient_id, outcome in items:
        counts[outcome] = counts.get(outcome, 0) + 1
    done = len(items) - counts.pop("", 0)
    failed = [(pk, names[pk], outcome) for pk, outcome in items if pk in names]
    return BulkShown(
        id=bulk.pk,
        total=bulk.total,
        done=done,
        created_at=bulk.created_at,
        finished_at=bulk.finished_at,
        outcomes=sorted(counts.items(), key=lambda each: -each[1]),
        failed=sorted(failed, key=lambda each: (each[2], each[1])),
    )


def _names(patient_ids: Sequence[int]) -> dict[int, str]:
    rows = Patient.objects.filter(pk__in=patient_ids).values_list("pk", "family_name", "given_name")
    return {pk: f"{family} {given}" for pk, family, given in rows}


def _id(invitee: Invitee) -> int | None:
    return invitee.representative.pk if invitee.representative else None


def _links(patient_id: int) -> dict[int, list[LinkShown]]:
    rows = InvitationLink.objects.filter(invitation__connection__patient_id=patient_id)
    found: dict[int, list[LinkShown]] = {}
    for row in rows.select_related("invitation").order_by("-made_at", "-pk")[:_SPOKEN]:
        shown = LinkShown(row.made_at, row.email, row.ended_at, row.end)
        found.setdefault(row.invitation.connection_id, []).append(shown)
    return found


def _refusal(invitee: Invitee, today: date) -> RuleViolation | None:
    try:
        check_may_be_invited(invitee, today=today)
    except Refused as refusal:
        return refusal
    return None


def _person(invitee: Invitee, row: Invitation | None, links: dict[int, list[LinkShown]], today: date) -> AccessShown:
    patient, representative = invitee.patient, invitee.representative
    person = representative or patient
    connection = row.connection if row else None
    stands = ConnectionState(connection.state) if connection else ConnectionState.NOT_CONNECTED
    invited = _next_invitation(row)
    moves, steps = CONNECTION_MOVES[stands], INVITATION_MOVES[invited]
    refusal = _refusal(invitee, today)
    return AccessShown(
        connection_id=connection.pk if connection else None,
        representative_id=_id(invitee),
        role=representative.role if representative else "",
        name=f"{person.given_name} {person.family_name}",
        email=person.email,
        used_email=connection.email if connection else "",
        state=shown_state(row) if row else ConnectionState.NOT_CONNECTED.value,
        since_on=timezone.localdate(connection.since_at) if connection else None,
        expires_on=timezone.localdate(row.expires_at) if row and row.state == InvitationState.PENDING else None,
        until_on=_until(patient, representative) if representative else None,
        refusal=refusal,
        proof=row.proof if row else "",
        second_factor_required=connection.second_factor_required if connection else False,
        is_locked=bool(row and row.locked_at and row.state == InvitationState.PENDING),
        asked_at=connection.asked_at if connection else None,
        may_invite=refusal is None and InvitationAction.INVITE in steps and ConnectionAction.INVITE in moves,
        may_resend=refusal is None and InvitationAction.RESEND in steps,
        may_correct=InvitationAction.CORRECT in steps,
        may_cancel=InvitationAction.CANCEL in steps,
        may_suspend=ConnectionAction.SUSPEND in moves,
        may_resume=ConnectionAction.RESUME in moves,
        may_disconnect=ConnectionAction.DISCONNECT in moves,
        links=links.get(connection.pk, []) if connection else [],
    )


def _next_invitation(row: Invitation | None) -> InvitationState:
    """Return the state that the next move starts from: after one that was accepted there is a new one."""
    if row is None or (row.state == InvitationState.ACCEPTED and row.connection.state == ConnectionState.DISCONNECTED):
        return InvitationState.NONE
    return InvitationState(row.state)


def _until(patient: Patient, representative: Representative) -> date | None:
    return last_day(
        representative.role, since=representative.since_on, until=representative.until_on, born=patient.born_on
    )
