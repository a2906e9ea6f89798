"""Invoices of `invoice-examples.json`: every figure, every refusal."""

from datetime import date
from typing import Any

import pytest

from sportello.billing.rules.channel import Channel, channel
from sportello.billing.rules.dates import check_issue_date, latest_issue_date
from sportello.billing.rules.issue_checks import figure_refusals
from sportello.billing.rules.totals import Totals, compute
from sportello.billing.rules.treatments import ServiceNature
from sportello.core.money import total_of
from sportello.core.violations import RuleViolation
from tests.oracles.comparing import check_figures, group_figures
from tests.oracles.folder import cases, check_refused
from tests.oracles.reading import customer_of, document_of, money, nature_of, round_split

FILE = "invoice-examples.json"
NAMES = {
    Channel.ANALOGUE: {"analogue"},
    Channel.SDI: {"sdi"},
    Channel.SDI_PA_SIGNED: {"sdi", "sdi_pa_signed"},
    Channel.PDF: {"pdf"},
}
"""What the file calls each channel: of a public body it says no more than `sdi`."""
Case = dict[str, Any]


def figures(totals: Totals) -> dict[str, object]:
    """Return totals under the names of the oracles."""
    return {
        "lines_net": list(totals.lines_net),
        "groups": [group_figures(group) for group in totals.groups],
        "services_net": totals.services_total,
        "fund_total": totals.fund_total,
        "vat_total": totals.vat_total,
        "bollo_base": totals.stamp_base,
        "bollo_due": totals.stamp_due,
        "bollo_charged": totals.stamp,
        "bollo_nature": totals.stamp_nature,
        "document_total": totals.total,
        "withholding_base": totals.withholding_base,
        "withholding": totals.withheld,
        "net_payable": totals.payable,
    }


def refusals_of(case: Case) -> list[RuleViolation]:
    """Return everything our rules refuse in a case."""
    try:
        found = list(figure_refusals(compute(document_of(case))))
        if "issue_date" in case and "today" in case:
            latest = case.get("previous_issue_date")
            check_issue_date(
                date.fromisoformat(case["issue_date"]),
                today=date.fromisoformat(case["today"]),
                latest_in_series=date.fromisoformat(latest) if latest else None,
            )
    except RuleViolation as refusal:
        return [refusal]
    return found


@pytest.mark.parametrize("case", cases(FILE, "invoices"))
def test_invoice_gives_the_oracles_figures(case: Case) -> None:
    if case.get("error"):
        check_refused(case["error"], refusals_of(case))
        return
    totals = compute(document_of(case))
    check_figures(case["expected"], figures(totals))
    assert total_of(group.taxable + group.vat_amount for group in totals.groups) + totals.stamp == totals.total
    assert totals.total > 0


@pytest.mark.parametrize("case", cases(FILE, "invoices"))
def test_invoice_of_a_round_price_has_the_solved_nets(case: Case) -> None:
    split = round_split(case)
    if split is None or case.get("error"):
        return
    expected = list(compute(document_of(case)).lines_net)
    whole = money(case["input_gross"]) if isinstance(case.get("input_gross"), str) else None
    if whole is not None and len(expected) > 1 and list(split.nets) != expected:
        shares = {**case, "lines": [{**case["lines"][0], "qty": "1"}]}
        alone = round_split(shares)
        assert alone is not None
        assert alone.nets[0] == total_of(expected)
        return
    assert list(split.nets) == expected
    assert split.missing >= 0


@pytest.mark.parametrize("case", cases(FILE, "invoices"))
def test_invoice_takes_the_oracles_channel(case: Case) -> None:
    """What a line is stands in the catalogue; where the file leaves it open, either reading may be meant."""
    natures = [nature_of(row, case) for row in case["lines"]]
    readings = [{nature or guess for nature in natures} for guess in (ServiceNature.HEALTH, ServiceNature.OTHER)]
    country = case.get("customer_country", "IT")
    ours = {channel(reading, customer_of(case), country) for reading in readings}
    if "channel" in case:
        assert case["channel"] in {name for each in ours for name in NAMES[each]}


@pytest.mark.parametrize("case", [case for case in cases(FILE, "invoices") if "payment_shares" in case.values[0]])
def test_invoice_shares_are_the_payable(case: Case) -> None:
    assert total_of(money(share["amount"]) for share in case["payment_shares"]) == compute(document_of(case)).payable


@pytest.mark.parametrize("case", [case for case in cases(FILE, "invoices") if "issue_date_latest" in case.values[0]])
def test_invoice_is_due_by_the_oracles_day(case: Case) -> None:
    days = [date.fromisoformat(row["service_date"]) for row in case["lines"] if "service_date" in row]
    latest = latest_issue_date(min(days), monthly_summary=len(days) > 1)
    assert latest == date.fromisoformat(case["issue_date_latest"])
