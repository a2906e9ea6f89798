"""The practice as its settings show it: own data, sites, members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sportello.core.actors import Actor, Role, Switch, acting
from sportello.parties.contacts import Address, spoken_phone
from sportello.parties.models import Membership, Party, Site
from sportello.parties.permissions import check_may_edit_practice, check_may_manage_members
from sportello.parties.values import MemberValues, PracticeValues, SiteValues


@dataclass(frozen=True, slots=True)
class SiteShown:
    """A site with its id."""

    id: int
    values: SiteValues


@dataclass(frozen=True, slots=True)
class PracticeShown:
    """The practice's data and its sites, open ones first."""

    values: PracticeValues
    sites: Sequence[SiteShown]


@dataclass(frozen=True, slots=True, repr=False)
class MemberShown:
    """A member: who, what they may do, whether they ever signed in."""

    id: int
    person_id: int
    name: str
    email: str
    values: MemberValues
    is_active: bool
    is_invited: bool
    last_seen_at: datetime | None
    entity_names: Sequence[str]


def practice_shown(actor: Actor) -> PracticeShown:
    """
    Return the practice's data with its sites.

    :raises MayNot: only the owner may
    """
    check_may_edit_practice(actor)
    with acting(actor):
        party = Party.objects.get(pk=actor.party_id)
        sites = list(Site.objects.order_by("-is_active", "name", "pk"))
    values = PracticeValues(
        name=party.name,
        subtitle=party.subtitle,
        email=party.email,
        phone=spoken_phone(party.phone) if party.phone else "",
        time_zone=party.time_zone,
        language=party.language,
        retention_years=party.retention_years,
    )
    return PracticeShown(values, [_site(site) for site in sites])


def site_shown(actor: Actor, site_id: int) -> SiteShown:
    """
    Return one site.

    :raises Site.DoesNotExist: no such site for this actor
    :raises MayNot: only the owner may
    """
    check_may_edit_practice(actor)
    with acting(actor):
        return _site(Site.objects.get(pk=site_id))


def members(actor: Actor) -> list[MemberShown]:
    """
    Return everybody who ever worked in the practice, active ones first, in two queries.

    :raises MayNot: only the owner may
    """
    check_may_manage_members(actor)
    with acting(actor):
        rows = Membership.objects.select_related("person").prefetch_related("entities")
        found = list(rows.order_by("-is_active", "person__family_name", "person__given_name", "pk"))
        return [_member(row) for row in found]


def practitioners(actor: Actor) -> list[tuple[int, str]]:
    """Return person id and name of the active members who meet patients: whom a patient may be followed by."""
    with acting(actor):
        rows = Membership.objects.filter(is_active=True).exclude(role=Role.ACCOUNTANT).select_related("person")
        found = list(rows.order_by("person__family_name", "person__given_name", "pk"))
    able = [row for row in found if row.role == Role.OWNER or Switch.PATIENTS in row.granted()]
    return [(row.person_id, row.person.get_full_name()) for row in able]


def _site(site: Site) -> SiteShown:
    address = Address(site.street, site.postal_code, site.city, site.province)
    phone = spoken_phone(site.phone) if site.phone else ""
    return SiteShown(site.pk, SiteValues(site.name, address, phone, site.is_active))


def _member(row: Membership) -> MemberShown:
    granted = [] if row.all_entities else sorted(row.entities.all(), key=lambda entity: entity.name)
    values = MemberValues(
        role=Role(row.role),
        switches=row.granted(),
        entities=None if row.all_entities else frozenset(entity.pk for entity in granted),
        years=None if row.years is None else tuple(row.years),
        sees_names=row.sees_names,
        own_patients_only=row.own_patients_only,
    )
    person = row.person
    return MemberShown(
        id=row.pk,
        person_id=person.pk,
        name=person.get_full_name(),
        email=person.email,
        values=values,
        is_active=row.is_active,
        is_invited=not person.has_usable_password(),
        last_seen_at=person.last_login,
        entity_names=[entity.name for entity in granted],
    )
