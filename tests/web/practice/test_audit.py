"""The audit as its owner reads it: complete, filtered, in pages, as a file; nobody else's business."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import reverse

from sportello.core import audit
from sportello.core.actors import acting
from sportello.parties import trail
from sportello.web.practice.settings.deeds import OBJECTS, WORDS
from tests.billing.desk import paid
from tests.world import World

ACTION = re.compile(
    r'"((?:access|account|audit|credit_note|customer|entity|installation|invoice|job|keys|mail|mail_server|member|patient'
    r'|payment|portal|practice|refund|register|representative|series|service|session|site|terms|wording)\.[a-z_]+)"'
)
NO_ACTIONS = {"invoice.typ", "keys.txt", "credit_note.full", "credit_note.part", "portal.commands"}
NO_OBJECTS = {  # parts of another object, or nobody's deed
    "attempt",
    "auditentry",
    "audithead",
    "bulkitem",
    "changemark",
    "counter",
    "difference",
    "expensemapping",
    "invitation",
    "invitationlink",
    "invoicegroup",
    "invoiceline",
    "monthlyreport",
    "payment",
    "referencerecord",
    "schedule",
    "seenrequest",
    "stamprecord",
    "storedfile",
    "stssettings",
    "workerbeat",
}


def test_trail_page_tells_what_was_done(client: Client, world: World) -> None:
    paid(world)
    client.force_login(world.people["ada"])
    page = client.get(reverse("practice:settings_audit"), {"kind": "invoice"}).content.decode()
    assert "71.40" in page
    assert "Ada Rossi" in page


def test_trail_page_says_in_words_why_something_was_refused(client: Client, world: World) -> None:
    reasons = ("portal_not_paired", "a_code_nobody_knows")
    for reason in reasons:
        with acting(world.ada), transaction.atomic():
            audit.record(world.ada, "access.denied", None, result="refused", reason=reason)
    client.force_login(world.people["ada"])
    page = client.get(reverse("practice:settings_audit"), {"kind": "access"}).content.decode()
    assert "portal_not_paired" not in page
    assert "sportello portal pair" in page
    assert "a_code_nobody_knows" in page


def test_trail_page_goes_on_where_it_ended(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    paid(world)
    monkeypatch.setattr(trail, "SIZE", 2)
    client.force_login(world.people["ada"])
    first = client.get(reverse("practice:settings_audit"))
    following = client.get(reverse("practice:settings_audit"), {"before": first.context["before"]})
    places = [row.sequence for row in (*first.context["rows"], *following.context["rows"])]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 4


def test_trail_page_is_for_the_owner_alone(client: Client, world: World) -> None:
    for name in ("elena", "carla"):
        client.force_login(world.people[name])
        assert client.get(reverse("practice:settings_audit")).status_code == 403


def test_trail_of_another_practice_does_not_show(client: Client, world: World) -> None:
    paid(world)
    client.force_login(world.people["olga"])
    assert "71.40" not in client.get(reverse("practice:settings_audit")).content.decode()


def test_every_action_in_the_code_has_its_words() -> None:
    source = Path(trail.__file__).parent.parent
    texts = [file.read_text() for file in source.rglob("*.py") if "words" not in file.name]
    written = {action for text in texts for action in ACTION.findall(text)}
    assert written - NO_ACTIONS <= set(WORDS)


def test_every_kind_of_object_has_its_words() -> None:
    ours = {model._meta.model_name for model in apps.get_models() if model.__module__.startswith("sportello.")}
    assert ours - NO_OBJECTS == set(OBJECTS) - {"register"}
