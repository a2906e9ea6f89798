"""What a patient sees for a period."""

from dataclasses import replace
from datetime import date

from sportello.billing.rules.portal import By, PortalDocument, shown
from sportello.billing.states import DocumentState

ONE = PortalDocument("A-1", date(2026, 1, 10), date(2026, 2, 1))
TWO = PortalDocument("A-2", date(2026, 1, 10), None)
THREE = PortalDocument("A-3", date(2026, 1, 5), date(2026, 3, 1))


def test_shown_is_ordered_by_date_then_number() -> None:
    assert shown([TWO, ONE, THREE], By.ISSUE) == [THREE, ONE, TWO]
    assert shown([THREE, TWO, ONE], By.PAYMENT) == [ONE, THREE]


def test_shown_includes_both_ends_of_the_period() -> None:
    day = date(2026, 1, 10)
    assert shown([ONE, TWO, THREE], By.ISSUE, since=day, until=day) == [ONE, TWO]
    assert shown([ONE], By.ISSUE, since=date(2026, 1, 11)) == []
    assert shown([ONE], By.ISSUE, until=date(2026, 1, 9)) == []


def test_shown_leaves_out_drafts_and_what_is_hidden() -> None:
    assert shown([replace(ONE, state=DocumentState.DRAFT), replace(ONE, visible=False)], By.ISSUE) == []
    credited = replace(ONE, state=DocumentState.CREDITED)
    assert shown([credited], By.ISSUE) == [credited]
