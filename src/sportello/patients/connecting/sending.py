"""Sending an invitation: a new link, its letter, the code to be told; the former link dies."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, transaction

from sportello.core import audit
from sportello.core.actors import System, Who, acting
from sportello.core.refusals import Refused
from sportello.core.violations import RuleViolation
from sportello.patients import tokens
from sportello.patients.connecting import letters
from sportello.patients.connecting.moving import end_links, move_invitation
from sportello.patients.connecting.people import (
    Asked,
    Invitee,
    check_email_is_free,
    check_may_be_invited,
    check_proof,
    day_of,
    end_of_day,
    settings_of,
)
from sportello.patients.models import Connection, Invitation, InvitationLink, Patient, Representative
from sportello.patients.models.connections import LinkEnd, SecondProof
from sportello.patients.portal_door import invitation_link
from sportello.patients.states import INVITATION_AUDIT, InvitationAction, InvitationState


@dataclass(frozen=True, slots=True)
class Sent:
    """What went out: to which address, until when the link works, and the code to be told by voice, "" for none."""

    connection_id: int
    expires_on: date
    email: str = field(repr=False)
    code: str = field(default="", repr=False)


def locked_patient(patient_id: int) -> Patient:
    """
    Return a patient, locked so that invitations go one after the other.

    :raises Patient.DoesNotExist: no such patient for who is acting
    """
    return Patient.objects.select_for_update(of=("self",)).get(pk=patient_id)


def invitee_of(connection: Connection) -> Invitee:
    """Return whom a connection is for, the patient locked."""
    patient = locked_patient(connection.patient_id)
    representative = connection.representative_id and Representative.objects.get(pk=connection.representative_id)
    return Invitee(patient, representative or None)


def begin(invitee: Invitee, *, now: datetime) -> Invitation:
    """Return the invitation to send: the current one where it can be sent again or anew, else a new one."""
    patient = invitee.patient
    connection = Connection.objects.select_for_update(of=("self",)).filter(
        patient_id=patient.pk, representative=invitee.representative
    )
    row = connection.first() or Connection(
        practice_id=patient.practice_id, patient=patient, representative=invitee.representative, since_at=now
    )
    current = Invitation.objects.filter(connection_id=row.pk, is_current=True).first() if row.pk else None
    if current is not None and current.state != InvitationState.ACCEPTED:
        current.connection = row
        return current
    fresh = Invitation(practice_id=patient.practice_id, since_at=now, expires_at=now)
    fresh.connection = row
    return fresh


def send(
    who: Who, invitee: Invitee, invitation: Invitation, action: InvitationAction, asked: Asked, *, now: datetime
) -> Sent:
    """
    Move the invitation, mail a new link and write it down, inside the caller's transaction.

    :raises ForbiddenMove: the state does not allow it
    :raises Refused: with why this person cannot be invited
    :raises NoPortal: no portal is paired
    """
    connection, practice_id = invitation.connection, invitation.practice_id
    check_may_be_invited(invitee, today=day_of(now))
    with acting(System("portal settings", practice_id)):
        settings = settings_of(practice_id)
    proof = settings.proof if asked.proof is None else asked.proof
    check_proof(invitee, proof)
    move_invitation(invitation, action, now=now)
    connection.email, connection.email_key = invitee.email, invitee.email.casefold()
    connection.uid, connection.account, connection.portal, connection.asked_at = uuid.uuid4(), "", "", None
    connection.second_factor_required = _wanted(asked, settings.second_factor_required)
    _save_connection(connection)
    invitation.connection = connection
    invitation.expires_at = end_of_day(now, settings.valid_days)
    code = _renew(invitation, proof)
    _mail(invitee, invitation, now=now, is_new=action is not InvitationAction.RESEND)
    audit.record(
        who,
        INVITATION_AUDIT[action],
        connection,
        proof=proof,
        representative=connection.representative_id,
        until=day_of(invitation.expires_at),
    )
    return Sent(connection.pk, day_of(invitation.expires_at), invitee.email, code)


def _wanted(asked: Asked, default: bool) -> bool:
    return default if asked.second_factor is None else asked.second_factor


def _renew(invitation: Invitation, proof: str) -> str:
    """Save the invitation with its proof as if never tried, and return the new spoken code, "" for none."""
    invitation.proof, invitation.code_hash = proof, ""
    invitation.proof_tries, invitation.locked_at = 0, None
    if invitation.pk is None:
        Invitation.objects.filter(connection_id=invitation.connection_id, is_current=True).update(is_current=False)
    invitation.save()
    if proof != SecondProof.SPOKEN_CODE:
        return ""
    return renew_code(invitation)


def renew_code(invitation: Invitation) -> str:
    """Give a saved invitation a new spoken code and return it; the former one is wrong from now on."""
    code = tokens.new_code()
    invitation.code_hash = tokens.code_hash(invitation.practice_id, invitation.pk, code)
    invitation.save(update_fields=["code_hash"])
    return code


def _mail(invitee: Invitee, invitation: Invitation, *, now: datetime, is_new: bool) -> None:
    token = tokens.new_token()
    end_links(invitation, LinkEnd.RESENT, now=now)
    link = InvitationLink(
        practice_id=invitation.practice_id,
        invitation=invitation,
        token_hash=tokens.token_hash(token),
        email=invitee.email,
        made_at=now,
        expires_at=invitation.expires_at,
    )
    link.save(force_insert=True)
    link.mail = letters.send_invitation(
        invitee, key=f"invitation:{link.pk}", url=invitation_link(token), invitation=invitation, is_new=is_new
    )
    link.save(update_fields=["mail"])


def _save_connection(connection: Connection) -> None:
    """Save; an address that another transaction took a moment ago is refused by the database itself."""
    with acting(System("is the address free", connection.practice_id)):
        check_email_is_free(connection)
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError as error:
        if "email" not in str(error):
            raise
        raise Refused.because(RuleViolation("invite_email_of_another_patient", field="email")) from None
