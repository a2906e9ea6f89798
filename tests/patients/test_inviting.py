"""Inviting: who may, who can be, what goes out, and which links work afterwards."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sportello.core.actors import MayNot, Switch, System, acting
from sportello.core.models import Job
from sportello.patients.models import Connection, InvitationLink, Patient, Representative
from sportello.patients.operations import Refused
from sportello.patients.operations.portal.answering import DeadLink, show_invitation
from sportello.patients.operations.portal.inviting import correct_and_invite, resend
from sportello.patients.operations.portal.standing import cancel_invitation, disconnect, mark_bounced, suspend
from sportello.patients.portal_door import NoPortal
from sportello.patients.states import ForbiddenMove
from sportello.patients.tokens import token_hash
from tests.patients import portal
from tests.patients.portal import ACCOUNT, NOW, accept, connected, mails, send, states, token
from tests.world import only


@pytest.fixture(autouse=True)
def _paired(monkeypatch):
    portal.pair(monkeypatch)


def _change(row, **values):
    with acting(System("test")):
        type(row).objects.filter(pk=row.pk).update(**values)
    return row


def test_invite_mails_one_link_and_waits(world):
    sent = send(world.ada, world.bruno)
    assert states(sent.connection_id) == ("PENDING", "PENDING")
    assert (sent.email, sent.code) == ("bruno.verdi@posta.example", "")
    assert sent.expires_on == date(2026, 3, 26)
    (mail,) = mails()
    assert mail.recipient == "bruno.verdi@posta.example"
    assert mail.text.count("https://") == 1
    assert show_invitation(token=token(), now=NOW).state == "open"


def test_invite_writes_audit_and_queues_the_mail_together(world):
    sent = send(world.ada, world.bruno)
    (entry,) = portal.audited("invitation.send")
    assert (entry.person_id, entry.patient_id) == (world.ada.person_id, world.bruno.pk)
    assert (entry.object_kind, entry.object_id) == ("connection", sent.connection_id)
    with acting(System("test")):
        assert Job.objects.filter(handler="core.send_mail", object_id=mails()[0].pk).count() == 1


def test_invite_keeps_no_token_but_its_hash(world):
    send(world.ada, world.bruno)
    given = token()
    assert len(given) == 43  # 256 bits
    with acting(System("test")):
        link = InvitationLink.objects.get()
    assert link.token_hash == token_hash(given)
    assert given not in str(vars(link))


def test_invite_of_another_practices_patient_is_not_found(world):
    with pytest.raises(Patient.DoesNotExist):
        send(world.olga, world.bruno)


def test_invite_without_the_switch_may_not(world):
    with pytest.raises(MayNot, match="portal"):
        send(world.elena, world.bruno)
    assert send(only(world.elena, Switch.PATIENTS, Switch.PORTAL), world.bruno).connection_id


def test_invite_while_no_portal_is_paired_is_refused_and_leaves_nothing(world, monkeypatch):
    portal.pair(monkeypatch, portal.Unpaired())
    with pytest.raises(NoPortal):
        send(world.ada, world.bruno)
    with acting(System("test")):
        assert not Connection.objects.exists()
    assert not mails()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"email": ""}, "invite_email_missing"),
        ({"portal_allowed": False}, "invite_not_wanted"),
        ({"archived_at": NOW}, "invite_archived"),
        ({"born_on": date(2010, 1, 1)}, "invite_minor"),
    ],
)
def test_invite_of_who_cannot_be_says_why(world, change, code):
    _change(world.bruno, **change)
    with pytest.raises(Refused) as refused:
        send(world.ada, world.bruno)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"until_on": date(2026, 3, 11)}, "invite_powers_over"),
        ({"since_on": date(2026, 3, 13)}, "invite_powers_not_begun"),
        ({"may_see_documents": False, "may_see_invoices": False}, "invite_sees_nothing"),
        ({"email": ""}, "invite_email_missing"),
    ],
)
def test_invite_of_a_representative_without_powers_says_why(world, change, code):
    _change(world.gina, **change)
    with pytest.raises(Refused) as refused:
        send(world.ada, world.mia, world.gina)
    assert refused.value.code == code


def test_invite_of_a_parent_whose_child_is_of_age_is_refused(world):
    _change(world.mia, born_on=date(2008, 3, 12))
    with pytest.raises(Refused) as refused:
        send(world.ada, world.mia, world.gina)
    assert refused.value.code == "invite_powers_over"


def test_invite_of_somebody_elses_representative_is_not_found(world):
    with pytest.raises(Representative.DoesNotExist):
        send(world.ada, world.bruno, world.gina)


def test_invite_of_two_patients_by_one_address_is_refused(world):
    send(world.ada, world.bruno)
    _change(world.youssef, email="Bruno.Verdi@posta.example")
    with pytest.raises(Refused) as refused:
        send(world.ada, world.youssef)
    assert refused.value.code == "invite_email_of_another_patient"


def test_invite_of_two_patients_by_one_address_through_a_representative_is_fine(world):
    _change(world.gina, email="bruno.verdi@posta.example")
    send(world.ada, world.bruno)
    assert states(send(world.ada, world.mia, world.gina).connection_id) == ("PENDING", "PENDING")


def test_invite_of_both_parents_by_one_address_is_refused(world):
    send(world.ada, world.mia, world.gina)
    with acting(System("test")):
        dad = Representative.objects.create(
            practice=world.mia.practice,
            patient=world.mia,
            role="parent",
            family_name="Verdi",
            given_name="Dino",
            email="gina.verdi@posta.example",
            since_on=date(2018, 9, 5),
        )
    with pytest.raises(Refused) as refused:
        send(world.ada, world.mia, dad)
    assert refused.value.code == "invite_email_twice"


def test_invite_by_an_address_of_who_was_disconnected_is_fine(world):
    row = connected(world.ada, world.bruno)
    disconnect(actor=world.ada, connection_id=row.pk, now=NOW)
    _change(world.youssef, email="bruno.verdi@posta.example")
    assert send(world.ada, world.youssef).connection_id


def test_invite_of_who_waits_is_forbidden(world):
    send(world.ada, world.bruno)
    with pytest.raises(ForbiddenMove):
        send(world.ada, world.bruno)
    assert len(mails()) == 1


def test_invite_after_disconnect_gives_a_new_name_to_the_connection(world):
    old = connected(world.ada, world.bruno)
    disconnect(actor=world.ada, connection_id=old.pk, now=NOW)
    again = connected(world.ada, world.bruno, account="another")
    assert again.pk == old.pk
    assert again.uid != old.uid
    assert again.account == "another"


def test_invite_by_birth_date_of_a_patient_without_one_is_refused(world):
    _change(world.bruno, born_on=None)
    with pytest.raises(Refused) as refused:
        send(world.ada, world.bruno, proof="birth_date")
    assert refused.value.code == "invite_birth_date_missing"


def test_invite_with_a_spoken_code_tells_it_once_and_never_mails_it(world):
    sent = send(world.ada, world.bruno, proof="spoken_code")
    assert len(sent.code) == 6
    (mail,) = mails()
    assert sent.code not in mail.text + mail.html + mail.subject
    assert sent.code not in str(vars(portal.invitation(sent.connection_id)))
    assert sent.code not in repr(sent)


def test_resend_kills_the_former_link(world):
    sent = send(world.ada, world.bruno)
    former = token()
    resend(actor=world.ada, connection_id=sent.connection_id, now=NOW + timedelta(days=1))
    assert show_invitation(token=former, now=NOW).state == "dead"
    with pytest.raises(DeadLink):
        accept(former)
    assert show_invitation(token=token(), now=NOW).state == "open"
    with acting(System("test")):
        assert InvitationLink.objects.filter(ended_at=None).count() == 1


def test_resend_takes_back_a_mail_that_still_waits(world):
    sent = send(world.ada, world.bruno)
    resend(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    assert [mail.state for mail in mails()] == ["cancelled", "waiting"]


def test_resend_goes_to_the_address_of_today_in_the_language_of_today(world):
    sent = send(world.ada, world.bruno)
    _change(world.bruno, email="nuovo@posta.example", language="de")
    assert resend(actor=world.ada, connection_id=sent.connection_id, now=NOW).email == "nuovo@posta.example"
    assert (mails()[-1].recipient, mails()[-1].language) == ("nuovo@posta.example", "de")
    assert "neuer Link" in mails()[-1].text


def test_resend_of_a_connected_patient_is_forbidden(world):
    row = connected(world.ada, world.bruno)
    with pytest.raises(ForbiddenMove):
        resend(actor=world.ada, connection_id=row.pk, now=NOW)


def test_resend_of_another_practice_is_not_found(world):
    sent = send(world.ada, world.bruno)
    with pytest.raises(Connection.DoesNotExist):
        resend(actor=world.olga, connection_id=sent.connection_id, now=NOW)


def test_resend_without_the_switch_may_not(world):
    sent = send(world.ada, world.bruno)
    with pytest.raises(MayNot):
        resend(actor=world.elena, connection_id=sent.connection_id, now=NOW)


def test_correct_and_invite_changes_the_record_and_sends_to_the_new_address(world):
    sent = send(world.ada, world.bruno)
    mark_bounced(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    assert states(sent.connection_id) == ("NOT_CONNECTED", "BOUNCED")
    again = correct_and_invite(actor=world.ada, connection_id=sent.connection_id, email="bruno@posta.example", now=NOW)
    assert again.email == "bruno@posta.example"
    with acting(System("test")):
        assert Patient.objects.get(pk=world.bruno.pk).email == "bruno@posta.example"
    assert states(sent.connection_id) == ("PENDING", "PENDING")


def test_correct_and_invite_with_no_address_is_refused(world):
    sent = send(world.ada, world.bruno)
    mark_bounced(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    for wrong in ("", "bruno"):
        with pytest.raises(Refused):
            correct_and_invite(actor=world.ada, connection_id=sent.connection_id, email=wrong, now=NOW)


def test_correct_and_invite_of_what_did_not_bounce_is_forbidden(world):
    sent = send(world.ada, world.bruno)
    with pytest.raises(ForbiddenMove):
        correct_and_invite(actor=world.ada, connection_id=sent.connection_id, email="b@posta.example", now=NOW)


def test_correct_and_invite_without_the_right_to_edit_may_not(world):
    sent = send(world.ada, world.bruno)
    mark_bounced(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    with pytest.raises(MayNot):
        correct_and_invite(
            actor=only(world.elena, Switch.PORTAL, Switch.INVOICES),
            connection_id=sent.connection_id,
            email="b@posta.example",
            now=NOW,
        )


def test_correct_and_invite_of_another_practice_is_not_found(world):
    sent = send(world.ada, world.bruno)
    with pytest.raises(Connection.DoesNotExist):
        correct_and_invite(actor=world.olga, connection_id=sent.connection_id, email="b@posta.example", now=NOW)


@pytest.mark.parametrize("ending", ["cancel", "disconnect", "expire", "use"])
def test_link_is_dead_after_each_ending(world, ending):
    sent = send(world.ada, world.bruno)
    given, later = token(), NOW
    match ending:
        case "cancel":
            cancel_invitation(actor=world.ada, connection_id=sent.connection_id, now=NOW)
        case "disconnect":
            accept(given)
            disconnect(actor=world.ada, connection_id=sent.connection_id, now=NOW)
        case "expire":
            later = datetime(2026, 3, 26, 23, 0, tzinfo=UTC)
        case "use":
            accept(given)
    with pytest.raises(DeadLink):
        accept(given, account="somebody-else", now=later)
    shown = show_invitation(token=given, now=later)
    assert shown.state == ("used" if ending == "use" else "dead")
    assert (shown.email, shown.proof) == ("", "none")
    assert shown.contact is not None
    assert shown.contact.name == "Studio Rossi"


def test_link_works_until_the_end_of_its_last_day(world):
    send(world.ada, world.bruno)
    assert show_invitation(token=token(), now=datetime(2026, 3, 26, 22, 59, tzinfo=UTC)).state == "open"
    assert show_invitation(token=token(), now=datetime(2026, 3, 26, 23, 0, tzinfo=UTC)).state == "dead"


def test_suspended_connection_keeps_its_link_used(world):
    row = connected(world.ada, world.bruno)
    suspend(actor=world.ada, connection_id=row.pk, now=NOW)
    assert show_invitation(token=token(), now=NOW).state == "used"
    assert accept(account=ACCOUNT).uid == str(row.uid)
