"""The first access: a link, one password, connected; proofs; an account that exists; links that are dead."""

import pytest
from django.utils import timezone

from deskwire import messages as say
from portal import joining, wire
from portal.accounts.codes import Deed
from portal.accounts.models import Account, Event
from portal.connections.codes import ConnectionState
from portal.connections.models import Connection
from portal.post.models import Mail
from tests.portal.conftest import PASSWORD, account, paired, text_of
from tests.portal.desk import PRACTICE, shown

TOKEN = "t" * 43
GOOD = "quattro gatti sul tetto"


@pytest.fixture
def link(db, desk):
    """The link of an invitation that is open."""
    paired(desk)
    desk.answers["invitation.show"] = lambda asked: shown()
    desk.answers["invitation.accept"] = lambda asked: say.InvitationAccepted("c-9", "it")
    desk.answers["invitation.renew"] = lambda asked: say.Done()
    return f"/i/{desk.signer.id}/{TOKEN}"


def test_link_has_one_field_and_leads_to_the_invoices(client, link, desk):
    page = text_of(client.get(link))
    assert page.count('class="form-control"') == 1
    assert "Studio Ginestra" in page
    assert "bruno.neri@example.org" in page
    answer = client.post(link, {"password": GOOD})
    [made] = Connection.objects.all()
    assert answer["Location"] == f"/c/{made.uid}/invoices/"
    assert (made.reference, made.state, made.claim_sealed) == ("c-9", ConnectionState.CONNECTED.value, "")
    assert client.get("/account/").status_code == 200


def test_link_that_is_opened_uses_nothing_up(client, link, desk):
    for _ in range(3):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert set(desk.kinds()) == {"invitation.show"}
    assert not Account.objects.exists()


def test_link_speaks_the_language_of_the_invitation(client, link, desk):
    desk.answers["invitation.show"] = lambda asked: shown(language="ar")
    page = text_of(client.get(link, headers={"Accept-Language": "de"}))
    assert '<html lang="ar" dir="rtl"' in page
    client.post(link, {"password": GOOD})
    assert Account.objects.get().language == "ar"


def test_language_that_was_chosen_goes_before_that_of_the_invitation(client, link, desk):
    client.post("/language/", {"language": "uk", "next": link})
    assert '<html lang="uk"' in text_of(client.get(link))


def test_first_access_sends_no_notice_of_a_new_device(client, link):
    client.post(link, {"password": GOOD})
    assert not Mail.objects.exists()


@pytest.mark.parametrize("password", ["", "corto", "password1234", "bruno.neri2026"])
def test_password_that_does_not_do_makes_nothing(client, link, desk, password):
    assert client.post(link, {"password": password}).status_code == 422
    assert not Account.objects.exists()
    assert "invitation.accept" not in desk.kinds()


def test_account_is_named_to_the_desk_by_an_opaque_word(client, link, desk):
    client.post(link, {"password": GOOD})
    asked = next(each.message for each in desk.asked if each.envelope.kind == "invitation.accept")
    assert asked.token == TOKEN
    assert len(asked.account) == 64
    assert str(Account.objects.get().uid.hex) not in asked.account


def test_proof_is_asked_for_and_handed_on(client, link, desk):
    desk.answers["invitation.show"] = lambda asked: shown(proof=say.ProofKind.BIRTH_DATE)
    assert "Date of birth" in text_of(client.get(link))
    assert client.post(link, {"password": GOOD}).status_code == 422
    client.post(link, {"password": GOOD, "proof": "3.5.1980"})
    asked = next(each.message for each in desk.asked if each.envelope.kind == "invitation.accept")
    assert asked.proof == "1980-05-03"


