"""What is wrong, and what is doubtful, about a patient, a representative or a customer.

Each function returns the values as they are stored, with all refusals and notices gathered at once. A notice never
stops anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from sportello.core.languages import CODES as LANGUAGES
from sportello.core.refusals import Gathering
from sportello.parties.contacts import check_email, check_phone, checked_address
from sportello.parties.models import StampPolicy
from sportello.parties.rules import check_partita_iva
from sportello.patients.code_check import CodeCheck, check_code
from sportello.patients.models import CustomerKind, NoCodeReason, RepresentativeRole, Sex
from sportello.patients.places import find_places, place_of
from sportello.patients.rules import Person, check_codice_fiscale, normalise
from sportello.patients.values import CustomerValues, PatientValues, RepresentativeValues

ADULT = 18
OLDEST = 125
_SDI = {CustomerKind.PUBLIC_BODY.value: 6}
_SDI_FORM = re.compile(r"[A-Z0-9]{6,7}")
_PLACEHOLDER = re.compile(r"[0\s.\-]*|X+|N/?[AD]", re.IGNORECASE)
_CIG, _CUP = re.compile(r"[A-Z0-9]{10}"), re.compile(r"[A-Z0-9]{15}")


def is_minor(born_on: date | None, on: date) -> bool:
    """
    Tell whether somebody is under 18 on a day; one whose birth date is not known is not.

    >>> is_minor(date(2008, 3, 13), date(2026, 3, 12)), is_minor(date(2008, 3, 12), date(2026, 3, 12))
    (True, False)
    """
    return born_on is not None and on < birthday(born_on, ADULT)


def birthday(born_on: date, years: int) -> date:
    """Return the day somebody reaches an age; who was born on 29 February reaches it on 1 March."""
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:
        return date(born_on.year + years, 3, 1)


@dataclass(frozen=True, slots=True, repr=False)
class CheckedPatient:
    """A patient's values as they are stored, what was found, and the look at the code."""

    values: PatientValues
    found: Gathering
    code: CodeCheck


def checked_patient(given: PatientValues, *, today: date) -> CheckedPatient:
    """Return a patient's values as they are stored, with everything that is wrong or doubtful."""
    found = Gathering()
    values = replace(
        given,
        family_name=found.text(given.family_name, field="family_name", longest=80, needed=True),
        given_name=found.text(given.given_name, field="given_name", longest=80, needed=True),
        sex=found.choice(given.sex, frozenset(Sex.values), field="sex"),
        address=checked_address(given.address, found),
        email=found.attempt(lambda: check_email(given.email), given.email),
        phone=found.attempt(lambda: check_phone(given.phone, country=given.address.country), given.phone),
        language=found.choice(given.language, LANGUAGES, field="language", empty=False),
        stamp_policy=found.choice(given.stamp_policy, frozenset(StampPolicy.values), field="stamp_policy"),
        no_code_reason=found.choice(given.no_code_reason, frozenset(NoCodeReason.values), field="no_code_reason"),
        foreign_id=found.text(given.foreign_id, field="foreign_id", longest=60),
    )
    _check_birth(values, found, today)
    values = _with_place(values, found)
    return _with_code(values, found)


def _check_birth(values: PatientValues, found: Gathering, today: date) -> None:
    born = values.born_on
    if born is None:
        return
    if born > today:
        found.refuse("born_in_future", field="born_on")
    elif birthday(born, OLDEST) < today:
        found.refuse("born_too_long_ago", field="born_on", years=OLDEST)


def _with_place(values: PatientValues, found: Gathering) -> PatientValues:
    """Look the place of birth up: by its code where one was picked, else by its name when only one place bears it."""
    name = found.text(values.birth_place, field="birth_place", longest=80)
    picked = place_of(values.birth_place_code, values.born_on) if values.birth_place_code else None
    if picked and picked.name.casefold() == name.casefold():
        return replace(values, birth_place=picked.name, birth_place_code=picked.code)
    same = [place for place in find_places(name, limit=40) if place.name.casefold() == name.casefold()]
    codes = {place.code for place in same if values.born_on is None or place.existed_on(values.born_on)}
    codes = codes or {place.code for place in same}
    if len(codes) == 1:
        return replace(values, birth_place=same[0].name, birth_place_code=codes.pop())
    if len(codes) > 1:
        found.warn("birth_place_ambiguous", field="birth_place", places=len(codes))
    elif name:
        found.warn("birth_place_unknown", field="birth_place")
    return replace(values, birth_place=name, birth_place_code="")


def _with_code(values: PatientValues, found: Gathering) -> CheckedPatient:
    code = check_code(values.codice_fiscale, person_of(values))
    if code.code and values.no_code_reason:
        found.refuse("code_and_reason", field="codice_fiscale")
    if code.refusal:
        found.refusals.append(code.refusal)
    found.notices.extend(code.notices)
    for field in code.differs:
        found.warn("code_says_otherwise", field=field)
    if values.foreign_id and (not values.no_code_reason or _PLACEHOLDER.fullmatch(values.foreign_id)):
        found.refuse("foreign_id_placeholder" if values.no_code_reason else "foreign_id_with_code", field="foreign_id")
    if not code.code and not values.no_code_reason:
        found.warn("codice_fiscale_not_given", field="codice_fiscale")
    return CheckedPatient(_told_by_code(replace(values, codice_fiscale=code.code), code), found, code)


