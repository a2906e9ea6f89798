"""What one connection opens, for the first page of the portal."""

from __future__ import annotations

from deskwire.messages import AskOverview, Overview, Power, Relation
from sportello.billing.models import Invoice
from sportello.core.actors import Power as Given
from sportello.core.actors import System, acting
from sportello.core.ready import Ready
from sportello.desk.answering import Asked, answers
from sportello.desk.answers.invitations import contact
from sportello.parties.models import Party
from sportello.patients.contact import contact_of

_POWERS = {Given.INVOICES: Power.INVOICES, Given.DOCUMENTS: Power.DOCUMENTS}
_PRACTICE = Ready(Party, lambda practice: Party.objects.filter(pk=practice))


@answers(AskOverview)
def overview(asked: Asked, request: AskOverview) -> Overview:
    """Say which practice, whose papers, what may be seen and until when."""
    access = asked.access
    with acting(System("contact of a practice", access.practice_id)):  # what the practice prints on every dead link
        reached = contact_of(_PRACTICE.one(access.practice_id))
    return Overview(
        practice=contact(reached),
        person=access.person,
        relation=Relation(access.relation),
        may=tuple(power for given, power in _POWERS.items() if asked.actor.may(given)),
        until=access.until_on,
        opened=Invoice.objects.count() if request.counting else None,
        second_factor_required=access.second_factor_required,
    )