def test_proof_that_is_wrong_makes_nothing_and_says_how_many_tries_are_left(client, link, desk):
    desk.answers["invitation.show"] = lambda asked: shown(proof=say.ProofKind.SPOKEN_CODE)
    desk.refuse("invitation.accept", say.RefusalCode.WRONG_PROOF, left=4)
    answer = client.post(link, {"password": GOOD, "proof": "XYZ"})
    assert answer.status_code == 422
    assert "4 tries are left" in text_of(answer)
    assert not Account.objects.exists()
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [(say.RefusalCode.LOCKED, "The proof was wrong too often"), (say.RefusalCode.DEAD, "This link no longer works")],
)
def test_link_that_dies_meanwhile_makes_nothing(client, link, desk, code, words):
    desk.refuse("invitation.accept", code)
    assert words in text_of(client.post(link, {"password": GOOD}))
    assert not Account.objects.exists()


def test_answer_that_never_came_is_asked_for_again_when_signing_in(client, link, desk):
    def breaks(asked):
        desk.away = True
        raise ConnectionAbortedError

    desk.server.handle_error = lambda *ignored: None
    desk.answers["invitation.accept"] = breaks
    answer = client.post(link, {"password": GOOD})
    assert answer.status_code == 503
    [pending] = Connection.objects.all()
    assert pending.state == ConnectionState.PENDING.value
    assert TOKEN not in pending.claim_sealed
    desk.away = False
    desk.answers["invitation.accept"] = lambda asked: say.InvitationAccepted("c-9", "it")
    client.post("/sign-in/", {"address": "bruno.neri@example.org", "password": GOOD})
    [made] = Connection.objects.all()
    assert (made.reference, made.state) == ("c-9", ConnectionState.CONNECTED.value)


def test_answer_that_never_came_is_given_up_when_the_desk_refuses(bruno, link, desk):
    row = joining._claim(bruno, joining.look_at(desk.signer.id, TOKEN), "", timezone.now())
    desk.refuse("invitation.accept", say.RefusalCode.DEAD)
    joining.resume(bruno, timezone.now())
    assert not Connection.objects.filter(pk=row.pk).exists()


def test_address_with_an_account_signs_in_and_confirms(client, link, bruno):
    page = text_of(client.get(link))
    assert "Welcome back" in page
    assert 'autocomplete="new-password"' not in page
    assert client.post(link, {"password": GOOD}).status_code == 422, "no new password is set here"
    answer = client.post(link, {"password": PASSWORD})
    assert answer["Location"] == link
    assert not Connection.objects.exists(), "nothing is added before the person says yes"
    assert "Add this practice?" in text_of(client.get(link))
    client.post(link, {"yes": "1"})
    [made] = Connection.objects.all()
    assert made.account == bruno
    assert Deed.CONNECTED in [row.deed for row in Event.objects.order_by("pk")]


def test_address_with_an_account_may_hold_several_practices(client, link, bruno, desk, other_desk):
    paired(other_desk)
    other_desk.answers["invitation.show"] = lambda asked: shown()
    other_desk.answers["invitation.accept"] = lambda asked: say.InvitationAccepted("c-9", "it")
    client.post("/sign-in/", {"address": "bruno.neri@example.org", "password": PASSWORD})
    client.post(link, {"yes": "1"})
    client.post(f"/i/{other_desk.signer.id}/{TOKEN}", {"yes": "1"})
    page = text_of(client.get("/"))
    assert page.count("/invoices/") == 4  # the name and the button of each


def test_invitation_of_another_address_is_not_taken_by_who_is_signed_in(signed_in, link, desk, bruno):
    desk.answers["invitation.show"] = lambda asked: shown(email="olga@example.org")
    assert "for another address" in text_of(signed_in.get(link))
    signed_in.post(link, {"yes": "1"})
    assert "invitation.accept" not in desk.kinds()
    assert signed_in.post(link, {"leave": "1"})["Location"] == link
    assert "Welcome" in text_of(signed_in.get(link))


def test_invitation_of_an_account_that_exists_is_not_taken_by_another(signed_in, link, desk):
    account("olga@example.org")
    desk.answers["invitation.show"] = lambda asked: shown(email="olga@example.org")
    assert "for another address" in text_of(signed_in.get(link))
    signed_in.post(link, {"yes": "1"})
    assert "invitation.accept" not in desk.kinds()


