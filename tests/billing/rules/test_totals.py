"""The figures of an invoice, case by case; the oracles and the random documents say the rest."""

from dataclasses import FrozenInstanceError, replace
from decimal import Decimal
from typing import Any

import pytest

from sportello.billing.rules.totals import (
    CustomerKind,
    FundTerms,
    LineInput,
    Natura,
    Regime,
    StampOutcome,
    StampPolicy,
    WithholdingOutcome,
    check_total_positive,
    compute,
    group_totals,
    line_amount,
)
from sportello.core.violations import RuleViolation
from tests.billing.rules.values import ABROAD, ADVANCED, EXEMPT, FLAT, INPS, TAXED, euro, line, paper

CLINIC: dict[str, Any] = {"customer": CustomerKind.COMPANY, "withholding_agent": True}


def test_compute_of_nothing_is_all_zeros() -> None:
    totals = compute(paper())
    assert (totals.lines_net, totals.groups, totals.total, totals.payable) == ((), (), euro("0.00"), euro("0.00"))


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "net"),
    [
        ("1", "62.255", "0", "62.26"),
        ("3", "33.333333", "0", "100.00"),
        ("1.333", "75.00", "0", "99.98"),
        ("1", "100.00", "12.5", "87.50"),
        ("1", "99.99", "50", "50.00"),
        ("2", "80.00", "100", "0.00"),
        ("1", "-0.00", "0", "0.00"),
    ],
)
def test_net_of_a_line_is_rounded_once(quantity: str, price: str, discount: str, net: str) -> None:
    assert str(line(price, quantity=quantity, discount=discount).net) == net
    assert str(line_amount(euro(quantity), euro(price), euro(discount))) == net


@pytest.mark.parametrize(
    ("price", "base", "due"), [("75.95", "77.47", False), ("75.96", "77.48", True), ("75.94", "77.46", False)]
)
def test_stamp_is_due_only_above_the_threshold_fund_included(price: str, base: str, due: bool) -> None:
    totals = compute(paper(line(price)))
    assert (str(totals.stamp_base), totals.stamp_due) == (base, due)
    assert str(totals.stamp) == ("2.00" if due else "0.00")
    assert totals.stamp_outcome is (StampOutcome.CHARGED if due else StampOutcome.NOT_DUE)


def test_stamp_looks_at_every_amount_without_vat_and_at_no_other() -> None:
    lines = (line("30.00"), line("30.00", ADVANCED), line("500.00", TAXED), line("20.00", ABROAD))
    totals = compute(paper(*lines, fund=None))
    assert str(totals.stamp_base) == "80.00"
    assert totals.stamp_due


def test_stamp_stays_due_when_it_is_absorbed() -> None:
    totals = compute(paper(line("90.00"), stamp_policy=StampPolicy.ABSORB))
    assert (totals.stamp_due, str(totals.stamp), totals.stamp_nature) == (True, "0.00", None)
    assert totals.stamp_outcome is StampOutcome.ABSORBED
    assert str(totals.total) == "91.80"


def test_stamp_is_never_charged_to_a_public_body() -> None:
    for policy in StampPolicy:
        totals = compute(paper(line("90.00"), customer=CustomerKind.PA, stamp_policy=policy))
        assert totals.stamp_outcome is StampOutcome.PUBLIC_BODY
        assert str(totals.total) == "91.80"


def test_stamp_is_compensation_for_a_flat_rate_issuer_whatever_the_setting() -> None:
    totals = compute(paper(line("90.00", FLAT), regime=Regime.FLAT_RATE, stamp_nature=Natura.EXEMPT))
    assert totals.stamp_nature is Natura.OUTSIDE


@pytest.mark.parametrize(("nature", "base", "withheld"), [("N1", "500.00", "100.00"), ("N4", "502.00", "100.40")])
def test_stamp_is_withheld_on_when_it_is_compensation(nature: str, base: str, withheld: str) -> None:
    totals = compute(paper(line("500.00"), stamp_nature=Natura(nature), **CLINIC))
    assert (str(totals.withholding_base), str(totals.withheld), totals.stamp_nature) == (base, withheld, nature)


def test_fund_is_computed_once_for_a_group_and_never_on_n1() -> None:
    totals = compute(paper(line("33.33"), line("10.00", ADVANCED), line("33.33"), line("33.33")))
    exempt, advanced = totals.groups
    assert (str(exempt.services), str(exempt.fund), str(exempt.taxable)) == ("99.99", "2.00", "101.99")
    assert (str(advanced.services), str(advanced.fund)) == ("10.00", "0.00")
    assert [group.vat for group in totals.groups] == [EXEMPT, ADVANCED]


def test_fund_leaves_out_the_lines_that_do_not_bear_it() -> None:
    totals = compute(paper(line("50.00"), line("50.00", bears_fund=False)))
    assert str(totals.fund_total) == "1.00"
    assert str(totals.groups[0].taxable) == "101.00"


def test_fund_is_inside_the_vat_base_unless_its_terms_say_otherwise() -> None:
    inside = compute(paper(line("100.00", TAXED)))
    outside = compute(paper(line("100.00", TAXED), fund=FundTerms("OLD", Decimal(2), in_vat_base=False)))
    assert (str(inside.vat_total), str(inside.total)) == ("22.44", "124.44")
    assert (str(outside.vat_total), str(outside.total)) == ("22.00", "124.00")
    assert str(compute(paper(line("100.00", TAXED), fund=None)).vat_total) == "22.00"


def test_group_totals_without_a_bearing_line_have_no_fund() -> None:
    assert str(group_totals(EXEMPT, euro("10.00"), euro("0.00"), INPS).fund) == "0.00"


