"""Signing in, second steps, language and theme; and that each leaves its trace."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client
from django.urls import reverse

from sportello.accounts.models import Person
from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry, OutgoingMail
from tests.world import PASSWORD


def entries(**values) -> list[AuditEntry]:
    with acting(System("test")):
        return list(AuditEntry.objects.filter(**values).order_by("pk"))


def sign_in(client: Client, email: str, password: str = PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


@pytest.fixture
def visitor(db):
    return Client(HTTP_USER_AGENT="Firefox/140 Windows")


def test_sign_in_leads_home_and_is_audited(world, visitor):
    assert sign_in(visitor, "ADA@posta.example")["Location"] == "/"
    assert visitor.get("/")["Location"] == reverse("practice:home")
    (entry,) = entries(action="account.sign_in")
    assert (entry.chain, entry.person_id, entry.result) == (world.rossi.party.pk, world.people["ada"].pk, "ok")
    assert (entry.address, entry.agent) == ("127.0.0.1", "Firefox/140 Windows")


def test_sign_in_with_a_wrong_password_is_audited_for_the_practice(world, visitor):
    assert sign_in(visitor, "ada@posta.example", "wrong").status_code == 200
    (entry,) = entries(action="account.sign_in")
    assert (entry.chain, entry.result, entry.reason) == (world.rossi.party.pk, "failed", "password")
    assert (entry.person_id, entry.object_id) == (None, world.people["ada"].pk)


def test_sign_in_with_an_unknown_address_answers_like_a_wrong_password(world, visitor):
    known = sign_in(visitor, "ada@posta.example", "wrong").content.decode()
    unknown = sign_in(visitor, "eva@posta.example", "wrong").content.decode()
    assert _plain(known) == _plain(unknown).replace("eva@", "ada@")
    nobody = entries(action="account.sign_in", chain=0)
    assert [(entry.result, entry.object_id) for entry in nobody] == [("failed", None)]
    assert "eva@" not in str(nobody[0].details)


def _plain(text: str) -> str:
    return re.sub(r'value="[\w-]{64}"|"[\w-]{64}"', "TOKEN", text)


def test_sign_in_of_a_disabled_person_is_refused(world, visitor):
    Person.objects.filter(pk=world.people["ada"].pk).update(is_active=False)
    sign_in(visitor, "ada@posta.example")
    assert visitor.get(reverse("practice:home")).status_code == 302


def test_sign_out_asks_by_link_and_does_by_button(world, visitor):
    sign_in(visitor, "ada@posta.example")
    assert visitor.get(reverse("account_logout")).status_code == 200
    assert visitor.get(reverse("practice:home")).status_code == 200
    visitor.post(reverse("account_logout"))
    assert visitor.get(reverse("practice:home")).status_code == 302
    assert len(entries(action="account.sign_out", person_id=world.people["ada"].pk)) == 1


def test_sign_up_is_closed(visitor):
    response = visitor.post(reverse("account_signup"), {"email": "new@posta.example", "password1": PASSWORD})
    assert "account/signup_closed.html" in [template.name for template in response.templates]
    assert not Person.objects.filter(email="new@posta.example").exists()


@pytest.mark.django_db(transaction=True)
def test_password_reset_through_its_mail(world, visitor):
    Person.objects.filter(pk=world.people["ada"].pk).update(language="en")
    asked = visitor.post(reverse("account_reset_password"), {"email": "ada@posta.example"}, follow=True)
    assert asked.redirect_chain[-1][0] == reverse("account_reset_password_done")
    (letter,) = mail.outbox
    assert letter.subject == "Set a new password"
    assert "Ada" not in letter.subject + letter.body
    (link,) = re.findall(r"https?://testserver(/\S+)", str(letter.body))
    page = visitor.get(link, follow=True)
    form = page.redirect_chain[-1][0]
    done = visitor.post(
        form, {"password1": "tre parole molto nuove", "password2": "tre parole molto nuove"}, follow=True
    )
    assert done.redirect_chain[-1][0] == reverse("account_reset_password_from_key_done")
    assert entries(action="account.password_reset", person_id=world.people["ada"].pk)
    assert visitor.get(link, follow=True).context["token_fail"]
    assert sign_in(Client(), "ada@posta.example", "tre parole molto nuove").status_code == 302


def test_password_reset_answers_alike_for_known_and_unknown(world, visitor):
    answers = [
        visitor.post(reverse("account_reset_password"), {"email": f"{name}@posta.example"}) for name in ("ada", "eva")
    ]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, reverse("account_reset_password_done"))
    ] * 2


def test_password_reset_mail_waits_in_the_outbox_without_a_name(world, visitor, settings):
    settings.EMAIL_BACKEND = "sportello.core.mail.backend.OutboxBackend"
    visitor.post(reverse("account_reset_password"), {"email": "ada@posta.example"})
    with acting(System("test")):
        (letter,) = OutgoingMail.objects.filter(purpose="account")
    assert "Ada" not in letter.subject


def test_password_change_is_audited(world, visitor):
    sign_in(visitor, "ada@posta.example")
    new = "quattro parole ancora nuove"
    visitor.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert entries(action="account.password_changed")
    assert visitor.get(reverse("practice:home")).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_totp_is_set_up_encrypted_and_asked_for(world, visitor):
    sign_in(visitor, "ada@posta.example")
    page = visitor.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert b"data:image/svg" in page.content
    visitor.post(reverse("mfa_activate_totp"), {"code": _totp(secret)})
    stored = Authenticator.objects.get(user=world.people["ada"], type="totp").data["secret"]
    assert secret not in stored
    assert [entry.details["factor"] for entry in entries(action="account.factor_added")] == ["totp", "recovery_codes"]
    other = Client()
    assert sign_in(other, "ada@posta.example")["Location"].startswith(reverse("mfa_authenticate"))
    assert other.get(reverse("practice:home")).status_code == 302
    other.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert entries(action="account.sign_in", result="failed", reason="second step")
    codes = Authenticator.objects.get(user=world.people["ada"], type="recovery_codes").wrap().get_unused_codes()
    assert other.post(reverse("mfa_authenticate"), {"code": codes[0]})["Location"] == "/"
    assert other.get(reverse("practice:home")).status_code == 200


def _totp(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


OWN_PAGES = [
    "public:profile",
    "account_change_password",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "usersessions_list",
    "account_logout",
    "account_reauthenticate",
]


@pytest.mark.parametrize("name", OWN_PAGES)
def test_own_pages_stand_in_the_shell_of_the_practice(world, visitor, name):
    sign_in(visitor, "ada@posta.example")
    response = visitor.get(reverse(name))
    assert response.status_code == 200
    assert "practice/base.html" in [template.name for template in response.templates]


@pytest.mark.parametrize("name", [name for name in OWN_PAGES if name != "account_logout"])
def test_own_pages_ask_a_stranger_to_sign_in(visitor, name):
    assert visitor.get(reverse(name))["Location"].startswith(reverse("account_login"))


def test_own_pages_of_somebody_without_practice_stand_alone(world, visitor):
    sign_in(visitor, "zeno@posta.example")
    response = visitor.get(reverse("public:profile"))
    assert "public/base.html" in [template.name for template in response.templates]


def test_language_stays_with_the_person(world, visitor):
    sign_in(visitor, "ada@posta.example")
    visitor.post(reverse("public:language"), {"language": "fr", "next": "/account/"})
    assert Person.objects.get(pk=world.people["ada"].pk).language == "fr"
    other = Client()
    sign_in(other, "ada@posta.example")
    assert b'<html lang="fr"' in other.get(reverse("public:profile")).content


def test_language_of_a_stranger_stays_in_the_browser(visitor):
    answer = visitor.post(reverse("public:language"), {"language": "en", "next": "https://evil.example/"})
    assert answer["Location"] == "/"
    assert b'<html lang="en"' in visitor.get(reverse("account_login")).content


@pytest.mark.parametrize(("name", "field"), [("public:language", "language"), ("public:theme", "theme")])
def test_preferences_nobody_offers_change_nothing(visitor, name, field):
    assert not visitor.post(reverse(name), {field: "<script>"}).cookies


def test_theme_stays_in_the_browser(visitor):
    assert b'class="theme-auto"' in visitor.get(reverse("account_login")).content
    visitor.post(reverse("public:theme"), {"theme": "dark"})
    assert b'data-bs-theme="dark"' in visitor.get(reverse("account_login")).content


def test_sessions_are_listed_and_closed_elsewhere(world, visitor):
    sign_in(visitor, "ada@posta.example")
    other = Client(HTTP_USER_AGENT="Chrome/140 Android")
    sign_in(other, "ada@posta.example")
    page = visitor.get(reverse("usersessions_list")).content.decode()
    assert "Chrome, Android" in page
    assert "Firefox, Windows" in page
    visitor.post(reverse("usersessions_list"))
    assert other.get(reverse("practice:home")).status_code == 302
    assert visitor.get(reverse("practice:home")).status_code == 200


def test_sessions_are_written_once_in_a_while(world, visitor, django_assert_num_queries):
    sign_in(visitor, "ada@posta.example")
    visitor.get(reverse("practice:home"))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        visitor.get(reverse("practice:home"))
    assert not [query["sql"] for query in asked if not query["sql"].startswith("SELECT")]
