"""Every address has a door: nobody but the account that holds a connection passes, and headers keep pages private."""

import uuid
from decimal import Decimal

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from deskwire import messages as say
from portal.connections.codes import ConnectionState
from portal.connections.models import Connection
from portal.web.http import DOORS
from tests.portal.conftest import account, connected, text_of
from tests.portal.desk import overview

PUBLIC = {
    "forgot",
    "forgot-sent",
    "healthz",
    "invitation",
    "invitation-renew",
    "language",
    "link-asked",
    "mailbox",
    "readyz",
    "reset",
    "robots",
    "sign-in",
    "sign-in-code",
    "sign-in-passkey",
    "sign-out",
    "signed-out",
    "whom-to-ask",
    "wire-card",
    "wire-pair",
}


def _routes(patterns, prefix=""):
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _routes(each.url_patterns, prefix + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield prefix + str(each.pattern), each


ROUTES = list(_routes(get_resolver().url_patterns))


def _address(route, connection):
    """Return an address of a route, with ids of nothing in the other places."""
    values = {
        "<uuid:connection>": str(connection),
        "<uuid:uid>": str(uuid.UUID(int=7)),
        "<uuid:paper>": str(uuid.UUID(int=8)),
        "<int:year>": "2026",
        "<side:side>": "0" * 32,
        "<token:token>": "t" * 40,
    }
    for name, value in values.items():
        route = route.replace(name, value)
    return f"/{route}"


def test_every_address_has_one_door():
    doors = {each.name: getattr(each.callback, "door", None) for _route, each in ROUTES}
    assert {name for name, door in doors.items() if door not in DOORS} == set()
    assert {name for name, door in doors.items() if door == "public"} == PUBLIC


def test_every_address_below_a_connection_is_for_patients():
    below = [each for route, each in ROUTES if route.startswith("c/")]
    assert below
    assert {each.callback.door for each in below} == {"patient"}


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route, each in ROUTES if each.callback.door != "public"])
def test_nobody_is_sent_to_sign_in(client, route):
    for method in (client.get, client.post):
        answer = method(_address(route, uuid.uuid4()))
        assert answer.status_code in {302, 405}
        assert answer.status_code == 405 or answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("route", [route for route, each in ROUTES if each.callback.door == "patient"])
def test_connection_of_another_account_is_not_found_like_none_at_all(signed_in, desk, route):
    theirs = connected(account("olga@example.org"), desk, "c-olga")
    for method in (signed_in.get, signed_in.post):
        foreign = method(_address(route, theirs.uid))
        nothing = method(_address(route, uuid.uuid4()))
        assert foreign.status_code == nothing.status_code == 404
        other = nothing.request["PATH_INFO"].split("/")[2]
        assert text_of(foreign).replace(str(theirs.uid), "") == text_of(nothing).replace(other, "")
    assert desk.asked == [], "the desk is not asked about what is not ours"


def test_connection_that_is_pending_is_not_found(signed_in, his):
    Connection.objects.update(state=ConnectionState.PENDING.value, reference="", claim_sealed="x")
    assert signed_in.get(f"/c/{his.uid}/invoices/").status_code == 404


def test_connection_of_an_unpaired_desk_is_not_found(signed_in, his):
    his.desk.is_paired = False
    his.desk.save()
    assert signed_in.get(f"/c/{his.uid}/invoices/").status_code == 404


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        (say.RefusalCode.NOT_CONNECTED, 403, "This access is closed"),
        (say.RefusalCode.SUSPENDED, 403, "This access is suspended"),
        (say.RefusalCode.EXPIRED, 403, "The time of this access is over"),
        (say.RefusalCode.NOT_FOUND, 404, "This page does not exist"),
        (say.RefusalCode.TOO_MANY, 413, "Too much at once"),
        (say.RefusalCode.NOT_READY, 503, "Not ready yet"),
        (say.RefusalCode.BROKEN, 503, "cannot be reached now"),
        (say.RefusalCode.LOCKED, 403, "wrong too often"),
        (say.RefusalCode.WRONG_PROOF, 403, "The proof does not fit"),
        (say.RefusalCode.DEAD, 404, "no longer works"),
    ],
)
def test_refusal_of_a_desk_is_a_calm_page(signed_in, his, desk, code, status, words):
    desk.refuse("overview", code)
    answer = signed_in.get(f"/c/{his.uid}/invoices/")
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "Studio Ginestra" not in answer.content.decode()


