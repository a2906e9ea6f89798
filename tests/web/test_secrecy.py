"""The search for codes and secrets finds what is planted, each where it could leak, and lets go what is allowed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from sportello.core import audit
from sportello.core.actors import System, acting
from sportello.core.models import Job, OutgoingMail
from tests.expenses import counter
from tests.support import secrecy
from tests.world import BRUNO_CODE, PASSWORD

NOBODY = "FNTMRA80A01H501W"
"""A code that can exist and that nobody of the cast has."""
SECRETS = (BRUNO_CODE, BRUNO_CODE.lower(), NOBODY, PASSWORD, counter.PASSWORD, counter.PIN)
log = logging.getLogger("sportello.tests")

urlpatterns = [
    path("teapot/", lambda request: HttpResponse(f"Sorry, {BRUNO_CODE}", status=418)),
    path("form/", lambda request: HttpResponse(f"Typed: {request.GET['typed']}", status=422)),
]


@pytest.fixture(autouse=True)
def _forget():
    yield
    secrecy.take()


def test_secrecy_is_watching_the_session(request):
    assert request.config.pluginmanager.is_registered(secrecy)


@pytest.mark.parametrize("secret", SECRETS)
def test_secret_in_finds_each_kind(secret):
    assert secrecy.secret_in(f"of «{secret}», they say")


@pytest.mark.parametrize("text", ["", "12345678901", "FNTMRA80A01H501X", f"x{NOBODY}", "una frase di prova"])
def test_secret_in_lets_other_words_go(text):
    assert not secrecy.secret_in(text)


@pytest.mark.parametrize("level", [logging.INFO, logging.ERROR])
def test_take_tells_file_and_line_of_a_planted_log_line(level):
    log.log(level, "looking for %s", BRUNO_CODE)
    [found] = secrecy.take()
    assert f"{__name__.rpartition('.')[2]}.py:" in found
    assert BRUNO_CODE not in found


def test_take_finds_a_code_in_a_logged_exception():
    try:
        raise ValueError(NOBODY)
    except ValueError:
        log.exception("it went wrong")
    assert len(secrecy.take()) == 1


def test_take_finds_a_code_in_the_logs_of_django():
    logging.getLogger("django.request").warning("Not Found: %s", f"/patients/{BRUNO_CODE}/")
    assert len(secrecy.take()) == 1


@pytest.mark.urls(__name__)
def test_take_finds_a_code_on_a_planted_error_page():
    Client().get("/teapot/")
    assert "the page 418 of GET /teapot/" in secrecy.take()


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("typed", "number"), [(BRUNO_CODE, 0), (counter.PIN, 1), (PASSWORD, 1)])
def test_take_finds_secrets_and_no_codes_in_a_form_shown_again(typed, number):
    Client().get("/form/", {"typed": typed})
    assert len([each for each in secrecy.take() if "page 422" in each]) == number


def plant_job():
    now = datetime.now(UTC)
    Job.objects.create(handler="tests", object_id=1, key=BRUNO_CODE, next_run_at=now, created_at=now)


def plant_alarm():
    from django_tasks_db.models import DBTaskResult, get_date_max

    DBTaskResult.objects.create(
        args_kwargs={"args": [NOBODY], "kwargs": {}},
        task_path="tests",
        run_after=get_date_max(),
        backend_name="default",
    )


def plant_entry():
    audit.record(System("tests"), "tests.plant", note={"deep": [counter.PIN]})


def plant_subject():
    OutgoingMail.objects.create(
        key="tests",
        purpose="tests",
        recipient="bruno@posta.example",
        subject=f"About {BRUNO_CODE}",
        text=BRUNO_CODE,
        message_id="tests",
        created_at=datetime.now(UTC),
    )


PLANTS = {
    "core_job.key": plant_job,
    "django_tasks_database_dbtaskresult.args_kwargs": plant_alarm,
    "core_auditentry.details": plant_entry,
    "core_outgoingmail.subject": plant_subject,
}


@pytest.mark.parametrize(("column", "plant"), PLANTS.items(), ids=PLANTS)
def test_rows_found_names_the_column_and_the_test_fails(request, db, column, plant):
    with acting(System("tests")), transaction.atomic():
        plant()
        assert secrecy.rows_found() == [f"the column {column}"]
        hook = secrecy.pytest_runtest_call(request.node)
        next(hook)
        with pytest.raises(secrecy.Leak, match=column):
            hook.send(None)
        transaction.set_rollback(True)
    assert secrecy.rows_found() == []


def test_call_of_a_test_fails_for_a_planted_log_line(request):
    hook = secrecy.pytest_runtest_call(request.node)
    next(hook)
    log.error("the PIN is %s", counter.PIN)
    with pytest.raises(secrecy.Leak, match="test_secrecy"):
        hook.send(None)


def test_session_fails_for_a_line_after_the_last_test(request):
    hook = secrecy.pytest_runtest_teardown()
    next(hook)
    log.error("the password is %s", PASSWORD)
    with pytest.raises(secrecy.Leak, match="test_secrecy"):
        hook.send(None)
