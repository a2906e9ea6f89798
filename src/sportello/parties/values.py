"""What a person typed about a practice, its sites, entities, accounts and members: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sportello.core.actors import Role, Switch
from sportello.parties.contacts import NOWHERE, Address


@dataclass(frozen=True, slots=True)
class PracticeValues:
    """A practice. `retention_years` is how long papers are kept: ten at least."""

    name: str
    subtitle: str = ""
    email: str = ""
    phone: str = ""
    time_zone: str = "Europe/Rome"
    language: str = "it"
    retention_years: int = 10


@dataclass(frozen=True, slots=True)
class SiteValues:
    """A place where the practice works."""

    name: str
    address: Address = NOWHERE
    phone: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class EntityValues:
    """A billing entity without its fiscal terms, series, accounts and logo, which are changed one by one."""

    name: str
    partita_iva: str
    tax_kind: str = "person"
    codice_fiscale: str = ""
    title: str = ""
    address: Address = NOWHERE
    email: str = ""
    pec: str = ""
    phone: str = ""
    profession: str = ""
    register: str = ""
    register_number: str = ""
    insurer: str = ""
    policy_number: str = ""
    footer: str = ""
    accountant_sees_names: bool = False
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class TermsValues:
    """
    How an entity is taxed from a day on; rates in percent.

    `fund` "" is no professional fund; `stamp_nature` "" is the regime's usual one.
    """

    valid_from: date
    regime: str
    fund: str = ""
    fund_rate: Decimal = Decimal(0)
    withholding_rate: Decimal = Decimal(20)
    stamp_policy: str = "charge"
    stamp_nature: str = ""
    stamp_mode: str = "paper"
    stamp_authorisation: str = ""
    stamp_authorised_on: date | None = None
    stamp_inside_round_price: bool = False


@dataclass(frozen=True, slots=True)
class SeriesValues:
    """A numbering series. `yearly` off: its numbers never restart."""

    code: str
    purpose: str = "other"
    yearly: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class MemberValues:
    """
    What somebody may do in the practice.

    `entities` None: all of them. `years` (accountant) None: all. `switches` count for a collaborator alone,
    `sees_names` for an accountant.
    """

    role: Role
    switches: frozenset[Switch] = frozenset()
    entities: frozenset[int] | None = None
    years: tuple[int, ...] | None = None
    sees_names: bool = False
    own_patients_only: bool = False
