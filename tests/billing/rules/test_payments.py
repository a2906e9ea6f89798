"""What is paid, what is open, what must be given back."""

from datetime import date
from decimal import Decimal

import pytest

from sportello.billing.rules.payments import (
    TRACEABLE,
    Balance,
    Method,
    PaymentEntry,
    PaymentStatus,
    RefundEntry,
    check_payment,
    check_refund,
    check_void_payment,
    derive,
    payment_notices,
)
from sportello.core.violations import RuleViolation
from tests.billing.rules.values import euro

TODAY = date(2026, 3, 31)
LIMIT = euro("5000.00")


def paid(day: int, amount: str, method: Method = Method.CARD) -> PaymentEntry:
    return PaymentEntry(date(2026, 3, day), euro(amount), method)


def back(day: int, amount: str) -> RefundEntry:
    return RefundEntry(date(2026, 3, day), euro(amount), Method.TRANSFER)


@pytest.mark.parametrize(
    ("payments", "notes", "refunds", "status", "open_", "refund_due"),
    [
        ([], [], [], "UNPAID", "100.00", "0.00"),
        ([], ["100.00"], [], "UNPAID", "0.00", "0.00"),
        ([], ["98.00"], [], "UNPAID", "2.00", "0.00"),
        (["40.00"], [], [], "PARTIALLY_PAID", "60.00", "0.00"),
        (["99.99"], [], [], "PARTIALLY_PAID", "0.01", "0.00"),
        (["40.00", "60.00"], [], [], "PAID", "0.00", "0.00"),
        (["40.00"], ["59.99"], [], "PARTIALLY_PAID", "0.01", "0.00"),
        (["40.00"], ["60.00"], [], "PAID", "0.00", "0.00"),
        (["40.00"], ["60.01"], [], "REFUND_DUE", "0.00", "0.01"),
        (["100.00"], ["30.00", "20.00"], [], "REFUND_DUE", "0.00", "50.00"),
        (["100.00"], ["50.00"], ["49.99"], "REFUND_DUE", "0.00", "0.01"),
        (["100.00"], ["50.00"], ["20.00", "30.00"], "REFUNDED", "0.00", "0.00"),
    ],
)
def test_derive_gives_status_open_and_refund(
    payments: list[str], notes: list[str], refunds: list[str], status: str, open_: str, refund_due: str
) -> None:
    balance = derive(
        euro("100.00"),
        [paid(2, amount) for amount in payments],
        [euro(amount) for amount in notes],
        [back(9, amount) for amount in refunds],
    )
    assert (balance.status, str(balance.open), str(balance.refund_due)) == (status, open_, refund_due)
    assert balance.due == euro("100.00") - balance.reversed_payable
    assert balance.paid == sum(map(Decimal, payments), euro("0.00"))
    assert balance.refunded == sum(map(Decimal, refunds), euro("0.00"))


def test_derive_never_calls_less_than_due_paid() -> None:
    """The guards forbid it; if rows say it all the same, the status does not hide it."""
    broken = derive(euro("100.00"), [paid(2, "100.00")], [], [back(3, "10.00")])
    assert broken.status is PaymentStatus.PARTIALLY_PAID


def test_paid_on_is_the_day_that_closes_the_payable_whatever_the_order() -> None:
    payments = [paid(20, "30.00"), paid(2, "50.00"), paid(9, "20.00")]
    assert derive(euro("100.00"), payments).paid_on == date(2026, 3, 20)
    assert derive(euro("100.01"), payments).paid_on is None
    assert derive(euro("100.00"), []).paid_on is None


def test_paid_on_is_not_moved_by_a_credit_note() -> None:
    payments = [paid(2, "60.00"), paid(9, "40.00")]
    assert derive(euro("100.00"), payments, [euro("70.00")]).paid_on == date(2026, 3, 9)


def test_paid_on_is_the_last_payment_when_a_credit_note_closes() -> None:
    payments = [paid(2, "30.00"), paid(9, "30.00")]
    assert derive(euro("100.00"), payments, [euro("39.99")]).paid_on is None
    assert derive(euro("100.00"), payments, [euro("40.00")]).paid_on == date(2026, 3, 9)
    assert derive(euro("100.00"), payments, [euro("80.00")]).paid_on == date(2026, 3, 9)
    assert derive(euro("100.00"), [], [euro("100.00")]).paid_on is None


def test_traceable_needs_every_payment() -> None:
    assert derive(euro("9.00"), []).traceable is None
    assert derive(euro("9.00"), [paid(2, "4.00")]).traceable is True
    assert derive(euro("9.00"), [paid(2, "4.00"), paid(3, "5.00", Method.CASH)]).traceable is False


def test_only_cash_leaves_no_trace() -> None:
    assert {method for method in Method if not TRACEABLE[method]} == {Method.CASH}
    assert {str(method) for method in Method} == {"MP01", "MP02", "MP03", "MP05", "MP08", "MP19", "MP23"}


