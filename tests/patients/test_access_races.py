"""Access when two do the same thing at once, and what the worker does by itself."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from sportello.core import outbox, schedule
from sportello.core.actors import System, acting
from sportello.core.models import OutgoingMail
from sportello.core.outbox import Work
from sportello.core.violations import RuleViolation
from sportello.patients.models import Connection, InvitationLink, Patient
from sportello.patients.operations.portal.bulk import start_bulk_invitation
from sportello.patients.operations.portal.inviting import invite
from tests.patients import portal
from tests.patients.portal import NOW, accept, mails, send, states, token
from tests.world import build_world

TOGETHER = 4
PATIENCE = 60


def _at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """Do things at the same time, each with its own connection to the database; return results and refusals."""
    barrier = Barrier(len(deeds))

    def one(deed: Callable[[], Any]) -> Any:
        barrier.wait(timeout=PATIENCE)
        try:
            return deed()
        except RuleViolation as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [each.result(timeout=PATIENCE) for each in [pool.submit(one, deed) for deed in deeds]]


@pytest.mark.django_db(transaction=True)
def test_accept_by_several_accounts_at_once_connects_one(monkeypatch):
    portal.pair(monkeypatch)
    world = build_world()
    sent = send(world.ada, world.bruno)
    given = token()
    found = _at_once([partial(accept, given, account=f"account-{each}") for each in range(TOGETHER)])
    won = [each for each in found if not isinstance(each, RuleViolation)]
    assert len(won) == 1
    assert {each.code for each in found if isinstance(each, RuleViolation)} == {"dead"}
    assert states(sent.connection_id) == ("CONNECTED", "ACCEPTED")


@pytest.mark.django_db(transaction=True)
def test_invite_by_several_people_at_once_mails_once(monkeypatch):
    portal.pair(monkeypatch)
    world = build_world()
    found = _at_once([lambda: invite(actor=world.ada, patient_id=world.bruno.pk, now=NOW)] * TOGETHER)
    assert len([each for each in found if not isinstance(each, RuleViolation)]) == 1
    assert len(mails()) == 1
    with acting(System("test")):
        assert Connection.objects.count() == 1
        assert InvitationLink.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_invite_of_two_patients_by_one_address_at_once_lets_one_through(monkeypatch):
    portal.pair(monkeypatch)
    world = build_world()
    with acting(System("test")):
        Patient.objects.filter(pk=world.youssef.pk).update(email="bruno.verdi@posta.example")
    found = _at_once(
        [
            lambda: invite(actor=world.ada, patient_id=world.bruno.pk, now=NOW),
            lambda: invite(actor=world.ada, patient_id=world.youssef.pk, now=NOW),
        ]
    )
    refused = [each for each in found if isinstance(each, RuleViolation)]
    assert [each.code for each in refused] == ["invite_email_of_another_patient"]


def test_worker_looks_after_access_every_ten_minutes(world, monkeypatch):
    portal.pair(monkeypatch)
    (periodic,) = [each for each in schedule.known() if each.handler == "patients.tend_access"]
    assert periodic.every == timedelta(minutes=10)
    expired = send(world.ada, world.bruno, now=datetime(2020, 1, 1, tzinfo=UTC))
    bounced = send(world.ada, world.mia, world.gina, now=datetime.now(UTC))
    with acting(System("test")):
        OutgoingMail.objects.filter(pk=mails()[-1].pk).update(state="failed", last_error="recipient_refused")
    outbox.find("patients.tend_access").act(_work(0))
    assert states(expired.connection_id) == ("NOT_CONNECTED", "EXPIRED")
    assert states(bounced.connection_id) == ("NOT_CONNECTED", "BOUNCED")


def test_worker_goes_on_inviting(world, monkeypatch):
    portal.pair(monkeypatch)
    bulk = start_bulk_invitation(actor=world.ada, patient_ids=[world.bruno.pk], proof="none", now=NOW)
    outbox.find("patients.bulk_invite").act(_work(bulk.pk))
    assert [mail.recipient for mail in mails()] == ["bruno.verdi@posta.example"]


def _work(object_id: int) -> Work:
    return Work(1, "", object_id, 0, "", 1, False)
