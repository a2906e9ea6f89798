"""Who works in a practice: invited, given rights one by one, disabled, never deleted (SPEC practice 9).

A right that is taken away bites at the next request: actors are made anew from these rows each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from sportello.accounts.models import Person
from sportello.core import audit
from sportello.core.actors import Actor, Role, Switch, acting
from sportello.core.refusals import Gathering, Refused
from sportello.core.violations import RuleViolation
from sportello.parties.contacts import check_email
from sportello.parties.models import BillingEntity, Membership
from sportello.parties.notices import invite
from sportello.parties.permissions import check_may_manage_members
from sportello.parties.values import MemberValues

Link = Callable[[Person], str]
"""Makes the address at which a person sets a first password: signed, single use, short-lived."""

FIRST_YEAR, LAST_YEAR = 2000, 2100


def invite_member(
    *, actor: Actor, email: str, given_name: str, family_name: str, language: str, values: MemberValues, link: Link
) -> Membership:
    """
    Give somebody a place in the practice, write to them, and return the membership.

    Who has signed in here before keeps account, name and password; anybody else gets an account without a password and
    a link to set one.

    :raises MayNot: only the owner may
    :raises Refused: with every reason; ``member_exists``, whoever they are in the practice now
    :raises BillingEntity.DoesNotExist: an entity granted is not one of the practice
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_manage_members(actor)
        found = Gathering()
        address = found.attempt(lambda: check_email(email), "").lower()
        if not email.strip():
            found.refuse("email_missing", field="email")
        names = {
            "given_name": found.text(given_name, field="given_name", longest=80, needed=True),
            "family_name": found.text(family_name, field="family_name", longest=80, needed=True),
        }
        _check(values, found)
        if address and Membership.objects.filter(person__email__iexact=address).exists():
            found.refuse("member_exists", field="email")
        found.stop()
        person = Person.objects.filter(email__iexact=address).first()
        if person is None:
            person = Person.objects.create_user(address, None, language=language, **names)
        membership = Membership(person=person, party_id=actor.party_id)
        _write(membership, values)
        entry = audit.record(actor, "member.invite", membership, person=person.pk, **_rights(membership, values))
        _send(actor, person, link, entry)
    return membership


def invite_again(*, actor: Actor, membership_id: int, link: Link) -> None:
    """
    Write once more to somebody who never signed in; the link sent before stops working.

    :raises Membership.DoesNotExist: no such member for this actor
    :raises MayNot: only the owner may
    :raises Refused: ``member_signed_in``, they have a password: they can ask for a new one themselves
    """
    with acting(actor), transaction.atomic(durable=True):
        membership = Membership.objects.select_for_update(of=("self",)).get(pk=membership_id, is_active=True)
        check_may_manage_members(actor)
        person = membership.person
        if person.has_usable_password():
            raise Refused.because(RuleViolation("member_signed_in", field="email"))
        person.set_unusable_password()  # another one: links are signed with it
        person.save(update_fields=["password"])
        entry = audit.record(actor, "member.invite_again", membership, person=person.pk)
        _send(actor, person, link, entry)


def edit_member(*, actor: Actor, membership_id: int, values: MemberValues) -> Membership:
    """
    Change what a member may do, at once, and return the membership; the audit keeps old and new rights.

    :raises Membership.DoesNotExist: no such member for this actor
    :raises MayNot: only the owner may
    :raises Refused: with every reason; ``last_owner``, nobody else owns the practice
    :raises BillingEntity.DoesNotExist: an entity granted is not one of the practice
    """
    with acting(actor), transaction.atomic(durable=True):
        membership = Membership.objects.select_for_update(of=("self",)).get(pk=membership_id)
        check_may_manage_members(actor)
        found = Gathering()
        _check(values, found)
        found.stop()
        if values.role is not Role.OWNER:
            _check_another_owner(membership)
        before = _stored(membership)
        _write(membership, values)
        after = _stored(membership)
        changed = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
        if changed:
            audit.record(actor, "member.edit", membership, person=membership.person_id, changes=changed)
    return membership


