"""Compare what an oracle expects with what our rules give: every key it has, and none it has that we do not know."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sportello.billing.rules.totals import GroupTotals
from tests.oracles.reading import money


def check_figures(expected: Mapping[str, Any], ours: Mapping[str, object]) -> None:
    """Assert that every figure the oracle expects is ours."""
    unknown = expected.keys() - ours.keys()
    assert not unknown, f"nothing of ours answers to {sorted(unknown)}"
    wrong = {key: (value, ours[key]) for key, value in expected.items() if not _same(value, ours[key])}
    assert not wrong, f"expected, ours: {wrong}"


def _same(expected: object, ours: object) -> bool:
    if isinstance(ours, Decimal):
        return not (ours == 0 and ours.is_signed()) and expected is not None and money(expected) == ours
    if isinstance(expected, list) and isinstance(ours, list):
        return len(expected) == len(ours) and all(map(_same, expected, ours))
    if isinstance(expected, dict) and isinstance(ours, dict):
        return expected.keys() <= ours.keys() and all(_same(value, ours[key]) for key, value in expected.items())
    return bool(expected == ours)


def group_figures(group: GroupTotals) -> dict[str, object]:
    """Return a group under the names of the oracles."""
    return {
        "vat": group.vat.label,
        "services": group.services,
        "fund": group.fund,
        "taxable": group.taxable,
        "vat_amount": group.vat_amount,
    }
