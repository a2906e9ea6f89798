"""The second step: apps, recovery codes, removal; asked for where a practice wants it; limits."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts import factors
from portal.accounts.codes import Deed
from portal.accounts.models import Event, Factor, RecoveryCode
from portal.connections.models import Connection
from portal.post.models import Mail
from portal.post.outbox import opened
from tests.portal.conftest import PASSWORD, account
from tests.portal.desk import overview

BRUNO = "bruno.neri@example.org"


def _now_code(secret, shift=0):
    return factors.code_at(secret, int(timezone.now().timestamp()) // 30 + shift)


@pytest.fixture
def with_app(bruno):
    """Bruno with an app; returns its secret and the recovery codes."""
    setup = factors.new_setup(bruno, timezone.now())
    codes = factors.add_app(bruno, setup, _now_code(setup.secret, -1), timezone.now(), link="http://x/")
    return setup.secret, codes


def _sign_in(client):
    return client.post("/sign-in/", {"address": BRUNO, "password": PASSWORD})


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_code_at_is_that_of_rfc_6238(at, code):
    assert factors.code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at // 30) == code


def test_app_is_added_by_the_code_it_shows(signed_in, bruno):
    page = signed_in.get("/account/second-step/app/").content.decode()
    closed = re.search(r'name="setup" value="([^"]+)"', page)[1]
    secret = factors.same_setup(bruno, closed, timezone.now()).secret
    assert "<svg" in page
    assert signed_in.post("/account/second-step/app/", {"setup": closed, "code": "000000"}).status_code == 422
    answer = signed_in.post("/account/second-step/app/", {"setup": closed, "code": _now_code(secret)})
    assert len(re.findall(r"<code>[a-z0-9]{5}-[a-z0-9]{5}</code>", answer.content.decode())) == 10
    assert Factor.objects.get().secret == secret
    assert [opened(row).subject for row in Mail.objects.order_by("pk")][-1] == "Your second step was changed"


def test_setup_of_another_account_is_not_taken(bruno):
    other = account("olga@example.org")
    setup = factors.new_setup(other, timezone.now())
    with pytest.raises(factors.BadCode):
        factors.same_setup(bruno, setup.closed, timezone.now())


def test_setup_that_lay_too_long_is_not_taken(bruno):
    setup = factors.new_setup(bruno, timezone.now())
    with pytest.raises(factors.BadCode):
        factors.same_setup(bruno, setup.closed, timezone.now() + timedelta(minutes=16))


def test_setup_asks_again_for_the_password_after_a_while(signed_in):
    session = signed_in.session
    session["proved"] = 0
    session.save()
    answer = signed_in.get("/account/second-step/app/")
    assert answer["Location"] == "/account/confirm/?next=/account/second-step/app/"
    given = {"password": "wrong wrong wrong", "next": "/account/second-step/app/"}
    assert signed_in.post("/account/confirm/", given).status_code == 422
    answer = signed_in.post("/account/confirm/", given | {"password": PASSWORD})
    assert answer["Location"] == "/account/second-step/app/"


def test_sign_in_with_an_app_opens_nothing_before_the_code(client, with_app, bruno):
    secret, _codes = with_app
    assert _sign_in(client)["Location"] == "/sign-in/code/"
    assert client.get("/account/").status_code == 302
    assert client.post("/sign-in/code/", {"code": "123"}).status_code == 422
    assert client.post("/sign-in/code/", {"code": _now_code(secret)})["Location"] == "/"
    assert client.get("/account/").status_code == 200


def test_code_serves_once(client, with_app):
    secret, _codes = with_app
    code = _now_code(secret)
    _sign_in(client)
    assert client.post("/sign-in/code/", {"code": code}).status_code == 302
    client.post("/sign-out/")
    _sign_in(client)
    assert client.post("/sign-in/code/", {"code": code}).status_code == 422


def test_recovery_code_serves_once(client, with_app, bruno):
    _secret, codes = with_app
    for code, status in ((codes[0].upper(), 302), (codes[0], 422), (codes[1].replace("-", " "), 302)):
        client.post("/sign-out/")
        _sign_in(client)
        assert client.post("/sign-in/code/", {"code": code}).status_code == status
    assert factors.recovery_left(bruno) == 8
    assert codes[0] not in str(list(RecoveryCode.objects.values()))


def test_recovery_code_of_another_account_does_not_serve(client, with_app, bruno):
    other = account("olga@example.org")
    setup = factors.new_setup(other, timezone.now())
    theirs = factors.add_app(other, setup, _now_code(setup.secret), timezone.now(), link="http://x/")
    _sign_in(client)
    assert client.post("/sign-in/code/", {"code": theirs[0]}).status_code == 422


def test_new_recovery_codes_end_the_old_ones(client, with_app, bruno):
    _secret, codes = with_app
    fresh = factors.new_recovery_codes(bruno, timezone.now())
    _sign_in(client)
    assert client.post("/sign-in/code/", {"code": codes[0]}).status_code == 422
    assert client.post("/sign-in/code/", {"code": fresh[0]}).status_code == 302


def test_codes_are_limited(client, with_app, bruno):
    _sign_in(client)
    answers = [client.post("/sign-in/code/", {"code": "000000"}).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert Deed.PAUSED in [row.deed for row in Event.objects.order_by("pk")]


def test_second_step_that_takes_too_long_begins_anew(client, with_app):
    _sign_in(client)
    session = client.session
    session["waiting"] = [session["waiting"][0], 0]
    session.save()
    assert client.get("/sign-in/code/")["Location"] == "/sign-in/"


def test_code_without_a_password_leads_nowhere(client, with_app):
    assert client.post("/sign-in/code/", {"code": _now_code(with_app[0])})["Location"] == "/sign-in/"


def test_reset_does_not_pass_by_the_second_step(client, with_app, bruno):
    client.post("/forgot/", {"address": BRUNO})
    letters = [opened(row) for row in Mail.objects.order_by("pk")]
    link = re.search(r"http://testserver(/reset/\S+)", letters[-1].text)[1]
    assert client.post(link, {"password": "un altro gatto bianco"})["Location"] == "/sign-in/code/"
    assert client.get("/account/").status_code == 302


def test_remove_takes_the_recovery_codes_with_the_last_factor(signed_in, with_app, bruno):
    factor = Factor.objects.get()
    assert signed_in.post(f"/account/second-step/{factor.uid}/remove/").status_code == 302
    assert not RecoveryCode.objects.exists()
    assert not Factor.objects.exists()


def test_remove_of_another_accounts_factor_is_not_found(signed_in, bruno):
    other = account("olga@example.org")
    setup = factors.new_setup(other, timezone.now())
    factors.add_app(other, setup, _now_code(setup.secret), timezone.now(), link="http://x/")
    factor = Factor.objects.get()
    assert signed_in.post(f"/account/second-step/{factor.uid}/remove/").status_code == 404
    assert Factor.objects.exists()


def test_practice_that_wants_a_second_step_shows_nothing_before_it(signed_in, his: Connection, desk):
    desk.answers["overview"] = lambda asked: overview(second_factor_required=True)
    answer = signed_in.get(f"/c/{his.uid}/invoices/")
    assert answer["Location"].startswith("/account/second-step/")
    assert desk.kinds() == ["overview"]
    page = signed_in.get(answer["Location"]).content.decode()
    assert "Your practice asks for a second step" in page


def test_secret_in_the_database_is_closed(with_app):
    secret, _codes = with_app
    assert secret not in str(list(Factor.objects.values()))
