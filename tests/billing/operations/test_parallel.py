"""Many at once, and processes that die: numbers stay whole (SPEC practice 2.2, threat T11)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from decimal import Decimal

import pytest
from django.db import connection, connections

from sportello.billing.models import Invoice
from sportello.billing.operations.issue import issue_invoice
from sportello.billing.operations.payments import record_payment
from sportello.billing.rules.payments import Method
from sportello.billing.verification import verify_numbers
from sportello.core import audit
from sportello.core.actors import System, acting
from sportello.core.violations import RuleViolation
from tests.billing.desk import draft, issued, stored
from tests.support.installation import eventually
from tests.support.threads import both
from tests.world import DAY, World, build_world

MANY = 50

KILLED = """
import os, sys
import django
django.setup()
from datetime import date
from sportello.billing.operations import issue
from sportello.core import audit
from sportello.core.actors import System, acting
from sportello.parties.queries import actor_for

def die(*given, **more):
    print("numbered", flush=True)
    os.kill(os.getpid(), 9)

issue.close_paper = die
actor = actor_for(int(sys.argv[1]), None)
issue.issue_invoice(actor=actor, invoice_id=int(sys.argv[2]), on=date(2026, 3, 12), today=date(2026, 3, 12))
"""


@pytest.fixture
def world(transactional_db: None) -> World:
    """Give the cast, committed, for several connections."""
    return build_world()


def _issue_all(world: World, ids: list[int]) -> None:
    waiting = iter(ids)

    def one() -> None:
        try:
            issue_invoice(actor=world.ada, invoice_id=next(waiting), on=DAY, today=DAY)
        finally:
            connections.close_all()

    both(one, count=len(ids))


def test_issue_invoice_fifty_at_once_gives_one_to_fifty(world: World) -> None:
    ids = [draft(world).pk for _ in range(MANY)]
    _issue_all(world, ids)
    with acting(System("tests")):
        numbers = list(Invoice.objects.filter(pk__in=ids).order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, MANY + 1))
        assert all(report.report.is_clean for report in verify_numbers())
        assert list(audit.verify()) == []


def test_issue_invoice_of_one_draft_twice_at_once_issues_it_once(world: World) -> None:
    row = draft(world)
    outcomes: list[str] = []

    def one() -> None:
        try:
            issue_invoice(actor=world.ada, invoice_id=row.pk, on=DAY, today=DAY)
            outcomes.append("issued")
        except RuleViolation as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    both(one)
    assert sorted(outcomes) == ["issued", "move_not_allowed"]


def test_record_payment_twice_at_once_is_taken_once(world: World) -> None:
    invoice = issued(world)
    outcomes: list[str] = []

    def one() -> None:
        try:
            record_payment(
                actor=world.ada,
                invoice_id=invoice.pk,
                on=DAY,
                amount=invoice.payable,
                method=Method.CARD,
                today=DAY,
            )
            outcomes.append("paid")
        except RuleViolation as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    both(one)
    assert sorted(outcomes) == ["overpayment", "paid"]
    assert stored(invoice).paid == Decimal("71.40")


def test_process_killed_while_issuing_leaves_no_hole(world: World) -> None:
    first, second = draft(world), draft(world)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "sportello.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "SPORTELLO_DATABASE": _address(),
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(world.people["ada"].pk), str(first.pk)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert killed.stdout.strip() == "numbered"
    later = eventually(lambda: issue_invoice(actor=world.ada, invoice_id=second.pk, on=DAY, today=DAY))
    assert later.number == 1
    assert stored(first).state == "DRAFT"
    with acting(System("tests")):
        assert all(report.report.is_clean for report in verify_numbers())


def _address() -> str:
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    user = f"{given['USER']}:{given['PASSWORD']}@" if given["USER"] else ""
    if str(given["HOST"]).startswith("/"):
        return f"postgresql://{user}/{given['NAME']}?host={given['HOST']}"
    return f"postgresql://{user}{given['HOST']}:{given['PORT']}/{given['NAME']}"
