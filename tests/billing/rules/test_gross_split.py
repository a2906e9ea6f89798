"""Round prices: exact where a net exists, the highest below where none does."""

from decimal import Decimal

import pytest

from sportello.billing.rules.gross_split import PricedLine, split_round_prices, unit_price_for
from sportello.billing.rules.totals import FundTerms, compute
from sportello.core.violations import RuleViolation
from tests.billing.rules.values import ADVANCED, ENPAP, EXEMPT, STAMP, TAXED, euro, line, paper


def _nets(*prices: str) -> list[str]:
    return [str(net) for net in split_round_prices([PricedLine(euro(price), EXEMPT) for price in prices], ENPAP).nets]


def test_split_has_no_exact_net_for_one_whole_euro_in_51() -> None:
    unreachable = [
        price
        for price in range(1, 301)
        if split_round_prices([PricedLine(Decimal(price).quantize(euro("0.01")), EXEMPT)], ENPAP).missing
    ]
    assert unreachable == [13, 64, 115, 166, 217, 268]


def test_split_misses_1961_of_the_first_100_000_cent_values() -> None:
    reached = {cents + int((Decimal(cents) / 50).quantize(Decimal(1), "ROUND_HALF_UP")) for cents in range(100_000)}
    assert len([cents for cents in range(1, 100_001) if cents not in reached]) == 1961
    for cents in (1300, 1275, 99_999, 1, 25, 26):
        split = split_round_prices([PricedLine(Decimal(cents) / 100, EXEMPT)], ENPAP)
        assert (split.missing == 0) is (cents in reached)


def test_split_at_four_percent_reaches_every_whole_euro() -> None:
    fund = FundTerms("ENPAPI", Decimal(4))
    for price in range(1, 1001):
        assert split_round_prices([PricedLine(Decimal(price), EXEMPT)], fund).missing == 0


def test_split_of_a_large_price_at_an_odd_rate_comes_within_two_cents() -> None:
    fund = FundTerms("ODD", Decimal("2.345"))
    split = split_round_prices([PricedLine(euro("98765432.10"), TAXED)], fund)
    assert split.missing <= euro("0.02")
    assert compute(paper(line(str(split.nets[0]), TAXED), fund=fund)).total == split.reached


def test_split_without_a_fund_is_the_price_itself() -> None:
    split = split_round_prices([PricedLine(euro("80.00"), EXEMPT)], None)
    assert (split.nets, split.reached, split.missing) == ((euro("80.00"),), euro("80.00"), euro("0.00"))


def test_split_of_several_lines_puts_the_missing_cents_on_the_last() -> None:
    assert _nets("80.00", "80.00", "80.00", "80.00") == ["78.43", "78.43", "78.43", "78.44"]
    assert _nets("13.00", "13.00", "13.00", "13.00") == ["12.74", "12.74", "12.74", "12.76"]


def test_split_takes_from_earlier_lines_when_the_last_is_empty() -> None:
    nets = _nets(*["0.71"] * 80)
    assert sum(map(Decimal, nets)) == euro("55.69")
    assert nets[:78] == ["0.70"] * 78
    assert min(map(Decimal, nets)) >= 0


def test_split_says_what_is_missing() -> None:
    split = split_round_prices([PricedLine(euro("13.00"), EXEMPT)], ENPAP)
    assert (split.nets, split.wanted, split.reached, split.missing) == (
        (euro("12.74"),),
        euro("13.00"),
        euro("12.99"),
        euro("0.01"),
    )


def test_split_of_a_taxed_line_takes_vat_out_too() -> None:
    split = split_round_prices([PricedLine(euro("124.44"), TAXED)], ENPAP)
    assert split.nets == (euro("100.00"),)
    assert split.missing == 0


def test_split_of_a_taxed_line_steps_back_when_two_roundings_pass_the_price() -> None:
    split = split_round_prices([PricedLine(euro("2.80"), TAXED)], ENPAP)
    assert (str(split.nets[0]), str(split.reached)) == ("2.24", "2.78")


def test_split_leaves_fixed_lines_alone_and_counts_them() -> None:
    lines = [PricedLine(euro("33.33"), EXEMPT, is_round=False), PricedLine(euro("80.00"), EXEMPT)]
    split = split_round_prices(lines, ENPAP)
    totals = compute(paper(line("33.33"), line(str(split.nets[1]))))
    assert split.nets[0] == euro("33.33")
    assert split.wanted == euro("114.00")
    assert totals.groups[0].taxable == split.reached == euro("114.00")


def test_split_of_lines_the_fund_does_not_touch() -> None:
    lines = [
        PricedLine(euro("16.00"), ADVANCED),
        PricedLine(euro("80.00"), EXEMPT),
        PricedLine(euro("20.00"), EXEMPT, bears_fund=False),
    ]
    split = split_round_prices(lines, ENPAP)
    assert split.nets == (euro("16.00"), euro("78.43"), euro("20.00"))
    assert split.reached == euro("116.00")
    alone = split_round_prices([PricedLine(euro("20.00"), EXEMPT, bears_fund=False)], ENPAP)
    assert alone.nets == (euro("20.00"),)


