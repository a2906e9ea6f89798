"""Where a request came from, and the id it carries."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from sportello.config.environment import BadSetting, whole_number
from sportello.web.http import client_address


def asked(**headers):
    return RequestFactory(headers=headers).get("/")


def test_client_address_is_the_one_that_connects(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    assert client_address(asked(**{"x-forwarded-for": "203.0.113.9"})) == "127.0.0.1"


def test_client_address_behind_a_proxy_is_the_last_the_proxy_saw(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert client_address(asked(**{"x-forwarded-for": "198.51.100.1, 203.0.113.9"})) == "203.0.113.9"


@pytest.mark.parametrize("header", ["203.0.113.9", "not an address, 203.0.113.9"])
def test_client_address_that_does_not_add_up_is_nothing(settings, header):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert client_address(asked(**{"x-forwarded-for": header})) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["short", "with a space", "x" * 41, "new\nline-in-a-log"])
def test_request_id_of_odd_shape_is_replaced(sent):
    given = Client().get("/accounts/login/", headers={"x-request-id": sent})["X-Request-ID"]
    assert given != sent
    assert len(given) == 32


@pytest.mark.django_db
def test_headers_keep_pages_private():
    response = Client().get("/accounts/login/")
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in response["Permissions-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("text", ["-1", "two", "1.5"])
def test_whole_number_refuses_anything_else(monkeypatch, text):
    monkeypatch.setenv("SPORTELLO_PROXIES", text)
    with pytest.raises(BadSetting, match="SPORTELLO_PROXIES"):
        whole_number("SPORTELLO_PROXIES")


def test_whole_number_is_zero_when_not_set(monkeypatch):
    monkeypatch.delenv("SPORTELLO_PROXIES", raising=False)
    assert whole_number("SPORTELLO_PROXIES") == 0
