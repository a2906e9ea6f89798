from dataclasses import replace

import pytest

from sportello.accounts.models import Person
from sportello.core.actors import MayNot, Role, Switch, System, acting
from sportello.core.models import AuditEntry, OutgoingMail
from sportello.parties.models import BillingEntity, Membership
from sportello.parties.operations import (
    Refused,
    disable_member,
    edit_member,
    enable_member,
    invite_again,
    invite_member,
)
from sportello.parties.queries import actor_for, members, practitioners
from sportello.parties.values import MemberValues

HELPER = MemberValues(Role.COLLABORATOR, switches=frozenset({Switch.PATIENTS, Switch.ISSUE}))


def _link(person):
    return f"https://desk.example/set/{person.pk}/"


def _invite(world, email="nina@posta.example", values=HELPER, actor=None, **more):
    return invite_member(
        actor=actor or world.ada,
        email=email,
        given_name=more.get("given_name", "Nina"),
        family_name="Prova",
        language="it",
        values=values,
        link=_link,
    )


def _member(world, name):
    return next(each for each in members(world.ada) if each.person_id == world.people[name].pk)


def test_invite_member_makes_an_account_without_password_and_writes(world):
    membership = _invite(world, " Nina@Posta.example ")
    with acting(System("test")):
        mail = OutgoingMail.objects.get(purpose="member_invitation")
    person = membership.person
    assert (person.email, person.has_usable_password()) == ("nina@posta.example", False)
    assert _link(person) in mail.text
    assert mail.drop_body
    assert actor_for(person.pk, world.ada.party_id).switches == HELPER.switches


def test_invite_member_who_has_an_account_keeps_it(world):
    membership = _invite(world, "OLGA@posta.example")
    with acting(System("test")):
        mail = OutgoingMail.objects.get(purpose="member_invitation")
    olga = Person.objects.get(pk=world.people["olga"].pk)
    assert (membership.person_id, olga.given_name, olga.has_usable_password()) == (olga.pk, "Olga", True)
    assert "https://" not in mail.text


def test_invite_member_twice_is_refused(world):
    with pytest.raises(Refused, match="member_exists"):
        _invite(world, "Elena@posta.example")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"email": ""}, "email_missing"),
        ({"email": "nina@"}, "email_domain_missing"),
        ({"given_name": ""}, "text_missing"),
        ({"values": replace(HELPER, entities=frozenset())}, "no_entity_granted"),
        ({"values": MemberValues(Role.ACCOUNTANT, years=(1800,))}, "year_range"),
    ],
)
def test_invite_member_with_a_wrong_value_is_refused(world, more, code):
    with pytest.raises(Refused, match=code):
        _invite(world, **more)


def test_invite_member_by_a_collaborator_may_not(world):
    with pytest.raises(MayNot, match="owner"):
        _invite(world, actor=world.elena)


def test_invite_member_with_an_entity_of_another_practice_is_not_found(world):
    with pytest.raises(BillingEntity.DoesNotExist):
        _invite(world, values=replace(HELPER, entities=frozenset({world.bianchi.studio.pk})))


def test_invite_again_kills_the_link_sent_before(world):
    membership = _invite(world)
    before = membership.person.password
    invite_again(actor=world.ada, membership_id=membership.pk, link=_link)
    assert Person.objects.get(pk=membership.person_id).password != before
    with acting(System("test")):
        assert OutgoingMail.objects.filter(purpose="member_invitation").count() == 2


def test_invite_again_who_has_a_password_is_refused(world):
    with pytest.raises(Refused, match="member_signed_in"):
        invite_again(actor=world.ada, membership_id=_member(world, "elena").id, link=_link)


def test_edit_member_bites_at_the_next_request(world):
    values = replace(_member(world, "elena").values, switches=frozenset({Switch.PAYMENTS}))
    edit_member(actor=world.ada, membership_id=_member(world, "elena").id, values=values)
    assert actor_for(world.people["elena"].pk, world.ada.party_id).switches == {Switch.PAYMENTS}
    with acting(System("test")):
        changed = AuditEntry.objects.get(action="member.edit").details["changes"]
    assert changed == {"switches": [["patients", "invoices"], ["payments"]]}


def test_edit_member_keeps_only_what_the_role_can_have(world):
    values = MemberValues(
        Role.ACCOUNTANT,
        switches=frozenset(Switch),
        entities=frozenset({world.studio.pk}),
        years=(2026, 2025, 2026),
        own_patients_only=True,
    )
    edit_member(actor=world.ada, membership_id=_member(world, "elena").id, values=values)
    shown = _member(world, "elena").values
    kept = frozenset({Switch.STS})
    granted = frozenset({world.studio.pk})
    assert shown == MemberValues(Role.ACCOUNTANT, switches=kept, entities=granted, years=(2025, 2026))


def test_edit_member_demoting_the_last_owner_is_refused(world):
    with pytest.raises(Refused, match="last_owner"):
        edit_member(actor=world.ada, membership_id=_member(world, "ada").id, values=HELPER)


def test_edit_member_demoting_one_of_two_owners_is_fine(world):
    edit_member(actor=world.ada, membership_id=_member(world, "elena").id, values=MemberValues(Role.OWNER))
    edit_member(actor=world.ada, membership_id=_member(world, "ada").id, values=HELPER)
    assert actor_for(world.people["ada"].pk, world.ada.party_id).role is Role.COLLABORATOR


def test_disable_member_bites_at_the_next_request_and_comes_back(world):
    elena = _member(world, "elena")
    disable_member(actor=world.ada, membership_id=elena.id)
    disable_member(actor=world.ada, membership_id=elena.id)
    assert actor_for(world.people["elena"].pk, world.ada.party_id) is None
    enable_member(actor=world.ada, membership_id=elena.id)
    assert actor_for(world.people["elena"].pk, world.ada.party_id).switches == world.elena.switches


def test_disable_member_who_is_the_last_owner_is_refused(world):
    with pytest.raises(Refused, match="last_owner"):
        disable_member(actor=world.ada, membership_id=_member(world, "ada").id)


@pytest.mark.parametrize("name", ["again", "edit", "disable", "enable"])
def test_member_of_another_practice_is_not_found(world, name):
    membership_id = _member(world, "elena").id
    acts = {
        "again": lambda actor: invite_again(actor=actor, membership_id=membership_id, link=_link),
        "edit": lambda actor: edit_member(actor=actor, membership_id=membership_id, values=HELPER),
        "disable": lambda actor: disable_member(actor=actor, membership_id=membership_id),
        "enable": lambda actor: enable_member(actor=actor, membership_id=membership_id),
    }
    with pytest.raises(Membership.DoesNotExist):
        acts[name](world.olga)
    with pytest.raises(MayNot, match="owner"):
        acts[name](world.elena)


def test_members_are_shown_to_the_owner_alone(world, django_assert_num_queries):
    with django_assert_num_queries(2):
        names = [each.name for each in members(world.ada)]
    assert names == ["Carla Conti", "Elena Neri", "Ada Rossi"]
    with pytest.raises(MayNot):
        members(world.elena)


def test_practitioners_are_those_who_meet_patients(world):
    assert [name for _pk, name in practitioners(world.ada)] == ["Elena Neri", "Ada Rossi"]
