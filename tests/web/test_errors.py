"""Pages of what went wrong: the right status, a way out, no data."""

from __future__ import annotations

import logging

import pytest
from django.test import Client, override_settings

pytestmark = [pytest.mark.urls("tests.web.doors"), pytest.mark.django_db]


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing/", 404),
        ("/door/too-big/", 413),
        ("/door/broken/", 500),
        ("/door/no-database/", 503),
        ("/door/full-disk/", 503),
        ("/door/no-table/", 500),
    ],
)
def test_error_page_has_its_status_and_a_way_out(visitor, path, status):
    response = visitor.get(path)
    text = response.content.decode()
    assert response.status_code == status
    assert 'href="/"' in text
    assert "Bruno" not in text
    assert "secret" not in text
    assert response["Cache-Control"] == "no-store, private"


def test_error_500_gives_a_number_to_tell_the_support(visitor):
    response = visitor.get("/door/broken/", headers={"x-request-id": "from-the-proxy-1"})
    assert response["X-Request-ID"] == "from-the-proxy-1"
    assert b"from-the-proxy-1" in response.content


def test_error_503_says_when_to_come_back_and_logs_no_secret(visitor, caplog):
    with caplog.at_level(logging.ERROR):
        response = visitor.get("/door/no-database/")
    assert response["Retry-After"] == "30"
    ours = [record.getMessage() for record in caplog.records if record.name == "sportello.web"]
    assert len(ours) == 1
    assert "secret" not in ours[0]


@pytest.mark.parametrize(("path", "status"), [("/door/broken/", 500), ("/door/full-disk/", 503), ("/nothing/", 404)])
def test_error_for_htmx_is_a_note_that_leaves_the_page_as_it_was(visitor, path, status):
    response = visitor.get(path, headers={"hx-request": "true"})
    assert (response.status_code, response["HX-Retarget"]) == (status, "#messages")
    assert b"<html" not in response.content
    assert b'role="alert"' in response.content


def test_error_403_of_a_stale_form_says_what_to_do(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["ada"])
    response = client.post("/practice/search/", {"words": "x"})
    assert response.status_code == 403
    assert response.context["stale"] is True


def test_error_404_of_a_signed_in_person_offers_to_sign_out(world):
    client = Client()
    client.force_login(world.people["zeno"])
    assert b"/accounts/logout/" in client.get("/nothing/").content


@override_settings(ACCOUNT_RATE_LIMITS={"login": "2/m/ip"})
def test_error_429_after_too_many_attempts_is_a_page_of_ours(visitor):
    answers = [visitor.post("/accounts/login/", {"login": "x@posta.example", "password": "w"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "errors/429.html" in [template.name for template in answers[-1].templates]
