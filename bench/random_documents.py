"""Documents as practices write them, by a seeded generator: the same seed gives the same documents on every machine."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from random import Random

from sportello.billing.reference import Reference, load
from sportello.billing.rules.totals import CustomerKind, DocumentInput, FundTerms, LineInput, StampPolicy
from sportello.billing.rules.treatments import Natura, Regime, Treatment, VatTerms, allowed_treatments

_DAY = date(2026, 3, 2)
_LAW = Reference(load())
_FUNDS: tuple[FundTerms | None, ...] = (
    None,
    *(_LAW.fund(key, _DAY) for key in ("ENPAP", "ENPAB", "INPS_RIVALSA")),
    FundTerms("ENPAP", Decimal("2.5")),
)
_VAT = {treatment: _LAW.vat(treatment, _DAY) for treatment in Treatment}
_CHOICE = {regime: tuple(sorted(allowed_treatments(regime))) for regime in Regime}
_DISCOUNTS = (Decimal(0),) * 6 + (Decimal(10), Decimal("33.33"), Decimal("12.5"), Decimal(100))
_QUANTITIES = (Decimal(1),) * 6 + (Decimal(2), Decimal(10), Decimal("0.5"), Decimal("1.333"), Decimal("0.001"))
_NATURES = (Natura.EXCLUDED, Natura.EXCLUDED, Natura.EXEMPT)


def documents(count: int, seed: int) -> Iterator[DocumentInput]:
    """Yield random documents, prices thick around the stamp's threshold and the half cents."""
    draw = Random(seed)  # noqa: S311 - nothing here is a secret
    for _ in range(count):
        yield _document(draw)


def _document(draw: Random) -> DocumentInput:
    regime = draw.choice(tuple(Regime))
    treatments = draw.choices(_CHOICE[regime], k=draw.choice((1, 1, 1, 2, 3)))
    return DocumentInput(
        regime=regime,
        lines=tuple(_line(draw, _VAT[draw.choice(treatments)]) for _ in range(draw.choice((1, 1, 2, 3, 4, 8)))),
        stamp_terms=_LAW.stamp(_DAY),
        fund=draw.choice(_FUNDS),
        customer=draw.choice(tuple(CustomerKind)),
        withholding_agent=draw.random() < 0.4,
        withholding_rate=Decimal(20),
        stamp_policy=draw.choice(tuple(StampPolicy)),
        stamp_nature=draw.choice(_NATURES),
    )


def _line(draw: Random, vat: VatTerms) -> LineInput:
    return LineInput(
        draw.choice(_QUANTITIES),
        _price(draw),
        vat,
        draw.choice(_DISCOUNTS),
        bears_fund=draw.random() < 0.9,
        bears_withholding=draw.random() < 0.95,
    )


def _price(draw: Random) -> Decimal:
    kind = draw.randrange(10)
    if kind < 5:
        return Decimal(draw.randrange(1, 20_000)).scaleb(-2)
    if kind < 8:
        return Decimal(draw.randrange(7_400, 7_800)).scaleb(-2)
    if kind < 9:
        return Decimal(draw.randrange(0, 10**12)).scaleb(-8)
    return Decimal(draw.choice(("-0.00", "0.00", "0.01", "99999.99")))
