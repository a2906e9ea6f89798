"""Reads about parties and their people."""

from __future__ import annotations

from dataclasses import dataclass

from sportello.core.actors import Actor, Role, System, acting
from sportello.parties.models import Membership, Party


def actor_for(
    person_id: int, party_id: int | None, *, request_id: str = "", address: str = "", agent: str = ""
) -> Actor | None:
    """
    Return the actor that a signed-in person is, read anew each time so that a withdrawn right bites at once.

    `party_id` picks one of several memberships; None takes the first. None is returned for a person
    who is no active member of that party (or of any).
    """
    with acting(System("sign-in")):
        rows = Membership.objects.filter(person_id=person_id, is_active=True, person__is_active=True)
        if party_id is not None:
            rows = rows.filter(party_id=party_id)
        membership = rows.order_by("created_at", "pk").first()
        if membership is None:
            return None
        granted = None
        if not membership.all_entities:
            granted = frozenset(
                membership.entities.through.objects.filter(membership=membership).values_list(
                    "billingentity_id", flat=True
                )
            )
    role = Role(membership.role)
    return Actor(
        person_id=person_id,
        party_id=membership.party_id,
        role=role,
        switches=membership.granted(),
        entities=granted,
        years=None if membership.years is None else frozenset(membership.years),
        sees_names=role is not Role.ACCOUNTANT or membership.sees_names,
        own_patients_only=membership.own_patients_only,
        request_id=request_id,
        address=address,
        agent=agent,
    )


def parties_of(person_id: int) -> list[tuple[int, str]]:
    """Return id and name of every party where the person is an active member, by name."""
    with acting(System("sign-in")):
        rows = Party.objects.filter(memberships__person_id=person_id, memberships__is_active=True)
        return list(rows.order_by("name").values_list("pk", "name"))


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a person may sit: a party, as the menu names it, the role there, and the zone of its clocks."""

    party_id: int
    name: str
    subtitle: str
    role: Role
    time_zone: str = "Europe/Rome"


def seats_of(person_id: int) -> tuple[Seat, ...]:
    """Return every party where the person is an active member, by name."""
    with acting(System("sign-in")):
        rows = Membership.objects.filter(person_id=person_id, is_active=True, person__is_active=True)
        found = rows.order_by("party__name", "party_id").values_list(
            "party_id", "party__name", "party__subtitle", "role", "party__time_zone"
        )
        return tuple(Seat(party_id, name, subtitle, Role(role), zone) for party_id, name, subtitle, role, zone in found)
