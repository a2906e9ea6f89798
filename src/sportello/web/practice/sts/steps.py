"""The way to the State as steps of a page: what is done, what comes next, and where it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sportello.expenses.queries.settings import AccountView
from sportello.expenses.rules.checklist import Item
from sportello.web.parts import Step
from sportello.web.practice.sts.words import STOPS

WORDS: dict[str, tuple[Promise, Promise, Promise]] = {
    "identity": (
        gettext_lazy("The account: user, password, PIN"),
        gettext_lazy("As on the portal of Sistema TS. Secrets are kept encrypted and never shown."),
        gettext_lazy("Write the account"),
    ),
    "certificate": (
        gettext_lazy("The certificate SanitelCF"),
        gettext_lazy("It encrypts codes and PINs. It is a file of the official kit."),
        gettext_lazy("Load the certificate"),
    ),
    "authority": (
        gettext_lazy("The authority of the test host"),
        gettext_lazy("The ministry's test host is vouched for by an authority of its own (CA)."),
        gettext_lazy("Load the authority"),
    ),
    "test": (
        gettext_lazy("A good test of the credentials"),
        gettext_lazy("One question to the Sistema TS that changes nothing there."),
        gettext_lazy("Test the credentials"),
    ),
    "mapping": (
        gettext_lazy("An expense type for each service"),
        gettext_lazy("What each line of the price list is for the State; a suggestion is there."),
        gettext_lazy("Choose the types"),
    ),
    "active": (
        gettext_lazy("The notice accepted, from which day on"),
        gettext_lazy("What is read and sent, and who agreed to it."),
        gettext_lazy("Activate"),
    ),
    "going": (
        gettext_lazy("Sending goes on again"),
        gettext_lazy("It is stopped: the reason stands on this page."),
        gettext_lazy("Look at the reason"),
    ),
    "real": (
        gettext_lazy("From trying to the Sistema TS itself"),
        gettext_lazy("Until then everything is a trial and nothing reaches the State."),
        gettext_lazy("Go live"),
    ),
}


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next with an account."""

    title: str
    why: str
    url: str = ""
    action: str = ""
    tone: str = ""


def steps(found: Sequence[Item], entity_id: int) -> list[Step]:
    """Return the list as steps; the first thing missing is the next."""
    missing = next((item.code for item in found if not item.done), "")
    shown = []
    for item in found:
        title, note, action = WORDS[item.code]
        state = "DONE" if item.done else "NEXT" if item.code == missing else "LATER"
        shown.append(Step(title, note, state, _url(item.code, entity_id), action))
    return shown


def next_step(view: AccountView, found: Sequence[Item]) -> NextStep | None:
    """Return what to do next: why it is stopped before anything else, then the first thing missing."""
    if view.stopped_at:
        title, how = STOPS[view.stop_reason]
        url = "" if view.stop_reason == "by_hand" else _url("identity", view.entity_id)
        return NextStep(_lower(title), str(how), url, _("Put the account right") if url else "", "bad")
    missing = next((item.code for item in found if not item.done), "")
    if missing in {"", "real"}:
        return None
    title, note, action = WORDS[missing]
    if missing == "test":  # the button stands in its own box, since it asks the ministry
        return NextStep(_lower(title), str(note), "#test", str(action))
    return NextStep(_lower(title), str(note), _url(missing, view.entity_id), str(action))


def _url(code: str, entity_id: int) -> str:
    page = reverse("practice:sts_account", args=[entity_id])
    places = {
        "identity": reverse("practice:sts_identity", args=[entity_id]),
        "certificate": f"{page}#certificates",
        "authority": f"{page}#certificates",
        "test": f"{page}#test",
        "mapping": reverse("practice:sts_mapping_of", args=[entity_id]),
        "active": reverse("practice:sts_activation", args=[entity_id]),
        "going": page,
        "real": reverse("practice:sts_environment", args=[entity_id]),
    }
    return places[code]


def _lower(text: Promise) -> str:
    said = str(text)
    return said[:1].lower() + said[1:]
