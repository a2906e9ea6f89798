"""Signing in and out: the right password opens, tries are few, and no answer tells whether an address is known."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts import limits, operations
from portal.accounts.codes import Deed
from portal.accounts.limits import POLICIES, Tried
from portal.accounts.models import Account, Event, Session
from portal.keeping.key_file import new_line
from portal.keeping.ring import KeyRing, KeyTrouble
from portal.post.models import Mail
from portal.post.outbox import opened
from tests.portal.conftest import PASSWORD, account

BRUNO = "bruno.neri@example.org"
NOBODY = "nobody.here@example.org"


def _sign_in(client, address=BRUNO, password=PASSWORD, **more):
    return client.post("/sign-in/", {"address": address, "password": password}, **more)


def _letters():
    return [letter for row in Mail.objects.order_by("pk") if (letter := opened(row)).to]


def _deeds(who=None):
    return [Deed(row.deed) for row in Event.objects.filter(account=who).order_by("pk")]


def test_sign_in_with_the_right_password_opens_the_first_page(client, bruno):
    answer = _sign_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("typed", ["  Bruno.NERI@Example.org ", "bruno.neri@EXAMPLE.ORG"])
def test_sign_in_forgives_case_and_blanks_of_the_address(client, bruno, typed):
    assert _sign_in(client, typed).status_code == 302


def test_sign_in_leads_on_to_where_one_wanted_to_go(client, bruno):
    assert client.get("/account/history/")["Location"] == "/sign-in/?next=/account/history/"
    answer = client.post("/sign-in/", {"address": BRUNO, "password": PASSWORD, "next": "/account/history/"})
    assert answer["Location"] == "/account/history/"


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_sign_in_leads_nowhere_else(client, bruno, next_):
    answer = client.post("/sign-in/", {"address": BRUNO, "password": PASSWORD, "next": next_})
    assert answer["Location"] == "/"


def test_sign_in_rotates_the_session(client, bruno):
    client.get("/sign-in/")
    client.session["x"] = 1
    before = client.cookies.get(settings.SESSION_COOKIE_NAME)
    _sign_in(client)
    first = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert before is None or before.value != first
    client.post("/sign-out/")
    _sign_in(client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != first


def test_sign_in_of_an_account_that_is_closed_is_refused(client, bruno):
    Account.objects.update(is_active=False)
    assert _sign_in(client).status_code == 422


def _work(client, address, url="/sign-in/", **given):
    """Return what a request cost: hashes made, queries, rows of events and mail written; and what was answered."""
    calls = []
    with pytest.MonkeyPatch.context() as patch:
        hasher = type(hashers.get_hasher())
        encode = hasher.encode

        def counted(self, *rest):
            calls.append("hash")
            return encode(self, *rest)

        patch.setattr(hasher, "encode", counted)
        before = (Event.objects.count(), Mail.objects.count())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.post(url, {"address": address, **given})
    shapes = [re.sub(r"'[^']*'|\d+", "?", query["sql"])[:60] for query in queries]
    after = (Event.objects.count(), Mail.objects.count())
    rows = tuple(later - earlier for later, earlier in zip(after, before, strict=True))
    body = answer.content.decode().replace(address, "ADDRESS")
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", body)
    return (
        calls,
        [shape.split()[0] for shape in shapes],
        rows,
        (answer.status_code, answer.headers.get("Location"), body),
    )


def test_sign_in_does_the_same_work_for_unknown_addresses(client, bruno):
    _work(client, "warm.up@example.org", password="wrong wrong wrong")
    known = _work(client, BRUNO, password="wrong wrong wrong")
    unknown = _work(client, NOBODY, password="wrong wrong wrong")
    assert known == unknown
    assert known[0] == ["hash"]


def test_forgot_does_the_same_work_for_unknown_addresses(client, bruno):
    _work(client, "warm.up@example.org", "/forgot/")
    known = _work(client, BRUNO, "/forgot/")
    unknown = _work(client, NOBODY, "/forgot/")
    assert known == unknown
    assert known[2] == (1, 1)
    sizes = {len(row.content_sealed) for row in Mail.objects.order_by("pk")}
    assert len(sizes) == 1
    assert [letter.to for letter in _letters()] == [BRUNO]


@pytest.mark.parametrize("address", [BRUNO, NOBODY])
def test_sign_in_pauses_after_five_wrong_passwords(client, bruno, address):
    answers = [_sign_in(client, address, "wrong wrong wrong").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert _sign_in(client, address).status_code == 429


def test_sign_in_is_possible_again_after_the_pause(client, bruno, monkeypatch):
    for _ in range(5):
        _sign_in(client, password="wrong wrong wrong")
    later = timezone.now() + timedelta(seconds=31)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert _sign_in(client).status_code == 302


def test_sign_in_locks_at_last_and_a_new_password_unlocks(client, bruno):
    now = timezone.now()
    name = bruno.address_hash
    for turn in range(20):
        limits.count(Tried.PASSWORD, name, now + timedelta(hours=turn))
    answer = _sign_in(client)
    assert answer.status_code == 429
    assert "Locked for your safety" in answer.content.decode()
    client.post("/forgot/", {"address": BRUNO})
    link = re.search(r"http://testserver(/reset/\S+)", _letters()[-1].text)[1]
    answer = client.post(link, {"password": "un altro gatto bianco"})
    assert answer.status_code == 302
    assert Deed.LOCKED in _deeds(bruno)
    assert client.get("/account/").status_code == 200


def test_unlock_by_the_operator_keeps_the_trail(client, bruno):
    for _ in range(7):
        _sign_in(client, password="wrong wrong wrong")
    assert operations.unlock(" BRUNO.neri@example.org", timezone.now())
    assert _sign_in(client).status_code == 302
    assert _deeds(bruno).count(Deed.REFUSED) == 5
    assert Deed.UNLOCKED in _deeds(bruno)
    assert not operations.unlock(NOBODY, timezone.now())


def test_sign_in_from_one_network_is_limited_over_all_addresses(client, bruno):
    free = POLICIES[Tried.PASSWORD_FROM].free
    codes = [_sign_in(client, f"a{number}@example.org", "wrong wrong wrong").status_code for number in range(free + 1)]
    assert codes[-1] == 429
    assert set(codes[:-1]) == {422}
    assert _sign_in(client, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_sign_in_that_was_right_counts_against_nobody(client, bruno):
    for _ in range(POLICIES[Tried.PASSWORD_FROM].free + 5):
        assert _sign_in(client).status_code == 302
        client.post("/sign-out/")


def test_sign_in_behind_a_proxy_counts_the_visitor(client, bruno, settings):
    settings.PORTAL_PROXIES = 1
    for number in range(41):
        _sign_in(client, f"b{number}@example.org", "x" * 12, headers={"X-Forwarded-For": "6.6.6.6, 192.0.2.9"})
    refused = _sign_in(client, headers={"X-Forwarded-For": "1.2.3.4, 192.0.2.9"})
    other = _sign_in(client, headers={"X-Forwarded-For": "192.0.2.10"})
    assert (refused.status_code, other.status_code) == (429, 302)


def test_sign_out_ends_the_session_and_clears_the_browser(signed_in, bruno):
    kept = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
    answer = signed_in.post("/sign-out/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 0
    assert not Session.objects.filter(account=bruno).exists()
    signed_in.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert signed_in.get("/account/").status_code == 302


def test_sign_out_needs_a_form(signed_in):
    assert signed_in.get("/sign-out/").status_code == 405


def test_new_device_is_told_by_mail_once(client, bruno):
    _sign_in(client, headers={"User-Agent": "Mozilla/5.0 (Android 14; Mobile) Firefox/130.0"})
    [letter] = _letters()
    assert "Device: Firefox, Android" in letter.text
    assert "http://testserver/forgot/" in letter.text
    client.post("/sign-out/")
    _sign_in(client)
    assert len(_letters()) == 1


def test_new_device_is_told_again_from_another_browser(client, bruno, django_user_model):
    _sign_in(client)
    other = type(client)()
    _sign_in(other)
    assert len(_letters()) == 2


def test_forgot_sends_a_link_that_works_once(client, bruno):
    answer = client.post("/forgot/", {"address": BRUNO})
    assert answer["Location"] == "/forgot/sent/"
    link = re.search(r"http://testserver(/reset/\S+)", _letters()[0].text)[1]
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200, "looking uses nothing up"
    assert client.post(link, {"password": "un altro gatto bianco"}).status_code == 302
    client.post("/sign-out/")
    assert client.get(link).status_code == 404
    assert _sign_in(client).status_code == 422
    assert _sign_in(client, password="un altro gatto bianco").status_code == 302


def test_forgot_link_is_dead_after_two_hours(client, bruno, monkeypatch):
    client.post("/forgot/", {"address": BRUNO})
    link = re.search(r"http://testserver(/reset/\S+)", _letters()[0].text)[1]
    from django.contrib.auth.tokens import PasswordResetTokenGenerator

    real = PasswordResetTokenGenerator._now
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: real(self) + timedelta(hours=2, minutes=1))
    assert client.get(link).status_code == 404


def test_forgot_link_of_one_account_opens_no_other(client, bruno):
    other = account("olga@example.org")
    client.post("/forgot/", {"address": BRUNO})
    link = re.search(r"http://testserver(/reset/\S+)", _letters()[0].text)[1]
    assert client.get(link.replace(str(bruno.uid), str(other.uid))).status_code == 404


def test_forgot_sends_few_mails_and_says_nothing_about_it(client, bruno):
    answers = {client.post("/forgot/", {"address": BRUNO})["Location"] for _ in range(9)}
    assert answers == {"/forgot/sent/"}
    assert len(_letters()) == 5


def test_reset_ends_every_session_of_the_account(client, bruno):
    other = type(client)()
    _sign_in(other)
    client.post("/forgot/", {"address": BRUNO})
    link = re.search(r"http://testserver(/reset/\S+)", _letters()[-1].text)[1]
    client.post(link, {"password": "un altro gatto bianco"})
    assert other.get("/account/").status_code == 302
    assert "Your password was changed" in [letter.subject for letter in _letters()]


@pytest.mark.parametrize(
    "password", ["corto", "Password1234!", "francesco1986", "bruno.neri@example.org", "aaaaaaaaaaaaaa"]
)
def test_reset_refuses_passwords_that_thieves_try_first(client, bruno, password):
    client.post("/forgot/", {"address": BRUNO})
    link = re.search(r"http://testserver(/reset/\S+)", _letters()[0].text)[1]
    answer = client.post(link, {"password": password})
    assert answer.status_code == 422
    assert password not in answer.content.decode().replace("bruno.neri@example.org</bdi>", "")


def test_password_change_asks_for_the_present_one_and_signs_others_out(signed_in, bruno, client):
    other = type(client)()
    _sign_in(other)
    given = {"present": "wrong wrong wrong", "password": "un altro gatto bianco"}
    assert signed_in.post("/account/password/", given).status_code == 422
    assert signed_in.post("/account/password/", given | {"present": PASSWORD}).status_code == 302
    assert signed_in.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302


def test_session_ends_after_twelve_hours_whatever_happens(signed_in, bruno):
    Session.objects.update(opened_at=timezone.now() - timedelta(hours=12, minutes=1))
    assert signed_in.get("/account/").status_code == 302


def test_session_that_is_used_lives_on(signed_in, bruno):
    Session.objects.update(
        seen_at=timezone.now() - timedelta(minutes=30), expire_date=timezone.now() + timedelta(minutes=5)
    )
    signed_in.get("/account/")
    assert Session.objects.get().expire_date > timezone.now() + timedelta(minutes=100)


def test_session_key_is_not_in_the_table(signed_in, bruno):
    key = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
    assert not Session.objects.filter(session_key=key).exists()
    assert key not in str(list(Session.objects.values()))


def test_end_session_of_another_account_is_not_found(signed_in, bruno, client):
    account("olga@example.org")
    other = type(client)()
    _sign_in(other, "olga@example.org")
    theirs = Session.objects.exclude(account=bruno).get()
    assert signed_in.post(f"/account/sessions/{theirs.uid}/end/").status_code == 404
    assert Session.objects.filter(pk=theirs.pk).exists()


def test_end_others_leaves_this_one(signed_in, bruno, client):
    others = [type(client)() for _ in range(2)]
    for other in others:
        _sign_in(other)
    page = signed_in.get("/account/").content.decode()
    assert page.count("/end/") == 3
    signed_in.post("/account/sessions/others/end/")
    assert signed_in.get("/account/").status_code == 200
    assert {other.get("/account/").status_code for other in others} == {302}


def test_history_shows_what_happened(signed_in, bruno):
    _sign_in(type(signed_in)(), password="wrong wrong wrong")
    page = signed_in.get("/account/history/").content.decode()
    assert "Signed in" in page
    assert "Sign-in refused: wrong password" in page


def test_address_in_the_database_is_closed(bruno):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_account")
        row = str(cursor.fetchall())
    assert "bruno" not in row.casefold()
    assert bruno.address == BRUNO


def test_address_moved_to_another_row_does_not_open(bruno):
    other = account("olga@example.org")
    other.address_sealed = bruno.address_sealed
    with pytest.raises(KeyTrouble):
        _ = other.address


def test_key_ring_opens_what_an_older_key_closed():
    old = new_line("k1")
    ring = KeyRing.parse(old)
    closed = ring.seal("anna", place="x:1")
    newer = KeyRing.parse(f"{new_line('k2')}\n{old}")
    assert newer.open(closed, place="x:1") == "anna"
    assert newer.lookup("anna", purpose="p") == ring.lookup("anna", purpose="p")
    assert newer.seal("anna", place="x:1").startswith("k2.")


@pytest.mark.parametrize(
    "text", ["", "k1:short", "k1:!!", f"{new_line('k1')}\n{new_line('k1')}"], ids=["empty", "short", "noise", "twice"]
)
def test_key_ring_that_is_malformed_is_refused(text):
    with pytest.raises(KeyTrouble):
        KeyRing.parse(text)
