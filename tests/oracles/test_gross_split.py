"""Round prices of `gross-split-2pct.csv`, and of any other rate a file of that name gives."""

import re
from decimal import Decimal

import pytest

from sportello.billing.rules.gross_split import PricedLine, split_round_prices
from sportello.billing.rules.totals import DocumentInput, FundTerms, LineInput, compute
from sportello.billing.rules.treatments import Regime
from tests.oracles.folder import folder, read_rows
from tests.oracles.reading import stamp_terms, vat_of


def _rows() -> list[tuple[Decimal, dict[str, str]]]:
    found: list[tuple[Decimal, dict[str, str]]] = []
    for path in sorted(folder().glob("gross-split-*pct.csv")):
        match = re.search(r"split-([0-9.]+)pct", path.name)
        assert match is not None
        found.extend((Decimal(match[1]), row) for row in read_rows(path.name))
    return found


@pytest.mark.parametrize(
    ("rate", "row"), _rows(), ids=lambda value: value.get("gross_wanted") if isinstance(value, dict) else str(value)
)
def test_round_price_splits_as_the_oracle_says(rate: Decimal, row: dict[str, str]) -> None:
    fund, exempt = FundTerms("ENPAP", rate), vat_of("N4")
    split = split_round_prices([PricedLine(Decimal(row["gross_wanted"]), exempt)], fund)
    line = LineInput(Decimal(1), split.nets[0], exempt)
    totals = compute(DocumentInput(Regime.ORDINARY, (line,), stamp_terms(), fund))
    contribution = next(row[name] for name in row if name.startswith("fund"))
    assert split.nets == (Decimal(row["net"]),)
    assert totals.fund_total == Decimal(contribution)
    assert split.reached == totals.stamp_base == Decimal(row["total"])
    assert (split.missing == 0) is (row["exact"].lower() == "true")
    assert totals.stamp_due is (row["bollo_due"].lower() == "true")
