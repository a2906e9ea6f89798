"""The sections of the settings, each shown to who may open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sportello.core.actors import Actor
from sportello.core.permissions import may_manage_mail
from sportello.parties.permissions import may_edit_practice, may_manage_members
from sportello.patients.permissions import may_edit_portal_settings
from sportello.web.parts import Tab


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its word, its first page, and who may open it (None: every member)."""

    word: Promise
    route: str
    may: Callable[[Actor], bool] | None = None


SECTIONS: tuple[Section, ...] = (
    Section(_("Practice"), "practice:settings_practice", may_edit_practice),
    Section(_("Billing entities"), "practice:settings_entities"),
    Section(_("Price list"), "practice:settings_services"),
    Section(_("People"), "practice:settings_members", may_manage_members),
    Section(_("Patients' portal"), "practice:settings_portal", may_edit_portal_settings),
    Section(_("Legal references"), "practice:settings_law"),
    Section(_("Audit"), "practice:settings_audit", may_manage_members),
    Section(_("Mail and queue"), "practice:mails", may_manage_mail),
)


def sections(actor: Actor, here: str) -> list[Tab]:
    """Return the sections this actor may open; `here` is the route of the one shown."""
    return [
        Tab(each.word, reverse(each.route), current=each.route == here)
        for each in SECTIONS
        if each.may is None or each.may(actor)
    ]
