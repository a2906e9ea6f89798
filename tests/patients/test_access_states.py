"""The tables of invitation and connection cover every state, and no walk through the operations leaves them."""

from __future__ import annotations

from datetime import timedelta
from itertools import count, product
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sportello.core.actors import System, acting
from sportello.patients.models import Connection, Invitation, InvitationLink, Patient
from sportello.patients.operations.portal.answering import DeadLink
from sportello.patients.operations.portal.inviting import correct_and_invite, resend
from sportello.patients.operations.portal.standing import cancel_invitation, disconnect, mark_bounced, resume, suspend
from sportello.patients.operations.portal.tending import expire_invitations
from sportello.patients.states import (
    CONNECTION_AUDIT,
    CONNECTION_MOVES,
    CONNECTION_TURN,
    FOLLOWS,
    INVITATION_AUDIT,
    INVITATION_MOVES,
    INVITATION_TURN,
    ConnectionAction,
    ConnectionState,
    ForbiddenMove,
    InvitationAction,
    InvitationState,
    followed,
)
from tests.patients import portal
from tests.patients.portal import NOW, accept, send, token


def test_tables_cover_every_state_and_action() -> None:
    assert set(INVITATION_MOVES) == set(INVITATION_TURN) == set(InvitationState)
    assert set(CONNECTION_MOVES) == set(CONNECTION_TURN) == set(ConnectionState)
    assert set(INVITATION_AUDIT) == set(FOLLOWS) == set(InvitationAction)
    assert set(CONNECTION_AUDIT) == set(ConnectionAction)


def test_followed_of_every_move_is_a_move_of_the_connection() -> None:
    for now, action in product(ConnectionState, InvitationAction):
        try:
            to = followed(now, action)
        except ForbiddenMove:
            continue
        waiting = now is to is ConnectionState.PENDING and action is InvitationAction.RESEND
        assert waiting or to in CONNECTION_MOVES[now].values()


NUMBERS = count()


class Walk:
    """Tries whatever it is told to, on one patient, as people, time and the desk would."""

    def __init__(self, world: Any) -> None:
        self.world, self.now, self.connection_id = world, NOW, 0
        number, self.mails = next(NUMBERS), len(portal.mails())
        with acting(System("test")):
            self.patient = Patient.objects.create(
                practice=world.bruno.practice,
                family_name="Prova",
                given_name="Passo",
                folded_name=f"prova passo {number}",
                email=f"passo{number}@posta.example",
            )

    def state(self) -> tuple[str, str]:
        return portal.states(self.connection_id) if self.connection_id else ("NOT_CONNECTED", "NONE")

    def step(self, name: str) -> bool:
        self.now += timedelta(hours=1)
        try:
            getattr(self, name)()
        except (ForbiddenMove, DeadLink, Connection.DoesNotExist):
            return False
        return True

    def _about(self) -> dict[str, Any]:
        return {"actor": self.world.ada, "connection_id": self.connection_id, "now": self.now}

    def invite(self) -> None:
        self.connection_id = send(self.world.ada, self.patient, now=self.now).connection_id

    def resend(self) -> None:
        resend(**self._about())

    def correct(self) -> None:
        correct_and_invite(**self._about(), email=f"nuovo{self.patient.pk}@posta.example")

    def cancel(self) -> None:
        cancel_invitation(**self._about())

    def bounce(self) -> None:
        mark_bounced(**self._about())

    def suspend(self) -> None:
        suspend(**self._about())

    def resume(self) -> None:
        resume(**self._about())

    def disconnect(self) -> None:
        disconnect(**self._about())

    def accept(self) -> None:
        if len(portal.mails()) > self.mails:
            accept(token(), now=self.now)

    def wait(self) -> None:
        self.now += timedelta(days=20)
        expire_invitations(now=self.now)