def test_link_that_was_used_leads_to_signing_in(client, link, desk):
    desk.answers["invitation.show"] = lambda asked: shown(
        state=say.InvitationState.USED, email="", practice=say.NOBODY, language=""
    )
    assert "This link was used" in text_of(client.get(link))


def test_dead_link_says_whom_to_call_and_asks_for_a_new_one(client, link, desk):
    desk.answers["invitation.show"] = lambda asked: shown(state=say.InvitationState.DEAD, email="", language="")
    answer = client.get(link)
    assert answer.status_code == 404
    assert PRACTICE.phone in text_of(answer)
    answer = client.post(f"{link}/new", follow=True)
    assert "It decides and writes to you" in text_of(answer)
    assert desk.kinds()[-1] == "invitation.renew"


def test_asking_for_a_new_link_answers_alike_whatever_the_link(client, link, desk):
    known = text_of(client.post(f"{link}/new", follow=True))
    desk.refuse("invitation.renew", say.RefusalCode.DEAD)
    refused = text_of(client.post(f"{link}/new", follow=True))
    nowhere = text_of(client.post(f"/i/{'0' * 32}/{TOKEN}/new", follow=True))
    assert known == refused == nowhere


def test_link_of_a_desk_nobody_knows_looks_like_a_dead_one(client, link, desk):
    desk.answers["invitation.show"] = lambda asked: shown(
        state=say.InvitationState.DEAD, email="", language="", practice=say.NOBODY
    )
    there = client.get(link)
    nowhere = client.get(f"/i/{'0' * 32}/{TOKEN}")
    assert there.status_code == nowhere.status_code == 404
    assert text_of(there).replace(desk.signer.id, "0" * 32) == text_of(nowhere)


def test_guessing_links_is_limited_by_network(client, link, desk):
    desk.answers["invitation.show"] = lambda asked: shown(state=say.InvitationState.DEAD, email="", language="")
    codes = [client.get(f"/i/{desk.signer.id}/{number:043}").status_code for number in range(62)]
    assert codes[-1] == 429
    assert set(codes[:60]) == {404}
    assert client.get(link, REMOTE_ADDR="192.0.2.7").status_code == 404


def test_link_while_the_desk_is_away_says_so(client, link, desk):
    desk.away = True
    answer = client.get(link)
    assert answer.status_code == 503
    assert "cannot be reached now" in text_of(answer)


def test_page_of_a_link_is_kept_nowhere(client, link):
    answer = client.get(link)
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_connection_that_moves_to_another_account_leaves_the_first(bruno, link, desk):
    first = joining.connect(bruno, joining.look_at(desk.signer.id, TOKEN), proof="", now=timezone.now())
    desk.answers["invitation.show"] = lambda asked: shown(email="bruno.new@example.org")
    found = joining.look_at(desk.signer.id, TOKEN)
    second = joining.open_account(found, password=GOOD, proof="", language="it", now=timezone.now())
    assert not Connection.objects.filter(pk=first.pk).exists()
    assert second.reference == first.reference


def test_open_account_of_an_address_that_has_one_is_refused(bruno, link, desk):
    found = joining.look_at(desk.signer.id, TOKEN)
    with pytest.raises(joining.AddressTaken):
        joining.open_account(found, password=GOOD, proof="", language="it", now=timezone.now())


def test_look_at_an_unpaired_desk_is_dead(link, desk):
    row = paired(desk)
    row.is_paired = False
    row.save()
    with pytest.raises(joining.DeadLink):
        joining.look_at(desk.signer.id, TOKEN)
    assert desk.asked == []


def test_ask_for_new_link_of_a_desk_that_is_away_says_so(link, desk):
    desk.away = True
    with pytest.raises(wire.Unreachable):
        joining.ask_for_new_link(desk.signer.id, TOKEN)
