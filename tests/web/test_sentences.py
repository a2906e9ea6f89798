"""Every code that a rule or an operation can raise has a sentence, with its figures, in each language of the pages."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.urls import get_resolver
from django.utils import translation

import sportello
from sportello.core.violations import Figure, Notice, RuleViolation
from sportello.web import sentences

SOURCE = Path(sportello.__file__).parent
ROOMS = ("core", "billing", "patients", "parties", "expenses")
PASSED_ON = {"core/refusals.py", "core/violations.py", "expenses/operations/mapping.py"}
"""Files that pass on the codes of others."""
FAMILIES = {
    "{field}_missing": ("name_missing", "street_missing", "city_missing", "country_missing"),
    "{field}_form": ("sdi_code_form", "cig_form", "cup_form"),
    "{kind}_form": ("codice_fiscale_form", "partita_iva_form"),
    "{kind}_placeholder": ("codice_fiscale_placeholder", "partita_iva_placeholder"),
    "{kind}_check_digit": ("codice_fiscale_check_digit", "partita_iva_check_digit"),
}
"""Codes that are put together, with all that can come of it."""


@dataclass(frozen=True)
class Said:
    """A code where it is raised, with the names of its figures (None: they are put together elsewhere)."""

    code: str
    place: str
    figures: frozenset[str] | None


def violations() -> set[str]:
    """Return the names of the classes that carry codes."""
    found = {"RuleViolation", "Notice"}
    for module in pkgutil.walk_packages([str(SOURCE)], "sportello."):
        if module.name.split(".")[1] not in ROOMS or ".migrations" in module.name:
            continue
        members = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
        found |= {name for name, kind in members if issubclass(kind, RuleViolation)}
    return found


def said() -> list[Said]:
    """Return every code that is written down in the rooms below the web."""
    classes = violations()
    return [each for path in sorted(_files()) for each in _in_file(path, classes)]


def _files() -> Iterator[Path]:
    for room in ROOMS:
        yield from (path for path in (SOURCE / room).rglob("*.py") if "migrations" not in path.parts)


def _in_file(path: Path, classes: set[str]) -> Iterator[Said]:
    name = path.relative_to(SOURCE).as_posix()
    if name in PASSED_ON:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _speaks(node.func, classes):
            for code in _codes(node.args[0], tree):
                yield Said(code, f"{name}:{node.lineno}", _figures(node))


def _speaks(called: ast.expr, classes: set[str]) -> bool:
    if isinstance(called, ast.Name):
        return called.id in classes
    return isinstance(called, ast.Attribute) and (called.attr in {"refuse", "warn"} or called.attr in classes)


def _codes(argument: ast.expr, tree: ast.Module) -> Iterator[str]:
    """Yield the codes an argument can be: itself, one of a family, or what its name was set to in the file."""
    if isinstance(argument, ast.Constant):
        yield str(argument.value)
    elif isinstance(argument, ast.JoinedStr):
        yield from FAMILIES[ast.unparse(argument)[2:-1]]
    elif isinstance(argument, ast.Name):
        yield from _set_to(argument.id, tree)
    else:
        choices = {ast.IfExp: ("body", "orelse"), ast.BoolOp: ("values",)}[type(argument)]
        for choice in choices:
            found = getattr(argument, choice)
            for each in found if isinstance(found, list) else [found]:
                yield from _codes(each, tree)


def _set_to(name: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in node.targets
        ):
            inside = (each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant))
            yield from (text for text in inside if isinstance(text, str) and re.fullmatch(r"[a-z]+(_[a-z]+)+", text))


def _figures(call: ast.Call) -> frozenset[str] | None:
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    names = {keyword.arg for keyword in call.keywords if keyword.arg} - {"field"}
    third = call.args[2] if len(call.args) > 2 else None
    if isinstance(third, ast.Dict):
        names |= {str(key.value) for key in third.keys if isinstance(key, ast.Constant)}
    elif third is not None:
        return None
    return frozenset(names)


@pytest.fixture(scope="module", autouse=True)
def _every_room_is_open() -> None:
    assert get_resolver().reverse_dict is not None  # loads the rooms, and each brings its sentences


def test_codes_are_found_where_they_are_raised():
    found = {each.code for each in said()}
    assert len(found) > 100
    assert {"overpayment", "total_must_be_positive", "codice_fiscale_form", "date_before_last_issued"} & found


def test_every_code_has_its_sentence():
    mute = sorted({f"{each.code} ({each.place})" for each in said() if not sentences.known(each.code)})
    assert mute == []


@pytest.mark.parametrize("language", ["it", "fr", "en"])
def test_every_sentence_takes_the_figures_of_its_code(language):
    wrong = []
    with translation.override(language):
        for each in said():
            if each.figures is not None and sentences.known(each.code):
                missing = _wanted(each.code) - each.figures
                if missing:
                    wrong.append(f"{each.code} ({each.place}): {sorted(missing)}")
    assert wrong == []


def _wanted(code: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", str(sentences._WORDS[code])))


@pytest.mark.parametrize("language", ["it", "fr", "en"])
@pytest.mark.parametrize("kind", [RuleViolation, Notice])
def test_sentence_of_every_code_is_whole(language, kind):
    samples: tuple[Figure, ...] = (Decimal("1234.50"), date(2026, 3, 12), 3, "NC")
    with translation.override(language):
        for code in sentences._WORDS:
            for sample in samples:
                figures: dict[str, Any] = dict.fromkeys(_wanted(code), sample)
                refusal = RuleViolation(code, **figures) if kind is RuleViolation else Notice(code, "", figures)
                text = sentences.sentence(refusal)
                assert text.strip(), code
                assert "%(" not in text, code


def test_sentence_writes_money_days_and_numbers_as_people_of_the_language_do():
    figures: dict[str, Any] = dict.fromkeys(_wanted("overpayment"), Decimal("1234.50"))
    refusal = RuleViolation("overpayment", **figures)
    with translation.override("it"):
        assert "1.234,50" in sentences.sentence(refusal)
    with translation.override("en"):
        assert "1,234.50" in sentences.sentence(refusal)


def test_sentence_of_a_code_nobody_knows_names_it():
    assert "never_heard_of" in sentences.sentence(RuleViolation("never_heard_of"))


def test_add_refuses_a_second_sentence_for_a_code():
    with pytest.raises(ValueError, match="overpayment"):
        sentences.add({"overpayment": sentences._WORDS["amount_missing"]})


def test_every_sentence_belongs_to_a_code_that_is_raised():
    raised = {each.code for each in said()} | _strings()
    assert sorted(code for code in sentences._WORDS if code not in raised) == []


def _strings() -> set[str]:
    """Return every string of the rooms: codes that a table or another function hands on stand there too."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in _files())
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
