"""How a practice uses the portal."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.refusals import Gathering
from sportello.parties.contacts import check_email, check_phone
from sportello.patients.models import PortalSettings
from sportello.patients.models.connections import SecondProof
from sportello.patients.permissions import check_may_edit_portal_settings

LEAST_DAYS, MOST_DAYS = 1, 60
_FIELDS = ("contact_phone", "contact_email", "contact_note", "proof", "valid_days", "second_factor_required")


@dataclass(frozen=True, slots=True)
class PortalValues:
    """What an owner says: the public contact ("" is the practice's own), and what an invitation asks by default."""

    contact_phone: str = ""
    contact_email: str = ""
    contact_note: str = ""
    proof: str = SecondProof.NONE.value
    valid_days: int = 14
    second_factor_required: bool = False


def save_portal_settings(*, actor: Actor, values: PortalValues) -> PortalSettings:
    """
    Keep how the practice uses the portal and return it; invitations that are out keep what they were sent with.

    :raises MayNot: not the owner
    :raises Refused: with every reason; ``valid_days_range`` outside of 1 to 60 days
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_portal_settings(actor)
        checked = _checked(values)
        row = PortalSettings.objects.select_for_update().filter(practice_id=actor.party_id).first()
        row = row or PortalSettings(practice_id=actor.party_id)
        changed = [name for name in _FIELDS if getattr(row, name) != getattr(checked, name)]
        for name in changed:
            setattr(row, name, getattr(checked, name))
        row.save()
        if changed:
            audit.record(actor, "portal_settings.edit", row, fields=changed)
    return row


def _checked(values: PortalValues) -> PortalValues:
    found = Gathering()
    checked = PortalValues(
        contact_phone=found.attempt(lambda: check_phone(values.contact_phone), values.contact_phone),
        contact_email=found.attempt(
            lambda: check_email(values.contact_email, field="contact_email"), values.contact_email
        ),
        contact_note=found.text(values.contact_note, field="contact_note", longest=160),
        proof=found.choice(values.proof, frozenset(SecondProof.values), field="proof", empty=False),
        valid_days=values.valid_days,
        second_factor_required=values.second_factor_required,
    )
    if not LEAST_DAYS <= values.valid_days <= MOST_DAYS:
        found.refuse("valid_days_range", field="valid_days", least=LEAST_DAYS, most=MOST_DAYS)
    found.stop()
    return checked
