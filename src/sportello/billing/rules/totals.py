"""The figures of an invoice: lines, fund, VAT, stamp, withholding, total and what is to be paid.

Source: practice specification 2.4-2.8. Fund inside the VAT base: D.L. 41/1995 art. 16; stamp: DPR 642/1972, tariff
part I art. 13; stamp as compensation: Interpello 428/2022; withholding: DPR 600/1973 art. 25, not for the flat-rate
scheme (L. 190/2014 art. 1 c. 67).
Units: EUR as Decimal with two places, rates in percent. Rounded, half a cent up, at the line, the fund of a group, the
VAT of a group and the withholding; nowhere else.

Rates, thresholds and amounts are dated records and come in as arguments: see ``sportello.billing.reference``.

>>> exempt = VatTerms(Treatment.EXEMPT_HEALTH, Decimal(0), Natura.EXEMPT)
>>> enpap = FundTerms("ENPAP", Decimal("2"))
>>> stamp = StampTerms(Decimal("77.47"), Decimal("2.00"))
>>> session = LineInput(Decimal(1), Decimal("90.00"), exempt)
>>> totals = compute(DocumentInput(Regime.ORDINARY, (session,), stamp, enpap))
>>> totals.fund_total, totals.stamp_base, totals.stamp, totals.total, totals.payable
(Decimal('1.80'), Decimal('91.80'), Decimal('2.00'), Decimal('93.80'), Decimal('93.80'))
>>> [(reason.code, str(reason.figures["base"])) for reason in totals.reasons]
[('fund', '90.00'), ('stamp_charged', '91.80'), ('withholding_not_agent', '0.00')]
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from sportello.billing.rules.reasons import Reason, explain
from sportello.billing.rules.treatments import Natura, Regime, Treatment, VatTerms
from sportello.core.money import CENT, EXACT, HUNDRED, LARGEST, ZERO, percent_of
from sportello.core.violations import RuleViolation

__all__ = [
    "CustomerKind",
    "DocumentInput",
    "FundTerms",
    "GroupTotals",
    "LineInput",
    "Natura",
    "Reason",
    "Regime",
    "StampOutcome",
    "StampPolicy",
    "StampTerms",
    "Totals",
    "Treatment",
    "VatTerms",
    "WithholdingOutcome",
    "check_total_positive",
    "compute",
    "line_amount",
]

_MOST = Decimal("999999.999")
_THOUSANDTH, _PRICE_STEP = Decimal("0.001"), Decimal("0.00000001")
_multiply, _quantize = EXACT.multiply, EXACT.quantize
_EXCLUDED = Natura.EXCLUDED


class CustomerKind(StrEnum):
    """Who the paper is addressed to."""

    PRIVATE = "PRIVATE"
    COMPANY = "COMPANY"
    PROFESSIONAL = "PROFESSIONAL"
    BODY = "BODY"
    """A condominium, an association, a foundation: no company, and often a withholding agent."""
    PA = "PA"
    """A public body: state school, local health authority, municipality."""


class StampPolicy(StrEnum):
    """Who bears the stamp: it is owed by the practitioner, who may charge it."""

    CHARGE = "charge"
    ABSORB = "absorb"


class StampOutcome(StrEnum):
    """What became of the stamp, and why."""

    NOT_DUE = "stamp_not_due"
    CHARGED = "stamp_charged"
    ABSORBED = "stamp_absorbed"
    PUBLIC_BODY = "stamp_public_body"


class WithholdingOutcome(StrEnum):
    """Whether tax is withheld, and why."""

    APPLIED = "withholding"
    FLAT_RATE = "withholding_not_flat_rate"
    PRIVATE = "withholding_not_private"
    NOT_AGENT = "withholding_not_agent"


# A look-up of an enum's member costs as much as a multiplication; these stand in the innermost steps.
_CHARGED, _NOT_DUE, _APPLIED = StampOutcome.CHARGED, StampOutcome.NOT_DUE, WithholdingOutcome.APPLIED
_PRIVATE, _PUBLIC, _FLAT_RATE = CustomerKind.PRIVATE, CustomerKind.PA, Regime.FLAT_RATE


@dataclass(frozen=True, slots=True)
class FundTerms:
    """The contribution of a professional fund, or the INPS recharge, on the document's day.

    :ivar code: ``ENPAP``, ``INPS_RIVALSA``... as in the reference records
    :ivar rate: percent of the services that bear it
    :ivar in_vat_base: VAT is charged on it too
    :ivar in_withholding_base: it is income, so tax is withheld on it too (INPS recharge only)
    """

    code: str
    rate: Decimal
    in_vat_base: bool = True
    in_withholding_base: bool = False

    def __post_init__(self) -> None:
        """Refuse a rate outside 0-100."""
        if not 0 <= self.rate <= HUNDRED:
            raise RuleViolation("rate_out_of_range", field="fund", rate=self.rate)


@dataclass(frozen=True, slots=True)
class StampTerms:
    """The stamp on the document's day: due when the base is above the threshold, never at it (EUR)."""

    threshold: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LineInput:
    """One line, in plain values.

    :ivar quantity: above zero, up to three places
    :ivar unit_price: EUR, zero or more, up to eight places
    :ivar discount: percent, 0-100
    :ivar bears_fund: False for what the fund does not touch; N1 never bears it, whatever is said here
    :ivar bears_withholding: False for what no tax is withheld on; N1 never bears it, whatever is said here
    :raises RuleViolation: ``quantity_must_be_positive``, ``quantity_too_precise``, ``quantity_too_large``,
        ``price_must_not_be_negative``, ``price_too_precise``, ``amount_too_large``, ``discount_out_of_range``
    """

    quantity: Decimal
    unit_price: Decimal
    vat: VatTerms
    discount: Decimal = ZERO
    bears_fund: bool = True
    bears_withholding: bool = True

    def __post_init__(self) -> None:
        """Refuse figures no line can have, so that no calculation ever meets them."""
        check_line(self.quantity, self.unit_price, self.discount)

    @property
    def exact(self) -> Decimal:
        """Quantity times price less the discount, EUR, not rounded."""
        return _exact(self.quantity, self.unit_price, self.discount)

    @property
    def net(self) -> Decimal:
        """The line's amount, EUR, rounded to the cent."""
        return _quantize(_exact(self.quantity, self.unit_price, self.discount), CENT) or ZERO


