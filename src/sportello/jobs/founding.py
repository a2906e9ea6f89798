"""The first practice of an installation, and its owner: the one thing that nobody signed in can do."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from sportello.accounts.models import Person
from sportello.core import audit
from sportello.core.actors import Actor, Role, System, acting
from sportello.jobs.outcome import Misused
from sportello.parties.contacts import check_email
from sportello.parties.models import Membership, Party


@dataclass(frozen=True, slots=True)
class Owner:
    """Who will own the practice. An address that signs in here already keeps its account and its password."""

    email: str
    given_name: str
    family_name: str
    password: str = field(default="", repr=False)
    language: str = "it"


def found_practice(name: str, owner: Owner) -> Actor:
    """
    Make a practice and give it an owner; return the owner as an actor.

    :raises Misused: no name, no address, or a password that is too weak for a new account
    """
    if not name.strip():
        raise Misused("A practice needs a name.")
    address = check_email(owner.email)
    if not address:
        raise Misused("An owner needs an e-mail address to sign in with.")
    why = System("create practice")
    with acting(why), transaction.atomic(durable=True):
        person = Person.objects.filter(email__iexact=address).first() or _person(address, owner)
        party = Party.objects.create(name=name.strip(), email=address, language=owner.language)
        membership = Membership.objects.create(person=person, party=party, role=Role.OWNER.value)
        audit.record(System("create practice", party.pk), "practice.create", party)
        audit.record(System("create practice", party.pk), "member.invite", membership, role=Role.OWNER.value)
    return Actor(person_id=person.pk, party_id=party.pk, role=Role.OWNER)


def _person(address: str, owner: Owner) -> Person:
    person = Person(email=address.lower(), given_name=owner.given_name.strip(), family_name=owner.family_name.strip())
    try:
        validate_password(owner.password, person)
    except ValidationError as error:
        raise Misused(f"The password does not do: {' '.join(error.messages)}") from None
    return Person.objects.create_user(
        address.lower(),
        owner.password,
        given_name=person.given_name,
        family_name=person.family_name,
        language=owner.language,
    )
