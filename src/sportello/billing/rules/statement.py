"""What a person paid for care in a year, for the tax return.

Source: art. 15 TUIR (expenses count in the year they are paid, less what was given back); L. 160/2019 art. 1 c. 679-680
(traceable payments); practice specification 7. What the bonus psicologo paid (INPS) is no expense of the person.
Units: EUR as Decimal with two places; days without a zone. No money is rounded here.

>>> card = Movement(date(2026, 3, 2), Decimal("71.40"), traceable=True)
>>> back = Movement(date(2026, 5, 4), Decimal("20.00"), traceable=True, refund=True)
>>> summed([card, back]).net_traceable
Decimal('51.40')
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sportello.core.money import total_of


@dataclass(frozen=True, slots=True)
class Movement:
    """Money paid, or given back, on one document.

    :ivar amount: EUR, above zero
    :ivar traceable: of the whole document, as Sistema TS is told: one part in cash and it is not
    :ivar refund: the money went back
    :ivar own: the person, or somebody for them, paid it; False for what INPS paid
    """

    on: date
    amount: Decimal
    traceable: bool
    refund: bool = False
    own: bool = True


@dataclass(frozen=True, slots=True)
class Sums:
    """What a year comes to (EUR): received by the practice, given back, and what is left as an expense.

    :ivar by_inps: paid by INPS, in none of the other sums
    """

    traceable: Decimal
    untraceable: Decimal
    refunded_traceable: Decimal
    refunded_untraceable: Decimal
    by_inps: Decimal

    @property
    def net_traceable(self) -> Decimal:
        """What was paid with a trace, less what came back."""
        return self.traceable - self.refunded_traceable

    @property
    def net_untraceable(self) -> Decimal:
        """What was paid in cash, less what came back."""
        return self.untraceable - self.refunded_untraceable

    @property
    def refunded(self) -> Decimal:
        """All that was given back."""
        return self.refunded_traceable + self.refunded_untraceable

    @property
    def net(self) -> Decimal:
        """What is left as an expense of the year; below zero when more came back than was paid."""
        return self.net_traceable + self.net_untraceable


def summed(movements: Iterable[Movement]) -> Sums:
    """Return the sums of a year's movements."""
    kept = list(movements)
    own = [each for each in kept if each.own]

    def of(*, traceable: bool, refund: bool) -> Decimal:
        return total_of(each.amount for each in own if each.traceable is traceable and each.refund is refund)

    return Sums(
        traceable=of(traceable=True, refund=False),
        untraceable=of(traceable=False, refund=False),
        refunded_traceable=of(traceable=True, refund=True),
        refunded_untraceable=of(traceable=False, refund=True),
        by_inps=total_of(each.amount for each in kept if not each.own and not each.refund),
    )
