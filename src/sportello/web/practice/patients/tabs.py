"""The two halves of the room: patients, and the customers that are none."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from sportello.patients.permissions import may_see_customers, may_see_patients
from sportello.web.http import PartyRequest
from sportello.web.parts import Tab


def room_tabs(request: PartyRequest, here: str) -> list[Tab]:
    """Return the tabs that this actor may open; one alone is none."""
    tabs = []
    if may_see_patients(request.actor):
        tabs.append(Tab(_("Patients"), reverse("practice:patients"), current=here == "patients"))
    if may_see_customers(request.actor):
        tabs.append(Tab(_("Customers"), reverse("practice:customers"), current=here == "customers"))
    return tabs if len(tabs) > 1 else []
