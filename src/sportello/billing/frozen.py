"""What an issued paper was computed from, kept with it, so that its figures can be computed again on any later day."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sportello.billing.models import Invoice, InvoiceLine
from sportello.billing.rules.totals import (
    CustomerKind,
    DocumentInput,
    FundTerms,
    LineInput,
    StampPolicy,
    StampTerms,
    VatTerms,
)
from sportello.billing.rules.treatments import Natura, Regime, Treatment


def inputs_of(document: DocumentInput) -> dict[str, Any]:
    """Return everything but the lines that the figures depend on, as JSON values (amounts and rates as text)."""
    fund = document.fund
    return {
        "regime": document.regime.value,
        "fund": None
        if fund is None
        else {
            "code": fund.code,
            "rate": str(fund.rate),
            "in_vat_base": fund.in_vat_base,
            "in_withholding_base": fund.in_withholding_base,
        },
        "customer": document.customer.value,
        "withholding_agent": document.withholding_agent,
        "withholding_rate": str(document.withholding_rate),
        "stamp_policy": document.stamp_policy.value,
        "stamp_nature": document.stamp_nature.value,
        "stamp_threshold": str(document.stamp_terms.threshold),
        "stamp_amount": str(document.stamp_terms.amount),
    }


def document_of(invoice: Invoice, lines: Iterable[InvoiceLine]) -> DocumentInput:
    """Return what the figures of an issued invoice were computed from; `lines` are its own, in order."""
    kept = invoice.inputs
    fund = kept["fund"]
    return DocumentInput(
        regime=Regime(kept["regime"]),
        lines=tuple(
            LineInput(line.quantity, line.unit_price, vat_of(line), line.discount, line.bears_fund) for line in lines
        ),
        stamp_terms=StampTerms(Decimal(kept["stamp_threshold"]), Decimal(kept["stamp_amount"])),
        fund=FundTerms(fund["code"], Decimal(fund["rate"]), fund["in_vat_base"], fund["in_withholding_base"])
        if fund
        else None,
        customer=CustomerKind(kept["customer"]),
        withholding_agent=kept["withholding_agent"],
        withholding_rate=Decimal(kept["withholding_rate"]),
        stamp_policy=StampPolicy(kept["stamp_policy"]),
        stamp_nature=Natura(kept["stamp_nature"]),
    )


def vat_of(line: InvoiceLine) -> VatTerms:
    """Return the VAT of a frozen line, from its treatment and its label."""
    if line.vat_label.startswith("N"):
        return VatTerms(Treatment(line.treatment), Decimal(0), Natura(line.vat_label))
    return VatTerms(Treatment(line.treatment), Decimal(line.vat_label), None)
