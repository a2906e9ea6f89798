"""Moves of an invitation and its connection, each checked against its table and stored with the audit entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sportello.core import audit
from sportello.core.actors import System, Who, acting
from sportello.core.models import OutgoingMail
from sportello.core.states import MailState
from sportello.patients.models import Connection, Invitation, InvitationLink
from sportello.patients.models.connections import LinkEnd
from sportello.patients.states import (
    CONNECTION_AUDIT,
    INVITATION_AUDIT,
    ConnectionAction,
    ConnectionState,
    InvitationAction,
    InvitationState,
    connection_after,
    followed,
    invitation_after,
)


def move_invitation(invitation: Invitation, action: InvitationAction, *, now: datetime) -> None:
    """
    Move an invitation and, after it, its connection; both rows are set, not saved.

    :raises ForbiddenMove: the table does not list it
    """
    connection = invitation.connection
    to = invitation_after(InvitationState(invitation.state), action)
    after = followed(ConnectionState(connection.state), action)
    invitation.state, invitation.since_at = to.value, now
    if connection.state != after.value:
        connection.state, connection.since_at = after.value, now


def close_invitation(
    who: Who, invitation: Invitation, action: InvitationAction, end: LinkEnd, *, now: datetime, **details: Any
) -> None:
    """
    Move an invitation to where no link of it works, save both rows and write it down.

    :raises ForbiddenMove: the table does not list it
    """
    move_invitation(invitation, action, now=now)
    end_links(invitation, end, now=now)
    invitation.save(update_fields=["state", "since_at"])
    invitation.connection.save(update_fields=["state", "since_at"])
    audit.record(who, INVITATION_AUDIT[action], invitation.connection, **details)


def move_connection(
    who: Who, connection: Connection, action: ConnectionAction, *, now: datetime, **details: Any
) -> None:
    """
    Move a connection, save it and write it down.

    :raises ForbiddenMove: the table does not list it
    """
    connection.state = connection_after(ConnectionState(connection.state), action).value
    connection.since_at = now
    connection.save(update_fields=["state", "since_at"])
    audit.record(who, CONNECTION_AUDIT[action], connection, **details)


def end_links(invitation: Invitation, end: LinkEnd, *, now: datetime) -> None:
    """End the link that works, if one does, and take its mail back while it still waits."""
    with acting(System("end links", invitation.practice_id)):
        live = InvitationLink.objects.filter(invitation_id=invitation.pk, ended_at=None)
        mails = list(live.exclude(mail=None).values_list("mail_id", flat=True))
        live.update(ended_at=now, end=end.value)
        OutgoingMail.objects.filter(pk__in=mails, state=MailState.WAITING.value).update(state=MailState.CANCELLED.value)
