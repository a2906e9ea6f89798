"""Random documents whose figures come from the pure rules, put on paper as an issue would."""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sportello.billing.paper.content import Content, Fund, Group, Line, Payment, Stamp, Totals, Withholding, Words
from sportello.billing.rules.totals import (
    CustomerKind,
    DocumentInput,
    FundTerms,
    LineInput,
    Regime,
    StampPolicy,
    StampTerms,
    compute,
)
from sportello.billing.rules.totals import Totals as Figures
from sportello.billing.rules.treatments import Natura, Treatment, VatTerms
from tests.billing.paper.papers import CARD, CLINIC, GIULIA, SIMPLE

STAMP = StampTerms(Decimal("77.47"), Decimal("2.00"))
TREATMENTS = {
    Regime.ORDINARY: [
        VatTerms(Treatment.EXEMPT_HEALTH, Decimal(0), Natura.EXEMPT),
        VatTerms(Treatment.TAXABLE_22, Decimal(22), None),
        VatTerms(Treatment.EXCLUDED_15, Decimal(0), Natura.EXCLUDED),
        VatTerms(Treatment.OUTSIDE_TERRITORY, Decimal(0), Natura.NOT_LOCALISED),
    ],
    Regime.FLAT_RATE: [
        VatTerms(Treatment.FLAT_RATE, Decimal(0), Natura.OUTSIDE),
        VatTerms(Treatment.EXCLUDED_15, Decimal(0), Natura.EXCLUDED),
    ],
}
FUNDS = [None, FundTerms("ENPAP", Decimal(2)), FundTerms("INPS_RIVALSA", Decimal(4), in_withholding_base=True)]
LANGUAGES = ["", "", "", "en", "ro", "sq", "ar", "zh-hans", "uk", "es", "fr", "de"]


def random_paper(seed: int) -> tuple[Content, Figures]:
    """Return a document and the figures it must show."""
    dice = random.Random(seed)
    figures = compute(_document(dice))
    return _paper(dice, seed, figures), figures


def _document(dice: random.Random) -> DocumentInput:
    regime = dice.choice(list(Regime))
    business = dice.random() < 0.3
    return DocumentInput(
        regime=regime,
        lines=tuple(_line(dice, regime) for _ in range(dice.choice([1, 1, 1, 2, 3, 5, 12, 40]))),
        stamp_terms=STAMP,
        fund=dice.choice(FUNDS),
        customer=CustomerKind.COMPANY if business else CustomerKind.PRIVATE,
        withholding_agent=business,
        stamp_policy=dice.choice(list(StampPolicy)),
        stamp_nature=dice.choice([Natura.EXCLUDED, Natura.EXEMPT]),
    )


def _line(dice: random.Random, regime: Regime) -> LineInput:
    return LineInput(
        quantity=Decimal(dice.choice([1, 1, 1, 2, 10])) / dice.choice([1, 1, 4]),
        unit_price=Decimal(dice.randint(1, dice.choice([9999, 9999, 9_999_999]))) / 100,
        vat=dice.choice(TREATMENTS[regime]),
        discount=Decimal(dice.choice([0, 0, 0, 5, 33])),
    )


def _mark(vat: VatTerms) -> str:
    return vat.label if vat.natura else f"{vat.label}%"


def _paper(dice: random.Random, seed: int, figures: Figures) -> Content:
    document = figures.document
    lines = tuple(
        Line(f"Prestazione {number}", line.quantity, line.unit_price, _mark(line.vat), net, "", line.discount)
        for number, (line, net) in enumerate(zip(document.lines, figures.lines_net, strict=True), 1)
    )
    groups = tuple(
        Group(_mark(group.vat), group.services, group.fund, group.taxable, group.vat_amount, _words(group.vat))
        for group in figures.groups
    )
    issued_on = date(2026, 1, 1) + timedelta(days=dice.randrange(365))
    return replace(
        SIMPLE,
        number=f"{seed}/2026",
        issued_on=issued_on,
        addressee=CLINIC if document.withholding_agent else GIULIA,
        lines=lines,
        groups=groups,
        fund=Fund(Words("Contributo", "Contribution"), figures.fund_total) if figures.fund_total else None,
        stamp=Stamp(Words("Bollo assolto"), figures.stamp, figures.stamp_nature or "") if figures.stamp_due else None,
        withholding=Withholding(document.withholding_rate, figures.withholding_base, figures.withheld)
        if figures.withheld
        else None,
        totals=Totals(
            figures.services_total,
            figures.fund_total,
            figures.vat_total,
            figures.stamp,
            figures.total,
            figures.withheld,
            figures.payable,
        ),
        payments=(Payment(issued_on, CARD, figures.payable, traceable=True),),
        paid_on=issued_on,
        language=dice.choice(LANGUAGES),
    )


def _words(vat: VatTerms) -> Words:
    return Words("Senza IVA", "No VAT") if vat.natura else Words("IVA 22%", "VAT 22%")
