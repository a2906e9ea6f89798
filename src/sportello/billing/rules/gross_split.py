"""Round prices: from what the patient pays to the net that the invoice shows.

Source: practice specification 2.9. The fund is computed per group and rounded once, so some prices have no exact net:
at 2% that is one whole euro in 51 (13, 64, 115...). Then the highest total below the price is taken and said on screen.
Units: EUR as Decimal with two places, rates in percent.

>>> enpap, exempt = FundTerms("ENPAP", Decimal(2)), VatTerms(Treatment.EXEMPT_HEALTH, Decimal(0), Natura.EXEMPT)
>>> split = split_round_prices([PricedLine(Decimal("80.00"), exempt)] * 4, enpap)
>>> [str(net) for net in split.nets], str(split.reached)
(['78.43', '78.43', '78.43', '78.44'], '320.00')
>>> split_round_prices([PricedLine(Decimal("13.00"), exempt)], enpap).missing
Decimal('0.01')
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from sportello.billing.rules.totals import FundTerms, GroupTotals, StampTerms, group_totals
from sportello.billing.rules.treatments import Natura, Treatment, VatTerms
from sportello.core.money import CENT, EXACT, LARGEST, ZERO, round_cents, total_of
from sportello.core.violations import RuleViolation

__all__ = ["PricedLine", "RoundSplit", "Treatment", "split_round_prices", "unit_price_for"]


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line whose price may be round.

    :ivar amount: EUR, to the cent, for the whole quantity. Of a round line what the patient pays, fund and VAT
        included; of any other line its net amount
    :ivar is_round: False for a line with a net price of its own on the same document
    """

    amount: Decimal
    vat: VatTerms
    bears_fund: bool = True
    is_round: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be a price.

        :raises RuleViolation: ``price_must_not_be_negative``, ``amount_not_in_cents``
        """
        if not self.amount >= 0:
            raise RuleViolation("price_must_not_be_negative", field="amount", amount=self.amount)
        if self.amount != round_cents(self.amount):
            raise RuleViolation("amount_not_in_cents", field="amount", amount=self.amount)

    @property
    def bears(self) -> bool:
        """Whether the fund is computed on it: never on N1."""
        return self.bears_fund and self.vat.natura is not Natura.EXCLUDED


@dataclass(frozen=True, slots=True)
class RoundSplit:
    """What round prices come to, EUR.

    :ivar nets: net amounts in the order of the lines, the fixed ones unchanged
    :ivar wanted: what the document should come to; a stamp on top is in neither figure
    :ivar reached: what it comes to, a stamp taken from inside the price included
    :ivar stamp_inside: the stamp taken out of the price, zero when it is on top or not due
    """

    nets: tuple[Decimal, ...]
    wanted: Decimal
    reached: Decimal
    stamp_inside: Decimal

    @property
    def missing(self) -> Decimal:
        """What no net can reach, EUR: zero or more, to be shown before the document is issued."""
        return self.wanted - self.reached


def split_round_prices(
    lines: Sequence[PricedLine], fund: FundTerms | None, *, stamp_inside: StampTerms | None = None
) -> RoundSplit:
    """Return the net amounts behind round prices, solved per VAT group, missing cents on the group's last line.

    :param stamp_inside: the stamp's terms when it is charged and comes out of the round price; None when it goes on top
        or nobody is charged
    """
    groups = [_Group(vat, lines, fund) for vat in dict.fromkeys(line.vat for line in lines)]
    for group in groups:
        group.solve(group.target)
    wanted = total_of(group.target for group in groups)
    taken = _take_stamp_inside(groups, stamp_inside) if stamp_inside is not None else ZERO
    nets = [line.amount for line in lines]
    for group in groups:
        for index, net in group.nets.items():
            nets[index] = net
    return RoundSplit(tuple(nets), wanted, total_of(group.reached for group in groups) + taken, taken)


def unit_price_for(net: Decimal, quantity: Decimal) -> Decimal:
    """Return the shortest unit price (EUR, two to eight places) that gives ``net`` for the quantity.

    :raises RuleViolation: ``no_unit_price`` when even eight places do not meet it

    >>> unit_price_for(Decimal("313.73"), Decimal(4))
    Decimal('78.433')
    """
    for places in range(2, 9):
        price = EXACT.divide(net, quantity).quantize(Decimal(1).scaleb(-places), context=EXACT)
        if round_cents(EXACT.multiply(price, quantity)) == net:
            return price
    raise RuleViolation("no_unit_price", field="quantity", net=net, quantity=quantity)


def _take_stamp_inside(groups: list["_Group"], stamp: StampTerms) -> Decimal:
    """Take the stamp out of the last round group without VAT, and return what was taken (EUR)."""
    free = [group for group in groups if group.vat.natura is not None]
    rounded = [group for group in free if group.nets]
    if not rounded or total_of(group.target for group in free) <= stamp.threshold:
        return ZERO
    payer = rounded[-1]
    others = total_of(group.reached for group in free if group is not payer)
    if payer.target - stamp.amount > payer.fixed.taxable:
        payer.solve(payer.target - stamp.amount)
        if others + payer.reached > stamp.threshold:
            return stamp.amount
    if others + payer.fixed.taxable < stamp.threshold:
        payer.solve(min(payer.target, stamp.threshold - others))
    else:
        payer.solve(payer.target)
    return ZERO


class _Group:
    """The lines of one VAT treatment: which of them can move, and what all of them come to."""

    def __init__(self, vat: VatTerms, lines: Sequence[PricedLine], fund: FundTerms | None) -> None:
        self.vat = vat
        self._fund = fund
        own = [(index, line) for index, line in enumerate(lines) if line.vat == vat]
        self._fixed = [line for _, line in own if not line.is_round]
        self._round = [(index, line) for index, line in own if line.is_round]
        self.fixed = self._figures(ZERO, ZERO)
        self.target = self.fixed.taxable + self.fixed.vat_amount + total_of(line.amount for _, line in self._round)
        self.nets: dict[int, Decimal] = {}

    def solve(self, target: Decimal) -> None:
        """Find the nets whose group comes nearest to the target (EUR) from below."""
        self.nets = {index: self._alone(line) for index, line in self._round}
        moving = [index for index, line in self._round if line.bears] or list(self.nets)
        if not moving:
            return
        kept = {index: net for index, net in self.nets.items() if index not in moving}
        bearing = any(line.bears for _, line in self._round)
        whole = _highest(target, lambda net: self._total(total_of(kept.values()), net, bearing))
        self._spread(moving, whole)

    @property
    def reached(self) -> Decimal:
        """What the group comes to, fund and VAT included, EUR."""
        bearing = total_of(self.nets[index] for index, line in self._round if line.bears)
        figures = self._figures(total_of(self.nets.values()), bearing)
        return figures.taxable + figures.vat_amount

    def _spread(self, moving: list[int], whole: Decimal) -> None:
        """Put what the lines lack, or have too much, on the last line; on earlier ones once it is empty."""
        rest = whole - total_of(self.nets[index] for index in moving)
        for index in reversed(moving):
            step = max(rest, -self.nets[index])
            self.nets[index] += step
            rest -= step

    def _alone(self, line: PricedLine) -> Decimal:
        return _highest(line.amount, lambda net: _price(self.vat, self._fund, net, net if line.bears else ZERO))

    def _total(self, kept: Decimal, net: Decimal, bearing: bool) -> Decimal:
        figures = self._figures(kept + net, net if bearing else ZERO)
        return figures.taxable + figures.vat_amount

    def _figures(self, services: Decimal, bearing: Decimal) -> GroupTotals:
        services += total_of(line.amount for line in self._fixed)
        bearing += total_of(line.amount for line in self._fixed if line.bears)
        return group_totals(self.vat, services, bearing, self._fund)


def _price(vat: VatTerms, fund: FundTerms | None, services: Decimal, bearing: Decimal) -> Decimal:
    figures = group_totals(vat, services, bearing, fund)
    return figures.taxable + figures.vat_amount


def _highest(target: Decimal, price: Callable[[Decimal], Decimal]) -> Decimal:
    """Return the highest net (EUR) whose price, which never falls as the net grows, is not above the target."""
    nothing = price(ZERO)
    guess = EXACT.divide(EXACT.multiply(max(ZERO, target - nothing), LARGEST), price(LARGEST) - nothing)
    net = guess.quantize(CENT, ROUND_FLOOR, EXACT)
    while net > 0 and price(net) > target:
        net -= CENT
    while price(net + CENT) <= target:
        net += CENT
    return net
