"""The examples in the docstrings of the rules run: a rule's first line of documentation is never wrong."""

import doctest
import importlib

import pytest

MODULES = (
    "core.money",
    "core.violations",
    "billing.reference",
    "billing.states",
    "billing.rules.addressee",
    "billing.rules.channel",
    "billing.rules.credit",
    "billing.rules.dates",
    "billing.rules.expenses",
    "billing.rules.gross_split",
    "billing.rules.numbering",
    "billing.rules.payments",
    "billing.rules.portal",
    "billing.rules.stamp",
    "billing.rules.totals",
    "billing.rules.treatments",
    "parties.rules",
    "patients.folding",
    "patients.places",
    "patients.rules",
)


@pytest.mark.parametrize("name", MODULES)
def test_doctests_of_a_module_hold(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"sportello.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
