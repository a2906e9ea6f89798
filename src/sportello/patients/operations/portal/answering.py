"""What the desk does for a portal: show an invitation, take it, hear that somebody stands before a dead link.

Nobody of the practice is acting here: each function acts as the software itself, for the practice that the link's
token leads to. A token that leads nowhere is dead, and says no more.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import System, acting
from sportello.core.violations import RuleViolation
from sportello.patients import tokens
from sportello.patients.connecting.alerts import tell_staff
from sportello.patients.connecting.moving import move_invitation
from sportello.patients.connecting.people import day_of, may_act_for
from sportello.patients.contact import PracticeContact, contact_of
from sportello.patients.models import Connection, Invitation, InvitationLink
from sportello.patients.models.connections import LinkEnd, SecondProof
from sportello.patients.states import INVITATION_AUDIT, ConnectionState, InvitationAction, InvitationState

TRIES = 5
_OPEN = (ConnectionState.CONNECTED.value, ConnectionState.SUSPENDED.value)


class DeadLink(RuleViolation):
    """The link opens nothing any more, or never did: ``dead``. It does not say which."""


class WrongProof(RuleViolation):
    """What was given is not the second proof: ``wrong_proof``, with the tries that are left."""


class ProofLocked(RuleViolation):
    """Too many wrong proofs: ``locked`` until somebody of the practice unlocks it."""


@dataclass(frozen=True, slots=True)
class InvitationShown:
    """
    What a link is about.

    `state` is open, used or dead. An open one says all; a used and a dead one the practice's contact alone (none for a
    token that was never mailed). `locked`: the second proof was tried too often.
    """

    state: str
    contact: PracticeContact | None = None
    language: str = ""
    email: str = field(default="", repr=False)
    proof: str = SecondProof.NONE.value
    second_factor_required: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The connection that an account got: its opaque uid, and the language the person is written to in."""

    uid: str
    language: str


def show_invitation(*, token: str, now: datetime) -> InvitationShown:
    """Return what a link is about. Nothing is consumed: scanners of mail open links before people do."""
    with acting(System("show an invitation")):
        link = _link(token)
        if link is None:
            return InvitationShown("dead")
        invitation = link.invitation
        connection = invitation.connection
        contact = contact_of(link.practice)
        if link.end == LinkEnd.USED and connection.state in _OPEN and invitation.is_current:
            return InvitationShown("used", contact, language=_person_language(connection))
        if not _opens(link, now):
            return InvitationShown("dead", contact, language=_person_language(connection))
        return InvitationShown(
            "open",
            contact,
            _person_language(connection),
            connection.email,
            invitation.proof,
            connection.second_factor_required,
            invitation.locked_at is not None,
        )


def accept_invitation(*, token: str, account: str, proof: str = "", portal: str = "", now: datetime) -> Accepted:
    """
    Connect an account of a portal by a link: the link is used from then on.

    Asking again for the same account answers the same, so that a lost answer does no harm.

    :param account: the portal's opaque id of the account
    :param proof: a birth date as `YYYY-MM-DD`, or the spoken code; "" where none is asked
    :param portal: the portal's opaque name; later questions must come from the same
    :raises DeadLink: unknown, used by another account, ended or expired
    :raises WrongProof: with `left`, how many tries are left; the try is counted
    :raises ProofLocked: too many wrong proofs
    :raises ValueError: no account
    """
    if not account:
        raise ValueError("an account is needed")
    with transaction.atomic(durable=True), acting(System("accept an invitation")):
        outcome = _accept(token, account, proof, portal, now)
    if isinstance(outcome, RuleViolation):
        raise outcome
    return outcome


def ask_for_link(*, token: str, now: datetime) -> None:
    """
    Note that somebody stands before a dead link and asks for a new one; who may invite is told by mail, once.

    Nothing is sent to the patient, nothing is answered, and a token that leads nowhere changes nothing.
    """
    with transaction.atomic(durable=True), acting(System("ask for a link")):
        link = _link(token)
        if link is None or _opens(link, now):
            return
        connection = Connection.objects.select_for_update(of=("self",)).get(pk=link.invitation.connection_id)
        if connection.state in _OPEN or connection.asked_at is not None:
            return
        connection.asked_at = now
        connection.save(update_fields=["asked_at"])
        audit.record(System("portal", connection.practice_id), "invitation.ask", connection)
        tell_staff(connection, now=now)