def test_disconnect_bites_at_the_next_request(signed_in, his, desk):
    desk.answers["invoices.list"] = lambda asked: say.InvoiceRows((), Decimal(0), 0, "", ())
    desk.refuse("overview", say.RefusalCode.NOT_CONNECTED)
    assert signed_in.get(f"/c/{his.uid}/invoices/").status_code == 403
    assert desk.kinds() == ["overview"]


@pytest.mark.parametrize("code", [say.RefusalCode.NOT_CONNECTED, say.RefusalCode.SUSPENDED, say.RefusalCode.EXPIRED])
def test_closed_access_leads_on_to_a_page_that_is_another_one(signed_in, his, desk, code):
    desk.refuse("overview", code)
    page = signed_in.get(f"/c/{his.uid}/invoices/").content.decode()
    assert 'href="/?all=1"' in page
    answer = signed_in.get("/?all=1")
    assert answer.status_code == 200
    assert f"/c/{his.uid}/" not in answer.content.decode()


def test_desk_that_is_away_shows_nothing_old(signed_in, his, desk):
    desk.away = True
    answer = signed_in.get(f"/c/{his.uid}/invoices/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert "Bruno" not in answer.content.decode()


def test_desk_that_is_away_hides_no_other(signed_in, bruno, his, desk, other_desk):
    connected(bruno, other_desk, "c-2")
    other_desk.answers["overview"] = lambda asked: overview(
        person="Sofia Neri", relation=say.Relation.PARENT, practice=say.Contact("Studio Lavanda", (), "", "")
    )
    desk.away = True
    page = signed_in.get("/").content.decode()
    assert "Studio Lavanda" in page
    assert "For Sofia Neri" in page
    assert "cannot be reached now" in page


def test_home_with_one_practice_goes_to_its_invoices(signed_in, his):
    assert signed_in.get("/")["Location"] == f"/c/{his.uid}/invoices/"


def test_whom_to_ask_tells_how_to_reach_the_practice(signed_in, his, desk):
    page = signed_in.get("/whom-to-ask/").content.decode()
    assert "+39 02 5550101" in page
    assert "Only the practice opens and closes an access" in page


def test_no_address_deletes_an_account_or_a_connection():
    names = {each.name for _route, each in ROUTES}
    assert not [name for name in names if any(word in name for word in ("delete", "disconnect", "close"))]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in/", "/forgot/", "/nowhere", "/language/", "/healthz"])
def test_page_is_private(client, path):
    answer = client.get(path)
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.django_db
def test_form_from_elsewhere_is_refused(bruno):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/sign-in/", {"address": "bruno.neri@example.org", "password": "x" * 12})
    assert answer.status_code == 403
    with translation.override("it"):
        assert translation.gettext("The page was open too long") in answer.content.decode()


@pytest.mark.django_db
def test_form_of_a_second_window_leads_where_the_first_one_is_and_does_nothing(bruno):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/sign-out/")["Location"] == "/signed-out/"
    strict.force_login(bruno)
    for place in ("/sign-in/", "/sign-in/code/"):
        assert strict.post(place)["Location"] == place
    assert strict.post("/sign-out/").status_code == 403
    assert strict.post("/account/sessions/others/end/").status_code == 403
    assert strict.get("/account/").status_code == 200


def test_cookies_are_out_of_reach_of_scripts(signed_in):
    kept = signed_in.cookies
    assert {name for name, cookie in kept.items() if not cookie["httponly"]} == set()
    assert {cookie["samesite"] for cookie in kept.values()} == {"Lax"}


def test_mailbox_is_there_in_the_demo_alone(signed_in, settings):
    assert signed_in.get("/mailbox/").status_code == 404
    settings.DEMO = True
    assert "Sign-in with a new device" in signed_in.get("/mailbox/").content.decode()


@pytest.mark.django_db
def test_language_is_kept_on_the_account_and_in_the_browser(signed_in, bruno, client):
    answer = signed_in.post("/language/", {"language": "zh-hans", "next": "/account/"})
    assert answer["Location"] == "/account/"
    bruno.refresh_from_db()
    assert bruno.language == "zh-hans"
    assert '<html lang="zh-hans"' in signed_in.get("/account/").content.decode()
    signed_in.post("/sign-out/")
    assert '<html lang="zh-hans"' in signed_in.get("/sign-in/").content.decode()


@pytest.mark.django_db
def test_language_that_is_not_spoken_changes_nothing(signed_in, bruno):
    signed_in.post("/language/", {"language": "tlh"})
    bruno.refresh_from_db()
    assert bruno.language == "en"
