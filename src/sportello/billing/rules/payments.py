"""What has been paid of an invoice, what is open, what must be given back: always derived, never typed.

Source: practice specification 2.11; L. 160/2019 art. 1 c. 679 (traceable payments); FatturaPA list ModalitaPagamento.
Units: EUR as Decimal with two places; days without a zone. No money is rounded here.

>>> card = PaymentEntry(date(2026, 3, 2), Decimal("50.00"), Method.CARD)
>>> derive(Decimal("71.40"), [card]).status, derive(Decimal("71.40"), [card]).open
(<PaymentStatus.PARTIALLY_PAID: 'PARTIALLY_PAID'>, Decimal('21.40'))
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from sportello.billing.states import PaymentStatus
from sportello.core.money import LARGEST, ZERO, in_cents, total_of
from sportello.core.violations import Figure, Notice, RuleViolation

__all__ = [
    "TRACEABLE",
    "Balance",
    "Method",
    "PaymentEntry",
    "PaymentStatus",
    "RefundEntry",
    "check_payment",
    "check_refund",
    "check_void_payment",
    "derive",
    "payment_notices",
]


class Method(StrEnum):
    """How money moved, by its FatturaPA code."""

    CASH = "MP01"
    CHEQUE = "MP02"
    BANK_CHEQUE = "MP03"
    TRANSFER = "MP05"
    CARD = "MP08"
    DIRECT_DEBIT = "MP19"
    PAGO_PA = "MP23"


TRACEABLE: Mapping[Method, bool] = MappingProxyType({method: method is not Method.CASH for method in Method})
"""Whether a payment by this method leaves a trace; the dated records in ``billing.reference`` say the same."""


@dataclass(frozen=True, slots=True)
class PaymentEntry:
    """Money received for an invoice.

    :ivar amount: EUR, above zero
    :ivar payer: who paid, as a code of the caller's (``patient``, ``INPS``), empty when it does not matter
    """

    on: date
    amount: Decimal
    method: Method
    payer: str = ""

    @property
    def traceable(self) -> bool:
        """Whether this payment leaves a trace."""
        return TRACEABLE[self.method]


@dataclass(frozen=True, slots=True)
class RefundEntry:
    """Money given back on an invoice: EUR, above zero."""

    on: date
    amount: Decimal
    method: Method


@dataclass(frozen=True, slots=True)
class Balance:
    """Where an invoice stands, EUR.

    :ivar payable: of the invoice as issued
    :ivar reversed_payable: sum of the payables its credit notes reverse
    :ivar due: payable less reversed
    :ivar open: still to be received, never below zero
    :ivar refund_due: to be given back, never below zero
    :ivar paid_on: the day it was paid in full, None before
    :ivar traceable: all payments leave a trace; None while there are none
    """

    payable: Decimal
    reversed_payable: Decimal
    due: Decimal
    paid: Decimal
    refunded: Decimal
    open: Decimal
    refund_due: Decimal
    status: PaymentStatus
    paid_on: date | None
    traceable: bool | None


def derive(
    payable: Decimal,
    payments: Sequence[PaymentEntry],
    reversed_payables: Sequence[Decimal] = (),
    refunds: Sequence[RefundEntry] = (),
) -> Balance:
    """Return where an invoice stands.

    :param payable: of the invoice as issued, EUR
    :param payments: those that have not been voided, in any order
    :param reversed_payables: what each of its credit notes reverses, EUR
    :param refunds: those that have not been voided
    """
    reversed_payable = total_of(reversed_payables)
    paid, refunded = total_of(payment.amount for payment in payments), total_of(refund.amount for refund in refunds)
    due = payable - reversed_payable
    kept = paid - refunded
    return Balance(
        payable=payable,
        reversed_payable=reversed_payable,
        due=due,
        paid=paid,
        refunded=refunded,
        open=max(ZERO, due - paid),
        refund_due=max(ZERO, kept - due),
        status=_status(paid, refunded, due),
        paid_on=_paid_on(payable, due, payments),
        traceable=all(payment.traceable for payment in payments) if payments else None,
    )


def _status(paid: Decimal, refunded: Decimal, due: Decimal) -> PaymentStatus:
    if paid == 0:
        return PaymentStatus.UNPAID
    kept = paid - refunded
    if kept > due:
        return PaymentStatus.REFUND_DUE
    if kept < due:
        return PaymentStatus.PARTIALLY_PAID
    return PaymentStatus.REFUNDED if refunded else PaymentStatus.PAID


def _paid_on(payable: Decimal, due: Decimal, payments: Sequence[PaymentEntry]) -> date | None:
    """Return the day of the payment that closes the payable; if a credit note closed it, of the last payment."""
    received = ZERO
    ordered = sorted(payments, key=lambda payment: payment.on)
    for payment in ordered:
        received += payment.amount
        if received >= payable:
            return payment.on
    return ordered[-1].on if ordered and received >= due else None


def check_payment(
    balance: Balance, amount: Decimal, method: Method, *, on: date, today: date, cash_limit: Decimal | None
) -> None:
    """Refuse a payment that cannot be right.

    :param amount: EUR
    :param cash_limit: cash of this much or more is refused (dated record, EUR); None when the law sets none
    :raises RuleViolation: ``amount_must_be_positive``, ``amount_not_in_cents``, ``amount_too_large``,
        ``payment_in_the_future``, ``cash_limit``, ``overpayment``
    """
    _check_amount(amount)
    if on > today:
        raise RuleViolation("payment_in_the_future", field="on", on=on, today=today)
    if method is Method.CASH and cash_limit is not None and amount >= cash_limit:
        raise RuleViolation("cash_limit", field="method", amount=amount, limit=cash_limit)
    if amount > balance.open:
        raise RuleViolation("overpayment", field="amount", amount=amount, open=balance.open)


def payment_notices(
    payments: Sequence[PaymentEntry], amount: Decimal, method: Method, *, cash_limit: Decimal | None
) -> tuple[Notice, ...]:
    """Return what a person should know before the payment is recorded.

    ``not_traceable``: this payment takes the deduction from the document; ``cash_mixed``: one payment in cash makes the
    whole document not traceable; ``already_not_traceable``: cash came before, so this trace does not help;
    ``cash_in_parts``: the cash parts together reach the limit.
    """
    found: list[Notice] = []
    cash = [payment for payment in payments if not payment.traceable]
    if not TRACEABLE[method]:
        found.append(Notice("cash_mixed" if len(cash) < len(payments) else "not_traceable", "method"))
    elif cash:
        found.append(Notice("already_not_traceable", "method"))
    together = total_of(payment.amount for payment in cash) + amount
    if method is Method.CASH and cash and cash_limit is not None and together >= cash_limit:
        figures: dict[str, Figure] = {"together": together, "limit": cash_limit}
        found.append(Notice("cash_in_parts", "method", figures))
    return tuple(found)


def check_refund(balance: Balance, amount: Decimal, *, on: date, today: date) -> None:
    """Refuse to give back more than is due.

    :raises RuleViolation: ``amount_must_be_positive``, ``amount_not_in_cents``, ``amount_too_large``,
        ``refund_in_the_future``, ``refund_above_due``
    """
    _check_amount(amount)
    if on > today:
        raise RuleViolation("refund_in_the_future", field="on", on=on, today=today)
    if amount > balance.refund_due:
        raise RuleViolation("refund_above_due", field="amount", amount=amount, refund_due=balance.refund_due)


def check_void_payment(balance: Balance) -> None:
    """Refuse to void a payment while money given back stands against it.

    :raises RuleViolation: ``refunds_must_be_voided_first``
    """
    if balance.refunded > 0:
        raise RuleViolation("refunds_must_be_voided_first", field="payment", refunded=balance.refunded)


def _check_amount(amount: Decimal) -> None:
    if not amount > 0:
        raise RuleViolation("amount_must_be_positive", field="amount", amount=amount)
    if not in_cents(amount):
        raise RuleViolation("amount_not_in_cents", field="amount", amount=amount)
    if amount > LARGEST:
        raise RuleViolation("amount_too_large", field="amount", largest=LARGEST)