def _told_by_code(values: PatientValues, code: CodeCheck) -> PatientValues:
    """Take sex and place from a valid code where nothing was typed."""
    if not code.is_valid or code.decoded is None:
        return values
    if not values.sex:
        values = replace(values, sex=code.decoded.sex.value)
    if not values.birth_place and code.says_place:
        place = place_of(code.says_place.code, values.born_on) or code.says_place
        values = replace(values, birth_place=place.name, birth_place_code=place.code)
    return values


def person_of(values: PatientValues) -> Person:
    """Return what is known of a person, as the rules of the code ask."""
    return Person(values.family_name, values.given_name, values.born_on, values.sex or None, values.birth_place_code)


def checked_representative(given: RepresentativeValues) -> tuple[RepresentativeValues, Gathering]:
    """Return a representative's values as they are stored, with everything that is wrong or doubtful."""
    found = Gathering()
    roles = frozenset(RepresentativeRole.values)
    code = normalise(given.codice_fiscale)
    values = replace(
        given,
        role=found.choice(given.role, roles, field="role", empty=False),
        family_name=found.text(given.family_name, field="family_name", longest=80, needed=True),
        given_name=found.text(given.given_name, field="given_name", longest=80, needed=True),
        codice_fiscale=found.attempt(lambda: check_codice_fiscale(code).code if code else "", code),
        address=checked_address(given.address, found),
        email=found.attempt(lambda: check_email(given.email), given.email),
        phone=found.attempt(lambda: check_phone(given.phone, country=given.address.country), given.phone),
        language=found.choice(given.language, LANGUAGES, field="language", empty=False),
    )
    if values.until_on is not None and values.until_on < values.since_on:
        found.refuse("period_backwards", field="until_on")
    if not (values.may_consent or values.may_see_documents or values.may_see_invoices):
        found.refuse("no_power_given", field="powers")
    return values, found


def checked_customer(given: CustomerValues) -> tuple[CustomerValues, Gathering]:
    """Return a customer's values as they are stored, with everything that is wrong or doubtful."""
    found = Gathering()
    is_italian = (given.address.country or "IT").upper() == "IT"
    values = replace(
        given,
        kind=found.choice(given.kind, frozenset(CustomerKind.values), field="kind", empty=False),
        name=found.text(given.name, field="name", longest=160, needed=True),
        codice_fiscale=_customer_code(given, found, is_italian),
        partita_iva=_customer_number(given, found, is_italian),
        address=checked_address(given.address, found),
        email=found.attempt(lambda: check_email(given.email), given.email),
        pec=found.attempt(lambda: check_email(given.pec, field="pec"), given.pec),
        phone=found.attempt(lambda: check_phone(given.phone, country=given.address.country), given.phone),
        sdi_code=_sdi_code(given, found),
        cig=_form(given.cig, _CIG, "cig", found),
        cup=_form(given.cup, _CUP, "cup", found),
        language=found.choice(given.language, LANGUAGES, field="language", empty=False),
    )
    if values.kind == CustomerKind.PERSON and values.withholding_agent:
        found.refuse("person_withholds_nothing", field="withholding_agent")
    if values.kind != CustomerKind.PERSON and is_italian:
        _check_deliverable(values, found)
    return values, found


def _check_deliverable(values: CustomerValues, found: Gathering) -> None:
    """Say early what issuing will ask for: a number, and where the electronic document goes."""
    if not values.partita_iva and not values.codice_fiscale:
        found.warn("customer_without_number", field="partita_iva")
    if not values.sdi_code and not values.pec:
        found.warn("customer_without_delivery", field="sdi_code")


def _customer_code(given: CustomerValues, found: Gathering, is_italian: bool) -> str:
    code = normalise(given.codice_fiscale)
    if not code or not is_italian:
        return code
    return found.attempt(lambda: check_codice_fiscale(code).code, code)


def _customer_number(given: CustomerValues, found: Gathering, is_italian: bool) -> str:
    number = "".join(given.partita_iva.split()).upper()
    if not number or not is_italian:
        return found.text(number, field="partita_iva", longest=28)
    checked = found.attempt(lambda: check_partita_iva(number), None)
    if checked is None:
        return number
    found.notices.extend(checked.notices)
    return checked.number


def _sdi_code(given: CustomerValues, found: Gathering) -> str:
    code = "".join(given.sdi_code.split()).upper()
    wanted = _SDI.get(given.kind, 7)
    if code and (len(code) != wanted or not _SDI_FORM.fullmatch(code)):
        found.refuse("recipient_code_form", field="sdi_code", length=wanted)
    return code


def _form(text: str, form: re.Pattern[str], field: str, found: Gathering) -> str:
    code = "".join(text.split()).upper()
    if code and not form.fullmatch(code):
        found.refuse(f"{field}_form", field=field)
    return code
