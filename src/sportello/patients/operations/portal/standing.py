"""What a practice does with access that was given or offered: cancel, suspend, resume, disconnect, unlock."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.refusals import Refused
from sportello.core.violations import RuleViolation
from sportello.patients.connecting import letters
from sportello.patients.connecting.moving import close_invitation, end_links, move_connection
from sportello.patients.connecting.sending import renew_code
from sportello.patients.models import Connection, Invitation
from sportello.patients.models.connections import LinkEnd, SecondProof
from sportello.patients.permissions import check_may_connect
from sportello.patients.states import ConnectionAction, InvitationAction


def cancel_invitation(*, actor: Actor, connection_id: int, now: datetime) -> None:
    """
    Take an invitation back: its link is dead at once.

    :raises Connection.DoesNotExist: no such connection for this actor
    :raises MayNot: the switch `portal` is off
    :raises ForbiddenMove: no invitation waits
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        close_invitation(actor, _current(connection_id), InvitationAction.CANCEL, LinkEnd.CANCELLED, now=now)


def mark_bounced(*, actor: Actor, connection_id: int, now: datetime) -> None:
    """
    Note that the mail came back: the link is dead, the address waits to be corrected.

    :raises Connection.DoesNotExist: no such connection for this actor
    :raises MayNot: the switch `portal` is off
    :raises ForbiddenMove: no invitation waits
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        close_invitation(actor, _current(connection_id), InvitationAction.MAIL_BOUNCES, LinkEnd.BOUNCED, now=now)


def suspend(*, actor: Actor, connection_id: int, now: datetime) -> None:
    """
    Close the access until it is resumed; nobody needs a new invitation then.

    :raises Connection.DoesNotExist: no such connection for this actor
    :raises MayNot: the switch `portal` is off
    :raises ForbiddenMove: it is not connected
    """
    _move(actor, connection_id, ConnectionAction.SUSPEND, now)


def resume(*, actor: Actor, connection_id: int, now: datetime) -> None:
    """
    Open a suspended access again.

    :raises Connection.DoesNotExist: no such connection for this actor
    :raises MayNot: the switch `portal` is off
    :raises ForbiddenMove: it is not suspended
    """
    _move(actor, connection_id, ConnectionAction.RESUME, now)


def disconnect(*, actor: Actor, connection_id: int, now: datetime) -> None:
    """
    End an access at once, and tell the person by mail.

    :raises Connection.DoesNotExist: no such connection for this actor
    :raises MayNot: the switch `portal` is off
    :raises ForbiddenMove: it is not connected
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        connection = locked(connection_id)
        move_connection(actor, connection, ConnectionAction.DISCONNECT, now=now)
        tell_ended(connection, now=now)


def unlock_proof(*, actor: Actor, connection_id: int, now: datetime) -> str:
    """
    Let the person try the second proof again; returns the new spoken code, "" where a birth date is asked.

    :raises Connection.DoesNotExist: no such connection for this actor
    :raises MayNot: the switch `portal` is off
    :raises Refused: ``proof_not_locked``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        invitation = _current(connection_id)
        if invitation.locked_at is None:
            raise Refused.because(RuleViolation("proof_not_locked"))
        invitation.locked_at, invitation.proof_tries = None, 0
        invitation.save(update_fields=["locked_at", "proof_tries"])
        audit.record(actor, "invitation.unlock", invitation.connection, proof=invitation.proof)
        return renew_code(invitation) if invitation.proof == SecondProof.SPOKEN_CODE else ""


def require_second_factor(*, actor: Actor, connection_id: int, required: bool) -> None:
    """
    Say whether this person must use a second factor when signing in; nothing is recorded when nothing changes.

    :raises Connection.DoesNotExist: no such connection for this actor
    :raises MayNot: the switch `portal` is off
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        connection = locked(connection_id)
        if connection.second_factor_required != required:
            connection.second_factor_required = required
            connection.save(update_fields=["second_factor_required"])
            audit.record(actor, "connection.second_factor", connection, required=required)


def dismiss_request(*, actor: Actor, connection_id: int) -> None:
    """
    Put a request for a new link aside without sending one; nothing is recorded when there was none.

    :raises Connection.DoesNotExist: no such connection for this actor
    :raises MayNot: the switch `portal` is off
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        connection = locked(connection_id)
        if connection.asked_at is not None:
            connection.asked_at = None
            connection.save(update_fields=["asked_at"])
            audit.record(actor, "invitation.ask_dismiss", connection)


def locked(connection_id: int) -> Connection:
    """
    Return a connection, locked.

    :raises Connection.DoesNotExist: no such connection for who is acting
    """
    return Connection.objects.select_for_update(of=("self",)).get(pk=connection_id)


def tell_ended(connection: Connection, *, now: datetime, powers_over: bool = False) -> None:
    """Write to the person whose access has ended, inside the caller's transaction."""
    person = connection.representative or connection.patient
    key = f"ended:{connection.pk}:{now.timestamp():.0f}"
    letters.tell_disconnected(connection, person.language, key=key, powers_over=powers_over)
    for invitation in connection.invitations.filter(is_current=True):
        end_links(invitation, LinkEnd.DISCONNECTED, now=now)


def _move(actor: Actor, connection_id: int, action: ConnectionAction, now: datetime) -> None:
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        move_connection(actor, locked(connection_id), action, now=now)


def _current(connection_id: int) -> Invitation:
    """Return the current invitation of a connection, both rows locked."""
    connection = locked(connection_id)
    invitation = Invitation.objects.select_for_update(of=("self",)).get(connection_id=connection.pk, is_current=True)
    invitation.connection = connection
    return invitation
