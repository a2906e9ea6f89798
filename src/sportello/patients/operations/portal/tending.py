"""What time does to access: invitations expire, mail bounces, powers end. Run by the worker, in small transactions."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from sportello.core.actors import System, acting
from sportello.core.mail.transport import ABOUT_THE_MAIL
from sportello.core.models import OutgoingMail
from sportello.core.states import MailState
from sportello.patients.checks import ADULT, birthday
from sportello.patients.connecting.moving import close_invitation, move_connection
from sportello.patients.connecting.people import day_of, may_act_for
from sportello.patients.models import Connection, Invitation
from sportello.patients.models.connections import LinkEnd
from sportello.patients.operations.portal.standing import tell_ended
from sportello.patients.states import ConnectionAction, ConnectionState, InvitationAction, InvitationState

BATCH = 500
SYSTEM = System("access of patients")


def expire_invitations(*, now: datetime) -> int:
    """Move invitations whose day has passed to EXPIRED, and return how many were."""
    with acting(SYSTEM):
        due = Invitation.objects.filter(state=InvitationState.PENDING.value, expires_at__lte=now)
        ids = list(due.order_by("expires_at").values_list("pk", flat=True)[:BATCH])
        return sum(_close(each, InvitationAction.TIME_PASSES, LinkEnd.EXPIRED, now) for each in ids)


def note_bounces(*, now: datetime) -> int:
    """Move invitations whose mail the other side refused for good to BOUNCED, and return how many were."""
    with acting(SYSTEM):
        refused = OutgoingMail.objects.filter(
            purpose="patient_invitation",
            state=MailState.FAILED.value,
            last_error__in=sorted(each.value for each in ABOUT_THE_MAIL),
        )
        due = Invitation.objects.filter(
            state=InvitationState.PENDING.value, links__ended_at=None, links__mail__in=refused
        )
        ids = list(due.order_by("pk").values_list("pk", flat=True)[:BATCH])
        return sum(_close(each, InvitationAction.MAIL_BOUNCES, LinkEnd.BOUNCED, now) for each in ids)


def end_powers(*, now: datetime) -> int:
    """
    End what representatives may no longer see: the day has passed, or the patient came of age. Return how many were.

    The desk refuses them from that day on anyway; this tells them, and puts the list right.
    """
    today = day_of(now)
    maybe = Q(representative__until_on__lt=today) | Q(patient__born_on__lte=birthday(today, -ADULT))
    open_states = [ConnectionState.CONNECTED.value, ConnectionState.PENDING.value]
    with acting(SYSTEM):
        rows = Connection.objects.filter(maybe, state__in=open_states, representative__isnull=False)
        found = rows.select_related("patient", "representative").order_by("pk").iterator(BATCH)
        over = [
            row.pk for row in found if row.representative and not may_act_for(row.patient, row.representative, today)
        ]
        return sum(_end(each, now) for each in over)


def _end(connection_id: int, now: datetime) -> bool:
    with transaction.atomic(durable=True):
        connection = Connection.objects.select_for_update(of=("self",)).get(pk=connection_id)
        who = System("powers ended", connection.practice_id)
        if connection.state == ConnectionState.PENDING:
            invitation = Invitation.objects.get(connection_id=connection.pk, is_current=True)
            invitation.connection = connection
            close_invitation(who, invitation, InvitationAction.TIME_PASSES, LinkEnd.EXPIRED, now=now, cause="powers")
        elif connection.state == ConnectionState.CONNECTED:
            move_connection(who, connection, ConnectionAction.DISCONNECT, now=now, cause="powers")
            tell_ended(connection, now=now, powers_over=True)
        else:
            return False
    return True


def _close(invitation_id: int, action: InvitationAction, end: LinkEnd, now: datetime) -> bool:
    with transaction.atomic(durable=True):
        found = Invitation.objects.only("connection_id").get(pk=invitation_id)
        connection = Connection.objects.select_for_update(of=("self",)).get(pk=found.connection_id)
        invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation_id)
        if invitation.state != InvitationState.PENDING:
            return False
        invitation.connection = connection
        who = System("invitations", invitation.practice_id)
        with acting(who):
            close_invitation(who, invitation, action, end, now=now)
    return True