def test_withholding_counts_the_inps_recharge_but_no_fund() -> None:
    assert str(compute(paper(line("400.00"), fund=INPS, **CLINIC)).withholding_base) == "416.00"
    assert str(compute(paper(line("400.00"), **CLINIC)).withholding_base) == "400.00"
    assert str(compute(paper(line("400.00"), fund=None, **CLINIC)).withholding_base) == "400.00"


def test_withholding_leaves_out_n1_and_lines_that_do_not_bear_it() -> None:
    lines = (
        line("100.00", TAXED),
        line("50.00", ADVANCED),
        line("30.00", bears_withholding=False),
        line("20.00", ABROAD),
    )
    totals = compute(paper(*lines, **CLINIC))
    assert (str(totals.withholding_base), str(totals.withheld)) == ("120.00", "24.00")
    assert totals.payable == totals.total - euro("24.00")


@pytest.mark.parametrize(
    ("regime", "customer", "agent", "outcome"),
    [
        (Regime.FLAT_RATE, CustomerKind.COMPANY, True, WithholdingOutcome.FLAT_RATE),
        (Regime.ORDINARY, CustomerKind.PRIVATE, True, WithholdingOutcome.PRIVATE),
        (Regime.ORDINARY, CustomerKind.PRIVATE, False, WithholdingOutcome.NOT_AGENT),
        (Regime.ORDINARY, CustomerKind.COMPANY, False, WithholdingOutcome.NOT_AGENT),
        (Regime.ORDINARY, CustomerKind.PROFESSIONAL, True, WithholdingOutcome.APPLIED),
        (Regime.ORDINARY, CustomerKind.BODY, True, WithholdingOutcome.APPLIED),
        (Regime.ORDINARY, CustomerKind.PA, True, WithholdingOutcome.APPLIED),
    ],
)
def test_withholding_applies_to_an_ordinary_issuer_s_agent_alone(
    regime: Regime, customer: CustomerKind, agent: bool, outcome: WithholdingOutcome
) -> None:
    vat = FLAT if regime is Regime.FLAT_RATE else EXEMPT
    totals = compute(paper(line("100.00", vat), regime=regime, customer=customer, withholding_agent=agent))
    assert totals.withholding_outcome is outcome
    assert (totals.withheld > 0) is (outcome is WithholdingOutcome.APPLIED)


def test_withholding_rate_is_an_argument() -> None:
    totals = compute(paper(line("100.00"), withholding_rate=Decimal(23), **CLINIC))
    assert str(totals.withheld) == "23.00"


def test_groups_stand_in_the_order_of_their_first_line() -> None:
    totals = compute(paper(line("1.00", TAXED), line("2.00"), line("3.00", TAXED)))
    assert [(group.vat.label, str(group.services)) for group in totals.groups] == [("22", "4.00"), ("N4", "2.00")]
    assert str(totals.services_total) == "6.00"


def test_groups_of_equal_terms_are_one_even_if_built_apart() -> None:
    twin = replace(EXEMPT)
    assert len(compute(paper(line("1.00"), line("1.00", twin))).groups) == 1
    assert len(compute(paper(line("1.00"), line("1.00", TAXED), line("1.00", twin))).groups) == 2


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "code", "field"),
    [
        ("0", "1.00", "0", "quantity_must_be_positive", "quantity"),
        ("-1", "1.00", "0", "quantity_must_be_positive", "quantity"),
        ("1.0001", "1.00", "0", "quantity_too_precise", "quantity"),
        ("1000000", "1.00", "0", "quantity_too_large", "quantity"),
        ("1", "-0.01", "0", "price_must_not_be_negative", "unit_price"),
        ("1", "1000000000", "0", "amount_too_large", "unit_price"),
        ("1", "1.000000001", "0", "price_too_precise", "unit_price"),
        ("1", "1.00", "-1", "discount_out_of_range", "discount"),
        ("1", "1.00", "100.01", "discount_out_of_range", "discount"),
    ],
)
def test_line_refuses_figures_no_line_can_have(quantity: str, price: str, discount: str, code: str, field: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        line(price, quantity=quantity, discount=discount)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_line_takes_the_figures_at_the_edge() -> None:
    assert line("999999999.99", quantity="0.001").net == euro("1000000.00")
    assert line("0.00000001", quantity="999999.999").net == euro("0.01")
    assert str(line("1.00", discount="100").net) == "0.00"
    assert line("1.0000000000", quantity="1.00000").net == euro("1.00")


def test_line_that_is_no_number_is_refused() -> None:
    with pytest.raises(ArithmeticError):
        LineInput(Decimal("NaN"), Decimal(1), EXEMPT)


@pytest.mark.parametrize("rate", ["-0.01", "100.01"])
def test_fund_terms_refuse_a_rate_out_of_range(rate: str) -> None:
    with pytest.raises(RuleViolation, match=r"^rate_out_of_range"):
        FundTerms("X", Decimal(rate))


@pytest.mark.parametrize("rate", ["0", "100"])
def test_fund_terms_take_the_rates_at_the_edge(rate: str) -> None:
    assert FundTerms("X", Decimal(rate)).rate == Decimal(rate)


def test_check_total_positive_refuses_nothing_to_pay() -> None:
    with pytest.raises(RuleViolation) as caught:
        check_total_positive(compute(paper(line("0.00"))))
    assert (caught.value.code, caught.value.field) == ("total_must_be_positive", "lines")
    check_total_positive(compute(paper(line("0.01"))))


def test_totals_are_frozen() -> None:
    totals = compute(paper(line("1.00")))
    with pytest.raises(FrozenInstanceError):
        totals.total = euro("2.00")  # type: ignore[misc]
