"""The section of a patient's record that says who has access to the portal, and what may be done about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from sportello.core.actors import Actor
from sportello.patients.permissions import may_connect, may_edit_patients
from sportello.patients.queries.connections import AccessShown, PatientAccess, patient_access
from sportello.web.practice.patients.access_words import PROOFS
from sportello.web.practice.patients.words import TITLES
from sportello.web.sentences import sentence

LINK_ENDS: dict[str, Promise] = {
    "used": pgettext_lazy("link", "used"),
    "resent": pgettext_lazy("link", "replaced by a newer one"),
    "cancelled": pgettext_lazy("link", "cancelled"),
    "expired": pgettext_lazy("link", "expired"),
    "bounced": pgettext_lazy("link", "the mail came back"),
    "disconnected": pgettext_lazy("link", "ended with the access"),
}


@dataclass(frozen=True, slots=True)
class Button:
    """One act on a person's access: a link, or with `post` a button that sends `fields`."""

    url: str
    icon: str
    word: str
    post: bool = True
    primary: bool = False
    fields: tuple[tuple[str, str], ...] = ()


def access_panel(actor: Actor, patient_id: int) -> dict[str, Any]:
    """
    Return what the section needs.

    :raises Patient.DoesNotExist: no such patient for this actor
    """
    shown = patient_access(actor, patient_id, now=datetime.now(UTC))
    may = may_connect(actor)
    people = [
        (
            each,
            TITLES[each.role] if each.role else _("the patient"),
            list(_buttons(shown, each, may_edit=may_edit_patients(actor))) if may else [],
            _why(each),
        )
        for each in shown.people
    ]
    return {"access": shown, "access_people": people, "proofs": PROOFS, "link_ends": LINK_ENDS}


def _why(person: AccessShown) -> str:
    if person.refusal is None or person.state in {"CONNECTED", "SUSPENDED", "PENDING"}:
        return ""
    return sentence(person.refusal)


def _buttons(shown: PatientAccess, person: AccessShown, *, may_edit: bool) -> Iterator[Button]:
    if person.is_locked:
        yield _move(person, "unlock", "lock-open", _("Unlock"), primary=True)
    if person.may_invite:
        yield Button(_connect_url(shown, person), "link", _("Invite…"), post=False, primary=True)
    if person.may_resend:
        yield _move(person, "resend", "refresh", _("Send again"), primary=person.state == "EXPIRED")
    if person.may_correct and may_edit:
        url = reverse("practice:connection_correct", args=[person.connection_id])
        yield Button(url, "mail-x", _("Correct the e-mail…"), post=False, primary=True)
    if person.may_cancel:
        yield _move(person, "cancel", "ban", _("Cancel the invitation"))
        yield _move(person, "bounced", "mail-x", _("The mail came back"))
    if person.asked_at is not None:
        yield _move(person, "dismiss", "x", _("Put the request aside"))
    yield from _of_connected(person)


def _of_connected(person: AccessShown) -> Iterator[Button]:
    if person.may_resume:
        yield _move(person, "resume", "player-play", _("Resume the access"), primary=True)
    if person.may_suspend:
        yield _move(person, "suspend", "player-pause", _("Suspend the access"))
        wanted = not person.second_factor_required
        word = _("Require a second factor") if wanted else _("Second factor no longer required")
        yield _move(person, "factor", "key", word, fields=(("required", "1" if wanted else "0"),))
    if person.may_disconnect:
        url = reverse("practice:connection_disconnect", args=[person.connection_id])
        yield Button(url, "unlink", _("Disconnect…"), post=False)


def _move(person: AccessShown, way: str, icon: str, word: str, **more: Any) -> Button:
    return Button(reverse(f"practice:connection_{way}", args=[person.connection_id]), icon, word, **more)


def _connect_url(shown: PatientAccess, person: AccessShown) -> str:
    if person.representative_id is None:
        return reverse("practice:patient_connect", args=[shown.patient_id])
    return reverse("practice:patient_connect_representative", args=[shown.patient_id, person.representative_id])
