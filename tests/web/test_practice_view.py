"""The practice's door: who comes in, who is refused, and that nobody acts without being somebody."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sportello.core.actors import NoActor, Role, System, acting, current
from sportello.core.models import AuditEntry
from sportello.parties.models import Membership, Party

pytestmark = pytest.mark.urls("tests.web.doors")


def audited(**values):
    with acting(System("test")):
        return list(AuditEntry.objects.filter(action="access.denied", **values))


def test_practice_view_stranger_is_led_to_the_sign_in_page_and_back(db):
    response = Client().get("/door/who/?state=paid")
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next=%2Fdoor%2Fwho%2F%3Fstate%3Dpaid"


def test_practice_view_stranger_sending_a_form_comes_back_to_the_page_it_stood_on(db):
    response = Client().post("/door/who/", headers={"referer": "http://testserver/door/words/?a=1"})
    assert response["Location"].endswith("next=%2Fdoor%2Fwords%2F%3Fa%3D1")


def test_practice_view_stranger_is_never_led_to_another_site(db):
    response = Client().post("/door/who/", headers={"referer": "https://evil.example/x"})
    assert response["Location"].endswith("next=%2F")


def test_practice_view_stranger_behind_htmx_leaves_the_whole_page(db):
    response = Client().get(
        "/door/who/", headers={"hx-request": "true", "hx-current-url": "http://testserver/door/words/"}
    )
    assert response["HX-Redirect"] == f"{reverse('account_login')}?next=%2Fdoor%2Fwords%2F"


def test_practice_view_member_acts_in_the_role_of_the_membership(world, signed_in):
    assert signed_in("ada").get("/door/who/").content.decode() == f"owner {world.rossi.party.name}"
    assert signed_in("elena").get("/door/who/").content.decode().startswith("collaborator")


def test_practice_view_leaves_nobody_acting_behind(world, signed_in):
    signed_in("ada").get("/door/who/")
    with pytest.raises(NoActor):
        current()


def test_practice_view_somebody_without_a_practice_is_told_so(signed_in):
    response = signed_in("zeno").get("/door/who/")
    assert response.status_code == 403
    assert "errors/403.html" in [template.name for template in response.templates]


def test_practice_view_membership_turned_off_bites_at_once(world, signed_in):
    client = signed_in("elena")
    assert client.get("/door/who/").status_code == 200
    with acting(System("test")):
        Membership.objects.filter(person=world.people["elena"]).update(is_active=False)
    assert client.get("/door/who/").status_code == 403


def test_practice_view_person_of_two_practices_chooses_first(world, signed_in):
    with acting(System("test")):
        Membership.objects.create(person=world.people["ada"], party=world.bianchi.party, role=Role.ACCOUNTANT)
    client = signed_in("ada")
    assert client.get("/door/who/")["Location"] == f"{reverse('public:choose')}?next=%2Fdoor%2Fwho%2F"
    chosen = client.post(reverse("public:choose"), {"party": world.bianchi.party.pk, "next": "/door/who/"})
    assert chosen["Location"] == "/door/who/"
    assert client.get("/door/who/").content.decode() == f"accountant {world.bianchi.party.name}"


def test_practice_view_foreign_practice_cannot_be_chosen(world, signed_in):
    client = signed_in("ada")
    client.post(reverse("public:choose"), {"party": world.bianchi.party.pk})
    assert client.get("/door/who/").content.decode() == f"owner {world.rossi.party.name}"


def test_practice_view_foreign_and_unknown_objects_answer_alike(world, signed_in):
    client = signed_in("ada")
    assert client.get(f"/door/patients/{world.bruno.pk}/").status_code == 200
    foreign = client.get(f"/door/patients/{world.twin.pk}/")
    unknown = client.get("/door/patients/999999/")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert _without_addresses(foreign) == _without_addresses(unknown)
    assert [entry.result for entry in audited(party_id=world.rossi.party.pk)] == ["not_found", "not_found"]
    assert not audited(party_id=world.bianchi.party.pk)


def _without_addresses(response) -> str:
    text = response.content.decode().replace(response.request["PATH_INFO"], "PATH")
    token = response.context["csrf_token"]
    return str(text.replace(str(token), "TOKEN"))


def test_practice_view_missing_right_is_403_with_its_reason_audited(world, signed_in):
    response = signed_in("elena").get("/door/refused/")
    assert response.status_code == 403
    (entry,) = audited(result="forbidden")
    assert (entry.reason, entry.person_id) == ("issue", world.people["elena"].pk)
    assert entry.request_id == response["X-Request-ID"]


def test_practice_view_check_comes_before_the_view(signed_in):
    assert signed_in("ada").get("/door/checked/").status_code == 403
    assert audited(reason="payments")


def test_practice_view_owner_only(signed_in):
    assert signed_in("ada").get("/door/owner/").content == b"owner"
    assert signed_in("elena").get("/door/owner/").status_code == 403


def test_practice_view_refusal_to_htmx_is_a_note_in_the_messages(signed_in):
    response = signed_in("elena").get("/door/refused/", headers={"hx-request": "true"})
    assert response.status_code == 403
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#messages", "innerHTML")
    assert b"<html" not in response.content
    assert b'role="alert"' in response.content


def test_practice_view_stream_keeps_acting_until_its_end(world, signed_in):
    body = b"".join(signed_in("ada").get("/door/stream/").streaming_content)
    first, second = body.decode().split()
    assert first[1:] == second[1:] != "0"


def test_practice_view_template_is_rendered_while_acting(signed_in):
    with pytest.raises(
        AttributeError
    ):  # a patient has no `count`: the template got to the rows, so somebody was acting
        signed_in("ada").get("/door/lazy/")


def test_practice_view_messages_follow_a_fragment(signed_in):
    response = signed_in("ada").get("/door/says/", headers={"hx-request": "true"})
    assert b'<div id="messages" hx-swap-oob="innerHTML">' in response.content
    assert b"Payment recorded." in response.content


def test_practice_view_messages_wait_for_a_page(signed_in):
    client = signed_in("ada")
    assert b"Payment recorded." not in client.get("/door/says/").content
    assert b"Payment recorded." in client.get(reverse("practice:home")).content


def test_practice_view_fresh_asks_again_after_a_while(world, signed_in):
    client = Client()
    client.post(reverse("account_login"), {"login": world.people["ada"].email, "password": "una frase di prova lunga"})
    assert client.get("/door/fresh/").content == b"fresh"
    _age_proof(client, minutes=20)
    assert client.get("/door/fresh/")["Location"] == f"{reverse('account_reauthenticate')}?next=%2Fdoor%2Ffresh%2F"
    assert client.post("/door/fresh/").content == b"fresh"
    _age_proof(client, minutes=61)
    assert client.post("/door/fresh/").status_code == 302


def _age_proof(client: Client, *, minutes: int) -> None:
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - minutes * 60}]
    session.save()


def test_practice_view_pages_never_stay_in_a_cache(signed_in):
    response = signed_in("ada").get("/door/forgetful/")
    assert response["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize(("zone", "shown"), [("Atlantic/Canary", "Atlantic/Canary"), ("Mars/Base", "Europe/Rome")])
def test_practice_view_clocks_are_those_of_the_practice(world, signed_in, zone, shown):
    with acting(System("test")):
        Party.objects.filter(pk=world.rossi.party.pk).update(time_zone=zone)
    assert signed_in("ada").get("/door/clock/").content.decode() == shown
    assert timezone.get_current_timezone_name() == "Europe/Rome"
