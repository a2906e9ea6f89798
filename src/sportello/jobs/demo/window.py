"""The demo's patients at their window: some connected, some invited, most not; through the real operations.

This needs both sites up: the portal opens the accounts by the links that the invitations carry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from sportello.accounts.models import Person
from sportello.core.actors import Actor, Role, System, acting
from sportello.core.models import OutgoingMail
from sportello.jobs.demo.cast import MARTA, OLGA, SignIn
from sportello.parties.models import Membership
from sportello.patients.models import Connection, Patient, Representative
from sportello.patients.operations.portal.inviting import invite
from sportello.patients.states import ConnectionState

PASSWORD = "quattro gatti sul tetto"  # noqa: S105 - a password of invented people, printed at the start of the demo
CHIARA = SignIn("patient, two practices", "chiara.albani@posta.example", "Chiara", "Albani", PASSWORD)
YOUSSEF = SignIn("patient, Arabic", "youssef.amrani@posta.example", "Youssef", "Amrani", PASSWORD)
WEI = SignIn("patient, Chinese", "wei.chen@posta.example", "Wei", "Chen", PASSWORD)
GINA = SignIn("parent of Mia", "gina.fiorini@posta.example", "Gina", "Fiorini", PASSWORD)
CONNECTED = (CHIARA, YOUSSEF, WEI, GINA)
INVITED = ("luca.barbieri@posta.example", "oksana.kovalenko@posta.example")
_LINK = re.compile(r"https?://\S+/i/[0-9a-f]{32}/[A-Za-z0-9_-]+")


def open_accounts(accept: Callable[[list[tuple[str, str]]], None]) -> list[SignIn]:
    """
    Invite the demo's patients once, let the portal open accounts for some, and return who can sign in there.

    :param accept: hands links and passwords to the portal
    """
    owner, twin = _owner(MARTA), _owner(OLGA)
    if owner is None or twin is None:
        return []
    if not _any_connection():
        links = [(link, PASSWORD) for who in CONNECTED for link in _invited(owner, who.email)]
        links += [(link, PASSWORD) for link in _invited(twin, CHIARA.email)]
        accept(links)
        for email in INVITED:
            list(_invited(owner, email))
    connected = _connected_emails(owner)
    return [who for who in CONNECTED if who.email in connected]


def _owner(who: SignIn) -> Actor | None:
    person = Person.objects.filter(email=who.email).first()
    with acting(System("demo")):
        seat = Membership.objects.filter(person=person, role=Role.OWNER.value).first() if person else None
    return Actor(person_id=seat.person_id, party_id=seat.party_id, role=Role.OWNER) if seat else None


def _any_connection() -> bool:
    with acting(System("demo")):
        return Connection.objects.exists()


def _connected_emails(owner: Actor) -> set[str]:
    with acting(owner):
        rows = Connection.objects.filter(state=ConnectionState.CONNECTED.value)
        return {row.email for row in rows.order_by("pk")}


def _invited(owner: Actor, email: str) -> Iterator[str]:
    """Invite the patient, or who acts for a patient, with this address; yield the link of the mail."""
    with acting(owner):
        patient = next((row for row in Patient.objects.order_by("pk") if row.email == email), None)
        acts = next((row for row in Representative.objects.order_by("pk") if row.email == email), None)
    if patient is None and acts is None:
        return
    whom = acts.patient_id if acts else patient.pk if patient else 0
    invite(actor=owner, patient_id=whom, representative_id=acts.pk if acts else None, now=datetime.now(UTC))
    with acting(System("demo", owner.party_id)):
        rows = OutgoingMail.objects.filter(party_id=owner.party_id).order_by("-pk")[:5]
        found = next((link for row in rows if row.recipient == email and (link := _LINK.search(row.text or ""))), None)
    if found:
        yield found[0]
