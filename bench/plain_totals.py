"""The figures of an invoice written down once more, as the rules read, step after step: yardstick and second opinion.

It shares nothing with ``sportello.billing.rules.totals`` but the input's shape: sums are taken anew for every figure.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sportello.billing.rules.totals import DocumentInput, LineInput

CENT = Decimal("0.01")


@dataclass(frozen=True)
class PlainGroup:
    """One VAT group, EUR."""

    label: str
    services: Decimal
    fund: Decimal
    taxable: Decimal
    vat_amount: Decimal


@dataclass(frozen=True)
class PlainTotals:
    """The figures of a document, EUR."""

    lines_net: list[Decimal]
    groups: list[PlainGroup]
    stamp_base: Decimal
    stamp: Decimal
    total: Decimal
    withholding_base: Decimal
    withheld: Decimal
    payable: Decimal


def rounded(amount: Decimal) -> Decimal:
    """Return an amount rounded to the cent, half away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def plain_totals(document: DocumentInput) -> PlainTotals:
    """Return the figures of a document."""
    lines = [(line, rounded(line.quantity * line.unit_price * (1 - line.discount / 100))) for line in document.lines]
    groups: list[PlainGroup] = []
    for vat in dict.fromkeys(line.vat for line, _ in lines):
        own = [(line, net) for line, net in lines if line.vat == vat]
        services = sum((net for _, net in own), Decimal("0.00"))
        bearing = sum((net for line, net in own if line.bears_fund and vat.natura != "N1"), Decimal("0.00"))
        fund = rounded(document.fund.rate * bearing / 100) if document.fund is not None else Decimal("0.00")
        taxable = services + fund
        base = taxable if document.fund is None or document.fund.in_vat_base else services
        groups.append(PlainGroup(vat.label, services, fund, taxable, rounded(base * vat.rate / 100)))
    free = ("N1", "N2.1", "N2.2", "N4")
    stamp_base = sum((group.taxable for group in groups if group.label in free), Decimal("0.00"))
    due = stamp_base > document.stamp_terms.threshold
    charged = due and document.stamp_policy == "charge" and document.customer != "PA"
    stamp = document.stamp_terms.amount if charged else Decimal("0.00")
    total = sum((group.taxable + group.vat_amount for group in groups), Decimal("0.00")) + stamp
    base = _withholding_base(document, lines, groups, stamp)
    withheld = rounded(document.withholding_rate * base / 100)
    return PlainTotals([net for _, net in lines], groups, stamp_base, stamp, total, base, withheld, total - withheld)


def _withholding_base(
    document: DocumentInput, lines: list[tuple[LineInput, Decimal]], groups: list[PlainGroup], stamp: Decimal
) -> Decimal:
    if document.regime == "RF19" or document.customer == "PRIVATE" or not document.withholding_agent:
        return Decimal("0.00")
    base = sum((net for line, net in lines if line.vat.natura != "N1" and line.bears_withholding), Decimal("0.00"))
    if document.fund is not None and document.fund.in_withholding_base:
        base += sum((group.fund for group in groups), Decimal("0.00"))
    return base + (stamp if document.stamp_nature != "N1" else Decimal("0.00"))
