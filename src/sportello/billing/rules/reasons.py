"""Why each figure in the totals box is what it is, as codes and figures.

The web layer says them in three languages: ``stamp_charged`` with base 78.03 and threshold 77.47 becomes
"Stamp: 78.03 is above 77.47".
Units: EUR, rates in percent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sportello.core.money import total_of
from sportello.core.violations import Figure

if TYPE_CHECKING:
    from sportello.billing.rules.totals import FundTerms, GroupTotals, Totals


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of the totals box explained.

    :ivar line: which one: ``fund``, ``vat``, ``stamp``, ``withholding``
    :ivar code: ``fund``, ``vat``, a :class:`~sportello.billing.rules.totals.StampOutcome` or a
        :class:`~sportello.billing.rules.totals.WithholdingOutcome`
    :ivar figures: what the sentence needs; always ``base`` and ``amount``, then ``rate``, ``group``, ``fund``,
        ``threshold``, ``nature``, ``regime`` where they play a part
    """

    line: str
    code: str
    figures: Mapping[str, Figure]


def explain(totals: "Totals") -> tuple[Reason, ...]:
    """Return the reasons in the order of the box: fund and VAT for each group, then stamp and withholding."""
    return (*_of_groups(totals), _of_stamp(totals), _of_withholding(totals))


def _of_groups(totals: "Totals") -> list[Reason]:
    found: list[Reason] = []
    fund = totals.document.fund
    for group in totals.groups:
        if fund is not None and group.fund:
            found.append(_of_fund(totals, group, fund))
        if group.vat.natura is None:
            base = group.taxable if fund is None or fund.in_vat_base else group.services
            figures: dict[str, Figure] = {"base": base, "amount": group.vat_amount, "rate": group.vat.rate}
            found.append(Reason("vat", "vat", figures | {"group": group.vat.label}))
    return found


def _of_fund(totals: "Totals", group: "GroupTotals", fund: "FundTerms") -> Reason:
    lines = zip(totals.document.lines, totals.lines_net, strict=True)
    bearing = total_of(net for line, net in lines if line.vat == group.vat and line.bears_fund)
    figures: dict[str, Figure] = {"base": bearing, "amount": group.fund, "rate": fund.rate}
    return Reason("fund", "fund", figures | {"fund": fund.code, "group": group.vat.label})


def _of_stamp(totals: "Totals") -> Reason:
    terms = totals.document.stamp_terms
    figures: dict[str, Figure] = {
        "base": totals.stamp_base,
        "amount": totals.stamp,
        "threshold": terms.threshold,
        "nature": totals.stamp_nature,
    }
    return Reason("stamp", totals.stamp_outcome.value, figures)


def _of_withholding(totals: "Totals") -> Reason:
    document = totals.document
    figures: dict[str, Figure] = {
        "base": totals.withholding_base,
        "amount": totals.withheld,
        "rate": document.withholding_rate,
        "regime": document.regime,
    }
    return Reason("withholding", totals.withholding_outcome.value, figures)
