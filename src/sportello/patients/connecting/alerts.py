"""Mail to the people of a practice who may invite: somebody needs a new link, or failed the second proof."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from sportello.core.actors import System, acting
from sportello.core.mail.queueing import queue
from sportello.parties.models import Membership
from sportello.parties.queries import actor_for
from sportello.patients.models import Connection
from sportello.patients.permissions import may_connect


def tell_staff(connection: Connection, *, now: datetime, locked: bool = False) -> None:
    """
    Tell each active member who may invite and meets the patient, inside the caller's transaction.

    The mail names nobody: the list in the program does.
    """
    with acting(System("tell staff", connection.practice_id)):
        rows = Membership.objects.filter(party_id=connection.practice_id, is_active=True)
        members = list(rows.select_related("person", "party").order_by("pk"))
    for member in members:
        actor = actor_for(member.person_id, connection.practice_id)
        if actor is None or not may_connect(actor) or not _meets(member.person_id, actor.own_patients_only, connection):
            continue
        with override(member.person.language):
            queue(
                party_id=connection.practice_id,
                purpose="link_request",
                key=f"{'lock' if locked else 'ask'}:{connection.pk}:{now.timestamp():.0f}:{member.person_id}",
                to=member.person.email,
                subject=_("Somebody waits for you in the access of patients"),
                text=_text(member.party.name, locked=locked),
                language=member.person.language,
            )


def _meets(person_id: int, own_only: bool, connection: Connection) -> bool:
    return not own_only or connection.patient.followed_by_id == person_id


def _text(practice: str, *, locked: bool) -> str:
    what = (
        _("Somebody invited by %(practice)s gave a wrong proof too often and is locked out.")
        if locked
        else _("Somebody whose link no longer works asks %(practice)s for a new one.")
    )
    where = _("Sign in and open Patients, filter “To fix”. Nothing was sent by itself: you decide.")
    return f"{what % {'practice': practice}}\n\n{where}\n"
