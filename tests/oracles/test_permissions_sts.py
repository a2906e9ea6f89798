"""`permissions.csv`, resource sts: each cell asked of the operations themselves, with a document and an account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.exceptions import ObjectDoesNotExist

from sportello.core.actors import Actor, MayNot, Power, Role, Switch, acting
from sportello.expenses.models import StsSettings
from sportello.expenses.operations.manual import send_now
from sportello.expenses.operations.settings import save_identity
from sportello.expenses.operations.sides import set_opposition
from sportello.expenses.queries.document_detail import detail
from sportello.expenses.rules.deeds import Deed
from sportello.expenses.values import IdentityValues
from tests.billing.desk import line, paid
from tests.expenses.counter import Counter, counter_at
from tests.oracles.folder import read_rows
from tests.world import DAY, World

CODE = "RSSDAA79H51A944U"
NEW = IdentityValues(
    category="health_professional", username=CODE, owner_code=CODE, password="Nuova2026y", pin="0123456789"
)
ROLES = ("owner", "collaborator", "accountant", "patient", "guardian")


@pytest.fixture
def counter(world: World, tmp_path: Path) -> Iterator[Counter]:
    """Give the State's counter with Ada's account at it."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def _actor(world: World, role: str, switches: frozenset[Switch]) -> Actor:
    """Return somebody in a role; the patient's side is that of Bruno, whose paper it is."""
    if role in {"patient", "guardian"}:
        return Actor(
            0,
            world.rossi.party.pk,
            Role(role),
            patient_id=world.bruno.pk,
            representative_id=world.gina.pk if role == "guardian" else None,
            powers=frozenset(Power),
        )
    member = {"owner": world.ada, "collaborator": world.elena, "accountant": world.carla}[role]
    return replace(member, switches=switches)


def _expense(counter: Counter) -> int:
    paper = paid(counter.world, line("70.00", service_id=counter.world.therapy.pk))
    counter.take_in()
    return counter.expense(paper).pk


def _configure(counter: Counter, actor: Actor) -> None:
    save_identity(actor=actor, entity_id=counter.entity, values=NEW, today=DAY)
    with acting(actor):
        assert StsSettings.objects.get(entity_id=counter.entity).password == NEW.password


def _send(counter: Counter, actor: Actor) -> None:
    expense = _expense(counter)
    assert send_now(actor=actor, expense_id=expense).state == "ACCEPTED"
    with acting(actor):
        assert [one.outcome for one in detail(actor, expense).history] == ["accepted"]


def _oppose(counter: Counter, actor: Actor) -> None:
    expense = _expense(counter)
    with acting(actor):
        offered = Deed.OPPOSE in detail(actor, expense).deeds
    set_opposition(actor=actor, expense_id=expense, opposed=True)
    assert offered
    with acting(actor):
        assert detail(actor, expense).opposed


DEEDS: dict[str, Callable[[Counter, Actor], None]] = {
    "configure_credentials": _configure,
    "send_and_see_outcomes": _send,
    "opposition_set": _oppose,
}
ROWS = [row for row in read_rows("permissions.csv") if row["resource"] == "sts"]
CELLS = [pytest.param(row["action"], role, row[role], id=f"{row['action']}-{role}") for row in ROWS for role in ROLES]


def _done(counter: Counter, action: str, actor: Actor) -> bool:
    try:
        DEEDS[action](counter, actor)
    except (MayNot, ObjectDoesNotExist):
        return False
    return True


@pytest.mark.parametrize(("action", "role", "cell"), CELLS)
def test_cell_with_every_switch(counter: Counter, action: str, role: str, cell: str) -> None:
    """A `request` is made to the practice, which then does it: the patient's side does not."""
    assert _done(counter, action, _actor(counter.world, role, frozenset(Switch))) is cell.startswith("Y")


@pytest.mark.parametrize(("action", "role", "cell"), CELLS)
def test_cell_without_the_switch(counter: Counter, action: str, role: str, cell: str) -> None:
    without = _actor(counter.world, role, frozenset(Switch) - {Switch.STS})
    assert _done(counter, action, without) is (cell == "Y")


def test_every_row_has_its_deed() -> None:
    if not ROWS:
        pytest.skip("the folder has no permissions.csv")
    assert {row["action"] for row in ROWS} == DEEDS.keys()


def test_accountant_is_not_offered_the_objection(counter: Counter) -> None:
    expense = _expense(counter)
    accountant = _actor(counter.world, "accountant", frozenset(Switch))
    with acting(accountant):
        assert not {Deed.OPPOSE, Deed.UNOPPOSE} & detail(accountant, expense).deeds
