"""What a practice does with access, and what time does: cancel, bounce, suspend, resume, disconnect, expire, end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sportello.core.actors import MayNot, System, acting
from sportello.core.models import OutgoingMail
from sportello.patients.models import Connection
from sportello.patients.operations import Refused
from sportello.patients.operations.portal.answering import ask_for_link
from sportello.patients.operations.portal.standing import (
    cancel_invitation,
    disconnect,
    dismiss_request,
    mark_bounced,
    require_second_factor,
    resume,
    suspend,
    unlock_proof,
)
from sportello.patients.operations.portal.tending import end_powers, expire_invitations, note_bounces
from sportello.patients.states import ForbiddenMove
from tests.patients import portal
from tests.patients.portal import NOW, connected, mails, send, states, token

WITH_A_TIME = [cancel_invitation, mark_bounced, suspend, resume, disconnect, unlock_proof]


@pytest.fixture(autouse=True)
def _paired(monkeypatch):
    portal.pair(monkeypatch)


def _change(row, **values):
    with acting(System("test")):
        type(row).objects.filter(pk=row.pk).update(**values)


@pytest.mark.parametrize("deed", WITH_A_TIME, ids=lambda deed: deed.__name__)
def test_deed_on_another_practices_connection_is_not_found(world, deed):
    row = connected(world.ada, world.bruno)
    with pytest.raises(Connection.DoesNotExist):
        deed(actor=world.olga, connection_id=row.pk, now=NOW)


@pytest.mark.parametrize("deed", WITH_A_TIME, ids=lambda deed: deed.__name__)
def test_deed_without_the_switch_may_not(world, deed):
    row = connected(world.ada, world.bruno)
    with pytest.raises(MayNot, match="portal"):
        deed(actor=world.elena, connection_id=row.pk, now=NOW)
    assert states(row.pk) == ("CONNECTED", "ACCEPTED")


def test_dismiss_and_second_factor_are_for_who_may_invite_here(world):
    row = connected(world.ada, world.bruno)
    with pytest.raises(MayNot):
        dismiss_request(actor=world.elena, connection_id=row.pk)
    with pytest.raises(Connection.DoesNotExist):
        dismiss_request(actor=world.olga, connection_id=row.pk)
    with pytest.raises(MayNot):
        require_second_factor(actor=world.elena, connection_id=row.pk, required=True)
    with pytest.raises(Connection.DoesNotExist):
        require_second_factor(actor=world.olga, connection_id=row.pk, required=True)


def test_require_second_factor_is_kept_and_recorded_once(world):
    row = connected(world.ada, world.bruno)
    for _time in range(2):
        require_second_factor(actor=world.ada, connection_id=row.pk, required=True)
    assert portal.connection(row.pk).second_factor_required
    assert len(portal.audited("connection.second_factor")) == 1


def test_cancel_invitation_takes_the_waiting_mail_back(world):
    sent = send(world.ada, world.bruno)
    cancel_invitation(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    assert states(sent.connection_id) == ("NOT_CONNECTED", "CANCELLED")
    assert [mail.state for mail in mails()] == ["cancelled"]
    assert len(portal.audited("invitation.cancel")) == 1


def test_cancel_invitation_of_a_connected_patient_is_forbidden(world):
    row = connected(world.ada, world.bruno)
    with pytest.raises(ForbiddenMove):
        cancel_invitation(actor=world.ada, connection_id=row.pk, now=NOW)


def test_suspend_and_resume_are_recorded_with_their_day(world):
    row = connected(world.ada, world.bruno)
    suspend(actor=world.ada, connection_id=row.pk, now=NOW + timedelta(days=3))
    assert portal.connection(row.pk).since_at == NOW + timedelta(days=3)
    resume(actor=world.ada, connection_id=row.pk, now=NOW + timedelta(days=5))
    assert states(row.pk) == ("CONNECTED", "ACCEPTED")
    assert len(portal.audited("connection.suspend")) == len(portal.audited("connection.resume")) == 1


def test_disconnect_of_who_is_suspended_is_forbidden(world):
    row = connected(world.ada, world.bruno)
    suspend(actor=world.ada, connection_id=row.pk, now=NOW)
    with pytest.raises(ForbiddenMove):
        disconnect(actor=world.ada, connection_id=row.pk, now=NOW)


def test_disconnect_tells_the_patient_by_mail(world):
    _change(world.bruno, language="ro")
    row = connected(world.ada, world.bruno)
    disconnect(actor=world.ada, connection_id=row.pk, now=NOW)
    assert states(row.pk) == ("DISCONNECTED", "ACCEPTED")
    (mail,) = mails("patient_disconnected")
    assert mail.recipient == "bruno.verdi@posta.example"
    assert "a închis accesul" in mail.text
    assert "ha chiuso il suo accesso" in mail.text
    assert "https://" not in mail.text
    (entry,) = portal.audited("connection.disconnect")
    assert entry.person_id == world.ada.person_id


def test_disconnect_of_one_parent_leaves_the_other(world):
    row = connected(world.ada, world.mia, world.gina)
    with acting(System("test")):
        dad = type(world.gina).objects.create(
            practice=world.mia.practice,
            patient=world.mia,
            role="parent",
            family_name="Verdi",
            given_name="Dino",
            email="dino@posta.example",
            since_on=date(2018, 9, 5),
        )
    other = connected(world.ada, world.mia, dad, account="dino")
    disconnect(actor=world.ada, connection_id=row.pk, now=NOW)
    assert (states(row.pk)[0], states(other.pk)[0]) == ("DISCONNECTED", "CONNECTED")


def test_unlock_proof_of_what_is_open_is_refused(world):
    sent = send(world.ada, world.bruno, proof="birth_date")
    with pytest.raises(Refused) as refused:
        unlock_proof(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    assert refused.value.code == "proof_not_locked"


def test_dismiss_request_puts_it_aside(world):
    sent = send(world.ada, world.bruno)
    cancel_invitation(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    ask_for_link(token=token(), now=NOW)
    for _time in range(2):
        dismiss_request(actor=world.ada, connection_id=sent.connection_id)
    assert portal.connection(sent.connection_id).asked_at is None
    assert len(portal.audited("invitation.ask_dismiss")) == 1


def test_expire_invitations_moves_what_is_due_and_no_other(world):
    old = send(world.ada, world.bruno)
    _change(world.youssef, email="youssef@posta.example")
    young = send(world.ada, world.youssef, now=NOW + timedelta(days=10))
    assert expire_invitations(now=NOW + timedelta(days=15)) == 1
    assert states(old.connection_id) == ("NOT_CONNECTED", "EXPIRED")
    assert states(young.connection_id) == ("PENDING", "PENDING")
    assert expire_invitations(now=NOW + timedelta(days=15)) == 0


def test_note_bounces_hears_what_the_mail_server_refused_for_good(world):
    sent = send(world.ada, world.bruno)
    with acting(System("test")):
        mine = OutgoingMail.objects.filter(pk=mails()[-1].pk)
        mine.update(state="failed", last_error="timeout")
    assert note_bounces(now=NOW) == 0
    with acting(System("test")):
        mine.update(last_error="recipient_refused")
    assert note_bounces(now=NOW) == 1
    assert states(sent.connection_id) == ("NOT_CONNECTED", "BOUNCED")
    assert note_bounces(now=NOW) == 0


def test_note_bounces_of_a_former_mail_leaves_the_new_one(world):
    from sportello.patients.operations.portal.inviting import resend

    sent = send(world.ada, world.bruno)
    resend(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    with acting(System("test")):
        OutgoingMail.objects.filter(pk=mails()[0].pk).update(state="failed", last_error="recipient_refused")
    assert note_bounces(now=NOW) == 0


def test_end_powers_disconnects_and_tells_who_no_longer_acts(world):
    row = connected(world.ada, world.mia, world.gina)
    assert end_powers(now=NOW) == 0
    _change(world.gina, until_on=date(2026, 3, 11))
    assert end_powers(now=NOW) == 1
    assert states(row.pk) == ("DISCONNECTED", "ACCEPTED")
    (mail,) = mails("patient_disconnected")
    assert mail.recipient == "gina.verdi@posta.example"
    assert "rappresentava" in mail.text
    (entry,) = portal.audited("connection.disconnect")
    assert (entry.role, entry.details) == ("system", {"cause": "powers"})
    assert end_powers(now=NOW) == 0


def test_end_powers_on_the_eighteenth_birthday(world):
    row = connected(world.ada, world.mia, world.gina)
    _change(world.mia, born_on=date(2008, 3, 13))
    assert end_powers(now=NOW) == 0
    assert end_powers(now=NOW + timedelta(days=1)) == 1
    assert states(row.pk)[0] == "DISCONNECTED"


def test_end_powers_ends_an_invitation_that_waits(world):
    sent = send(world.ada, world.mia, world.gina)
    _change(world.gina, until_on=date(2026, 3, 11))
    assert end_powers(now=NOW) == 1
    assert states(sent.connection_id) == ("NOT_CONNECTED", "EXPIRED")
    assert not mails("patient_disconnected")


def test_end_powers_leaves_a_support_administrator_of_an_adult(world):
    with acting(System("test")):
        row = type(world.gina).objects.create(
            practice=world.bruno.practice,
            patient=world.bruno,
            role="administrator",
            family_name="Neri",
            given_name="Lia",
            email="lia@posta.example",
            since_on=date(2020, 1, 1),
        )
    connection = connected(world.ada, world.bruno, row)
    assert end_powers(now=NOW) == 0
    assert states(connection.pk)[0] == "CONNECTED"
