"""`state-machines.json`: our tables hold the moves of the file, all of them and no other."""

from itertools import product
from typing import Any

import pytest

from sportello.billing.states import (
    DOCUMENT_MOVES,
    PAYMENT_MOVES,
    DocumentAction,
    DocumentState,
    ForbiddenMove,
    PaymentEvent,
    PaymentStatus,
    document_after,
    payment_move,
)
from sportello.patients.states import (
    CONNECTION_MOVES,
    INVITATION_MOVES,
    ConnectionAction,
    ConnectionState,
    InvitationAction,
    InvitationState,
    connection_after,
    invitation_after,
)
from sportello.patients.states import ForbiddenMove as AccessForbidden
from tests.oracles.folder import read_json

MACHINES = read_json("state-machines.json")
GONE = "(deleted)"


def _machine(name: str) -> dict[str, Any]:
    if name not in MACHINES:
        pytest.skip(f"the folder has no {name}")
    return dict(MACHINES[name])


def test_document_moves_are_the_oracles() -> None:
    machine = _machine("invoice_document")
    ours = {(now, action, to or GONE) for now, moves in DOCUMENT_MOVES.items() for action, to in moves.items()}
    assert ours == {tuple(move) for move in machine["transitions"]}
    assert {str(state) for state in DocumentState} == set(machine["states"])
    assert machine["initial"] == DocumentState.DRAFT


def test_payment_moves_are_the_oracles() -> None:
    machine = _machine("invoice_payment")
    ours = {(now, move, to) for moves in PAYMENT_MOVES.values() for (now, to), move in moves.items()}
    assert ours == {tuple(move) for move in machine["transitions"]}
    assert {str(status) for status in PaymentStatus} == set(machine["states"])
    assert machine["initial"] == PaymentStatus.UNPAID


def test_document_moves_outside_the_oracle_are_forbidden() -> None:
    listed = {(now, action) for now, action, _ in _machine("invoice_document")["transitions"]}
    for now, action in product(DocumentState, DocumentAction):
        if (now, action) in listed:
            document_after(now, action)
        else:
            with pytest.raises(ForbiddenMove):
                document_after(now, action)


def test_payment_moves_outside_the_oracle_are_forbidden() -> None:
    listed = {(now, move, to) for now, move, to in _machine("invoice_payment")["transitions"]}
    for event, now, to in product(PaymentEvent, PaymentStatus, PaymentStatus):
        try:
            move = payment_move(event, now, to)
        except ForbiddenMove:
            continue
        assert (now, move, to) in listed


def test_invitation_moves_are_the_oracles() -> None:
    machine = _machine("invitation")
    ours = {(now, action, to) for now, moves in INVITATION_MOVES.items() for action, to in moves.items()}
    assert ours == {tuple(move) for move in machine["transitions"]}
    assert {str(state) for state in InvitationState} == set(machine["states"])
    assert machine["initial"] == InvitationState.NONE


def test_connection_moves_are_the_oracles() -> None:
    machine = _machine("connection")
    ours = {(now, action, to) for now, moves in CONNECTION_MOVES.items() for action, to in moves.items()}
    assert ours == {tuple(move) for move in machine["transitions"]}
    assert {str(state) for state in ConnectionState} == set(machine["states"])
    assert machine["initial"] == ConnectionState.NOT_CONNECTED


def test_invitation_moves_outside_the_oracle_are_forbidden() -> None:
    listed = {(now, action): to for now, action, to in _machine("invitation")["transitions"]}
    for now, action in product(InvitationState, InvitationAction):
        if (now, action) in listed:
            assert invitation_after(now, action) == listed[now, action]
        else:
            with pytest.raises(AccessForbidden):
                invitation_after(now, action)


def test_connection_moves_outside_the_oracle_are_forbidden() -> None:
    listed = {(now, action): to for now, action, to in _machine("connection")["transitions"]}
    for now, action in product(ConnectionState, ConnectionAction):
        if (now, action) in listed:
            assert connection_after(now, action) == listed[now, action]
        else:
            with pytest.raises(AccessForbidden):
                connection_after(now, action)
