"""Which day a document may bear."""

from datetime import date

import pytest

from sportello.billing.rules.dates import (
    check_issue_date,
    check_stamp_date,
    check_summary_month,
    is_prepaid,
    lateness,
    latest_issue_date,
)
from sportello.core.violations import RuleViolation

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("paid_on", "alone", "summary"),
    [
        (date(2026, 3, 3), date(2026, 3, 15), date(2026, 4, 15)),
        (date(2026, 12, 31), date(2027, 1, 12), date(2027, 1, 15)),
        (date(2024, 1, 31), date(2024, 2, 12), date(2024, 2, 15)),
        (date(2026, 2, 1), date(2026, 2, 13), date(2026, 3, 15)),
    ],
)
def test_latest_issue_date_is_twelve_days_on_or_the_fifteenth(paid_on: date, alone: date, summary: date) -> None:
    assert latest_issue_date(paid_on) == alone
    assert latest_issue_date(paid_on, monthly_summary=True) == summary


def test_check_issue_date_refuses_tomorrow() -> None:
    check_issue_date(TODAY, today=TODAY, latest_in_series=None)
    with pytest.raises(RuleViolation) as caught:
        check_issue_date(date(2026, 3, 11), today=TODAY, latest_in_series=None)
    assert (caught.value.code, caught.value.field) == ("issue_date_in_the_future", "on")


def test_check_issue_date_does_not_run_backwards() -> None:
    check_issue_date(date(2026, 3, 9), today=TODAY, latest_in_series=date(2026, 3, 9))
    with pytest.raises(RuleViolation) as caught:
        check_issue_date(date(2026, 3, 8), today=TODAY, latest_in_series=date(2026, 3, 9))
    assert caught.value.code == "issue_date_backwards"
    assert caught.value.figures["earliest"] == date(2026, 3, 9)
    assert caught.value.figures["late_series"] is False


def test_check_issue_date_offers_the_late_series_for_a_past_year() -> None:
    with pytest.raises(RuleViolation) as caught:
        check_issue_date(date(2025, 12, 30), today=TODAY, latest_in_series=date(2025, 12, 31))
    assert caught.value.figures["late_series"] is True


def test_lateness_begins_after_the_last_day() -> None:
    assert lateness(date(2026, 3, 15), date(2026, 3, 3)) is None
    notice = lateness(date(2026, 3, 17), date(2026, 3, 3))
    assert notice is not None
    assert (notice.code, notice.figures["days_late"], notice.figures["latest"]) == ("issued_late", 2, date(2026, 3, 15))
    assert lateness(date(2026, 3, 17), None) is None


def test_lateness_of_a_monthly_summary_begins_after_the_fifteenth() -> None:
    assert lateness(date(2026, 4, 15), date(2026, 3, 3), monthly_summary=True) is None
    notice = lateness(date(2026, 4, 16), date(2026, 3, 3), monthly_summary=True)
    assert notice is not None
    assert (notice.code, notice.figures["days_late"]) == ("summary_issued_late", 1)


def test_check_summary_month_is_one_month_of_payment() -> None:
    assert check_summary_month([date(2026, 3, 31), date(2026, 3, 1)]) == (2026, 3)
    with pytest.raises(RuleViolation) as caught:
        check_summary_month([date(2026, 3, 31), date(2025, 3, 31)])
    assert (caught.value.code, caught.value.figures["months"]) == ("summary_over_several_months", 2)
    with pytest.raises(RuleViolation, match=r"^summary_empty"):
        check_summary_month([])


def test_check_stamp_date_refuses_a_stamp_bought_later() -> None:
    check_stamp_date(TODAY, issued_on=TODAY)
    with pytest.raises(RuleViolation, match=r"^stamp_after_document"):
        check_stamp_date(date(2026, 3, 11), issued_on=TODAY)


def test_is_prepaid_when_money_came_first() -> None:
    assert is_prepaid(TODAY, [date(2026, 3, 9), date(2026, 3, 20)])
    assert not is_prepaid(TODAY, [TODAY])
    assert not is_prepaid(TODAY, [])