def _try(balance: Balance, amount: str, method: Method = Method.CARD, day: int = 31) -> None:
    check_payment(balance, euro(amount), method, on=date(2026, 3, day), today=TODAY, cash_limit=LIMIT)


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("100.01", "overpayment"),
        ("0.00", "amount_must_be_positive"),
        ("-1.00", "amount_must_be_positive"),
        ("1.001", "amount_not_in_cents"),
        ("1000000000.00", "amount_too_large"),
    ],
)
def test_check_payment_refuses_an_amount(amount: str, code: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        _try(derive(euro("100.00"), []), amount)
    assert (caught.value.code, caught.value.field) == (code, "amount")


def test_check_payment_takes_exactly_what_is_open() -> None:
    _try(derive(euro("100.00"), []), "100.00")
    _try(derive(euro("100.00"), [paid(1, "99.99")]), "0.01")
    with pytest.raises(RuleViolation) as caught:
        _try(derive(euro("100.00"), [paid(1, "99.99")]), "0.02")
    assert caught.value.figures["open"] == euro("0.01")


def test_check_payment_takes_the_largest_amount_there_is() -> None:
    _try(derive(euro("999999999.99"), []), "999999999.99")


def test_check_payment_refuses_tomorrow() -> None:
    balance = derive(euro("100.00"), [])
    with pytest.raises(RuleViolation) as caught:
        check_payment(balance, euro("1.00"), Method.CARD, on=date(2026, 4, 1), today=TODAY, cash_limit=None)
    assert (caught.value.code, caught.value.field) == ("payment_in_the_future", "on")


def test_check_payment_refuses_cash_from_the_limit_on() -> None:
    balance = derive(euro("9000.00"), [])
    _try(balance, "4999.99", Method.CASH)
    _try(balance, "5000.00", Method.CARD)
    check_payment(balance, LIMIT, Method.CASH, on=TODAY, today=TODAY, cash_limit=None)
    with pytest.raises(RuleViolation) as caught:
        _try(balance, "5000.00", Method.CASH)
    assert (caught.value.code, caught.value.field, caught.value.figures["limit"]) == ("cash_limit", "method", LIMIT)


@pytest.mark.parametrize(
    ("before", "method", "amount", "codes"),
    [
        ([], Method.CARD, "10.00", []),
        ([], Method.CASH, "10.00", ["not_traceable"]),
        ([Method.CARD], Method.CARD, "10.00", []),
        ([Method.CARD], Method.CASH, "10.00", ["cash_mixed"]),
        ([Method.CASH], Method.CARD, "10.00", ["already_not_traceable"]),
        ([Method.CASH], Method.CASH, "10.00", ["not_traceable"]),
        ([Method.CASH, Method.CARD], Method.CASH, "10.00", ["cash_mixed"]),
        ([Method.CASH], Method.CASH, "4000.00", ["not_traceable", "cash_in_parts"]),
        ([Method.CASH], Method.CASH, "3999.99", ["not_traceable"]),
        ([Method.CASH], Method.CARD, "4000.00", ["already_not_traceable"]),
    ],
)
def test_payment_notices_say_what_a_method_does(
    before: list[Method], method: Method, amount: str, codes: list[str]
) -> None:
    payments = [paid(2, "1000.00", each) for each in before]
    assert [each.code for each in payment_notices(payments, euro(amount), method, cash_limit=LIMIT)] == codes
    unlimited = payment_notices(payments, euro(amount), method, cash_limit=None)
    assert "cash_in_parts" not in [each.code for each in unlimited]


def test_payment_notices_say_what_the_cash_comes_to() -> None:
    found = payment_notices([paid(2, "4000.00", Method.CASH)], euro("1000.00"), Method.CASH, cash_limit=LIMIT)
    assert dict(found[-1].figures) == {"together": LIMIT, "limit": LIMIT}
    assert {notice.field for notice in found} == {"method"}


def test_check_refund_gives_back_at_most_what_is_due() -> None:
    balance = derive(euro("100.00"), [paid(2, "100.00")], [euro("40.00")])
    check_refund(balance, euro("40.00"), on=TODAY, today=TODAY)
    with pytest.raises(RuleViolation) as caught:
        check_refund(balance, euro("40.01"), on=TODAY, today=TODAY)
    assert (caught.value.code, caught.value.figures["refund_due"]) == ("refund_above_due", euro("40.00"))
    with pytest.raises(RuleViolation, match=r"^amount_must_be_positive"):
        check_refund(balance, euro("0.00"), on=TODAY, today=TODAY)
    with pytest.raises(RuleViolation, match=r"^refund_in_the_future"):
        check_refund(balance, euro("1.00"), on=date(2026, 4, 1), today=TODAY)


def test_check_void_payment_waits_for_the_refunds() -> None:
    check_void_payment(derive(euro("100.00"), [paid(2, "100.00")], [euro("40.00")]))
    with pytest.raises(RuleViolation) as caught:
        check_void_payment(derive(euro("100.00"), [paid(2, "100.00")], [euro("40.00")], [back(3, "0.01")]))
    assert (caught.value.code, caught.value.field) == ("refunds_must_be_voided_first", "payment")
