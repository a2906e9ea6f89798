"""From a connection to who is acting: derived anew for every request, and again while a file is on its way."""

from __future__ import annotations

from datetime import datetime

from deskwire.messages import RefusalCode, Relation
from sportello.core import pairing
from sportello.core.actors import Actor, Power, Role
from sportello.desk.answering import Asked, Refuse
from sportello.patients.queries.access import Access, NoAccess, access_of

CODES = {
    "not_connected": RefusalCode.NOT_CONNECTED,
    "suspended": RefusalCode.SUSPENDED,
    "expired": RefusalCode.EXPIRED,
}


class Ended(Exception):
    """What was open when a file was asked for is not any more. The text says why, in a code."""


def seat(connection: str, *, portal: str, request_id: str, now: datetime) -> Asked:
    """
    Return who asks about a connection, as of now.

    :raises Refuse: ``not_connected``, ``suspended`` or ``expired``
    """
    try:
        access = access_of(connection, portal=portal, now=now)
    except NoAccess as refusal:
        raise Refuse(CODES[refusal.code]) from None
    return Asked(portal, request_id, connection, now, actor_of(access, request_id), access)


def actor_of(access: Access, request_id: str = "") -> Actor:
    """Return the actor that a connection stands for."""
    own = access.relation == Relation.SELF
    return Actor(
        person_id=0,
        party_id=access.practice_id,
        role=Role.PATIENT if own else Role.GUARDIAN,
        patient_id=access.patient_id,
        representative_id=access.representative_id,
        powers=frozenset(Power) if own else _powers(access),
        request_id=request_id,
        agent="portal",
    )


def check_still_open(asked: Asked, now: datetime) -> None:
    """
    Ask whether the connection opens what it did, through a portal that is answered still.

    :raises Ended: it does not
    """
    try:
        access = access_of(asked.connection, portal=asked.portal, now=now)
    except NoAccess as refusal:
        raise Ended(refusal.code) from None
    if actor_of(access) != asked.actor:
        raise Ended("powers_changed")
    if pairing.known_key(asked.portal) is None:
        raise Ended("portal_not_paired")


def _powers(access: Access) -> frozenset[Power]:
    given = {Power.INVOICES: access.may_see_invoices, Power.DOCUMENTS: access.may_see_documents}
    return frozenset(power for power, is_given in given.items() if is_given)
