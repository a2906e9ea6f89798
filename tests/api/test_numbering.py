"""The check of the numbers for programs: who may ask, what comes back, and that it is as described."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sportello.api.urls import api
from sportello.core.actors import System, acting
from sportello.parties.models import Counter, Membership
from tests.billing.desk import issued
from tests.world import World

ADDRESS = "/api/v1/numbering"


def ask(client: Client, **query: Any) -> Any:
    return client.get(ADDRESS, query)


def test_numbering_says_what_is_whole_and_what_is_missing(client: Client, world: World) -> None:
    issued(world)
    with acting(System("tests")):
        Counter.objects.filter(series=world.rossi.series["A"], year=2026).update(last_number=3)
    client.force_login(world.people["ada"])
    (found,) = ask(client, entity=world.studio.pk, year=2026).json()
    assert (found["series"], found["clean"], found["missing"]) == ("A", False, [{"first": 2, "last": 3}])


def test_numbering_is_for_signed_in_members(client: Client, world: World) -> None:
    assert ask(client, entity=world.studio.pk).status_code == 401
    client.force_login(world.people["zeno"])
    assert ask(client, entity=world.studio.pk).status_code == 401


def test_numbering_of_another_practice_is_not_found(client: Client, world: World) -> None:
    client.force_login(world.people["olga"])
    foreign, unknown = ask(client, entity=world.studio.pk), ask(client, entity=999_999)
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content) == (404, foreign.content)


def test_numbering_without_the_right_is_forbidden(client: Client, world: World) -> None:
    with acting(System("tests")):
        Membership.objects.filter(person=world.people["elena"]).update(switches=["patients"])
    client.force_login(world.people["elena"])
    assert ask(client, entity=world.studio.pk).status_code == 403


@pytest.mark.parametrize("query", [{}, {"entity": "x"}, {"entity": "1", "year": "soon"}])
def test_numbering_asked_wrongly_names_the_field(client: Client, world: World, query: dict[str, str]) -> None:
    client.force_login(world.people["ada"])
    answer = client.get(ADDRESS, query)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "query"


def test_description_names_every_operation() -> None:
    described = api.get_openapi_schema()
    assert set(described["paths"]) == {ADDRESS}
    assert described["paths"][ADDRESS]["get"]["security"]