@pytest.mark.parametrize(
    ("price", "net", "inside", "reached"),
    [
        ("77.47", "75.95", "0.00", "77.47"),
        ("77.48", "75.95", "0.00", "77.47"),
        ("79.47", "75.95", "0.00", "77.47"),
        ("79.48", "75.96", "2.00", "79.48"),
        ("80.00", "76.47", "2.00", "80.00"),
        ("50.00", "49.02", "0.00", "50.00"),
    ],
)
def test_split_with_the_stamp_inside(price: str, net: str, inside: str, reached: str) -> None:
    split = split_round_prices([PricedLine(euro(price), EXEMPT)], ENPAP, stamp_inside=STAMP)
    assert (str(split.nets[0]), str(split.stamp_inside), str(split.reached)) == (net, inside, reached)
    assert str(split.wanted) == price
    totals = compute(paper(line(net)))
    assert totals.total == split.reached
    assert totals.stamp == split.stamp_inside


def test_split_with_the_stamp_inside_of_several_lines() -> None:
    split = split_round_prices([PricedLine(euro("80.00"), EXEMPT)] * 4, ENPAP, stamp_inside=STAMP)
    totals = compute(paper(*(line(str(net)) for net in split.nets)))
    assert totals.total == split.reached == split.wanted == euro("320.00")


def test_split_with_the_stamp_inside_counts_what_else_carries_no_vat() -> None:
    lines = [PricedLine(euro("70.00"), ADVANCED, is_round=False), PricedLine(euro("10.00"), EXEMPT)]
    split = split_round_prices(lines, ENPAP, stamp_inside=STAMP)
    assert (str(split.nets[1]), str(split.stamp_inside), str(split.reached)) == ("7.84", "2.00", "80.00")
    near = [PricedLine(euro("70.00"), ADVANCED, is_round=False), PricedLine(euro("9.00"), EXEMPT)]
    capped = split_round_prices(near, ENPAP, stamp_inside=STAMP)
    assert (str(capped.stamp_inside), str(capped.reached)) == ("0.00", "77.47")


def test_split_cannot_take_a_stamp_out_of_less_than_a_stamp() -> None:
    lines = [PricedLine(euro("90.00"), ADVANCED, is_round=False), PricedLine(euro("1.50"), EXEMPT)]
    split = split_round_prices(lines, ENPAP, stamp_inside=STAMP)
    assert (str(split.stamp_inside), str(split.reached)) == ("0.00", "91.50")


def test_split_with_the_stamp_inside_never_leaves_a_price_of_nothing() -> None:
    swallowed = [PricedLine(euro("90.00"), EXEMPT, is_round=False), PricedLine(euro("2.00"), EXEMPT)]
    split = split_round_prices(swallowed, ENPAP, stamp_inside=STAMP)
    assert (str(split.nets[1]), str(split.stamp_inside), str(split.reached)) == ("1.96", "0.00", "93.80")
    capped = [PricedLine(euro("77.47"), ADVANCED, is_round=False), PricedLine(euro("1.00"), EXEMPT)]
    split = split_round_prices(capped, ENPAP, stamp_inside=STAMP)
    assert (str(split.nets[1]), str(split.stamp_inside), str(split.reached)) == ("0.98", "0.00", "78.47")


def test_split_with_the_stamp_inside_needs_a_round_price_without_vat() -> None:
    lines = [PricedLine(euro("90.00"), EXEMPT, is_round=False), *[PricedLine(euro("124.44"), TAXED)] * 2]
    split = split_round_prices(lines, ENPAP, stamp_inside=STAMP)
    assert [str(net) for net in split.nets] == ["90.00", "100.00", "100.00"]
    assert (str(split.stamp_inside), str(split.missing)) == ("0.00", "0.00")


def test_split_with_the_stamp_inside_leaves_taxed_prices_alone() -> None:
    split = split_round_prices([PricedLine(euro("124.44"), TAXED)], ENPAP, stamp_inside=STAMP)
    assert (split.nets, split.stamp_inside) == ((euro("100.00"),), euro("0.00"))


@pytest.mark.parametrize(("price", "code"), [("-0.01", "price_must_not_be_negative"), ("1.005", "amount_not_in_cents")])
def test_priced_line_refuses_what_is_no_price(price: str, code: str) -> None:
    with pytest.raises(RuleViolation, match=f"^{code}"):
        PricedLine(euro(price), EXEMPT)


@pytest.mark.parametrize(
    ("net", "quantity", "price"),
    [("100.00", "1", "100.00"), ("100.00", "3", "33.333"), ("313.73", "4", "78.433"), ("0.01", "999.999", "0.00001")],
)
def test_unit_price_for_is_as_short_as_it_can_be(net: str, quantity: str, price: str) -> None:
    found = unit_price_for(euro(net), Decimal(quantity))
    assert str(found) == price
    assert line(str(found), quantity=quantity).net == euro(net)


def test_unit_price_for_that_eight_places_cannot_meet_is_refused() -> None:
    with pytest.raises(RuleViolation, match=r"^no_unit_price"):
        unit_price_for(euro("0.01"), Decimal("9999999999"))
