"""Who is acting. No row is read before somebody is (ARCHITECTURE 3, "Actor first").

An actor is made anew for every request from the membership as it is then, so that a switch that was
turned off bites at once (ASVS 8.3.2). Jobs and commands act as `System` and say why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum


class NoActor(RuntimeError):
    """A row was asked for, or an operation begun, while nobody was acting."""


class MayNot(PermissionError):
    """The actor sees the object but may not do this. The text says which right is missing."""


class Role(StrEnum):
    """What a person is to a party (SPEC practice 9): its members, and those whose papers it keeps."""

    OWNER = "owner"
    COLLABORATOR = "collaborator"
    ACCOUNTANT = "accountant"
    PATIENT = "patient"
    GUARDIAN = "guardian"


MEMBER_ROLES = (Role.OWNER, Role.COLLABORATOR, Role.ACCOUNTANT)
"""Who works in a party. The others never sign in here: they come through the portal, by the desk."""
PATIENT_ROLES = frozenset({Role.PATIENT, Role.GUARDIAN})
"""A patient, or somebody who acts for one."""


class Switch(StrEnum):
    """What an owner lets a collaborator do, one by one (SPEC practice 9)."""

    PATIENTS = "patients"
    CLINICAL = "clinical"
    CATALOGUE = "catalogue"
    INVOICES = "invoices"
    ISSUE = "issue"
    PAYMENTS = "payments"
    STS = "sts"
    PORTAL = "portal"
    DOCUMENTS = "documents"


class Power(StrEnum):
    """What a patient's side may see or do: all of it for the patient, what was given to a representative."""

    INVOICES = "invoices"
    DOCUMENTS = "documents"
    CONSENTS = "consents"


@dataclass(frozen=True, slots=True)
class Actor:
    """
    A person acting for a party in a role; or a patient or representative, who is no person of this server's.

    Those have no `person_id` (0) but a `patient_id`, whose papers they may see under `powers`, and reach rows by
    `ScopedQuerySet.shown_to_patient` alone; `representative_id` is set for who acts for the patient.

    `entities` are the billing entities granted (None: all of the party's), `years` the fiscal years an accountant may
    see (None: all). `request_id`, `address` and `agent` only serve the audit.
    """

    person_id: int
    party_id: int
    role: Role
    switches: frozenset[Switch] = frozenset()
    entities: frozenset[int] | None = None
    years: frozenset[int] | None = None
    sees_names: bool = True
    own_patients_only: bool = False
    patient_id: int | None = None
    representative_id: int | None = None
    powers: frozenset[Power] = frozenset()
    request_id: str = field(default="", compare=False)
    address: str = field(default="", compare=False, repr=False)
    agent: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        if (self.role in PATIENT_ROLES) is (self.patient_id is None):
            raise ValueError("a patient's role and a patient belong together")
        if (self.role is Role.GUARDIAN) is (self.representative_id is None):
            raise ValueError("a guardian's role and a representative belong together")

    def may(self, power: Power) -> bool:
        """Tell whether a patient, or a representative with this power, is acting."""
        return self.patient_id is not None and power in self.powers

    def has(self, switch: Switch) -> bool:
        """Tell whether an owner, or a collaborator with this switch, is acting."""
        return self.role is Role.OWNER or (self.role is Role.COLLABORATOR and switch in self.switches)


@dataclass(frozen=True, slots=True)
class System:
    """The software itself, with the reason why it acts; `party_id` narrows the audit entries it writes."""

    why: str
    party_id: int | None = None


Who = Actor | System

_CURRENT: ContextVar[Who | None] = ContextVar("sportello_actor", default=None)


def current() -> Who:
    """
    Return who is acting.

    :raises NoActor: nobody is
    """
    who = _CURRENT.get()
    if who is None:
        raise NoActor("no actor is set: open `with acting(actor):` before touching rows")
    return who


@contextmanager
def acting(who: Who) -> Iterator[Who]:
    """Act as somebody until the block ends."""
    token = _CURRENT.set(who)
    try:
        yield who
    finally:
        _CURRENT.reset(token)
