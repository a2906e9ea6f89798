"""What a person typed about a patient, a representative or a customer: the language between forms and operations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sportello.parties.contacts import NOWHERE, Address


@dataclass(frozen=True, slots=True, repr=False)
class PatientValues:
    """
    A patient as typed. `no_code_reason` set says that there is no Italian code.

    `birth_place` is a name; `birth_place_code` its Belfiore code, "" to look the name up. `followed_by_id` is a member,
    `default_customer_id` who is invoiced unless said otherwise; `stamp_policy` "" is the entity's own.
    """

    family_name: str
    given_name: str
    sex: str = ""
    born_on: date | None = None
    birth_place: str = ""
    birth_place_code: str = ""
    codice_fiscale: str = ""
    no_code_reason: str = ""
    foreign_id: str = ""
    address: Address = NOWHERE
    email: str = ""
    phone: str = ""
    language: str = "it"
    stamp_policy: str = ""
    portal_allowed: bool = True
    opposes_sts: bool = False
    followed_by_id: int | None = None
    default_customer_id: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class RepresentativeValues:
    """Who acts for a patient: by what title, with which powers, from when to when (None: until it is ended)."""

    role: str
    family_name: str
    given_name: str
    since_on: date
    until_on: date | None = None
    codice_fiscale: str = ""
    address: Address = NOWHERE
    email: str = ""
    phone: str = ""
    language: str = "it"
    may_consent: bool = True
    may_see_documents: bool = True
    may_see_invoices: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class CustomerValues:
    """An addressee that is no patient. `partita_iva` of a foreign business is its number as it writes it."""

    kind: str
    name: str
    partita_iva: str = ""
    codice_fiscale: str = ""
    address: Address = NOWHERE
    email: str = ""
    pec: str = ""
    phone: str = ""
    sdi_code: str = ""
    withholding_agent: bool = False
    cig: str = ""
    cup: str = ""
    language: str = "it"
