"""What waits in the room of patients, for the home page."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sportello.core.actors import Actor
from sportello.patients.permissions import may_connect, may_see_patients
from sportello.patients.queries import PatientFilter
from sportello.patients.queries.marks import requests_waiting
from sportello.web.parts import Todo


def access_todos(actor: Actor) -> list[Todo]:
    """Return how many people stand before a dead link or a locked proof, to who may help them; one query."""
    if not (may_connect(actor) and may_see_patients(actor)):
        return []
    waiting = requests_waiting(actor)
    if not waiting:
        return []
    title = ngettext("Person waits for access to the portal", "People wait for access to the portal", waiting)
    url = f"{reverse('practice:patients')}?view={PatientFilter.TO_FIX.value}"
    return [Todo(waiting, title, _("Their link no longer works, or the second proof is locked"), url)]