def _link(token: str) -> InvitationLink | None:
    rows = InvitationLink.objects.filter(token_hash=tokens.token_hash(token))
    return rows.select_related(
        "practice", "invitation__connection__patient", "invitation__connection__representative"
    ).first()


def _opens(link: InvitationLink, now: datetime) -> bool:
    """Tell whether a link still works: not ended, in time, and for somebody who may have access on this day."""
    connection = link.invitation.connection
    if link.ended_at is not None or link.expires_at <= now or link.invitation.state != InvitationState.PENDING:
        return False
    if connection.patient.archived_at is not None or not connection.patient.portal_allowed:
        return False
    representative = connection.representative
    return representative is None or may_act_for(connection.patient, representative, day_of(now))


def _accept(token: str, account: str, proof: str, portal: str, now: datetime) -> Accepted | RuleViolation:
    found = _link(token)
    if found is None:
        return DeadLink("dead")
    Connection.objects.select_for_update(of=("self",)).get(pk=found.invitation.connection_id)
    link = _link(token)  # as it is now that nobody else changes it
    if link is None:
        return DeadLink("dead")
    invitation = link.invitation
    connection = invitation.connection
    if _is_theirs(link, account, portal):
        return Accepted(str(connection.uid), _person_language(connection))
    if not _opens(link, now):
        return DeadLink("dead")
    refused = _check_proof(invitation, proof, now)
    if refused is not None:
        return refused
    _connect(link, account, portal, now)
    return Accepted(str(connection.uid), _person_language(connection))


def _is_theirs(link: InvitationLink, account: str, portal: str) -> bool:
    connection = link.invitation.connection
    same = hmac.compare_digest(f"{portal}|{account}".encode(), f"{connection.portal}|{connection.account}".encode())
    return link.end == LinkEnd.USED and link.invitation.is_current and connection.state in _OPEN and same


def _connect(link: InvitationLink, account: str, portal: str, now: datetime) -> None:
    invitation, connection = link.invitation, link.invitation.connection
    move_invitation(invitation, InvitationAction.SET_PASSWORD, now=now)
    invitation.code_hash = ""
    invitation.save(update_fields=["state", "since_at", "code_hash"])
    connection.account, connection.portal, connection.asked_at = account, portal, None
    connection.save(update_fields=["state", "since_at", "account", "portal", "asked_at"])
    link.ended_at, link.end = now, LinkEnd.USED.value
    link.save(update_fields=["ended_at", "end"])
    who = System("portal", connection.practice_id)
    audit.record(
        who,
        INVITATION_AUDIT[InvitationAction.SET_PASSWORD],
        connection,
        proof=invitation.proof,
        representative=connection.representative_id,
    )


def _check_proof(invitation: Invitation, proof: str, now: datetime) -> RuleViolation | None:
    """Return the refusal of a second proof, its try counted; None when it is right or none is asked."""
    if invitation.proof == SecondProof.NONE:
        return None
    if invitation.locked_at is not None:
        return ProofLocked("locked", field="proof")
    if _is_proof(invitation, proof):
        return None
    invitation.proof_tries += 1
    left = TRIES - invitation.proof_tries
    if left <= 0:
        invitation.locked_at = now
    invitation.save(update_fields=["proof_tries", "locked_at"])
    who = System("portal", invitation.practice_id)
    audit.record(who, "invitation.proof_failed", invitation.connection, result="failed", left=max(left, 0))
    if left > 0:
        return WrongProof("wrong_proof", field="proof", left=left)
    tell_staff(invitation.connection, now=now, locked=True)
    return ProofLocked("locked", field="proof")


def _is_proof(invitation: Invitation, proof: str) -> bool:
    if invitation.proof == SecondProof.SPOKEN_CODE:
        return tokens.is_code(invitation.practice_id, invitation.pk, proof, invitation.code_hash)
    born = invitation.connection.patient.born_on
    try:
        return born is not None and date.fromisoformat(proof.strip()) == born
    except ValueError:
        return False


def _person_language(connection: Connection) -> str:
    return (connection.representative or connection.patient).language
