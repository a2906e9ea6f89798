"""Why each line of the totals box is what it is."""

from sportello.billing.rules.reasons import Reason
from sportello.billing.rules.totals import CustomerKind, FundTerms, Regime, compute
from tests.billing.rules.values import ADVANCED, ENPAP, FLAT, STAMP, TAXED, euro, line, paper


def _by_line(reasons: tuple[Reason, ...], name: str) -> list[Reason]:
    return [reason for reason in reasons if reason.line == name]


def test_explain_says_base_and_threshold_of_the_stamp() -> None:
    (stamp,) = _by_line(compute(paper(line("76.50"))).reasons, "stamp")
    assert stamp.code == "stamp_charged"
    assert dict(stamp.figures) == {
        "base": euro("78.03"),
        "amount": euro("2.00"),
        "threshold": STAMP.threshold,
        "nature": "N1",
    }


def test_explain_says_what_each_group_s_fund_was_computed_on() -> None:
    lines = (line("50.00"), line("10.00", bears_fund=False), line("100.00", TAXED), line("5.00", ADVANCED))
    funds = _by_line(compute(paper(*lines)).reasons, "fund")
    assert [(reason.figures["group"], reason.figures["base"], reason.figures["amount"]) for reason in funds] == [
        ("N4", euro("50.00"), euro("1.00")),
        ("22", euro("100.00"), euro("2.00")),
    ]
    assert (funds[0].figures["rate"], funds[0].figures["fund"]) == (ENPAP.rate, "ENPAP")


def test_explain_says_what_vat_was_computed_on() -> None:
    (inside,) = _by_line(compute(paper(line("100.00", TAXED))).reasons, "vat")
    assert (inside.figures["base"], inside.figures["rate"], inside.figures["amount"]) == (
        euro("102.00"),
        TAXED.rate,
        euro("22.44"),
    )
    apart = FundTerms("OLD", ENPAP.rate, in_vat_base=False)
    (outside,) = _by_line(compute(paper(line("100.00", TAXED), fund=apart)).reasons, "vat")
    assert outside.figures["base"] == euro("100.00")
    (alone,) = _by_line(compute(paper(line("100.00", TAXED), fund=None)).reasons, "vat")
    assert (alone.figures["base"], alone.figures["group"]) == (euro("100.00"), "22")


def test_explain_says_why_nothing_is_withheld() -> None:
    document = paper(
        line("100.00", FLAT), regime=Regime.FLAT_RATE, customer=CustomerKind.COMPANY, withholding_agent=True
    )
    (reason,) = _by_line(compute(document).reasons, "withholding")
    assert (reason.code, reason.figures["regime"]) == ("withholding_not_flat_rate", "RF19")
    assert (reason.figures["base"], reason.figures["amount"]) == (euro("0.00"), euro("0.00"))


def test_explain_says_what_tax_is_withheld_on() -> None:
    document = paper(line("500.00"), customer=CustomerKind.COMPANY, withholding_agent=True)
    (reason,) = _by_line(compute(document).reasons, "withholding")
    assert reason.code == "withholding"
    assert (reason.figures["base"], reason.figures["rate"], reason.figures["amount"]) == (
        euro("500.00"),
        document.withholding_rate,
        euro("100.00"),
    )


def test_explain_of_an_empty_document_has_stamp_and_withholding_only() -> None:
    assert [reason.code for reason in compute(paper()).reasons] == ["stamp_not_due", "withholding_not_agent"]
