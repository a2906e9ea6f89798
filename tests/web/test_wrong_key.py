"""A server with the wrong encryption key says so, changes nothing, and works again with the right one."""

from __future__ import annotations

import base64

import pytest
from django.test import Client
from django.urls import reverse

from sportello.core import crypto, fields
from tests.billing.desk import issued
from tests.world import World


def other_ring() -> crypto.KeyRing:
    return crypto.KeyRing.parse(f"other:{base64.b64encode(bytes(32)).decode()}")


def same_name_other_key() -> crypto.KeyRing:
    return crypto.KeyRing.parse(f"test:{base64.b64encode(bytes(32)).decode()}")


@pytest.mark.parametrize("wrong", [other_ring, same_name_other_key])
def test_page_with_the_wrong_key_says_what_to_do(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch, wrong: object
) -> None:
    invoice = issued(world)
    client.force_login(world.people["ada"])
    address = reverse("practice:invoice", args=[invoice.pk])
    with monkeypatch.context() as patch:
        patch.setattr(fields, "ring", wrong)
        answer = client.get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert "503" in answer.content.decode()
    assert "VRDBRN" not in answer.content.decode()
    assert client.get(address).status_code == 200
