"""The life of an invitation to the portal, and of the connection it opens: tables, and nothing else.

Source: practice specification 5 and 6. An invitation is one promise of access: resent it lives on, used it is over, and
who is invited again after that gets a new one. A connection is one person's access to one patient's papers: the patient
or a representative. Its moves follow those of its invitation (`FOLLOWS`), or are the practice's alone.

>>> invitation_after(InvitationState.EXPIRED, InvitationAction.RESEND)
<InvitationState.PENDING: 'PENDING'>
>>> connection_after(ConnectionState.SUSPENDED, ConnectionAction.DISCONNECT)
Traceback (most recent call last):
...
sportello.patients.states.ForbiddenMove: access_move_not_allowed [state] state=SUSPENDED, action=disconnect
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from sportello.core.violations import RuleViolation


class InvitationState(StrEnum):
    """Where an invitation stands. `NONE` is never stored for long: it is what a first invitation starts from."""

    NONE = "NONE"
    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    BOUNCED = "BOUNCED"


class InvitationAction(StrEnum):
    """What happens to an invitation."""

    INVITE = "invite"
    SET_PASSWORD = "set_password"  # noqa: S105 - the name of a move, no password
    TIME_PASSES = "time_passes"
    CANCEL = "cancel"
    MAIL_BOUNCES = "mail_bounces"
    RESEND = "resend"
    CORRECT = "correct_mail_and_invite"


class ConnectionState(StrEnum):
    """Where a connection stands."""

    NOT_CONNECTED = "NOT_CONNECTED"
    PENDING = "PENDING"
    CONNECTED = "CONNECTED"
    SUSPENDED = "SUSPENDED"
    DISCONNECTED = "DISCONNECTED"


class ConnectionAction(StrEnum):
    """What happens to a connection."""

    INVITE = "invite"
    ACCEPT = "accept"
    CANCEL_OR_EXPIRE = "cancel_or_expire"
    DISCONNECT = "disconnect"
    SUSPEND = "suspend"
    RESUME = "resume"


class Turn(StrEnum):
    """Who is to act next."""

    PRACTICE = "practice"
    PATIENT = "patient"
    NOBODY = "nobody"


class ForbiddenMove(RuleViolation):
    """The state does not allow what was asked: ``access_move_not_allowed``, with the state and the action."""


LIVE = frozenset({ConnectionState.PENDING, ConnectionState.CONNECTED, ConnectionState.SUSPENDED})
"""States in which an e-mail is taken: another person cannot be invited by it."""

_I, _C = InvitationState, ConnectionState

INVITATION_MOVES: Mapping[InvitationState, Mapping[InvitationAction, InvitationState]] = MappingProxyType(
    {
        _I.NONE: {InvitationAction.INVITE: _I.PENDING},
        _I.PENDING: {
            InvitationAction.SET_PASSWORD: _I.ACCEPTED,
            InvitationAction.TIME_PASSES: _I.EXPIRED,
            InvitationAction.CANCEL: _I.CANCELLED,
            InvitationAction.MAIL_BOUNCES: _I.BOUNCED,
            InvitationAction.RESEND: _I.PENDING,
        },
        _I.ACCEPTED: {},
        _I.EXPIRED: {InvitationAction.RESEND: _I.PENDING},
        _I.CANCELLED: {InvitationAction.INVITE: _I.PENDING},
        _I.BOUNCED: {InvitationAction.CORRECT: _I.PENDING},
    }
)
"""From each state, what each action leads to; what is not here must never happen."""

INVITATION_TURN: Mapping[InvitationState, Turn] = MappingProxyType(
    {
        _I.NONE: Turn.PRACTICE,
        _I.PENDING: Turn.PATIENT,
        _I.ACCEPTED: Turn.NOBODY,
        _I.EXPIRED: Turn.PRACTICE,
        _I.CANCELLED: Turn.NOBODY,
        _I.BOUNCED: Turn.PRACTICE,
    }
)

INVITATION_AUDIT: Mapping[InvitationAction, str] = MappingProxyType(
    {
        InvitationAction.INVITE: "invitation.send",
        InvitationAction.SET_PASSWORD: "invitation.accept",
        InvitationAction.TIME_PASSES: "invitation.expire",
        InvitationAction.CANCEL: "invitation.cancel",
        InvitationAction.MAIL_BOUNCES: "invitation.bounce",
        InvitationAction.RESEND: "invitation.resend",
        InvitationAction.CORRECT: "invitation.correct",
    }
)

CONNECTION_MOVES: Mapping[ConnectionState, Mapping[ConnectionAction, ConnectionState]] = MappingProxyType(
    {
        _C.NOT_CONNECTED: {ConnectionAction.INVITE: _C.PENDING},
        _C.PENDING: {
            ConnectionAction.ACCEPT: _C.CONNECTED,
            ConnectionAction.CANCEL_OR_EXPIRE: _C.NOT_CONNECTED,
        },
        _C.CONNECTED: {
            ConnectionAction.DISCONNECT: _C.DISCONNECTED,
            ConnectionAction.SUSPEND: _C.SUSPENDED,
        },
        _C.SUSPENDED: {ConnectionAction.RESUME: _C.CONNECTED},
        _C.DISCONNECTED: {ConnectionAction.INVITE: _C.PENDING},
    }
)
"""From each state, what each action leads to; what is not here must never happen."""

CONNECTION_TURN: Mapping[ConnectionState, Turn] = MappingProxyType(
    {
        _C.NOT_CONNECTED: Turn.PRACTICE,
        _C.PENDING: Turn.PATIENT,
        _C.CONNECTED: Turn.NOBODY,
        _C.SUSPENDED: Turn.PRACTICE,
        _C.DISCONNECTED: Turn.NOBODY,
    }
)

CONNECTION_AUDIT: Mapping[ConnectionAction, str] = MappingProxyType(
    {
        ConnectionAction.INVITE: "invitation.send",
        ConnectionAction.ACCEPT: "invitation.accept",
        ConnectionAction.CANCEL_OR_EXPIRE: "invitation.cancel",
        ConnectionAction.DISCONNECT: "connection.disconnect",
        ConnectionAction.SUSPEND: "connection.suspend",
        ConnectionAction.RESUME: "connection.resume",
    }
)

FOLLOWS: Mapping[InvitationAction, ConnectionAction] = MappingProxyType(
    {
        InvitationAction.INVITE: ConnectionAction.INVITE,
        InvitationAction.SET_PASSWORD: ConnectionAction.ACCEPT,
        InvitationAction.TIME_PASSES: ConnectionAction.CANCEL_OR_EXPIRE,
        InvitationAction.CANCEL: ConnectionAction.CANCEL_OR_EXPIRE,
        InvitationAction.MAIL_BOUNCES: ConnectionAction.CANCEL_OR_EXPIRE,
        InvitationAction.RESEND: ConnectionAction.INVITE,
        InvitationAction.CORRECT: ConnectionAction.INVITE,
    }
)
"""What a move of the invitation does to its connection; one that is resent while it waits leaves it waiting."""


def invitation_after(state: InvitationState, action: InvitationAction) -> InvitationState:
    """Return the state an invitation is in after an action.

    :raises ForbiddenMove: ``access_move_not_allowed``, with the state and the action
    """
    if action not in INVITATION_MOVES[state]:
        raise ForbiddenMove("access_move_not_allowed", field="state", state=state, action=action)
    return INVITATION_MOVES[state][action]


def connection_after(state: ConnectionState, action: ConnectionAction) -> ConnectionState:
    """Return the state a connection is in after an action.

    :raises ForbiddenMove: ``access_move_not_allowed``, with the state and the action
    """
    if action not in CONNECTION_MOVES[state]:
        raise ForbiddenMove("access_move_not_allowed", field="state", state=state, action=action)
    return CONNECTION_MOVES[state][action]


def followed(connection: ConnectionState, action: InvitationAction) -> ConnectionState:
    """Return the state of a connection after a move of its invitation.

    >>> followed(ConnectionState.PENDING, InvitationAction.RESEND)
    <ConnectionState.PENDING: 'PENDING'>

    :raises ForbiddenMove: the connection cannot follow
    """
    if action is InvitationAction.RESEND and connection is ConnectionState.PENDING:
        return connection
    return connection_after(connection, FOLLOWS[action])