STEPS = ("invite", "resend", "correct", "cancel", "bounce", "suspend", "resume", "disconnect", "accept", "wait")
LISTED = {
    ConnectionState.NOT_CONNECTED: {ConnectionState.PENDING},
    ConnectionState.PENDING: {ConnectionState.CONNECTED, ConnectionState.NOT_CONNECTED},
    ConnectionState.CONNECTED: {ConnectionState.DISCONNECTED, ConnectionState.SUSPENDED},
    ConnectionState.SUSPENDED: {ConnectionState.CONNECTED},
    ConnectionState.DISCONNECTED: {ConnectionState.PENDING},
}
INVITATIONS = {
    "NONE": {"PENDING"},
    "PENDING": {"ACCEPTED", "EXPIRED", "CANCELLED", "BOUNCED"},
    "ACCEPTED": {"PENDING"},  # another invitation, after a disconnection
    "EXPIRED": {"PENDING"},
    "CANCELLED": {"PENDING"},
    "BOUNCED": {"PENDING"},
}
TOGETHER = {
    ("NOT_CONNECTED", "NONE"),
    ("NOT_CONNECTED", "EXPIRED"),
    ("NOT_CONNECTED", "CANCELLED"),
    ("NOT_CONNECTED", "BOUNCED"),
    ("PENDING", "PENDING"),
    ("CONNECTED", "ACCEPTED"),
    ("SUSPENDED", "ACCEPTED"),
    ("DISCONNECTED", "ACCEPTED"),
}


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=14))
def test_no_walk_leaves_the_tables(world: Any, monkeypatch: Any, steps: list[str]) -> None:
    portal.pair(monkeypatch)
    walk = Walk(world)
    before = walk.state()
    for step in steps:
        walk.step(step)
        after = walk.state()
        assert after in TOGETHER
        if after[0] != before[0]:
            assert after[0] in LISTED[ConnectionState(before[0])]
        if after[1] != before[1]:
            assert after[1] in INVITATIONS[before[1]]
        _check_links(walk, after)
        before = after


def _check_links(walk: Walk, state: tuple[str, str]) -> None:
    with acting(System("test")):
        live = InvitationLink.objects.filter(ended_at=None, invitation__connection_id=walk.connection_id or 0).count()
    assert live == (1 if state[1] == "PENDING" else 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "FRIENDLY"},
        {"state": "CONNECTED"},  # without an account
    ],
)
def test_database_refuses_a_connection_that_cannot_be(world, monkeypatch, wrong) -> None:
    portal.pair(monkeypatch)
    sent = send(world.ada, world.bruno)
    with acting(System("test")), pytest.raises(IntegrityError), transaction.atomic():
        Connection.objects.filter(pk=sent.connection_id).update(**wrong)


def test_database_refuses_two_connections_of_one_patient(world, monkeypatch) -> None:
    portal.pair(monkeypatch)
    send(world.ada, world.bruno)
    with acting(System("test")), pytest.raises(IntegrityError), transaction.atomic():
        Connection.objects.create(
            practice=world.bruno.practice, patient=world.bruno, email="x@posta.example", email_key="x", since_at=NOW
        )


def test_database_refuses_one_address_for_two_patients(world, monkeypatch) -> None:
    portal.pair(monkeypatch)
    send(world.ada, world.bruno)
    with acting(System("test")), pytest.raises(IntegrityError), transaction.atomic():
        Connection.objects.create(
            practice=world.youssef.practice,
            patient=world.youssef,
            email="bruno.verdi@posta.example",
            email_key="bruno.verdi@posta.example",
            state="PENDING",
            since_at=NOW,
        )


def test_database_refuses_two_live_links_and_two_current_invitations(world, monkeypatch) -> None:
    portal.pair(monkeypatch)
    sent = send(world.ada, world.bruno)
    invitation = portal.invitation(sent.connection_id)
    with acting(System("test")), pytest.raises(IntegrityError), transaction.atomic():
        InvitationLink.objects.create(
            practice=world.bruno.practice,
            invitation=invitation,
            token_hash="0" * 64,
            email="x@posta.example",
            made_at=NOW,
            expires_at=NOW + timedelta(days=1),
        )
    with acting(System("test")), pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(
            practice=world.bruno.practice, connection_id=sent.connection_id, since_at=NOW, expires_at=NOW
        )


def test_database_refuses_a_link_that_ended_without_a_reason(world, monkeypatch) -> None:
    portal.pair(monkeypatch)
    send(world.ada, world.bruno)
    with acting(System("test")), pytest.raises(IntegrityError), transaction.atomic():
        InvitationLink.objects.update(ended_at=NOW)
    with acting(System("test")), pytest.raises(IntegrityError), transaction.atomic():
        InvitationLink.objects.update(expires_at=NOW)


def test_database_refuses_an_invitation_that_cannot_be(world, monkeypatch) -> None:
    portal.pair(monkeypatch)
    sent = send(world.ada, world.bruno)
    for wrong in ({"state": "MAYBE"}, {"code_hash": "a" * 64}):
        with acting(System("test")), pytest.raises(IntegrityError), transaction.atomic():
            Invitation.objects.filter(connection_id=sent.connection_id).update(**wrong)
