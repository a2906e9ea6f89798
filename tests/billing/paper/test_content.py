"""Snapshots: written canonically, read strictly."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from sportello.billing.paper.content import SCHEMA, Content, ContentUnreadable, Logo
from tests.billing.paper.papers import CREDIT, FLAT, MIXED, SIMPLE

PAPERS = {"simple": SIMPLE, "mixed": MIXED, "credit": CREDIT, "flat": FLAT}


@pytest.mark.parametrize("name", PAPERS)
def test_from_json_gives_back_what_to_json_wrote(name):
    content = PAPERS[name]
    assert Content.from_json(content.to_json()) == content


def test_to_json_is_the_same_for_equal_contents():
    line = replace(SIMPLE.lines[0], quantity=Decimal("1.000"), net=Decimal("90.0"))
    assert replace(SIMPLE, lines=(line,)).to_json() == SIMPLE.to_json()


def test_to_json_writes_money_as_strings_with_two_decimals_and_days_as_iso():
    plain = json.loads(SIMPLE.to_json())
    assert plain["schema"] == SCHEMA
    assert plain["totals"]["total"] == "93.80"
    assert plain["issued_on"] == "2026-11-10"
    assert plain["lines"][0]["quantity"] == "1"


def test_to_json_never_writes_minus_zero():
    totals = replace(SIMPLE.totals, withheld=Decimal("-0.00"))
    assert json.loads(replace(SIMPLE, totals=totals).to_json())["totals"]["withheld"] == "0.00"


@pytest.mark.parametrize("amount", ["0.001", "NaN", "Infinity"])
def test_to_json_refuses_money_that_is_not_cents(amount):
    totals = replace(SIMPLE.totals, total=Decimal(amount))
    with pytest.raises(ValueError, match=r"content\.totals\.total"):
        replace(SIMPLE, totals=totals).to_json()


def test_to_json_keeps_a_logo_reference():
    content = replace(SIMPLE, logo=Logo("0" * 64, "image/png"))
    assert Content.from_json(content.to_json()).logo == content.logo


def _spoiled(**changes):
    plain = json.loads(SIMPLE.to_json())
    plain.update(changes)
    return json.dumps({key: value for key, value in plain.items() if value is not ...})


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "not JSON"),
        ("[]", "schema"),
        ('{"schema": 2}', "schema"),
        ('{"schema": 1}', r"content\.kind: missing"),
        ("[" * 100_000, "not JSON"),
        (json.dumps({"schema": 1, "kind": "invoice", "extra": 1}), r"content\.extra: unknown"),
    ],
)
def test_from_json_of_something_else_says_what_is_wrong(text, field):
    with pytest.raises(ContentUnreadable, match=field):
        Content.from_json(text)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": 12}, "number: not a text"),
        ({"number": None}, "number: missing"),
        ({"issued_on": "10/11/2026"}, "issued_on: not a readable value"),
        ({"kind": "receipt"}, "kind: not a readable value"),
        ({"is_copy": "yes"}, "is_copy: neither"),
        ({"lines": {}}, "lines: not a list"),
        ({"lines": ["x"]}, r"lines\[0\]: not an object"),
        ({"totals": {"net": 1.5}}, "not JSON"),
        ({"totals": {"net": "1e99999999"}}, r"totals\.net: not a readable"),
        ({"totals": {"net": "1e-99999999"}}, r"totals\.net: not a readable"),
        ({"totals": {"net": "NaN"}}, r"totals\.net"),
    ],
)
def test_from_json_of_a_spoiled_snapshot_names_the_field(changes, field):
    with pytest.raises(ContentUnreadable, match=field):
        Content.from_json(_spoiled(**changes))


def test_content_shows_nobody_in_its_repr():
    for value in (SIMPLE, SIMPLE.addressee, SIMPLE.issuer, SIMPLE.lines[0]):
        assert "Giulia" not in repr(value)
        assert "psicologica" not in repr(value)


def test_line_is_frozen():
    with pytest.raises(AttributeError):
        SIMPLE.lines[0].net = Decimal(0)  # type: ignore[misc]  # this is what is tried
