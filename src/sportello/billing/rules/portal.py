"""Which documents a patient sees for a period, by issue or by payment date.

Source: practice specification 7: issued or credited documents marked visible, never drafts; by date, then number.

>>> paid = PortalDocument("A-1", date(2025, 12, 30), date(2026, 1, 3))
>>> shown([paid], By.PAYMENT, since=date(2026, 1, 1), until=date(2026, 12, 31)) == [paid]
True
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sportello.billing.states import DocumentState, PaymentStatus


class By(StrEnum):
    """Which date the period is about: tax returns go by payment."""

    ISSUE = "issue"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class PortalDocument:
    """What the filter needs to know of a document."""

    number: str
    issued_on: date | None
    paid_on: date | None
    state: DocumentState = DocumentState.ISSUED
    visible: bool = True

    def day(self, by: By) -> date | None:
        """Return the date the period is compared with, None when there is none yet."""
        return self.issued_on if by is By.ISSUE else self.paid_on


def shown(
    documents: Iterable[PortalDocument], by: By, *, since: date | None = None, until: date | None = None
) -> list[PortalDocument]:
    """Return the documents of a period (both ends included, None is open) by date and number."""
    found = [document for document in documents if _in_period(document, by, since, until)]
    return sorted(found, key=lambda document: (document.day(by) or date.min, document.number))


def _in_period(document: PortalDocument, by: By, since: date | None, until: date | None) -> bool:
    if document.state is DocumentState.DRAFT or not document.visible:
        return False
    day = document.day(by)
    if day is None:
        return False
    return (since is None or day >= since) and (until is None or day <= until)


class Standing(StrEnum):
    """Where a paper stands, in the one word a patient needs."""

    UNPAID = "UNPAID"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    REFUND_DUE = "REFUND_DUE"
    REFUNDED = "REFUNDED"
    CREDITED = "CREDITED"
    CREDIT_NOTE = "CREDIT_NOTE"


def standing(*, is_note: bool, state: DocumentState, money: PaymentStatus) -> Standing:
    """Return the word for a paper: money to be given back comes before the reversal that caused it.

    >>> standing(is_note=False, state=DocumentState.CREDITED, money=PaymentStatus.REFUND_DUE)
    <Standing.REFUND_DUE: 'REFUND_DUE'>
    >>> standing(is_note=False, state=DocumentState.CREDITED, money=PaymentStatus.UNPAID)
    <Standing.CREDITED: 'CREDITED'>
    """
    if is_note:
        return Standing.CREDIT_NOTE
    if state is DocumentState.CREDITED and money not in (PaymentStatus.REFUND_DUE, PaymentStatus.REFUNDED):
        return Standing.CREDITED
    return Standing(money.value)
