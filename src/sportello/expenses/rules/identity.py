"""As whom a billing entity presents itself to Sistema TS.

Source: specifications of the synchronous and asynchronous services (owner, PIN, channels) as `sistemats` checks them;
PROTOCOL 3 and 5: professionals sign in with their own codice fiscale, structures with an assigned user of eight
characters. Units: none.

>>> suggested_category("Psicologa", is_company=False).value, suggested_category("Clinica", is_company=True).value
('health_professional', 'authorised_structure')
>>> prefilled("RSSDAA79H51A944U", SenderCategory.HEALTH_PROFESSIONAL)
('RSSDAA79H51A944U', 'RSSDAA79H51A944U')
>>> prefilled("01234560371", SenderCategory.AUTHORISED_STRUCTURE)
('', '')
"""

from __future__ import annotations

import re
from dataclasses import replace

from sistemats.codes import CATEGORIES, Channel, SenderCategory
from sistemats.documents import Owner, Sender
from sistemats.rules import check_sender
from sistemats.rules.findings import Finding
from sportello.core.refusals import Gathering
from sportello.expenses.values import IdentityValues

WORDS: tuple[tuple[str, SenderCategory], ...] = (
    ("veterin", SenderCategory.VETERINARIAN),
    ("farmac", SenderCategory.PHARMACY),
    ("parafarmac", SenderCategory.PARAPHARMACY),
    ("ottic", SenderCategory.OPTICIAN),
    ("medic", SenderCategory.DOCTOR),
    ("chirurg", SenderCategory.DOCTOR),
    ("odontoiatr", SenderCategory.DOCTOR),
    ("dentist", SenderCategory.DOCTOR),
    ("psichiatr", SenderCategory.DOCTOR),
)
"""Beginnings of Italian words for a profession, and what they make of a sender; the last that fits wins."""
PERSONS = frozenset(category for category, facts in CATEGORIES.items() if not facts.structure)
KEPT = "0" * 10
"""Stands for a PIN that is kept and not typed again, so that only its absence is remarked on."""


def suggested_category(profession: str, *, is_company: bool) -> SenderCategory:
    """Return what an entity most likely is; a person chooses in the end."""
    said = re.findall(r"\w+", profession.casefold())
    found = [category for word, category in WORDS if any(each.startswith(word) for each in said)]
    if is_company:
        structures = [each for each in found if CATEGORIES[each].structure]
        return structures[-1] if structures else SenderCategory.AUTHORISED_STRUCTURE
    return found[-1] if found else SenderCategory.HEALTH_PROFESSIONAL


def prefilled(codice_fiscale: str, category: SenderCategory) -> tuple[str, str]:
    """Return user and owner's code of a simple subject: both are the own codice fiscale; nothing for a structure."""
    return (codice_fiscale, codice_fiscale) if category in PERSONS and len(codice_fiscale) == 16 else ("", "")


def normalised(values: IdentityValues) -> IdentityValues:
    """Return the values without spaces and in capitals where case does not count; what a channel does not use is
    emptied."""
    structure = values.category in set(SenderCategory) and CATEGORIES[SenderCategory(values.category)].structure
    direct = values.channel == Channel.DIRECT
    return replace(
        values,
        username=_squeezed(values.username).upper(),
        owner_code=_squeezed(values.owner_code).upper(),
        pin=_squeezed(values.pin),
        region=_squeezed(values.region).upper() if structure else "",
        asl=_squeezed(values.asl).upper() if structure else "",
        ssa=_squeezed(values.ssa).upper() if structure else "",
        intermediary="" if direct else _squeezed(values.intermediary).upper(),
        delegate_name=" ".join(values.delegate_name.split()),
    )


def check_identity(values: IdentityValues, found: Gathering, *, pin_kept: bool, test_mode: bool) -> None:
    """
    Gather what is wrong with normalised values.

    :param pin_kept: a PIN is stored already, so an empty one is none missing
    :param test_mode: wrong check digits pass with a warning: the official test users have them
    """
    category = found.choice(values.category, frozenset(SenderCategory), field="category", empty=False)
    channel = found.choice(values.channel, frozenset(Channel), field="channel", empty=False)
    if category not in set(SenderCategory) or channel not in set(Channel):
        return
    if not values.username and channel != Channel.ENTI:
        found.refuse("sts_username_missing", field="username")
    _check_password(values, found)
    found.text(values.delegate_name, field="delegate_name", longest=120)
    if not 1 <= values.password_lasts <= 3650:
        found.refuse("sts_password_days", field="password_lasts")
    pin = values.pin or (_kept(Channel(channel)) if pin_kept else "")
    for finding in check_sender(_sender(values, pin), test_mode=test_mode):
        _say(finding, found)


def _sender(values: IdentityValues, pin: str) -> Sender:
    owner = Owner(values.owner_code or None, values.region or None, values.asl or None, values.ssa or None)
    category, channel = SenderCategory(values.category), Channel(values.channel)
    return Sender(category, owner, pin, channel, values.intermediary or None)


def _kept(channel: Channel) -> str:
    return KEPT[:8] if channel is Channel.ENTRATE else KEPT


def _check_password(values: IdentityValues, found: Gathering) -> None:
    """HTTP Basic carries Latin letters alone, and the service is known to stumble over unusual ones."""
    if not values.password:
        return
    if any(ord(letter) > 255 or ord(letter) < 32 for letter in values.password):
        found.refuse("sts_password_letters", field="password")
    elif not values.password.isascii():
        found.warn("sts_password_unusual", field="password")


def _say(finding: Finding, found: Gathering) -> None:
    field = {
        "owner-code-missing": "owner_code",
        "owner-code-format": "owner_code",
        "owner-codes-format": "ssa",
        "owner-ssa-length": "ssa",
        "pin-format": "pin",
    }.get(finding.code, "intermediary" if "intermediary" in finding.code else "region")
    code = {
        "owner-code-missing": "sts_owner_missing",
        "owner-code-format": "sts_owner_form",
        "owner-structure-useless": "sts_structure_useless",
        "owner-structure-missing": "sts_structure_missing",
        "owner-codes-format": "sts_structure_form",
        "owner-region-unusual": "sts_region_unusual",
        "owner-ssa-length": "sts_ssa_length",
        "pin-format": "sts_pin_form",
        "intermediary-useless": "sts_intermediary_useless",
        "intermediary-missing": "sts_intermediary_missing",
        "intermediary-format": "sts_intermediary_form",
    }[finding.code]
    if finding.blocking:
        found.refuse(code, field=field)
    else:
        found.warn(code, field=field)


def _squeezed(text: str) -> str:
    return "".join(text.split())
