"""Every address of the product, walked: one audience each, and nobody learns what is not theirs (SPEC 11, T1).

Each practice address that names a thing is tried by everybody who might: with a thing of another practice, with one of
an entity or patient that the person was not granted, and with one that does not exist. The answers must be alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter

from sportello.core.actors import Role, Switch, System, acting
from sportello.core.models import AuditEntry
from sportello.parties.models import Membership
from sportello.patients.models import Patient
from tests.web.belongings import Belongings, belongings

AUDIENCES = {"public", "account", "practice", "portal"}
UNKNOWN = 987654321
EVERYBODY = {
    "practice:home",
    "practice:search",
    "practice:settings",
    "practice:settings_entities",
    "practice:settings_entity",
    "practice:settings_law",
    "practice:settings_logo",
    "practice:settings_services",
    "practice:settings_wordings",
}
"""Pages that any member may open: they show what the person was granted and nothing else."""
ACCOUNTANT = {
    "practice:invoices",
    "practice:invoices_csv",
    "practice:invoice",
    "practice:invoice_pdf",
    "practice:registers",
    "practice:register_csv",
    "practice:register_stamps",
}
"""What an accountant may open beside those: issued papers and registers."""


@dataclass(frozen=True)
class Route:
    """A named address with the names of its parts."""

    name: str
    audience: str | None
    path: str
    parts: tuple[str, ...]
    numbers: tuple[str, ...]

    def address(self, own: Belongings | None) -> str:
        """Return the address of this practice's things, of things that are not there when there is no practice."""
        given = {"name": "family_name", "register": "issued", "way": "resync"}
        found = own.of(self.name) if own else dict.fromkeys(self.numbers, UNKNOWN)
        return reverse(self.name, kwargs={part: given.get(part) or found[part] for part in self.parts})


def routes() -> list[Route]:
    """Return every address that the resolver knows."""
    return list(_walk(get_resolver(settings.ROOT_URLCONF), "", ""))


def _walk(resolver: URLResolver, above: str, space: str) -> Iterator[Route]:
    for each in resolver.url_patterns:
        path = f"{above}{each.pattern}"
        if isinstance(each, URLResolver):
            yield from _walk(each, path, f"{space}{each.namespace}:" if each.namespace else space)
        else:
            yield _route(each, path, space)


def _route(each: URLPattern, path: str, space: str) -> Route:
    converters = each.pattern.converters
    return Route(
        name=f"{space}{each.name}",
        audience=getattr(each.callback, "audience", None),
        path=path,
        parts=tuple(converters),
        numbers=tuple(name for name, kind in converters.items() if isinstance(kind, IntConverter)),
    )


PRACTICE = [route for route in routes() if route.path.startswith("practice/")]
NUMBERED = [route for route in PRACTICE if route.numbers]


@pytest.fixture
def things(world) -> dict[str, Belongings]:
    """Give one of everything in both practices."""
    return {
        "rossi": belongings(world, world.rossi, world.ada, world.bruno, world.company),
        "bianchi": belongings(world, world.bianchi, world.olga, world.twin, world.twin_company),
    }


def ask(client: Client, method: str, address: str) -> tuple[int, str, str]:
    """Return status, place to go and body, without what is new in every answer."""
    response = client.post(address) if method == "POST" else client.get(address)
    body = response.getvalue()
    text = body.decode(errors="replace").replace(address, "ADDRESS").replace(response["X-Request-ID"], "REQUEST")
    text = re.sub(r'(csrfmiddlewaretoken" value="|"X-CSRFToken": ?"|X-CSRFToken&quot;: ?&quot;)\w+', "CSRF", text)
    return response.status_code, response.get("Location", "").replace(address, "ADDRESS"), text


def member(world, name: str, **more) -> None:
    """Change what somebody of the cast was granted."""
    with acting(System("tests")):
        Membership.objects.filter(person=world.people[name]).update(**more)


def test_every_page_has_one_audience():
    pages = [route for route in routes() if not route.path.startswith("api/")]
    assert len(pages) > 120
    assert [route.path for route in pages if route.audience not in AUDIENCES] == []


def test_pages_under_practice_are_the_practices_and_no_others():
    wrong = [each.path for each in routes() if (each.audience == "practice") is not each.path.startswith("practice/")]
    assert wrong == []


