"""The sections of the room of mail and later work."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from sportello.core.actors import Actor
from sportello.core.work.queries import failed_count
from sportello.web.parts import Tab


def room_tabs(actor: Actor, current: str) -> list[Tab]:
    """Return the tabs; `current` is the name of a route."""
    failed = failed_count(actor)
    rooms = (
        ("mails", _("Outgoing mail"), None),
        ("mail_server", _("Mail server"), None),
        ("jobs", _("Queue"), failed or None),
    )
    return [Tab(word, reverse(f"practice:{name}"), count, name == current) for name, word, count in rooms]