def disable_member(*, actor: Actor, membership_id: int) -> None:
    """
    Take somebody's access away, from their next request on. Their deeds stay in the audit under their name.

    :raises Membership.DoesNotExist: no such member for this actor
    :raises MayNot: only the owner may
    :raises Refused: ``last_owner``, nobody else owns the practice
    """
    with acting(actor), transaction.atomic(durable=True):
        membership = Membership.objects.select_for_update(of=("self",)).get(pk=membership_id)
        check_may_manage_members(actor)
        _check_another_owner(membership)
        _switch(actor, membership, active=False)


def enable_member(*, actor: Actor, membership_id: int) -> None:
    """
    Give somebody's access back, with the rights it had.

    :raises Membership.DoesNotExist: no such member for this actor
    :raises MayNot: only the owner may
    """
    with acting(actor), transaction.atomic(durable=True):
        membership = Membership.objects.select_for_update(of=("self",)).get(pk=membership_id)
        check_may_manage_members(actor)
        _switch(actor, membership, active=True)


def _send(actor: Actor, person: Person, link: Link, entry: Any) -> None:
    key = f"invitation:{entry.chain}:{entry.sequence}"
    invite(actor, person, key=key, link=None if person.has_usable_password() else link)


def _switch(actor: Actor, membership: Membership, *, active: bool) -> None:
    if membership.is_active == active:
        return
    membership.is_active = active
    membership.save(update_fields=["is_active"])
    action = "member.enable" if active else "member.disable"
    audit.record(actor, action, membership, person=membership.person_id)


def _check_another_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER or not membership.is_active:
        return
    others = Membership.objects.select_for_update(of=("self",)).filter(
        party_id=membership.party_id, role=Role.OWNER, is_active=True
    )
    if not others.exclude(pk=membership.pk).exists():
        raise Refused.because(RuleViolation("last_owner", field="role"))


def _check(values: MemberValues, found: Gathering) -> None:
    years = values.years or ()
    if values.role is Role.ACCOUNTANT and any(not FIRST_YEAR <= year <= LAST_YEAR for year in years):
        found.refuse("year_range", field="years", first=FIRST_YEAR, last=LAST_YEAR)
    if values.role is not Role.OWNER and values.entities is not None and not values.entities:
        found.refuse("no_entity_granted", field="entities")


def _write(membership: Membership, values: MemberValues) -> None:
    """
    Keep of the values what the role can have: switches of a collaborator, years and names of an accountant.

    An accountant may be given one switch, that of Sistema TS (`permissions.csv`, resource sts).
    """
    is_owner, helps = values.role is Role.OWNER, values.role is Role.COLLABORATOR
    counts = values.role is Role.ACCOUNTANT
    granted = None if is_owner or values.entities is None else _entities(values.entities)
    membership.role = values.role.value
    membership.switches = sorted(each.value for each in values.switches if helps or (counts and each is Switch.STS))
    membership.all_entities = granted is None
    membership.years = sorted(set(values.years)) if counts and values.years is not None else None
    membership.sees_names = values.sees_names if counts else True
    membership.own_patients_only = values.own_patients_only if helps else False
    membership.save()
    membership.entities.set(granted or ())


def _entities(wanted: frozenset[int]) -> list[BillingEntity]:
    rows = list(BillingEntity.objects.filter(pk__in=wanted))
    if len(rows) != len(wanted):
        raise BillingEntity.DoesNotExist
    return rows


def _stored(membership: Membership) -> dict[str, Any]:
    granted = membership.entities.through.objects.filter(membership=membership)
    return {
        "role": membership.role,
        "switches": list(membership.switches),
        "entities": None if membership.all_entities else sorted(granted.values_list("billingentity_id", flat=True)),
        "years": membership.years,
        "sees_names": membership.sees_names,
        "own_patients_only": membership.own_patients_only,
    }


def _rights(membership: Membership, values: MemberValues) -> dict[str, Any]:
    granted = None if values.entities is None else sorted(values.entities)
    return {"role": membership.role, "switches": membership.switches, "entities": granted}
