"""Where the oracles lie, and how a file of them is read: each is optional."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from sportello.core.violations import RuleViolation

NAMED_CODES = frozenset({"total_must_be_positive", "overpayment", "amount_must_be_positive"})
"""Refusals whose code the specification itself names; of any other an oracle can only know that there is one."""


def folder() -> Path:
    """Return the folder in SPORTELLO_ORACLES, or the project's own."""
    chosen = os.environ.get("SPORTELLO_ORACLES")
    return Path(chosen) if chosen else Path(__file__).parent / "data"


def read_json(name: str) -> dict[str, Any]:
    """Return a JSON file, {} when it is not there."""
    path = folder() / name
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file, [] when it is not there."""
    path = folder() / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(file)]


def cases(name: str, key: str) -> list[Any]:
    """Return the list under a key of a JSON file as test parameters, by the id of each where it has one."""
    found = read_json(name).get(key, [])
    return [pytest.param(case, id=f"{place}-{case.get('id', key)}") for place, case in enumerate(found)]


def by_id(name: str, key: str) -> dict[str, dict[str, Any]]:
    """Return the cases under a key of a JSON file by their id."""
    return {case["id"]: case for case in read_json(name).get(key, [])}


def check_refused(expected: str, refusals: list[RuleViolation]) -> None:
    """Assert that something was refused, and with the code the oracle names if the specification names it too."""
    codes = [refusal.code for refusal in refusals]
    assert codes, f"should be refused: {expected}"
    if expected in NAMED_CODES:
        assert expected in codes