def _exact(quantity: Decimal, unit_price: Decimal, discount: Decimal) -> Decimal:
    amount = _multiply(quantity, unit_price)
    return _multiply(_multiply(amount, HUNDRED - discount), CENT) if discount else amount


def check_line(quantity: Decimal, unit_price: Decimal, discount: Decimal = ZERO) -> None:
    """
    Refuse figures that no line can have; units as in `LineInput`.

    :raises RuleViolation: ``quantity_must_be_positive``, ``quantity_too_precise``, ``quantity_too_large``,
        ``price_must_not_be_negative``, ``price_too_precise``, ``amount_too_large``, ``discount_out_of_range``
    """
    _check_quantity(quantity)
    _check_price(unit_price)
    if not 0 <= discount <= HUNDRED:
        raise RuleViolation("discount_out_of_range", field="discount", discount=discount)


def _check_quantity(quantity: Decimal) -> None:
    if not quantity > 0:
        raise RuleViolation("quantity_must_be_positive", field="quantity", quantity=quantity)
    if quantity > _MOST:
        raise RuleViolation("quantity_too_large", field="quantity", largest=_MOST)
    if _quantize(quantity, _THOUSANDTH) != quantity:
        raise RuleViolation("quantity_too_precise", field="quantity", places=3)


def _check_price(price: Decimal) -> None:
    if not price >= 0:
        raise RuleViolation("price_must_not_be_negative", field="unit_price", unit_price=price)
    if price > LARGEST:
        raise RuleViolation("amount_too_large", field="unit_price", largest=LARGEST)
    if _quantize(price, _PRICE_STEP) != price:
        raise RuleViolation("price_too_precise", field="unit_price", places=8)


