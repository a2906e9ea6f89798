"""Which day a document may bear, and by when it must be issued.

Source: practice specification 2.3; DPR 633/1972 art. 6 (payment is the VAT moment of a service), art. 21 c. 4 (within
12 days; a monthly summary by the 15th of the next month).
Units: days without a zone.

>>> latest_issue_date(date(2026, 3, 3)), latest_issue_date(date(2026, 3, 3), monthly_summary=True)
(datetime.date(2026, 3, 15), datetime.date(2026, 4, 15))
"""

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from sportello.core.violations import Figure, Notice, RuleViolation

DAYS_TO_ISSUE = 12
SUMMARY_DAY = 15


def latest_issue_date(paid_on: date, *, monthly_summary: bool = False) -> date:
    """Return the last day a paid service may be invoiced: 12 days on, or the 15th of the month after the payment's."""
    if not monthly_summary:
        return paid_on + timedelta(days=DAYS_TO_ISSUE)
    next_month = paid_on.replace(day=1) + timedelta(days=31)
    return next_month.replace(day=SUMMARY_DAY)


def check_issue_date(on: date, *, today: date, latest_in_series: date | None) -> None:
    """Refuse a day no document of the series may bear.

    :param latest_in_series: date of the series' last document, of the same year unless the series never restarts
    :raises RuleViolation: ``issue_date_in_the_future``; ``issue_date_backwards`` with the earliest day allowed and
        whether the series for late documents of a past year would take it (``late_series``)
    """
    if on > today:
        raise RuleViolation("issue_date_in_the_future", field="on", on=on, today=today)
    if latest_in_series is not None and on < latest_in_series:
        raise RuleViolation(
            "issue_date_backwards", field="on", on=on, earliest=latest_in_series, late_series=on.year < today.year
        )


def lateness(on: date, paid_on: date | None, *, monthly_summary: bool = False) -> Notice | None:
    """Return a notice when a document is issued later than the law allows, None in time or unpaid."""
    if paid_on is None:
        return None
    latest = latest_issue_date(paid_on, monthly_summary=monthly_summary)
    if on <= latest:
        return None
    figures: dict[str, Figure] = {"paid_on": paid_on, "latest": latest, "days_late": (on - latest).days}
    return Notice("summary_issued_late" if monthly_summary else "issued_late", "on", figures)


def check_summary_month(paid_days: Iterable[date]) -> tuple[int, int]:
    """Return year and month of a monthly summary.

    :param paid_days: the payment day of each service on it
    :raises RuleViolation: ``summary_over_several_months``, ``summary_empty``
    """
    months = sorted({(day.year, day.month) for day in paid_days})
    if not months:
        raise RuleViolation("summary_empty", field="lines")
    if len(months) > 1:
        raise RuleViolation("summary_over_several_months", field="lines", months=len(months))
    return months[0]


def check_stamp_date(stamp_on: date, *, issued_on: date) -> None:
    """Refuse a paper stamp bought after the document's day.

    :raises RuleViolation: ``stamp_after_document``
    """
    if stamp_on > issued_on:
        raise RuleViolation("stamp_after_document", field="stamp_on", stamp_on=stamp_on, issued_on=issued_on)


def is_prepaid(issued_on: date, payment_days: Collection[date]) -> bool:
    """Tell whether money came before the document: normal, and the State wants to know it."""
    return any(day < issued_on for day in payment_days)
