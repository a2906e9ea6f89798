"""Plain values the tests of the rules share."""

from datetime import date
from decimal import Decimal

from sportello.billing.rules.totals import DocumentInput, FundTerms, LineInput, StampTerms
from sportello.billing.rules.treatments import Natura, Regime, Treatment, VatTerms

DAY = date(2026, 3, 2)
EXEMPT = VatTerms(Treatment.EXEMPT_HEALTH, Decimal(0), Natura.EXEMPT)
FLAT = VatTerms(Treatment.FLAT_RATE, Decimal(0), Natura.OUTSIDE)
TAXED = VatTerms(Treatment.TAXABLE_22, Decimal(22), None)
ADVANCED = VatTerms(Treatment.EXCLUDED_15, Decimal(0), Natura.EXCLUDED)
ABROAD = VatTerms(Treatment.OUTSIDE_TERRITORY, Decimal(0), Natura.NOT_LOCALISED)
STAMP = StampTerms(Decimal("77.47"), Decimal("2.00"))
ENPAP = FundTerms("ENPAP", Decimal(2))
INPS = FundTerms("INPS_RIVALSA", Decimal(4), in_withholding_base=True)


def euro(text: str) -> Decimal:
    """Return an amount."""
    return Decimal(text)


def line(price: str, vat: VatTerms = EXEMPT, quantity: str = "1", discount: str = "0", **more: bool) -> LineInput:
    """Return a line of a session."""
    return LineInput(Decimal(quantity), Decimal(price), vat, Decimal(discount), **more)


def paper(
    *lines: LineInput, fund: FundTerms | None = ENPAP, regime: Regime = Regime.ORDINARY, **more: object
) -> DocumentInput:
    """Return a document of an ENPAP member in the ordinary regime, to a private person."""
    return DocumentInput(regime, lines, STAMP, fund, **more)  # type: ignore[arg-type]  # any field by its name