def line_amount(quantity: Decimal, unit_price: Decimal, discount: Decimal = ZERO) -> Decimal:
    """Return the net amount of a line (EUR, to the cent) without building the whole document."""
    return _quantize(_exact(quantity, unit_price, discount), CENT) or ZERO


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """Everything the figures depend on.

    :ivar stamp_terms: threshold and amount on the document's day
    :ivar fund: None when the issuer adds no contribution
    :ivar withholding_agent: the customer withholds tax on fees
    :ivar withholding_rate: percent on the document's day
    :ivar stamp_nature: what an ordinary issuer takes a charged stamp for (N1 or N4); a flat-rate issuer has no choice
    """

    regime: Regime
    lines: tuple[LineInput, ...]
    stamp_terms: StampTerms
    fund: FundTerms | None = None
    customer: CustomerKind = CustomerKind.PRIVATE
    withholding_agent: bool = False
    withholding_rate: Decimal = Decimal(20)
    stamp_policy: StampPolicy = StampPolicy.CHARGE
    stamp_nature: Natura = Natura.EXCLUDED


@dataclass(frozen=True, slots=True)
class GroupTotals:
    """The lines of one VAT treatment together, EUR.

    :ivar services: sum of the lines
    :ivar fund: the contribution, computed once for the group
    :ivar taxable: services and fund
    :ivar vat_amount: zero where a natura says why
    """

    vat: VatTerms
    services: Decimal
    fund: Decimal
    taxable: Decimal
    vat_amount: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of a document, EUR. Sum of the groups and the stamp is the total; less withheld is the payable.

    :ivar lines_net: in the order of the lines
    :ivar groups: in the order of their first line; the stamp is in none of them
    :ivar stamp_base: what carries no VAT, fund included, stamp excluded
    :ivar stamp_due: stays true when the stamp is absorbed or may not be charged
    :ivar stamp: charged to the customer
    :ivar stamp_nature: None when no stamp is charged
    """

    lines_net: tuple[Decimal, ...]
    groups: tuple[GroupTotals, ...]
    fund_total: Decimal
    vat_total: Decimal
    stamp_base: Decimal
    stamp_outcome: StampOutcome
    stamp: Decimal
    stamp_nature: Natura | None
    total: Decimal
    withholding_outcome: WithholdingOutcome
    withholding_base: Decimal
    withheld: Decimal
    payable: Decimal
    document: DocumentInput = field(repr=False)

    @property
    def services_total(self) -> Decimal:
        """Sum of all lines, EUR."""
        return sum(self.lines_net, ZERO)

    @property
    def stamp_due(self) -> bool:
        """Whether the paper owes a stamp, whoever bears it."""
        return self.stamp_outcome is not StampOutcome.NOT_DUE

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why each line of the totals box is what it is, for the web layer to say in three languages."""
        return explain(self)


def compute(document: DocumentInput) -> Totals:
    """Return the figures of a document.

    A document of nothing gives zeros, so that totals can be shown while a person types;
    :func:`check_total_positive` is what refuses to issue it.
    """
    lines_net, gathered = _gather(document.lines)
    groups = tuple([group_totals(group.vat, group.services, group.bearing, document.fund) for group in gathered])
    fund_total = vat_total = base = without_stamp = ZERO
    for group in groups:
        fund_total += group.fund
        vat_total += group.vat_amount
        without_stamp += group.taxable
        if group.vat.natura is not None:
            base += group.taxable
    outcome = _stamp_outcome(document, base)
    stamp, nature = ZERO, None
    if outcome is _CHARGED:
        stamp, nature = document.stamp_terms.amount, charged_stamp_nature(document)
    total = without_stamp + vat_total + stamp
    applied = withholding_outcome(document)
    wht_base, withheld = ZERO, ZERO
    if applied is _APPLIED:
        wht_base = withholding_base(document, lines_net, fund_total, stamp)
        withheld = percent_of(document.withholding_rate, wht_base)
    return Totals(
        lines_net, groups, fund_total, vat_total, base, outcome, stamp, nature,
        total, applied, wht_base, withheld, total - withheld, document,
    )  # fmt: skip


