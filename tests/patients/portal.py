"""Hands of the tests about access to the portal: a paired portal, invitations that went out, links out of mails."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sportello.core.actors import Actor, System, acting
from sportello.core.models import AuditEntry, OutgoingMail
from sportello.patients import portal_door
from sportello.patients.connecting.people import Asked
from sportello.patients.connecting.sending import Sent
from sportello.patients.models import Connection, Invitation
from sportello.patients.operations.portal.answering import Accepted, accept_invitation
from sportello.patients.operations.portal.inviting import invite

NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
ACCOUNT = "7f3c1f0e5d3b4c0f9a11a2b3c4d5e6f7"
PORTAL = "portal-1"
ADDRESS = "https://portale.example"
_LINK = re.compile(rf"{ADDRESS}/i/[\w-]+/([\w-]{{43}})")


class Paired:
    """A portal that is paired; put in the place of `core.pairing`."""

    def portal_address(self) -> str:
        return f"{ADDRESS}/"

    def desk_id(self) -> str:
        return "desk-1"


class Unpaired(Paired):
    """No portal."""

    def portal_address(self) -> str:
        return ""


def pair(monkeypatch: Any, door: Paired | None = None) -> None:
    """Let a portal be paired for the length of a test."""
    monkeypatch.setattr(portal_door, "pairing", door or Paired())


def send(actor: Actor, patient: Any, representative: Any = None, *, now: datetime = NOW, **asked: Any) -> Sent:
    """Invite somebody."""
    return invite(
        actor=actor,
        patient_id=patient.pk,
        representative_id=representative.pk if representative else None,
        asked=Asked(**asked),
        now=now,
    )


def mails(purpose: str = "patient_invitation") -> list[OutgoingMail]:
    """Return the mails of a kind, oldest first."""
    with acting(System("tests")):
        return list(OutgoingMail.objects.filter(purpose=purpose).order_by("pk"))


def token(number: int = -1) -> str:
    """Return the token of the newest invitation that was mailed, or of another one."""
    found = _LINK.search(mails()[number].text)
    assert found, "no link in the mail"
    return found[1]


def accept(given: str = "", *, account: str = ACCOUNT, proof: str = "", now: datetime = NOW) -> Accepted:
    """Take an invitation as the desk does."""
    return accept_invitation(token=given or token(), account=account, proof=proof, portal=PORTAL, now=now)


def connected(actor: Actor, patient: Any, representative: Any = None, *, account: str = ACCOUNT) -> Connection:
    """Invite somebody and take the invitation; return the connection."""
    sent = send(actor, patient, representative)
    accept(account=account)
    return connection(sent.connection_id)


def connection(connection_id: int) -> Connection:
    """Return a connection as it is stored."""
    with acting(System("tests")):
        return Connection.objects.get(pk=connection_id)


def invitation(connection_id: int) -> Invitation:
    """Return the current invitation of a connection."""
    with acting(System("tests")):
        return Invitation.objects.get(connection_id=connection_id, is_current=True)


def states(connection_id: int) -> tuple[str, str]:
    """Return the states of a connection and of its current invitation."""
    return connection(connection_id).state, invitation(connection_id).state


def audited(action: str) -> list[AuditEntry]:
    """Return the entries of a deed."""
    with acting(System("tests")):
        return list(AuditEntry.objects.filter(action=action).order_by("pk"))
