"""Inviting to the portal, sending again, correcting an address that bounced."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.refusals import Refused
from sportello.core.violations import RuleViolation
from sportello.parties.contacts import check_email
from sportello.patients.connecting.people import Asked, Invitee
from sportello.patients.connecting.sending import Sent, begin, invitee_of, locked_patient, send
from sportello.patients.models import Connection, Invitation, Representative
from sportello.patients.permissions import check_may_connect, check_may_edit_patients
from sportello.patients.states import InvitationAction

DEFAULTS = Asked()


def invite(
    *,
    actor: Actor,
    patient_id: int,
    representative_id: int | None = None,
    asked: Asked = DEFAULTS,
    now: datetime,
) -> Sent:
    """
    Invite a patient, or who acts for the patient, to the portal and return what went out.

    :raises Patient.DoesNotExist: no such patient for this actor
    :raises Representative.DoesNotExist: nobody of this id acts for this patient
    :raises MayNot: the switch `portal` is off
    :raises ForbiddenMove: an invitation waits, has expired or bounced, or the person is connected
    :raises Refused: with why this person cannot be invited: see `check_may_be_invited`, `check_email_is_free`
    :raises NoPortal: no portal is paired
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        patient = locked_patient(patient_id)
        representative = (
            Representative.objects.get(pk=representative_id, patient_id=patient.pk) if representative_id else None
        )
        invitee = Invitee(patient, representative)
        return send(actor, invitee, begin(invitee, now=now), InvitationAction.INVITE, asked, now=now)


def resend(*, actor: Actor, connection_id: int, asked: Asked | None = None, now: datetime) -> Sent:
    """
    Send an invitation that waits or has expired once more, to the address the person has now; the former link dies.

    :param asked: None asks what the invitation asked before
    :raises Connection.DoesNotExist: no such connection for this actor
    :raises MayNot: the switch `portal` is off
    :raises ForbiddenMove: there is nothing to send again
    :raises Refused: as for `invite`
    :raises NoPortal: no portal is paired
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        connection = Connection.objects.get(pk=connection_id)
        invitee = invitee_of(connection)
        invitation = begin(invitee, now=now)
        asked = asked or as_before(invitation)
        return send(actor, invitee, invitation, InvitationAction.RESEND, asked, now=now)


def correct_and_invite(*, actor: Actor, connection_id: int, email: str, now: datetime) -> Sent:
    """
    Put another address where mail bounced, on the person's record too, and invite again.

    :raises Connection.DoesNotExist: no such connection for this actor
    :raises MayNot: the switch `portal` or `patients` is off
    :raises ForbiddenMove: no mail bounced
    :raises Refused: the address is none, or as for `invite`
    :raises NoPortal: no portal is paired
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        check_may_edit_patients(actor)
        connection = Connection.objects.get(pk=connection_id)
        invitee = invitee_of(connection)
        _correct(actor, invitee, email)
        invitation = begin(invitee, now=now)
        return send(actor, invitee, invitation, InvitationAction.CORRECT, as_before(invitation), now=now)


def as_before(invitation: Invitation) -> Asked:
    """Return what an invitation asks already; of one that was never sent, the practice's own settings."""
    if invitation.pk is None:
        return DEFAULTS
    return Asked(invitation.proof, invitation.connection.second_factor_required)


def _correct(actor: Actor, invitee: Invitee, email: str) -> None:
    try:
        checked = check_email(email)
    except RuleViolation as refusal:
        raise Refused.because(refusal) from None
    if not checked:
        raise Refused.because(RuleViolation("invite_email_missing", field="email"))
    person = invitee.representative or invitee.patient
    if person.email == checked:
        return
    person.email = checked
    person.save(update_fields=["email"])
    action = "representative.edit" if invitee.representative else "patient.edit"
    audit.record(actor, action, person, fields=["email"])
