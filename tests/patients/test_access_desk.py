"""What the desk does for a portal: showing and taking invitations, second proofs, requests for new links, access."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry
from sportello.parties.models import Membership
from sportello.patients.models import Connection, Patient, PortalSettings, Representative
from sportello.patients.operations.portal.answering import (
    TRIES,
    DeadLink,
    ProofLocked,
    WrongProof,
    ask_for_link,
    show_invitation,
)
from sportello.patients.operations.portal.standing import cancel_invitation, disconnect, resume, suspend, unlock_proof
from sportello.patients.queries.access import NoAccess, access_of
from tests.patients import portal
from tests.patients.portal import ACCOUNT, NOW, PORTAL, accept, connected, mails, send, states, token


@pytest.fixture(autouse=True)
def _paired(monkeypatch):
    portal.pair(monkeypatch)


def _change(row, **values):
    with acting(System("test")):
        type(row).objects.filter(pk=row.pk).update(**values)


def _ask(given):
    ask_for_link(token=given, now=NOW)


def test_show_invitation_says_what_the_person_needs(world):
    send(world.ada, world.bruno, proof="birth_date", second_factor=True)
    shown = show_invitation(token=token(), now=NOW)
    assert (shown.state, shown.language, shown.email) == ("open", "it", "bruno.verdi@posta.example")
    assert (shown.proof, shown.second_factor_required, shown.locked) == ("birth_date", True, False)
    assert shown.contact is not None
    assert (shown.contact.name, shown.contact.phone) == ("Studio Rossi", "+39 051 000 0001")
    assert shown.contact.lines == ("Via della Prova 1", "40100 Bologna (BO)")


def test_show_invitation_consumes_nothing(world):
    sent = send(world.ada, world.bruno)
    for _time in range(20):
        assert show_invitation(token=token(), now=NOW).state == "open"
    assert states(sent.connection_id) == ("PENDING", "PENDING")
    assert accept().uid


def test_show_invitation_of_an_unknown_token_says_nothing(world):
    shown = show_invitation(token="never-mailed", now=NOW)
    assert (shown.state, shown.contact, shown.language, shown.email) == ("dead", None, "", "")


def test_show_invitation_prints_the_public_contact_of_the_settings(world):
    with acting(System("test")):
        PortalSettings.objects.create(
            practice=world.rossi.party, contact_phone="+390510000009", contact_email="info@posta.example"
        )
    send(world.ada, world.bruno)
    contact = show_invitation(token=token(), now=NOW).contact
    assert contact is not None
    assert (contact.phone, contact.email) == ("+39 051 000 0009", "info@posta.example")


@pytest.mark.parametrize("change", [{"archived_at": NOW}, {"portal_allowed": False}], ids=["archived", "unwanted"])
def test_show_invitation_is_dead_once_the_patient_is_archived_or_prefers_paper(world, change):
    send(world.ada, world.bruno)
    _change(world.bruno, **change)
    assert show_invitation(token=token(), now=NOW).state == "dead"
    with pytest.raises(DeadLink):
        accept()


def test_accept_connects_and_names_the_connection(world):
    sent = send(world.ada, world.bruno)
    taken = accept()
    row = portal.connection(sent.connection_id)
    assert (row.state, row.account, row.portal) == ("CONNECTED", ACCOUNT, PORTAL)
    assert (taken.uid, taken.language) == (str(row.uid), "it")
    (entry,) = portal.audited("invitation.accept")
    assert (entry.role, entry.patient_id, entry.party_id) == ("system", world.bruno.pk, world.rossi.party.pk)


def test_accept_again_by_the_same_account_answers_the_same(world):
    send(world.ada, world.bruno)
    assert accept() == accept(now=NOW + timedelta(days=40))
    assert len(portal.audited("invitation.accept")) == 1


def test_accept_again_by_another_account_is_dead(world):
    send(world.ada, world.bruno)
    accept()
    with pytest.raises(DeadLink):
        accept(account="somebody-else")


def test_accept_of_an_unknown_token_is_dead(world):
    with pytest.raises(DeadLink):
        accept("never-mailed")


def test_accept_without_an_account_is_an_error_of_the_desk(world):
    send(world.ada, world.bruno)
    with pytest.raises(ValueError, match="account"):
        accept(account="")


def test_accept_by_a_parent_after_the_birthday_is_dead(world):
    send(world.ada, world.mia, world.gina)
    _change(world.mia, born_on=date(2008, 3, 13))
    assert show_invitation(token=token(), now=NOW).state == "open"
    with pytest.raises(DeadLink):
        accept(now=NOW + timedelta(days=1))


@pytest.mark.parametrize("given", ["1980-05-12", " 1980-05-12 "])
def test_accept_with_the_birth_date_connects(world, given):
    send(world.ada, world.bruno, proof="birth_date")
    assert accept(proof=given).uid


def test_accept_with_the_spoken_code_connects(world):
    sent = send(world.ada, world.bruno, proof="spoken_code")
    assert accept(proof=f"{sent.code[:3]} {sent.code[3:]}").uid


@pytest.mark.parametrize("proof", ["birth_date", "spoken_code"])
@pytest.mark.parametrize("given", ["", "1980-05-13", "000 000", "tomorrow"])
def test_accept_with_a_wrong_proof_counts_and_keeps_the_invitation(world, proof, given):
    sent = send(world.ada, world.bruno, proof=proof)
    if given == "000 000" and sent.code == "000000":
        given = "111 111"
    with pytest.raises(WrongProof) as wrong:
        accept(proof=given)
    assert wrong.value.figures["left"] == TRIES - 1
    assert portal.invitation(sent.connection_id).proof_tries == 1
    assert states(sent.connection_id) == ("PENDING", "PENDING")
    (entry,) = portal.audited("invitation.proof_failed")
    assert entry.result == "failed"
    assert given not in str(entry.details) or not given


def test_accept_is_locked_after_five_wrong_proofs_even_with_the_right_one(world):
    sent = send(world.ada, world.bruno, proof="birth_date")
    for left in range(TRIES - 1, 0, -1):
        with pytest.raises(WrongProof) as wrong:
            accept(proof="1999-01-01")
        assert wrong.value.figures["left"] == left
    for proof in ("1999-01-01", "1980-05-12"):
        with pytest.raises(ProofLocked):
            accept(proof=proof)
    assert show_invitation(token=token(), now=NOW).locked
    assert len(mails("link_request")) == 1  # Ada alone has the switch
    assert unlock_proof(actor=world.ada, connection_id=sent.connection_id, now=NOW) == ""
    assert accept(proof="1980-05-12").uid


def test_unlock_proof_gives_a_new_code_and_the_old_one_is_wrong(world):
    sent = send(world.ada, world.bruno, proof="spoken_code")
    wrong = "111111" if sent.code != "111111" else "222222"
    for _time in range(TRIES):
        with pytest.raises((WrongProof, ProofLocked)):
            accept(proof=wrong)
    fresh = unlock_proof(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    assert len(fresh) == 6
    if fresh != sent.code:
        with pytest.raises(WrongProof):
            accept(proof=sent.code)
    assert accept(proof=fresh).uid


def test_ask_for_link_alerts_once_and_sends_the_patient_nothing(world):
    sent = send(world.ada, world.bruno)
    dead = token()
    cancel_invitation(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    for _time in range(3):
        _ask(dead)
    assert portal.connection(sent.connection_id).asked_at == NOW
    (mail,) = mails("link_request")
    assert mail.recipient == "ada@posta.example"
    assert "Verdi" not in mail.text + mail.subject
    assert len(mails()) == 1
    assert len(portal.audited("invitation.ask")) == 1


def test_ask_for_link_tells_those_who_may_invite_and_meet_the_patient(world):
    with acting(System("test")):
        Membership.objects.filter(person=world.people["elena"]).update(
            switches=["patients", "portal"], own_patients_only=True
        )
    sent = send(world.ada, world.bruno)
    cancel_invitation(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    _ask(token())
    assert {mail.recipient for mail in mails("link_request")} == {"ada@posta.example"}
    _change(world.bruno, followed_by=world.people["elena"])
    _change(portal.connection(sent.connection_id), asked_at=None)
    ask_for_link(token=token(), now=NOW + timedelta(hours=1))
    assert {mail.recipient for mail in mails("link_request")} == {"ada@posta.example", "elena@posta.example"}


def test_ask_for_link_while_it_works_or_of_a_connected_person_changes_nothing(world):
    sent = send(world.ada, world.bruno)
    _ask(token())
    accept()
    _ask(token())
    _ask("never-mailed")
    assert portal.connection(sent.connection_id).asked_at is None
    assert not mails("link_request")


def test_access_of_a_connected_patient_opens_all(world):
    row = connected(world.ada, world.bruno)
    access = access_of(str(row.uid), portal=PORTAL, now=NOW)
    assert (access.patient_id, access.practice_id, access.relation) == (world.bruno.pk, world.rossi.party.pk, "self")
    assert (access.may_see_invoices, access.may_see_documents, access.until_on) == (True, True, None)
    assert "Bruno" not in repr(access)


def test_access_of_a_parent_opens_what_was_given_until_the_birthday(world):
    _change(world.gina, may_see_documents=False)
    row = connected(world.ada, world.mia, world.gina)
    access = access_of(str(row.uid), portal=PORTAL, now=NOW)
    assert (access.patient_id, access.relation) == (world.mia.pk, "parent")
    assert (access.may_see_invoices, access.may_see_documents) == (True, False)
    assert access.until_on == date(2036, 9, 4)
    assert (access.person, access.reader) == ("Mia Verdi", "Gina Verdi")


@pytest.mark.parametrize(
    "change", [{"until_on": date(2026, 3, 11)}, {"since_on": date(2026, 3, 13)}], ids=["over", "not begun"]
)
def test_access_of_a_representative_without_powers_is_over(world, change):
    row = connected(world.ada, world.mia, world.gina)
    _change(world.gina, **change)
    with pytest.raises(NoAccess) as refused:
        access_of(str(row.uid), portal=PORTAL, now=NOW)
    assert refused.value.code == "expired"


def test_access_of_a_parent_ends_on_the_birthday_itself(world):
    row = connected(world.ada, world.mia, world.gina)
    _change(world.mia, born_on=date(2008, 3, 13))
    assert access_of(str(row.uid), portal=PORTAL, now=NOW)
    with pytest.raises(NoAccess):
        access_of(str(row.uid), portal=PORTAL, now=NOW + timedelta(days=1))


def test_access_bites_at_once_when_suspended_resumed_disconnected(world):
    row = connected(world.ada, world.bruno)
    uid = str(row.uid)
    suspend(actor=world.ada, connection_id=row.pk, now=NOW)
    with pytest.raises(NoAccess, match="suspended"):
        access_of(uid, portal=PORTAL, now=NOW)
    resume(actor=world.ada, connection_id=row.pk, now=NOW)
    assert access_of(uid, portal=PORTAL, now=NOW)
    disconnect(actor=world.ada, connection_id=row.pk, now=NOW)
    with pytest.raises(NoAccess, match="not_connected"):
        access_of(uid, portal=PORTAL, now=NOW)


def test_access_by_the_name_of_before_a_new_invitation_opens_nothing(world):
    row = connected(world.ada, world.bruno)
    disconnect(actor=world.ada, connection_id=row.pk, now=NOW)
    connected(world.ada, world.bruno, account="another")
    with pytest.raises(NoAccess, match="not_connected"):
        access_of(str(row.uid), portal=PORTAL, now=NOW)


@pytest.mark.parametrize("uid", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_access_of_an_unknown_name_is_not_connected(world, uid):
    with pytest.raises(NoAccess, match="not_connected"):
        access_of(uid, portal=PORTAL, now=NOW)


def test_access_asked_by_another_portal_is_not_connected(world):
    row = connected(world.ada, world.bruno)
    with pytest.raises(NoAccess, match="not_connected"):
        access_of(str(row.uid), portal="portal-2", now=NOW)


def test_access_takes_one_query(world, django_assert_num_queries):
    row = connected(world.ada, world.mia, world.gina)
    with django_assert_num_queries(1):
        access_of(str(row.uid), portal=PORTAL, now=NOW)


def test_nothing_of_access_is_ever_deleted_and_the_chain_holds(world):
    from sportello.core import audit

    row = connected(world.ada, world.bruno)
    disconnect(actor=world.ada, connection_id=row.pk, now=NOW)
    with acting(System("test")):
        assert list(audit.verify()) == []
        actions = list(AuditEntry.objects.filter(object_kind="connection").values_list("action", flat=True))
        assert sorted(actions) == ["connection.disconnect", "invitation.accept", "invitation.send"]
        assert Connection.objects.filter(pk=row.pk).exists()
        assert Patient.objects.filter(pk=world.bruno.pk).exists()
        assert Representative.objects.filter(pk=world.gina.pk).exists()
