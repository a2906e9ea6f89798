"""Many patients invited in one go, and how the practice uses the portal."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from sportello.core.actors import MayNot, Switch, System, acting
from sportello.core.models import Job
from sportello.parties.models import Membership
from sportello.patients.models import BulkInvitation, BulkItem, Patient, PortalSettings
from sportello.patients.operations import Refused
from sportello.patients.operations.portal import bulk as module
from sportello.patients.operations.portal.bulk import run_bulk_invitation, start_bulk_invitation
from sportello.patients.operations.portal.settings import PortalValues, save_portal_settings
from sportello.patients.operations.portal.standing import mark_bounced
from sportello.patients.operations.portal.tending import expire_invitations
from tests.patients import portal
from tests.patients.portal import NOW, connected, mails, send
from tests.world import only


@pytest.fixture(autouse=True)
def _paired(monkeypatch):
    portal.pair(monkeypatch)


def _many(world, count):
    with acting(System("test")):
        return [
            Patient.objects.create(
                practice=world.bruno.practice,
                family_name="Prova",
                given_name=f"N{number}",
                folded_name=f"prova n{number}",
                email=f"n{number}@posta.example",
            )
            for number in range(count)
        ]


def _start(world, patients, actor=None, proof="none"):
    return start_bulk_invitation(
        actor=actor or world.ada, patient_ids=[each.pk for each in patients], proof=proof, now=NOW
    )


def _outcomes(bulk):
    with acting(System("test")):
        rows = BulkItem.objects.filter(bulk=bulk).order_by("patient_id").values_list("patient_id", "outcome")
        return dict(rows)


def test_start_bulk_invitation_asks_the_worker_and_sends_nothing_itself(world):
    bulk = _start(world, _many(world, 3))
    assert bulk.total == 3
    assert not mails()
    with acting(System("test")):
        assert Job.objects.filter(handler="patients.bulk_invite", object_id=bulk.pk).count() == 1
    (entry,) = portal.audited("bulk_invitation.start")
    assert entry.details == {"patients": 3, "proof": "none"}


def test_run_bulk_invitation_says_how_each_went(world):
    fresh, waiting, bounced, expired, cancelled = _many(world, 5)
    send(world.ada, expired)
    expire_invitations(now=NOW.replace(month=4))
    send(world.ada, waiting)
    mark_bounced(actor=world.ada, connection_id=send(world.ada, bounced).connection_id, now=NOW)
    connected(world.ada, world.bruno)
    before = len(mails())
    everybody = [fresh, waiting, bounced, expired, cancelled, world.bruno, world.youssef, world.mia, world.archived]
    bulk = _start(world, everybody)
    run_bulk_invitation(bulk_id=bulk.pk, now=NOW)
    assert _outcomes(bulk) == {
        fresh.pk: "sent",
        waiting.pk: "already_waiting",
        bounced.pk: "has_bounced",
        expired.pk: "resent",
        cancelled.pk: "sent",
        world.bruno.pk: "already_connected",
        world.youssef.pk: "invite_email_missing",
        world.mia.pk: "sent",
        world.archived.pk: "invite_archived",
    }
    assert len(mails()) - before == 4
    assert "gina.verdi@posta.example" in {mail.recipient for mail in mails()}
    (entry,) = portal.audited("bulk_invitation.finish")
    assert entry.details == {"sent": 4, "of": 9}


def test_run_bulk_invitation_again_goes_on_and_sends_nothing_twice(world, monkeypatch):
    bulk = _start(world, _many(world, 4))
    real, calls = module._one, []

    def dying(row, item_id, now):
        calls.append(item_id)
        if len(calls) == 3:
            raise RuntimeError("killed")
        real(row, item_id, now)

    monkeypatch.setattr(module, "_one", dying)
    with pytest.raises(RuntimeError):
        run_bulk_invitation(bulk_id=bulk.pk, now=NOW)
    assert len(mails()) == 2
    monkeypatch.setattr(module, "_one", real)
    for _time in range(2):
        run_bulk_invitation(bulk_id=bulk.pk, now=NOW)
    assert len(mails()) == 4
    assert set(_outcomes(bulk).values()) == {"sent"}
    assert len(portal.audited("bulk_invitation.finish")) == 1


def test_run_bulk_invitation_stops_where_the_right_was_taken_away(world):
    patients = _many(world, 2)
    with acting(System("test")):
        rows = Membership.objects.filter(person=world.people["elena"])
        rows.update(switches=["patients", "portal"])
    bulk = _start(world, patients, only(world.elena, Switch.PATIENTS, Switch.PORTAL))
    with acting(System("test")):
        rows.update(switches=["patients"])
    run_bulk_invitation(bulk_id=bulk.pk, now=NOW)
    assert set(_outcomes(bulk).values()) == {"no_right"}
    assert not mails()


def test_start_bulk_invitation_of_another_practices_patient_is_not_found(world):
    with pytest.raises(Patient.DoesNotExist):
        _start(world, [world.bruno, world.twin])


def test_start_bulk_invitation_without_the_switch_may_not(world):
    with pytest.raises(MayNot):
        _start(world, [world.bruno], world.elena)


@pytest.mark.parametrize(("proof", "code"), [("spoken_code", "choice_unknown"), ("", "choice_unknown")])
def test_start_bulk_invitation_with_a_code_by_voice_is_refused(world, proof, code):
    with pytest.raises(Refused) as refused:
        _start(world, [world.bruno], proof=proof)
    assert refused.value.code == code


def test_start_bulk_invitation_of_nobody_or_too_many_is_refused(world, monkeypatch):
    with pytest.raises(Refused) as refused:
        _start(world, [])
    assert refused.value.code == "bulk_nobody"
    monkeypatch.setattr(module, "MOST", 1)
    with pytest.raises(Refused) as refused:
        _start(world, [world.bruno, world.mia])
    assert (refused.value.code, refused.value.figures["most"]) == ("bulk_too_many", 1)


def test_bulk_invitation_is_seen_by_its_maker_and_the_owner(world):
    bulk = _start(world, [world.bruno])
    with acting(only(world.elena, Switch.PATIENTS, Switch.PORTAL)):
        assert not BulkInvitation.objects.filter(pk=bulk.pk).exists()
        assert not BulkItem.objects.filter(bulk_id=bulk.pk).exists()
    with acting(world.olga):
        assert not BulkInvitation.objects.filter(pk=bulk.pk).exists()
    with acting(world.ada):
        assert BulkItem.objects.filter(bulk_id=bulk.pk).count() == 1


def test_save_portal_settings_are_what_new_invitations_ask(world):
    values = PortalValues(
        contact_phone="051 000 0009",
        contact_email="info@posta.example",
        proof="birth_date",
        valid_days=7,
        second_factor_required=True,
    )
    row = save_portal_settings(actor=world.ada, values=values)
    assert row.contact_phone == "+390510000009"
    sent = send(world.ada, world.bruno)
    assert (sent.expires_on.day, portal.invitation(sent.connection_id).proof) == (19, "birth_date")
    assert portal.connection(sent.connection_id).second_factor_required
    (entry,) = portal.audited("portal_settings.edit")
    assert "info@posta.example" not in str(entry.details)
    save_portal_settings(actor=world.ada, values=values)
    assert len(portal.audited("portal_settings.edit")) == 1


@pytest.mark.parametrize("days", [0, 61])
def test_save_portal_settings_with_links_that_live_too_short_or_long_is_refused(world, days):
    with pytest.raises(Refused) as refused:
        save_portal_settings(actor=world.ada, values=PortalValues(valid_days=days, contact_email="x"))
    assert {each.code for each in refused.value.refusals} == {"valid_days_range", "email_at_missing"}


def test_save_portal_settings_is_for_the_owner(world):
    with pytest.raises(MayNot):
        save_portal_settings(actor=only(world.elena, Switch.PORTAL), values=PortalValues())


def test_portal_settings_of_another_practice_do_not_show(world):
    save_portal_settings(actor=world.ada, values=PortalValues(valid_days=3))
    with acting(world.olga):
        assert not PortalSettings.objects.exists()


def test_database_refuses_portal_settings_out_of_range_and_doubled_items(world):
    with acting(System("test")), pytest.raises(IntegrityError), transaction.atomic():
        PortalSettings.objects.create(practice=world.rossi.party, valid_days=0)
    bulk = _start(world, [world.bruno])
    with acting(System("test")), pytest.raises(IntegrityError), transaction.atomic():
        BulkItem.objects.create(bulk=bulk, patient=world.bruno)
