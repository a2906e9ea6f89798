"""Who did something is said in words, and a patient's deed is never the software's."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from sportello.core import audit
from sportello.core.actors import PATIENT_ROLES, Role, acting
from sportello.parties.timeline import deeds_of_patient
from sportello.web.doers import UNNAMED, doer
from tests.core.test_patient_actors import guardian_actor, patient_actor


class Deed:
    """A deed of somebody."""

    def __init__(self, who: str, role: str) -> None:
        self.who, self.role = who, role


@pytest.mark.parametrize(
    ("who", "role", "said"),
    [
        ("Ada Rossi", "owner", "Ada Rossi"),
        ("", "system", "The software itself"),
        ("", "patient", "The patient"),
        ("", "guardian", "Who acts for the patient"),
    ],
)
def test_doer_is_named_or_said(who, role, said):
    with translation.override("en"):
        assert doer(Deed(who, role)) == said


def test_doer_has_a_word_for_each_role_without_an_account():
    assert set(UNNAMED) == {Role(role).value for role in PATIENT_ROLES}


def test_trail_says_what_a_patient_did(client, world):
    audit.record_alone(patient_actor(world.bruno), "invoice.read", world.bruno)
    audit.record_alone(guardian_actor(world.gina), "invoice.read", world.mia)
    ada = world.people["ada"]
    ada.language = "en"
    ada.save(update_fields=["language"])
    client.force_login(ada)
    page = client.get(reverse("practice:settings_audit")).content.decode()
    assert ">The patient<" in page
    assert ">Who acts for the patient<" in page
    with acting(world.ada):
        assert {deed.role for deed in deeds_of_patient(world.bruno.pk)} == {"patient"}
