"""An invitation becomes a connection: the first access, and one more practice for an account that exists.

The desk decides whether an invitation is good. What the portal writes is written before the desk is asked, as a
pending connection with link and proof closed inside: whatever breaks in between, asking again ends it, since the
desk answers the same account the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from deskwire.messages import (
    AcceptInvitation,
    InvitationShown,
    InvitationState,
    RefusalCode,
    RenewInvitation,
    ShowInvitation,
)
from deskwire.signing import RefusedByDesk
from portal import wire
from portal.accounts import events
from portal.accounts.codes import Deed
from portal.accounts.models import Account
from portal.connections.codes import ConnectionState
from portal.connections.models import Connection, Desk, reference_for


class AddressTaken(Exception):
    """There is an account of this address: its password opens it, a new one is not set."""


class DeadLink(Exception):
    """The invitation can do nothing any more, or the link names no practice's server."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that is good: at which desk, with which token, what it shows, and the account that has its address."""

    desk: Desk
    token: str
    shown: InvitationShown
    account: Account | None

    def __repr__(self) -> str:
        return f"Invitation({self.desk.side})"


def look_at(side: str, token: str) -> Invitation:
    """
    Return what a link is about. Nothing is consumed: mail scanners open links too.

    :raises DeadLink: it is not about anything any more
    :raises Unreachable: the desk does not answer
    """
    desk = Desk.objects.filter(side=side, is_paired=True).first()
    if desk is None:
        raise DeadLink
    shown = wire.ask_desk(desk, ShowInvitation(token))
    account = Account.objects.by_address(shown.email) if shown.state == InvitationState.OPEN else None
    return Invitation(desk, token, shown, account)


def open_account(invitation: Invitation, *, password: str, proof: str, language: str, now: datetime) -> Connection:
    """
    Make an account with this password, and connect it.

    :raises AddressTaken: there is one of this address
    :raises ValidationError: the password is too short or known to thieves
    :raises RefusedByDesk: the proof is wrong or the invitation is over; nothing was made
    :raises Unreachable: the desk does not answer; `resume` will ask again when the person signs in
    """
    if invitation.account is not None:
        raise AddressTaken
    account = Account.objects.new(address=invitation.shown.email, language=language)
    validate_password(password, account)
    account.set_password(password)
    with transaction.atomic():
        account.save(force_insert=True)
        events.record(account, Deed.OPENED, now)
        row = _claim(account, invitation, proof, now)
    try:
        return _settle(row, now)
    except RefusedByDesk:
        account.delete()
        raise


def connect(account: Account, invitation: Invitation, *, proof: str, now: datetime) -> Connection:
    """
    Add the practice of an invitation to an account that is signed in and has the invited address.

    :raises AddressTaken: the invitation is for another address
    :raises RefusedByDesk: the proof is wrong or the invitation is over; nothing was added
    :raises Unreachable: the desk does not answer; `resume` will ask again
    """
    if invitation.account is None or invitation.account.pk != account.pk:
        raise AddressTaken
    with transaction.atomic():
        row = _claim(account, invitation, proof, now)
    return _settle(row, now)


def resume(account: Account, now: datetime) -> None:
    """Ask again for the connections of which no answer came; those the desk refuses are given up."""
    pending = Connection.objects.filter(account=account, state=ConnectionState.PENDING.value).select_related("desk")
    for row in pending.order_by("pk"):
        try:
            _settle(row, now)
        except (RefusedByDesk, wire.Unreachable):
            continue


def ask_for_new_link(side: str, token: str) -> None:
    """Tell the practice that somebody stands before a dead link; nothing is said about whether it knows the link."""
    desk = Desk.objects.filter(side=side, is_paired=True).first()
    if desk is not None:
        wire.ask_desk(desk, RenewInvitation(token))


def _claim(account: Account, invitation: Invitation, proof: str, now: datetime) -> Connection:
    row = Connection(account=account, desk=invitation.desk, state=ConnectionState.PENDING.value, made_at=now)
    row.close_claim(invitation.token, proof)
    row.save()
    return row


def _settle(row: Connection, now: datetime) -> Connection:
    """Ask the desk to accept a pending connection, and keep its answer; a refusal takes the row away."""
    token, proof = row.claim
    request = AcceptInvitation(token=token, account=reference_for(row.account, row.desk), proof=proof)
    try:
        accepted = wire.ask_desk(row.desk, request)
    except RefusedByDesk as no:
        if no.refusal.code != RefusalCode.BROKEN:
            row.delete()
        raise
    with transaction.atomic():
        Connection.objects.filter(desk=row.desk, reference=accepted.connection).exclude(pk=row.pk).delete()
        row.reference, row.state, row.claim_sealed = accepted.connection, ConnectionState.CONNECTED.value, ""
        row.save(update_fields=["reference", "state", "claim_sealed"])
        events.record(row.account, Deed.CONNECTED, now)
    return row