def check_total_positive(totals: Totals) -> None:
    """Refuse a document over nothing: it would consume a number.

    :raises RuleViolation: ``total_must_be_positive``
    """
    if totals.total <= 0:
        raise RuleViolation("total_must_be_positive", field="lines", total=totals.total)


class _Gathered:
    """The lines of one treatment while they are being added up."""

    __slots__ = ("bearing", "services", "vat")

    def __init__(self, vat: VatTerms) -> None:
        self.vat = vat
        self.services = self.bearing = ZERO


def _gather(lines: tuple[LineInput, ...]) -> tuple[tuple[Decimal, ...], list[_Gathered]]:
    """Return the net amounts of the lines and their groups in the order of the first line of each."""
    nets: list[Decimal] = []
    groups: list[_Gathered] = []
    group = None
    for line in lines:
        net = line.net
        nets.append(net)
        vat = line.vat
        if group is None or group.vat is not vat:
            group = _group_of(vat, groups)
        group.services += net
        if line.bears_fund and vat.natura is not _EXCLUDED:
            group.bearing += net
    return tuple(nets), groups


def _group_of(vat: VatTerms, groups: list[_Gathered]) -> _Gathered:
    """Return the group of a treatment, made at its first line."""
    for group in groups:
        if group.vat == vat:
            return group
    group = _Gathered(vat)
    groups.append(group)
    return group


def group_totals(vat: VatTerms, services: Decimal, bearing: Decimal, fund: FundTerms | None) -> GroupTotals:
    """Return the figures of one group.

    :param services: sum of its lines, EUR
    :param bearing: sum of those that bear the fund, EUR
    """
    contribution = percent_of(fund.rate, bearing) if fund is not None and bearing else ZERO
    taxable = services + contribution
    vat_amount = ZERO
    if vat.natura is None:
        vat_amount = percent_of(vat.rate, taxable if fund is None or fund.in_vat_base else services)
    return GroupTotals(vat, services, contribution, taxable, vat_amount)


def _stamp_outcome(document: DocumentInput, base: Decimal) -> StampOutcome:
    if base <= document.stamp_terms.threshold:
        return _NOT_DUE
    if document.customer is _PUBLIC:
        return StampOutcome.PUBLIC_BODY
    return StampOutcome.CHARGED if document.stamp_policy is StampPolicy.CHARGE else StampOutcome.ABSORBED


def charged_stamp_nature(document: DocumentInput) -> Natura:
    """Return what a charged stamp is: compensation (N2.2) for a flat-rate issuer, the entity's choice otherwise."""
    return Natura.OUTSIDE if document.regime is _FLAT_RATE else document.stamp_nature


def withholding_outcome(document: DocumentInput) -> WithholdingOutcome:
    """Return whether tax is withheld: by a withholding agent, from an ordinary issuer, never by a private person."""
    if document.regime is _FLAT_RATE:
        return WithholdingOutcome.FLAT_RATE
    if document.customer is _PRIVATE:
        return WithholdingOutcome.PRIVATE if document.withholding_agent else WithholdingOutcome.NOT_AGENT
    return WithholdingOutcome.APPLIED if document.withholding_agent else WithholdingOutcome.NOT_AGENT


def withholding_base(
    document: DocumentInput, lines_net: Sequence[Decimal], fund_total: Decimal, stamp: Decimal
) -> Decimal:
    """Return what tax is withheld on (EUR): the lines but N1, and what else is income.

    :param lines_net: of the document's lines, or what is credited of them
    :param fund_total: counted only when it is the INPS recharge
    :param stamp: the charged stamp, counted when it is compensation and not a mere advance (N1)
    """
    base = ZERO
    for line, net in zip(document.lines, lines_net, strict=True):
        if line.bears_withholding and line.vat.natura is not _EXCLUDED:
            base += net
    if document.fund is not None and document.fund.in_withholding_base:
        base += fund_total
    if charged_stamp_nature(document) is not Natura.EXCLUDED:
        base += stamp
    return base
