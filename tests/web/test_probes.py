"""What machines ask, and what they are told."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, transaction
from django.test import Client

from sportello.core import beats, health
from sportello.core.actors import System, acting
from sportello.core.mail import queueing
from sportello.core.models import OutgoingMail


@pytest.fixture
def living_worker(db):
    beats.beat("w1", 2, datetime.now(UTC))


def problems(client: Client) -> dict[str, str]:
    return {name: words for name, words in client.get("/readyz").json()["checks"].items() if words != "ok"}


def test_healthz_answers_without_the_database(client):
    assert client.get("/healthz").content == b"ok\n"


def test_readyz_with_everything_there(client, living_worker):
    response = client.get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (200, True)


def test_readyz_without_a_worker(client, db):
    assert client.get("/readyz").status_code == 503
    assert set(problems(client)) == {"worker"}


def test_readyz_with_a_worker_that_fell_silent(client, db):
    beats.beat("w1", 2, datetime.now(UTC) - beats.SILENT_AFTER * 2)
    assert set(problems(client)) == {"worker"}


def test_readyz_without_keys(client, living_worker, settings, tmp_path):
    settings.SPORTELLO_KEY_FILE = str(tmp_path / "gone.txt")
    assert problems(client) == {"keys": "the key file is missing"}
    (tmp_path / "gone.txt").write_text("nonsense")
    assert problems(client) == {"keys": "the key file cannot be read"}


def test_readyz_with_a_full_disk(client, living_worker, monkeypatch):
    monkeypatch.setattr(health, "LEAST_FREE", 10**18)
    assert set(problems(client)) == {"disk"}


def test_readyz_with_migrations_waiting(client, living_worker, monkeypatch):
    monkeypatch.setattr(health, "_migrated", set())
    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *args: ["one"])
    assert set(problems(client)) == {"migrations"}


def test_readyz_with_a_database_that_is_down(client, living_worker, monkeypatch):
    def down(*args, **kwargs):
        raise OperationalError("no")

    monkeypatch.setattr(health, "_database", down)
    assert set(problems(client)) == {"database"}


def test_metrics_count_requests_by_route_without_ids(client, world, signed_in):
    ada = signed_in("ada")
    ada.get(f"/practice/invoices/{world.draft.pk}/")
    with acting(System("test")), transaction.atomic():
        queueing.queue(party_id=1, purpose="paper", key="k", to="bruno@posta.example", subject="s", text="t")
    text = client.get("/metrics").content.decode()
    assert re.search(
        r'sportello_requests_total\{method="GET",route="practice/invoices/<row:invoice_id>/",status="\d+"\}', text
    )
    assert re.search(r'sportello_mails\{state="waiting"\} 1\.0', text)
    assert re.search(r'sportello_jobs\{state="waiting"\} \d', text)
    assert "sportello_papers_issued 0.0" in text
    assert "bruno" not in text


@pytest.mark.parametrize(
    "asked",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    ],
)
def test_metrics_are_not_for_other_machines(client, db, asked):
    assert client.get("/metrics", **asked).status_code == 404


def test_metrics_with_a_token_ask_for_it(client, db, settings):
    settings.SPORTELLO_METRICS_TOKEN = "a-long-token"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer other").status_code == 404
    far = {"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "Bearer a-long-token"}
    assert client.get("/metrics", **far).status_code == 200


def test_mailbox_is_there_in_the_demo_alone(client, db, settings):
    with acting(System("test")), transaction.atomic():
        queueing.queue(
            party_id=0,
            purpose="account",
            key="k",
            to="ada@posta.example",
            subject="New password",
            text="http://x.example/l/",
        )
        queueing.queue(party_id=7, purpose="paper", key="k", to="bruno@posta.example", subject="Theirs", text="t")
        assert OutgoingMail.objects.count() == 2
    assert client.get("/mailbox/").status_code == 404
    settings.DEMO = True
    page = client.get("/mailbox/").content.decode()
    assert "New password" in page
    assert 'href="http://x.example/l/"' in page
    assert "Theirs" not in page, "a practice's mail is for its owner"


def test_probe_pages_carry_no_cookie(client, living_worker):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert not client.get(path).cookies, path
