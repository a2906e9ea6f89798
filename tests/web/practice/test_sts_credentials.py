"""The test of the credentials: what each answer, and each silence, says on the page, and what it changes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from sistemats.simulator import Fault, Rule
from sportello.accounts.models import Person
from sportello.core.actors import System, acting
from sportello.expenses import ministry, patience
from sportello.expenses.models import StsSettings
from sportello.expenses.queries.checklist import checklist
from sportello.expenses.rules.credentials import Verdict, of_silence, signed_in
from sportello.web.practice.sts.words import TESTED, TESTS
from tests.expenses.counter import counter_at
from tests.web.practice.conftest import text_of


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it; people read English."""
    Person.objects.update(language="en")
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


@pytest.fixture
def tested(proved, counter, world):
    """Give a function that tests the credentials and returns the page that follows."""
    client = proved("ada")

    def test() -> str:
        return text_of(client.post(reverse("practice:sts_test", args=[world.studio.pk]), follow=True))

    return test


def account() -> StsSettings:
    with acting(System("tests")):
        return StsSettings.objects.get()


def changed(**values: object) -> None:
    with acting(System("tests")):
        row = StsSettings.objects.get()
        for name, value in values.items():
            setattr(row, name, value)
        row.save()


def stopped(reason: str) -> None:
    changed(stopped_at=datetime.now(UTC), stop_reason=reason)


def test_every_finding_has_words():
    assert set(TESTS) == set(TESTED) == {each.value for each in Verdict}


def test_of_silence_tells_a_host_that_was_not_reached_from_one_that_does_not_answer():
    assert of_silence(trusted=True, status=0, waited=10.1, connects_within=10.0) is Verdict.NETWORK
    assert of_silence(trusted=True, status=0, waited=65.0, connects_within=10.0) is Verdict.SILENT
    assert of_silence(trusted=True, status=503, waited=65.0, connects_within=10.0) is Verdict.BUSY
    assert of_silence(trusted=False, status=0, waited=65.0, connects_within=10.0) is Verdict.TRUST


def test_signed_in_is_who_was_let_in_or_only_had_a_wrong_pin():
    assert {each for each in Verdict if signed_in(each)} == {Verdict.GOOD, Verdict.PIN}


def test_a_host_that_hangs_is_said_to_be_silent(tested, counter):
    counter.faults(Rule(Fault.HANG, seconds=20.0))
    with patience.arranged(connect=0.5, read=3.0):
        page = tested()
    assert account().test_result == "silent"
    assert "The Sistema TS was reached but gave no answer" in page
    assert "sign in to the portal" in page


def test_a_simulator_that_ended_is_named(tested, counter, tmp_path):
    counter.simulator.stop()
    page = tested()
    assert account().test_result == "network"
    assert "start the server anew" in page
    assert "Look at the connection of this server" not in page


def test_a_host_that_refuses_connections_is_not_reached(tested, counter, monkeypatch):
    base = ministry.base_of(counter.account)
    counter.simulator.stop()
    changed(environment="production")
    monkeypatch.setattr(ministry, "base_of", lambda _account: base)
    monkeypatch.setattr(ministry, "_certificates", lambda _account: ministry._simulator().load_certificates())
    monkeypatch.setattr(ministry, "_tls", lambda _account, _folder: ministry._simulator().tls)
    page = tested()
    assert account().test_result == "network"
    assert "Look at the connection of this server" in page


def test_a_wrong_pin_after_refused_sign_ins_says_that_the_password_is_right(tested):
    changed(pin="0000000000", wrong_tries=3)
    stopped("authentication")
    page = tested()
    row = account()
    assert (row.test_result, row.stop_reason, row.wrong_tries) == ("pin", "pin", 0)
    assert "sending is stopped: the PIN was refused" in page
    assert "user or password were refused" not in page
    assert "since the last good one" not in page


def test_what_was_stopped_by_hand_stays_so_whatever_a_test_finds(tested):
    changed(pin="0000000000")
    stopped("by_hand")
    tested()
    assert account().stop_reason == "by_hand"


def test_a_network_failure_leaves_the_reason_of_a_stop(tested, counter):
    stopped("authentication")
    counter.faults(Rule(Fault.HTTP_503))
    tested()
    assert account().stop_reason == "authentication"


def test_an_account_that_cannot_be_used_is_not_called_an_unclear_answer(tested, monkeypatch):
    def unusable(*_arguments: object, **_more: object) -> None:
        raise ministry.NotConfigured("account")

    monkeypatch.setattr(ministry, "speaking", unusable)
    page = tested()
    assert account().test_result == "unready"
    assert "Nothing could be asked" in page


def test_the_timeline_says_what_each_test_found(tested, counter):
    tested()
    counter.faults(Rule(Fault.HTTP_503))
    page = tested()
    assert page.index("Credentials tested</b>: busy") < page.index("Credentials tested</b>: good")


def test_the_list_for_going_live_asks_for_what_the_real_host_needs(proved, counter, world):
    changed(test_result="good")
    now = datetime.now(UTC)
    here = {item.code: item.done for item in checklist(world.ada, world.studio.pk, now=now)}
    there = {item.code: item.done for item in checklist(world.ada, world.studio.pk, now=now, for_real=True)}
    assert (here["certificate"], here["test"], here["real"]) == (True, True, False)
    assert (there["certificate"], there["test"], there["real"]) == (False, False, False)
    page = text_of(proved("ada").get(reverse("practice:sts_environment", args=[world.studio.pk])))
    assert "Load the certificate" in page
    changed(environment="production")
    there = {item.code: item.done for item in checklist(world.ada, world.studio.pk, now=now, for_real=True)}
    assert (there["test"], there["real"]) == (True, True)
