"""The price list's text in the second language goes onto the paper by itself; what was typed stays."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sportello.billing.queries.editor import editor_choices
from sportello.billing.values import LineValues
from sportello.core.actors import System, acting
from sportello.web.practice.invoices.forms import EditorForm
from tests.world import DAY, World


@pytest.mark.parametrize(
    ("text", "typed", "language", "expected"),
    [
        ("Colloquio psicologico", "", "en", "Psychological session"),
        ("Colloquio psicologico", "My own words", "en", "My own words"),
        ("Un altro testo", "", "en", ""),
        ("Colloquio psicologico", "", "", ""),
        ("Colloquio psicologico", "", "ro", ""),
    ],
)
def test_values_in_the_second_language(world: World, text: str, typed: str, language: str, expected: str) -> None:
    world.therapy.names = {"en": "Psychological session"}
    line = LineValues(world.therapy.pk, text, unit_price=Decimal("70.00"), second_description=typed)
    with acting(System("tests")):
        world.therapy.save()
        choices = editor_choices(world.studio.pk, world.bruno.pk, DAY)
        data = {"entity": world.studio.pk, "addressee": "patient", "second_language": language}
        form = EditorForm(data, choices=choices)
        assert form.is_valid(), form.errors
        (found,) = form.values([line]).lines
    assert found.second_description == expected