def test_pages_of_portals_are_the_desks_and_nothing_to_people(proved, things):
    mine = [route for route in routes() if route.audience == "portal"]
    assert [route.path for route in mine] == ["desk/v1/"]
    for client in (Client(), proved("ada")):
        for method in ("GET", "POST"):
            assert client.generic(method, "/desk/v1/").status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_is_led_to_the_sign_in_page(things, method):
    client, reached = Client(), 0
    for route in PRACTICE:
        status, place, _body = ask(client, method, route.address(things["rossi"]))
        if status == 405:
            continue
        reached += 1
        assert (status, place.partition("?")[0]) == (302, reverse("account_login")), route.path
    assert reached > 60


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_somebody_without_a_seat_is_refused(proved, things, method):
    client = proved("zeno")
    for route in PRACTICE:
        response = client.generic(method, route.address(things["rossi"]))
        if response.status_code != 405:
            assert response.status_code == 403, route.path
            assert "errors/403.html" in [template.name for template in response.templates], route.path


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_address_answers_one_method_at_least(proved, things, method):
    client, other = proved("zeno"), {"GET": "POST", "POST": "GET"}[method]
    for route in PRACTICE:
        address = route.address(things["rossi"])
        if client.generic(method, address).status_code == 405:
            assert client.generic(other, address).status_code == 403, route.path


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_member_without_any_right_is_refused(world, proved, things, method):
    member(world, "elena", switches=[])
    client = proved("elena")
    for route in PRACTICE:
        status, _place, _body = ask(client, method, route.address(things["rossi"]))
        if route.name in EVERYBODY:
            assert status != 403, route.path
        else:
            assert status in {403, 405}, route.path


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_accountant_opens_papers_and_registers_alone(proved, things, method):
    client = proved("carla")
    for route in PRACTICE:
        status, _place, _body = ask(client, method, route.address(things["rossi"]))
        if route.name in EVERYBODY | ACCOUNTANT:
            assert status != 403, route.path
        else:
            assert status in {403, 405}, route.path


@pytest.mark.parametrize("who", ["ada", "elena", "carla"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_thing_of_another_practice_answers_as_one_that_does_not_exist(world, proved, things, who, method):
    member(world, "elena", switches=[each.value for each in Switch])
    client, told = proved(who), 0
    for route in NUMBERED:
        foreign = ask(client, method, route.address(things["bianchi"]))
        assert foreign == ask(client, method, route.address(None)), route.path
        assert foreign[0] in {403, 404, 405}, route.path
        told += foreign[0] == 404
    assert told > {"ada": 20, "elena": 12, "carla": 2 if method == "GET" else -1}[who]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_owner_meets_404_on_every_foreign_thing(proved, things, method):
    client = proved("ada")
    for route in NUMBERED:
        status, _place, _body = ask(client, method, route.address(things["bianchi"]))
        assert status in {404, 405}, route.path


OF_AN_ENTITY = {
    "invoice_id",
    "payment_id",
    "session_id",
    "entity_id",
    "terms_id",
    "series_id",
    "account_id",
    "wording_id",
    "sending_id",
    "report_id",
    "difference_id",
    "remark_id",
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("who", ["elena", "carla"])
def test_thing_of_an_entity_not_granted_answers_as_one_that_does_not_exist(world, proved, things, who, method):
    member(world, who, switches=[each.value for each in Switch], all_entities=False)
    with acting(System("tests")):
        Membership.objects.get(person=world.people[who]).entities.set([world.forfait])
    client = proved(who)
    for route in NUMBERED:
        if set(route.numbers) <= OF_AN_ENTITY:
            foreign = ask(client, method, route.address(things["rossi"]))
            assert foreign == ask(client, method, route.address(None)), route.path


OF_A_PATIENT = {"invoice_id", "payment_id", "session_id", "patient_id", "representative_id"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_thing_of_a_patient_somebody_else_follows_answers_as_one_that_does_not_exist(world, proved, things, method):
    member(world, "elena", switches=[each.value for each in Switch], own_patients_only=True)
    with acting(System("tests")):
        Patient.objects.filter(pk=world.bruno.pk).update(followed_by=world.people["ada"])
    client = proved("elena")
    for route in NUMBERED:
        if set(route.numbers) <= OF_A_PATIENT:
            foreign = ask(client, method, route.address(things["rossi"]))
            assert foreign == ask(client, method, route.address(None)), route.path
            assert foreign[0] in {403, 404, 405}, route.path


def test_every_refusal_is_written_down_alike(world, proved, things):
    client = proved("ada")
    address = "practice:invoice"
    client.get(reverse(address, args=[things["bianchi"].issued.pk]))
    client.get(reverse(address, args=[UNKNOWN]))
    with acting(System("tests")):
        found = list(AuditEntry.objects.filter(action="access.denied").order_by("pk"))
    assert [(each.result, each.party_id) for each in found] == [("not_found", world.rossi.party.pk)] * 2
    assert {each.person_id for each in found} == {world.people["ada"].pk}


def test_roles_of_the_cast_are_what_the_sweep_takes_them_for(world):
    assert (world.ada.role, world.elena.role, world.carla.role) == (Role.OWNER, Role.COLLABORATOR, Role.ACCOUNTANT)


def test_no_address_takes_an_id_that_no_database_holds():
    paths = [route.path for route in routes()]
    assert [path for path in paths if re.search(r"<int:(\w+_id|pk)>", path)] == []
    assert [path for path in paths if "<row:" in path]


@pytest.mark.django_db
def test_id_that_no_database_holds_is_not_found(client):
    assert client.get(f"/practice/patients/{10**25}/").status_code == 404
